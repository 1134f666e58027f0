"""Money is whole minor units (金额为整数分): no float, no rounding and no true division near an amount."""

import ast
import re

import pytest

from tests.house.tree import python_files, told, tree_of

AMOUNT = re.compile(r"amount|_minor\b|\bminor\b|money|\bprice|\bpaid\b|\bfee\b|refunded", re.IGNORECASE)


def bare_numbers(tree: ast.Module) -> list[str]:
    """Where an amount becomes inexact."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="float" | "round"), args=[first, *_]) if _is_amount(first):
                found.append(f"{node.lineno} {ast.unparse(node)}")
            case ast.BinOp(left=left, op=ast.Div(), right=right) if _is_amount(left) or _is_amount(right):
                found.append(f"{node.lineno} {ast.unparse(node)}")
            case ast.AnnAssign(target=target, annotation=kind) if _says_float(kind) and AMOUNT.search(
                ast.unparse(target)
            ):
                found.append(f"{node.lineno} {ast.unparse(node)}")
            case ast.arg(arg=argument, annotation=ast.expr() as kind) if _says_float(kind) and AMOUNT.search(argument):
                found.append(f"{node.lineno} {ast.unparse(node)}")
            case _:
                pass
    return found


def _is_amount(node: ast.expr) -> bool:
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    names |= {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
    return any(AMOUNT.search(name) for name in names)


def _says_float(annotation: ast.expr) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "float" for one in ast.walk(annotation))


def test_no_amount_is_a_float() -> None:
    found = [f"{name}:{one}" for name in python_files("src/") for one in bare_numbers(tree_of(name))]
    assert not found, told(found)


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("x = float(row.amount)", True),
        ("x = round(order.paid.amount_minor * rate)", True),
        ("x = amount_minor / 100", True),
        ("class A:\n    price: float", True),
        ("def f(refunded: float | None) -> None: ...", True),
        ("x = amount_minor // 100", False),
        ("class A:\n    amount_minor: int", False),
        ("x = round(seconds, 1)", False),
        ("def f(folder: Path) -> Path: return folder / 'paid.csv'", False),
    ],
)
def test_a_planted_float_is_judged(code: str, seen: bool) -> None:
    assert bool(bare_numbers(ast.parse(code))) is seen
