"""Sizes and names (篇幅与命名): small files and functions, no file named for nothing, each opening with a sentence."""

import ast
from pathlib import Path

import pytest

from tests.house.tree import files, functions, python_files, text_of, told, tree_of

CODE = {".py", ".ts", ".tsx", ".css", ".sql"}
GENERATED = {"web/src/api/schema.d.ts"}
"""Written by a program from the hub's own schema."""
LINES_OF_A_FILE = 700
LINES_OF_A_FUNCTION = 70
LINES_OF_A_TEST = 60
POSITIONAL_ARGUMENTS = 3
SAY_NOTHING = {"service", "services", "utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}


def long_functions(tree: ast.Module, *, limit: int, prefix: str = "") -> list[str]:
    """Functions over the limit, decorators not counted."""
    return [
        f"{one.lineno} {one.name} {one.end_lineno - one.lineno + 1} lines"
        for one in functions(tree)
        if one.name.startswith(prefix) and one.end_lineno is not None and one.end_lineno - one.lineno + 1 > limit
    ]


def many_arguments(tree: ast.Module) -> list[str]:
    """Functions for others to call whose fourth argument can be passed by position; `self` and `cls` are not counted.

    A private function is called in sight of its definition, so it may. Nobody calls a route or a command by position
    either: their arguments are the address's and the command line's names.
    """
    found = []
    for one in (one for one in functions(tree) if not one.name.startswith("_") and not _named_from_outside(one)):
        names = [argument.arg for argument in [*one.args.posonlyargs, *one.args.args]]
        if len([name for name in names if name not in {"self", "cls"}]) > POSITIONAL_ARGUMENTS:
            found.append(f"{one.lineno} {one.name}({', '.join(names)})")
    return found


def _named_from_outside(one: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A route handler, or a command whose options are declared to Typer."""
    routed = any(
        isinstance(mark, ast.Call)
        and isinstance(mark.func, ast.Name)
        and mark.func.id in {"get", "post", "put", "patch", "delete"}
        for mark in one.decorator_list
    )
    return routed or "typer." in ast.unparse(one.args)


def test_no_file_is_too_long() -> None:
    code = [name for name in files() if Path(name).suffix in CODE or name == "dev"]
    sizes = {name: text_of(name).count("\n") for name in code if name not in GENERATED}
    found = [f"{name} {size} lines" for name, size in sizes.items() if size > LINES_OF_A_FILE]
    assert not found, told(found)


def test_no_function_is_too_long() -> None:
    found = [
        f"{name}:{one}" for name in python_files() for one in long_functions(tree_of(name), limit=LINES_OF_A_FUNCTION)
    ]
    assert not found, told(found)


def test_no_test_is_too_long() -> None:
    found = [
        f"{name}:{one}"
        for name in python_files("tests/")
        for one in long_functions(tree_of(name), limit=LINES_OF_A_TEST, prefix="test_")
    ]
    assert not found, told(found)


def test_more_than_three_arguments_are_named() -> None:
    found = [f"{name}:{one}" for name in python_files("src/", "dev") for one in many_arguments(tree_of(name))]
    assert not found, told(found)


def test_no_file_is_named_for_nothing() -> None:
    found = [name for name in files() if Path(name).stem.lower() in SAY_NOTHING]
    assert not found, told(found)


def test_every_module_opens_with_a_sentence() -> None:
    found = [name for name in python_files() if not _opening(tree_of(name))]
    assert not found, told(found)


def _opening(tree: ast.Module) -> bool:
    first = (ast.get_docstring(tree) or "").strip().split("\n")[0]
    return len(first) > 10 and not first[0].islower()


def test_every_folder_of_the_package_is_a_package() -> None:
    folders = {str(Path(name).parent) for name in python_files("src/fenghe/")}
    found = [folder for folder in sorted(folders) if f"{folder}/__init__.py" not in files()]
    found = [folder for folder in found if not folder.endswith("migrations/versions")]
    assert not found, told(found)


def test_no_file_is_heavy() -> None:
    found = [name for name in files() if len(text_of(name)) > 1_000_000]
    assert not found, told(found)


@pytest.mark.parametrize(("lines", "seen"), [(69, False), (70, True)])
def test_a_planted_long_function_is_seen(lines: int, seen: bool) -> None:
    tree = ast.parse("def f() -> None:\n" + "    x = 1\n" * lines)
    assert bool(long_functions(tree, limit=70)) is seen


def test_planted_arguments_are_seen() -> None:
    methods = ["f(self, a, b, c)", "g(self, a, b, c, d)", "h(self, a, *, b, c, d)", "_i(self, a, b, c, d)"]
    tree = ast.parse("class A:" + "".join(f"\n def {method}: ..." for method in methods))
    assert many_arguments(tree) == ["3 g(self, a, b, c, d)"]


def test_a_module_without_a_sentence_is_seen() -> None:
    assert not _opening(ast.parse("x = 1"))
    assert not _opening(ast.parse('"""rules"""'))
