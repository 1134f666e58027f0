"""The order book (应收): what an order should bring, written with every change of the order."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Commands
from tests.cli.conftest import fenghe

__all__ = ["fenghe"]
HEADING = "order_no,channel,status,total,paid,refunded,paid_at,modified_at"
BOOK = "select order_no, state, due_minor, refunded_minor from order_book order by order_no"


def tell(run: Commands, folder: Path, *rows: str) -> None:
    """Import orders as told by these rows."""
    file = folder / "orders.csv"
    file.write_text("\n".join([HEADING, *rows]) + "\n", encoding="utf-8")
    run.json("import", "orders", file, "--source", "shop")


@pytest.mark.parametrize(
    ("told", "due"),
    [
        ("A1,taobao,shipped,12.50,10.00,,2026-02-01 10:00:00,2026-02-01 10:00:00", 1000),
        ("A1,taobao,shipped,12.50,,,2026-02-01 10:00:00,2026-02-01 10:00:00", 1250),
        ("A1,taobao,await_payment,12.50,0,,,2026-02-01 10:00:00", 1250),
        ("A1,taobao,shipped,12.50,0,,,2026-02-01 10:00:00", 0),
        ("A1,taobao,shipped,,,,,2026-02-01 10:00:00", None),
    ],
)
def test_what_is_due(fenghe: Commands, tmp_path: Path, told: str, due: Any) -> None:
    tell(fenghe, tmp_path, told)
    assert [row[2] for row in fenghe.rows(BOOK)] == [due]


def test_every_change_of_an_order_is_in_the_book(fenghe: Commands, tmp_path: Path) -> None:
    tell(fenghe, tmp_path, "A1,taobao,await_payment,12.50,,,,2026-02-01 10:00:00")
    assert fenghe.rows(BOOK) == [("A1", "await_payment", 1250, None)]
    tell(fenghe, tmp_path, "A1,taobao,await_shipment,12.50,12.00,,2026-02-01 11:00:00,2026-02-01 11:00:00")
    assert fenghe.rows(BOOK) == [("A1", "await_shipment", 1200, None)]
    tell(fenghe, tmp_path, "A1,taobao,closed_refunded,12.50,12.00,12.00,2026-02-01 11:00:00,2026-02-03 11:00:00")
    assert fenghe.rows(BOOK) == [("A1", "closed_refunded", 1200, 1200)]


def test_a_late_word_about_before_changes_nothing(fenghe: Commands, tmp_path: Path) -> None:
    tell(fenghe, tmp_path, "A1,taobao,shipped,12.50,12.50,,2026-02-01 11:00:00,2026-02-03 11:00:00")
    before = fenghe.rows("select order_no, state, due_minor, changed_at from order_book")
    tell(fenghe, tmp_path, "A1,taobao,await_payment,12.50,,,,2026-02-01 10:00:00")
    assert fenghe.rows("select order_no, state, due_minor, changed_at from order_book") == before
