"""The ledger over HTTP, on a real hub: what is booked can be seen, a month is closed by two, and leaves in the right shape."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from python_calamine import CalamineWorkbook

from fenghe.kernel.database.address import Database
from fenghe.money.tasks_ledger import post_all
from tests.database import migrated_database
from tests.money.test_ledger import order, payment, refund
from tests.rooms import Rooms, ok, running

__all__ = ["migrated_database"]


@pytest.fixture
def site(migrated_database: Database) -> Iterator[Rooms]:
    with psycopg.connect(migrated_database.app_url, autocommit=True) as books:
        order(books, "A1", 10_000, refunded=2_500)
        payment(books, "P1", 10_000, order_no="A1")
        refund(books, "R1", 2_500, order_no="A1")
        post_all(books, now=datetime.now(UTC))
    with running(migrated_database) as rooms:
        yield rooms


def test_a_number_finds_its_vouchers_and_every_voucher_its_document(site: Rooms) -> None:
    finance = site.at("chen", "finance")
    found, statements = site.counted(finance, "/api/ledger/vouchers?q=A1")
    assert [one["event_title"] for one in found["items"]] == ["渠道已退款", "收到支付", "订单退款冲减收入", "订单应收"]
    assert statements <= 4
    paid = found["items"][1]
    assert paid["document_kind"] == "payment" and paid["payment_no"] == "P1"
    assert [(one["account_title"], one["debit_minor"], one["credit_minor"]) for one in paid["entries"]] == [
        ("其他货币资金-支付宝", 10_000, 0),
        ("应收账款", 0, 10_000),
    ]
    assert ok(finance.get(f"/api/ledger/vouchers/{paid['id']}")) == paid
    on_account = ok(finance.get("/api/ledger/vouchers?account=1012"))
    assert {one["event"] for one in on_account["items"]} == {"payment.received", "refund.paid"}


def test_the_trial_balance_balances(site: Rooms) -> None:
    told = ok(site.at("chen", "finance").get("/api/ledger/balances/2026-02"))
    assert told["balanced"] is True
    assert {row["account"]: row["closing_minor"] for row in told["rows"]} == {
        "1012.01": 7_500,
        "1122": 0,
        "6001": -7_500,
    }


def test_a_month_is_closed_and_opened_by_two(site: Rooms) -> None:
    first, second = site.at("chen", "finance"), site.at("li", "finance")
    month = "/api/ledger/periods/2026-02"
    wish = {"action": "close", "reason": "二月已核对"}
    assert first.post(f"{month}/wish", wish).status_code == 204
    refused = first.post(f"{month}/approve", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "second_person")
    assert first.post(f"{month}/wish", wish).json()["code"] == "wish_waits"
    assert second.post(f"{month}/approve", {}).status_code == 204
    (period,) = ok(first.get("/api/ledger/periods"))
    assert (period["status"], period["wish"]) == ("closed", None)
    (change,) = ok(first.get(f"{month}/history"))
    assert (change["asked_by"], change["approved_by"], change["reason"]) == ("chen先生", "li先生", "二月已核对")
    assert second.post(f"{month}/wish", {"action": "reopen", "reason": "补一张"}).status_code == 204
    assert first.post(f"{month}/approve", {}).status_code == 204
    assert ok(first.get("/api/ledger/periods"))[0]["status"] == "open"


def test_who_may_not_see_money_is_refused(site: Rooms) -> None:
    answer = site.at("kefu", "cs").get("/api/ledger/vouchers")
    assert (answer.status_code, answer.json()["code"]) == (403, "right_missing")
    assert (
        site.at("yun", "ops").post("/api/ledger/periods/2026-02/wish", {"action": "close", "reason": "x"}).status_code
        == 403
    )


def test_a_month_leaves_in_the_shape_of_kingdee_and_of_yonyou(site: Rooms) -> None:
    finance = site.at("chen", "finance")
    sheet = finance.get("/api/ledger/export/2026-02?program=kingdee")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).get_sheet_by_index(0).to_python()
    assert rows[0][:3] == ["日期", "凭证字", "凭证号"] and len(rows) == 9
    both = [[float(str(row[column] or 0)) for row in rows[1:]] for column in (11, 12)]
    assert sum(both[0]) == sum(both[1]) == 250.0
    text = finance.get("/api/ledger/export/2026-02?program=yonyou").content.decode("gb18030")
    lines = text.split("\r\n")
    assert lines[0] == "填制凭证,V800"
    assert lines[1] == "2026-02-05,记,1,0,订单应收 A1,1122,100.00,0.00,0,0,,fenghe"
    assert len(lines) == 10 and lines[-1] == ""


def test_a_rule_is_published_by_a_second_person_after_a_trial(site: Rooms) -> None:
    first, second = site.at("chen", "finance"), site.at("li", "finance")
    rule = "/api/declarations/posting_rule/payment.received"
    body: dict[str, Any] = {
        "entries": [
            {"account": "{clearing}", "side": "debit", "amount": "amount"},
            {"account": "2203", "side": "credit", "amount": "amount"},
        ],
        "memo": "先记预收",
    }
    wrong = {**body, "entries": [{"account": "9999", "side": "debit", "amount": "amount"}]}
    saved = ok(first.send("PUT", f"{rule}/draft", {"body": wrong}))
    assert [one["message"] for one in saved["problems"]] == [
        "第 1 行:科目 9999 不在科目表中",
        "至少要有一行借方和一行贷方",
    ]
    assert first.post(f"{rule}/dry-run", {"days": 30}).json()["code"] == "draft_unfit"
    saved = ok(first.send("PUT", f"{rule}/draft", {"body": body, "revision": 1}))
    trial = ok(first.post(f"{rule}/dry-run", {"days": 30}))
    assert trial["read"] == 1
    assert {one["title"]: (one["before"], one["after"]) for one in trial["figures"]}["1122 应收账款"] == (-10_000, 0)
    alone = first.post(f"{rule}/publish", {"note": "改记预收", "revision": 2})
    assert (alone.status_code, alone.json()["code"]) == (403, "second_person")
    assert ok(second.post(f"{rule}/publish", {"note": "改记预收", "revision": 2}))["version"] == 1
    told = ok(first.get(rule))
    assert (told["version"], told["draft"], told["history"][0]["author"]) == (1, None, "li先生")
    back = ok(second.post(f"{rule}/rollback", {"version": 0, "note": "回到出厂"}))
    assert back["version"] == 2 and ok(first.get(rule))["body"] == told["shipped"]
    assert second.post(f"{rule}/rollback", {"version": 2, "note": "x"}).json()["code"] == "already_in_force"
    assert first.get("/api/declarations/gift").status_code == 404
