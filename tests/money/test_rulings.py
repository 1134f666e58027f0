"""What people do: sheets out and back, matches and accepted differences by two people, that hold in every later run."""

import csv
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fenghe.kernel.people.person import Actor
from fenghe.kernel.web.problems import Problem
from fenghe.money import store_edits
from tests.cli.commands import Commands
from tests.cli.conftest import fenghe
from tests.money.month import Month, make
from tests.money.pour import pour

__all__ = ["fenghe"]
ANN, BOB = Actor("ann", "local"), Actor("bob", "local")


def poured(run: Commands, **faults: int) -> Month:
    month = make(60, faults=faults, settled=False)
    pour(run.database.app_url, month)
    run("user", "add", "ann", "--name", "=安", "--role", "finance", "--password-stdin", typed="a long password 1\n")
    run.json("scan", "--all")
    return month


def ruled(run: Commands, act: str, body: dict[str, Any], *, approve: bool = True) -> None:
    with psycopg.connect(run.database.app_url) as connection:
        number = store_edits.propose(connection, act=act, body=body, reason="查过单据", actor=ANN)
        with pytest.raises(Problem) as told:
            store_edits.decide(connection, number, approve=True, actor=ANN)
        assert told.value.code == "second_person_needed"
        store_edits.decide(connection, number, approve=approve, actor=BOB)


def test_a_sheet_goes_out_and_comes_back(fenghe: Commands, tmp_path: Path) -> None:
    poured(fenghe, voucher_missing=3)
    sheet = tmp_path / "breaks.csv"
    fenghe("breaks", "--export", sheet)
    with sheet.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[0] |= {"负责人": "'=安", "处理意见": "待补凭证", "备注": "=1+1"}
    rows[1]["差额"] = "0.00"
    rows[2]["差异编号"] = rows[1]["差异编号"]
    with sheet.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    preview = fenghe.json("breaks", "--edits", sheet)
    assert (len(preview["edits"]), preview["changed"]) == (1, 0)
    assert [one["field"] for one in preview["refused"]] == ["差异编号"]
    assert fenghe.json("breaks", "--edits", sheet, "--apply")["changed"] == 1
    changed = fenghe.rows("select p.name, decision, comment from recon_break b join person p on p.id = b.owner_id")
    assert changed == [("=安", "to_book", "=1+1")]
    assert fenghe.json("breaks", "--edits", sheet, "--apply")["changed"] == 0
    again = tmp_path / "again.csv"
    fenghe("breaks", "--export", again)
    assert "'=1+1" in again.read_text(encoding="utf-8-sig")
    assert fenghe.json("scan", "--all")["changed"] == 0


def test_a_made_up_row_is_refused(fenghe: Commands, tmp_path: Path) -> None:
    poured(fenghe, voucher_missing=1)
    sheet = tmp_path / "breaks.csv"
    fenghe("breaks", "--export", sheet)
    text = sheet.read_text(encoding="utf-8-sig")
    signature = text.splitlines()[1].split(",")[0]
    sheet.write_text(text.replace(signature, "0" * 24), encoding="utf-8")
    report = fenghe.json("breaks", "--edits", sheet, "--apply")
    assert (report["changed"], [one["field"] for one in report["refused"]]) == (0, ["行签名"])
    fenghe("breaks", "--edits", Path(__file__), status=2)


def test_an_accepted_difference_stays_accepted_while_it_is_the_same(fenghe: Commands) -> None:
    month = poured(fenghe, cent_difference=2)
    one = fenghe.json("breaks")["breaks"][0]
    ruled(fenghe, "force", {"key": one["key"]})
    for _ in range(2):
        fenghe.json("scan", "--all")
        assert len(fenghe.json("breaks")["breaks"]) == 1
    report = fenghe.json("reconcile")
    told = {row["cause"]: row["amount_minor"] for row in report["waterfall"] if row["cause"] and row["place"] == 1}
    assert told["accepted"] == one["amount_minor"]
    assert report["difference_minor"] == 0
    more = next(order for order in month.orders if order.number == one["order_no"])
    pay = next(pay for pay in month.payments if pay.trade_no == more.number)
    with psycopg.connect(fenghe.database.app_url) as connection:
        connection.execute(
            "update payment set amount_minor = amount_minor - 5, changed_at = now() where payment_no = %s",
            (pay.number,),
        )
    fenghe.json("scan", "--all")
    assert one["key"] in {row["key"] for row in fenghe.json("breaks")["breaks"]}


def test_a_match_by_two_people_holds(fenghe: Commands) -> None:
    month = poured(fenghe, pay_without_order=1, order_without_payment=1)
    stray = next(iter(month.planted["pay_without_order"]))
    order_no, due = next(iter(month.planted["order_without_payment"].items()))
    number = fenghe.rows(f"select subject_id from payment where order_no = '{stray}'")[0][0]
    ruled(fenghe, "match", {"kind": "payment", "id": number, "order_no": order_no}, approve=False)
    assert fenghe.json("scan", "--all")["closed"] == 0
    ruled(fenghe, "match", {"kind": "payment", "id": number, "order_no": order_no})
    fenghe.json("scan", "--all")
    causes = {one["cause"] for one in fenghe.json("breaks")["breaks"]}
    assert not causes & {"pay_without_order", "order_without_payment"}
    assert causes <= {"amount_wrong", "voucher_missing", "voucher_amount_wrong"}, due
    ruled(fenghe, "unmatch", {"kind": "payment", "id": number})
    fenghe.json("scan", "--all")
    assert {"pay_without_order", "order_without_payment"} <= {one["cause"] for one in fenghe.json("breaks")["breaks"]}


def test_cash_on_delivery_is_told_apart_from_unpaid(fenghe: Commands) -> None:
    month = poured(fenghe, order_without_payment=2)
    first, second = month.planted["order_without_payment"]
    with psycopg.connect(fenghe.database.app_url) as connection:
        connection.execute("update customer_order set order_type = 'cod' where order_no = %s", (first,))
    fenghe.json("scan", "--all")
    told = {one["order_no"]: (one["cause"], one["fault"]) for one in fenghe.json("breaks")["breaks"]}
    assert told == {first: ("cash_on_delivery", False), second: ("order_without_payment", True)}
