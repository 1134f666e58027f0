"""What the repository holds (家底): the files git knows or would know, and Python files read as syntax trees."""

import ast
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = ("orders", "logistics", "goods", "stock", "money", "interfaces", "governance", "flows", "insight")


@cache
def files() -> tuple[str, ...]:
    """Every file that is in the repository or about to be; what git ignores is nobody's."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    found = tuple(sorted(name for name in set(listed) if name and (ROOT / name).is_file()))
    assert len(found) > 20, "the list of files cannot be right"
    return found


def python_files(*under: str) -> tuple[str, ...]:
    """The Python files below these folders (or all), the `dev` script included."""
    chosen = (name for name in files() if name.endswith(".py") or name == "dev")
    return tuple(name for name in chosen if not under or name.startswith(under))


@cache
def text_of(name: str) -> str:
    """A file's text; what is not UTF-8 is not text."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def tree_of(name: str) -> ast.Module:
    """A Python file's syntax tree."""
    return ast.parse(text_of(name), name)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def dotted(node: ast.AST) -> str:
    """`datetime.now` for the attribute chain, "" for anything that is no plain name."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted(value)}.{attr}".lstrip(".")
        case _:
            return ""


def imported(tree: ast.Module, package: str) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything imported, wherever in the file; `package` resolves relative imports."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = package.split(".")[: -(level - 1) or None] if level else []
                whole = ".".join([*base, *([module] if module else [])])
                yield from ((node.lineno, f"{whole}.{alias.name}") for alias in names)
            case _:
                pass


def package_of(name: str) -> str:
    """`fenghe.logistics` for src/fenghe/logistics/fuse.py."""
    return ".".join(Path(name).parts[1:-1])


def told(findings: Iterable[str]) -> str:
    """Findings, one a line, for an assertion's message."""
    return "\n" + "\n".join(findings)
