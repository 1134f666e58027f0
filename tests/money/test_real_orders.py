"""Real orders: a Tmall shop's paid, refunded and net by day, and Olist's orders × items × payments, computed twice."""

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from tests.cli.commands import Commands
from tests.cli.conftest import fenghe

__all__ = ["fenghe"]


def cents(text: str) -> int:
    """An amount's text as minor units, exactly."""
    return int((Decimal(text or "0") * 100).to_integral_exact())


def test_a_tmall_shop_by_day_to_the_cent(fenghe: Commands, shared_data: Path) -> None:
    """买家实际支付金额 is net of refunds there: gross paid is what it says and the refund together."""
    file = shared_data / "tmall_2020_02" / "tmall_order_report.csv"
    fenghe.json("import", "orders", file, "--source", "tmall")
    report = fenghe.json("reconcile")
    days: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    with file.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            told = {name.strip(): text for name, text in row.items()}
            if told["订单付款时间"].strip():
                net, back = cents(told["买家实际支付金额"]), cents(told["退款金额"])
                day = days[told["订单付款时间"][:10]]
                day[0] += net + back
                day[1] += back
                day[2] += net
    ours = {
        one["day"]: [one["due_minor"], one["refunded_minor"], one["net_minor"]]
        for one in report["days"]
        if one["orders"]
    }
    assert ours == dict(days)
    assert report["gross"][0]["due_minor"] == sum(day[0] for day in days.values())
    assert report["difference_minor"] == 0
    assert report["found"] == []
    assert report["coverage"]["payments"] is False


def test_olist_orders_items_and_payments(fenghe: Commands, shared_data: Path) -> None:
    """What an order's items come to and what was paid for it: which orders differ, and by how much."""
    folder = shared_data / "olist"
    files = [folder / f"{name}.csv" for name in ("orders", "order_items", "order_payments")]
    fenghe.json("import", "orders", *files, "--source", "olist")
    fenghe.json("import", "payments", folder / "order_payments.csv", "--source", "olist-payments")
    items: dict[str, int] = defaultdict(int)
    paid: dict[str, int] = defaultdict(int)
    with files[1].open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            items[row["order_id"]] += cents(row["price"]) + cents(row["freight_value"])
    with files[2].open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            paid[row["order_id"]] += cents(row["payment_value"])
    report = fenghe.json("reconcile")
    assert report["difference_minor"] == 0
    assert report["gross"][0]["paid_minor"] == sum(paid.values())
    state = dict(fenghe.rows("select order_no, state from order_book"))
    told = fenghe.json("breaks")["breaks"]
    assert all(one["cause"] != "unexplained" for one in told)
    assert {one["order_no"] for one in told} <= set(state)
