"""Payments and refunds over HTTP: tabs that count, filters, a page with two clocks, export, rights, shops, links."""

import csv
import io

import psycopg
import pytest

from fenghe.money.events import PaymentState
from tests.money.hearing import guard, hear, number, order, payment, refund
from tests.rooms import Rooms, ok

NUMBERS = {name: number() for name in ("bound", "orphan", "twice", "open", "other_shop")}


@pytest.fixture(scope="module", autouse=True)
def money(rooms: Rooms) -> None:
    """A few orders' money: paid, paid twice, without an order, not yet paid, of another shop."""
    with psycopg.connect(rooms.hub.app_url, autocommit=True) as connection:
        for name in ("bound", "twice", "open"):
            hear(connection, order(NUMBERS[name]))
        hear(connection, order(NUMBERS["other_shop"], shop="乙店"), payment(NUMBERS["other_shop"]))
        hear(connection, payment(NUMBERS["bound"], fee_minor=12), refund(NUMBERS["bound"]))
        hear(connection, payment(NUMBERS["orphan"]), payment(NUMBERS["twice"]), payment(NUMBERS["twice"], 2, 2))
        hear(connection, payment(NUMBERS["open"], state=PaymentState.AWAITING, status_code="NOTPAY", paid_at=None))
        guard(connection)


def test_the_tabs_count_what_they_show(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    for tab, count in {"all": 6, "bound": 3, "refused": 2, "pending": 0, "open": 1}.items():
        found = ok(root.get("/api/payments", params={"tab": tab}))
        assert found["total"] == count == len(found["items"]) and found["tabs"][tab] == count
    (orphan,) = ok(root.get("/api/payments", params={"cause": "pay_without_order"}))["items"]
    assert orphan["order_no"] == NUMBERS["orphan"] and orphan["cause_title"].startswith("支付漏单")
    assert orphan["amount"] == {"currency": "CNY", "amount_minor": 1990} and orphan["order_id"] is None
    (one,) = ok(root.get("/api/payments", params={"q": NUMBERS["bound"]}))["items"]
    assert (
        one["binding_title"] == "已绑定" and one["refunded"]["amount_minor"] == 500 and one["fee"]["amount_minor"] == 12
    )
    assert root.get("/api/payments", params={"tab": "x"}).status_code == 400


def test_a_list_costs_a_fixed_number_of_statements(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    for path in (
        "/api/payments?size=5",
        "/api/payments?size=100",
        "/api/refunds",
        f"/api/payments?q={NUMBERS['bound']}",
    ):
        _, sent = rooms.counted(root, path)
        assert sent <= 2, path


def test_a_payments_page_has_both_sides_and_its_refunds(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    rows = ok(root.get("/api/payments", params={"q": NUMBERS["twice"], "sort": "paid_at"}))["items"]
    page, sent = rooms.counted(root, f"/api/payments/{rows[1]['id']}")
    assert sent <= 12
    assert page["payment"]["cause"] == "duplicate_payment" and page["others"][0]["id"] == rows[0]["id"]
    assert [one["kind"] for one in page["cases"]] == ["payment.duplicate_payment"]
    assert page["timeline"][0]["text"].startswith("支付 19.90 CNY") and page["timeline"][0]["heard_at"]
    assert [(one["from_title"], one["to_title"]) for one in page["audit"]][:2] == [
        (None, "支付成功"),
        ("待绑定", "未绑定"),
    ]
    case = ok(root.get(f"/api/cases/{page['cases'][0]['id']}"))
    assert case["kind_title"] == "重复支付" and case["evidence"]["theirs"] and "应付 19.90 CNY" in case["explanation"]


def test_an_orders_money(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    (one,) = ok(root.get("/api/payments", params={"q": NUMBERS["bound"]}))["items"]
    money = ok(root.get(f"/api/orders/{one['order_id']}/money"))
    assert (money["due"]["amount_minor"], money["paid"]["amount_minor"], money["refunded"]["amount_minor"]) == (
        1990,
        1990,
        500,
    )
    assert len(money["payments"]) == len(money["refunds"]) == 1 and money["awaiting"]
    (back,) = ok(root.get("/api/refunds", params={"q": NUMBERS["bound"]}))["items"]
    page = ok(root.get(f"/api/refunds/{back['id']}"))
    assert page["refund"]["payment_id"] == one["id"] and page["refund"]["state_title"] == "退款成功"


def test_money_is_seen_by_those_who_may_and_of_their_shops(rooms: Rooms) -> None:
    assert rooms.at("lager", "warehouse").get("/api/payments").status_code == 403
    mine = rooms.at("caiwu2", "finance", shops=["乙店"])
    found = ok(mine.get("/api/payments"))
    assert [one["order_no"] for one in found["items"]] == [NUMBERS["other_shop"]]
    root = rooms.at("root", "admin")
    (other,) = ok(root.get("/api/payments", params={"q": NUMBERS["bound"]}))["items"]
    assert mine.get(f"/api/payments/{other['id']}").status_code == 404
    assert mine.get(f"/api/orders/{other['order_id']}/money").status_code == 404


def test_the_lists_as_files(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    told = root.get("/api/payments/export", params={"format": "csv", "tab": "refused"})
    rows = list(csv.DictReader(io.StringIO(told.content.decode("utf-8-sig"))))
    assert {row["未绑定原因"].partition("：")[0] for row in rows} == {"支付漏单", "重复支付"}
    assert all(row["金额"] == "19.90" for row in rows)
    assert root.get("/api/refunds/export", params={"format": "csv"}).status_code == 200


def test_links_and_questions_say_in_words_why_not(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    (one,) = ok(root.get("/api/payments", params={"q": NUMBERS["bound"]}))["items"]
    refused = root.post(f"/api/orders/{one['order_id']}/pay-link", {"way": "native"})
    assert refused.status_code == 409 and "已经收到付款" in refused.text
    assert root.post(f"/api/orders/{one['order_id']}/pay-link", {"way": "cash"}).status_code == 400
    asked = root.post(f"/api/payments/{one['id']}/ask", {})
    assert asked.status_code == 409 and "没有可以询问" in asked.text
