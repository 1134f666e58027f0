"""Who speaks what (各说各话): SQL only in stores and migrations, the web framework only in routes and the app."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import dotted, imported, package_of, python_files, told, tree_of

STATEMENT = re.compile(
    r"\s*(select\s.*\sfrom\s|select\s+\w+\(|insert\s+into\s|update\s+[\w.\"]+\s+set\s|delete\s+from\s|with\s+\w+\s.*\bas\s*\("
    r"|copy\s+[\w.\"]+\s*(\(|from|to)|truncate\s+\w|lock\s+table\s)",
    re.IGNORECASE | re.DOTALL,
)
SENT = {"text", "execute", "executemany", "exec_driver_sql", "fetch", "fetchrow", "fetchval", "copy", "SQL"}
SENT_WORD = re.compile(
    r"\s*(select|insert|update|delete|with|copy|truncate|create|alter|drop|lock|grant|revoke)\s", re.IGNORECASE
)


def speaks_sql(name: str) -> bool:
    """Where SQL belongs: stores (store.py, store_orders.py, a store/ folder), migrations."""
    path = Path(name)
    return path.stem.startswith("store") or "migrations" in path.parts or "store" in path.parts


def sql(tree: ast.Module) -> list[int]:
    """Lines with an SQL statement: any text that reads as one, or that is sent to a database and begins like one."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    sent = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in SENT
        for argument in node.args
    }
    found = set()
    for node in (node for node in ast.walk(tree) if isinstance(node, ast.expr) and id(node) not in prose):
        said = _said(node)
        if said is not None and (STATEMENT.match(said) or (id(node) in sent and SENT_WORD.match(said))):
            found.add(node.lineno)
    return sorted(found)


def _said(node: ast.AST) -> str | None:
    """The text of a plain or formatted string."""
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.JoinedStr(values=values):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in values)
        case _:
            return None


def test_sql_is_spoken_only_in_stores() -> None:
    names = [name for name in python_files("src/") if not speaks_sql(name)]
    found = [f"{name}:{line}" for name in names for line in sql(tree_of(name))]
    assert not found, told(found)


def test_the_web_framework_is_known_only_to_routes_and_the_app() -> None:
    found = [
        f"{name}:{line} {module}"
        for name in python_files("src/")
        if not Path(name).stem.startswith("routes") and not name.startswith("src/fenghe/api/")
        for line, module in imported(tree_of(name), package_of(name))
        if module.split(".")[0] in {"litestar", "starlette"}
    ]
    assert not found, told(found)


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ('connection.execute(text("select 1"))', True),
        ('QUERY = "SELECT id FROM orders"', True),
        ('QUERY = f"update {table} set a = 1"', True),
        ('cursor.copy("COPY audit (a) FROM STDIN")', True),
        ('connection.execute("create role x")', True),
        ('advice = "create role fenghe_app login"', False),
        ('"""Select the rows from the table."""', False),
        ('print("Select an order from the list")', True),
        ('print("with care")', False),
        ('x = "Update the mapping, then publish"', False),
    ],
)
def test_planted_sql_is_judged(code: str, seen: bool) -> None:
    assert bool(sql(ast.parse(code))) is seen
