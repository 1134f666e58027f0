"""Unfinished work (未完成): nothing promised for later, nothing skipped, no error swallowed."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import dotted, files, python_files, text_of, told, tree_of

CODE = {".py", ".ts", ".tsx", ".css", ".sql", ".md"}
# One-letter classes, so that this file does not say the words itself.
WORDS = re.compile(
    r"\bTOD[O]\b|\bFIXM[E]\b|\bXX[X]\b|raise NotImplemente[d]|mark\.ski[p]|pytest\.ski[p]|importorski[p]|\bxfai[l]\("
    r"|mark\.xfai[l]|(\bit|\btest|\bdescribe)\.(ski[p]|onl[y]|tod[o])\b|@ts-ignor[e]|@ts-nochec[k]"
)


def unfinished(text: str) -> list[str]:
    """Line and word."""
    return [f"{number} {hit[0]}" for number, line in enumerate(text.splitlines(), 1) if (hit := WORDS.search(line))]


def swallowed(tree: ast.Module) -> list[int]:
    """Handlers that do nothing with any error whatever; a named, expected error may be passed over."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and all(_is_nothing(step) for step in node.body):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or dotted(kind) in {"Exception", "BaseException"} for kind in kinds):
                found.append(node.lineno)
        if isinstance(node, ast.Call) and dotted(node.func).endswith("suppress"):
            found += [node.lineno for kind in node.args if dotted(kind) in {"Exception", "BaseException"}]
    return found


def _is_nothing(step: ast.stmt) -> bool:
    return isinstance(step, ast.Pass | ast.Continue) or (
        isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant)
    )


def test_nothing_is_left_for_later() -> None:
    code = [name for name in files() if Path(name).suffix in CODE or name == "dev"]
    found = [f"{name}:{one}" for name in code for one in unfinished(text_of(name))]
    assert not found, told(found)


def test_no_error_is_swallowed() -> None:
    found = [f"{name}:{line}" for name in python_files() for line in swallowed(tree_of(name))]
    assert not found, told(found)


@pytest.mark.parametrize(
    "line",
    [
        "# TOD" + "O later",
        "raise NotImplemente" + "dError",
        "@pytest.mark.ski" + "p",
        "it.onl" + "y('x')",
        "// @ts-ignor" + "e",
    ],
)
def test_a_planted_word_is_seen(line: str) -> None:
    assert [one.split()[0] for one in unfinished(f"fine\n{line}")] == ["2"]


@pytest.mark.parametrize(
    ("handler", "seen"),
    [
        ("except: pass", True),
        ("except Exception: ...", True),
        ("except (ValueError, BaseException): pass", True),
        ("except FileNotFoundError: pass", False),
        ("except Exception: raise", False),
    ],
)
def test_a_planted_swallower_is_seen(handler: str, seen: bool) -> None:
    assert bool(swallowed(ast.parse(f"try: f()\n{handler}"))) is seen


def test_a_planted_suppression_is_seen() -> None:
    assert swallowed(ast.parse("with contextlib.suppress(Exception): f()")) == [1]
    assert not swallowed(ast.parse("with contextlib.suppress(KeyError): f()"))
