"""Rules are functions of their arguments (规则纯净): what they may import, and no clock, chance or outside world."""

import ast
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOMS, dotted, imported, package_of, python_files, told, tree_of

OUTSIDE_WORLD = {
    "asyncio", "http", "multiprocessing", "os", "random", "secrets", "select", "shutil", "socket", "sqlite3", "ssl",
    "subprocess", "tempfile", "threading", "time", "urllib.request",
}  # fmt: skip
PURE_KERNEL = ("src/fenghe/kernel/values.py", "src/fenghe/kernel/layouts.py", "src/fenghe/kernel/connecting.py")
STOOD_ON = ("fenghe.kernel.values", "fenghe.kernel.layouts")
"""What rules stand on."""
NOT_RULES = ("store", "routes", "tasks")
CLOCK_AND_CHANCE = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.monotonic",
    "time.perf_counter", "time.localtime", "time.gmtime", "uuid.uuid1", "uuid.uuid4", "uuid1", "uuid4", "os.urandom",
    "urandom",
}  # fmt: skip
CONNECTORS_MAY_NOT = ("litestar", "sqlalchemy", "psycopg", "asyncpg", "httpx", "uvicorn", "alembic", "procrastinate")


ENTRY = "rule"
"""A room's `rule.py` hands its rules to the judge engine and the rows to its store; it may know both, no more."""
ENTRY_MAY = ("fenghe.kernel.judging.contract.", "psycopg.", "orjson")


def is_rule(name: str) -> bool:
    """A file of a room that is not its store, its routes or its tasks."""
    parts = Path(name).parts
    return parts[:2] == ("src", "fenghe") and parts[2] in ROOMS and not Path(name).stem.startswith(NOT_RULES)


def rule_files() -> list[str]:
    """Every rule, and the kernel files that rules stand on."""
    return [name for name in python_files("src/fenghe/") if is_rule(name) or name in PURE_KERNEL]


def foreign_imports(tree: ast.Module, package: str) -> list[str]:
    """Imports a rule may not have."""
    return [f"{line} {module}" for line, module in imported(tree, package) if not _rule_may(module, package)]


def foreign_to_entry(tree: ast.Module, package: str) -> list[str]:
    """Imports a room's entry may not have: it may also know its own store and the engine's contract."""
    may = (*ENTRY_MAY, f"{package}.store")
    return [one for one in foreign_imports(tree, package) if not one.split()[1].startswith(may)]


def _rule_may(module: str, package: str) -> bool:
    top = module.split(".", maxsplit=1)[0]
    if top == "fenghe":
        room = ".".join(package.split(".")[:2])
        neighbour = module.startswith(f"{room}.") and not module[len(room) + 1 :].startswith(NOT_RULES)
        return neighbour or any(module == one or module.startswith(f"{one}.") for one in STOOD_ON)
    outside = any(module == name or module.startswith(f"{name}.") for name in OUTSIDE_WORLD)
    return top == "msgspec" or (top in sys.stdlib_module_names and not outside)


def clock_and_chance(tree: ast.Module) -> list[str]:
    """Where the present moment or chance is asked for instead of passed in."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Attribute() | ast.Name():
                name = dotted(node)
                if name in CLOCK_AND_CHANCE or any(name.endswith(f".{one}") for one in CLOCK_AND_CHANCE):
                    found.append(f"{node.lineno} {name}")
            case ast.Import(names=names):
                found += [f"{node.lineno} {one.name}" for one in names if one.name in {"random", "secrets"}]
            case ast.ImportFrom(module="random" | "secrets" | "time" as module):
                found.append(f"{node.lineno} {module}")
            case _:
                pass
    return found


def test_there_are_rules() -> None:
    assert len(rule_files()) > 5


def test_rules_import_only_values_and_their_neighbours() -> None:
    found = []
    for name in rule_files():
        judge = foreign_to_entry if Path(name).stem == ENTRY else foreign_imports
        found += [f"{name}:{one}" for one in judge(tree_of(name), package_of(name))]
    assert not found, told(found)


def test_rules_and_connectors_ask_no_clock_and_no_chance() -> None:
    names = [*rule_files(), *python_files("src/fenghe/connectors/")]
    found = [f"{name}:{one}" for name in names for one in clock_and_chance(tree_of(name))]
    assert not found, told(found)


def test_connectors_know_only_values_and_contracts_of_the_kernel_and_open_no_connection() -> None:
    found = []
    for name in python_files("src/fenghe/connectors/"):
        for line, module in imported(tree_of(name), package_of(name)):
            kernel = module.startswith("fenghe.kernel") and not module.startswith(
                (*STOOD_ON, "fenghe.kernel.connecting")
            )
            if kernel or module.split(".")[0] in CONNECTORS_MAY_NOT:
                found.append(f"{name}:{line} {module}")
    assert not found, told(found)


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("import re", True),
        ("from datetime import datetime", True),
        ("import msgspec", True),
        ("from fenghe.kernel.values import Money", True),
        ("from fenghe.kernel import values", True),
        ("from fenghe.logistics.scale import STATES", True),
        ("from .scale import STATES", True),
        ("from fenghe.kernel import inbox", False),
        ("from fenghe.logistics.store import load", False),
        ("from . import store", False),
        ("from fenghe.orders.snapshot import OrderSnapshot", False),
        ("import socket", False),
        ("from time import time", False),
        ("import sqlalchemy as sa", False),
        ("def f() -> None:\n    import httpx", False),
    ],
)
def test_a_planted_import_is_judged(line: str, allowed: bool) -> None:
    assert (not foreign_imports(ast.parse(line), "fenghe.logistics")) is allowed


def test_an_entry_may_know_its_store_but_not_its_routes() -> None:
    tree = ast.parse("from fenghe.orders import store\nfrom fenghe.orders import routes\nimport litestar")
    assert foreign_to_entry(tree, "fenghe.orders") == ["2 fenghe.orders.routes", "3 litestar"]


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("x = datetime.now(UTC)", True),
        ("x = datetime.datetime.utcnow()", True),
        ("default_factory = time.time", True),
        ("from uuid import uuid4\nx = uuid4()", True),
        ("import random", True),
        ("def f(now: datetime) -> datetime: return now", False),
        ("x = uuid.uuid5(a, b)", False),
    ],
)
def test_a_planted_clock_is_seen(line: str, seen: bool) -> None:
    assert bool(clock_and_chance(ast.parse(line))) is seen
