"""Reminders over HTTP (催付): covered phones, who paid afterwards, whom it would remind now, one by hand, the short address."""

from collections.abc import Iterator
from typing import Any

import pytest

from fenghe.kernel.database.address import Database
from tests.money.reminding import Street, street
from tests.rooms import Rooms, ok, running


@pytest.fixture
def shop(migrated_database: Database) -> Iterator[Street]:
    with street(migrated_database.app_url) as one:
        yield one


@pytest.fixture
def site(shop: Street, migrated_database: Database) -> Iterator[Rooms]:
    with running(migrated_database) as rooms:
        yield rooms


def order_id(shop: Street, number: str) -> str:
    ((found,),) = shop.rows("select subject_id from order_book where order_no = %s", number)
    return str(found)


def test_what_was_sent_is_listed_with_covered_phones_and_who_paid_afterwards(site: Rooms, shop: Street) -> None:
    first, second = shop.sell(), shop.sell()
    shop.whole()
    shop.pay(first)
    ann = site.at("ann", "finance")
    listed, asked = site.counted(ann, "/api/reminders")
    assert asked <= 2 and listed["tabs"] == {
        "all": 2, "under_way": 0, "sent": 2, "paid": 1, "failed": 0, "withdrawn": 0,
    }  # fmt: skip
    assert {one["phone"] for one in listed["items"]} == {"138****5678"} and "13812345678" not in str(listed)
    (paid,) = ok(ann.get("/api/reminders", params={"tab": "paid"}))["items"]
    assert paid["order_no"] == first and paid["paid_after"]
    whole, asked = site.counted(ann, f"/api/reminders/{paid['id']}")
    assert asked <= 2 and [one["event"] for one in whole["events"]] == ["asked", "queued", "checked", "sent"]
    assert ok(ann.get("/api/reminders", params={"number": second}))["total"] == 1
    (row,) = ok(ann.get("/api/reminders/summary"))
    assert (row["messages"], row["orders"], row["paid_orders"], row["paid_minor"]) == (2, 2, 1, 1990)
    text = ann.get("/api/reminders/export", params={"format": "csv"}).text
    assert first in text and "138****5678" in text and "13812345678" not in text
    assert ann.get("/api/reminders", params={"tab": "x"}).status_code == 400
    assert ann.get("/api/reminders/summary", params={"days": 0}).status_code == 400
    assert ann.get("/api/reminders/999999").status_code == 404


def test_whom_it_would_remind_now_and_why_not(site: Rooms, shop: Street) -> None:
    due, early, masked = shop.sell(), shop.sell(minutes=31), shop.sell(phone="138****5678")
    shop.rule("own", after_minutes=[40])
    ann = site.at("ann", "finance")
    told, asked = site.counted(ann, "/api/reminders/now")
    assert asked <= 3 and not told["more"]
    by_number = {one["order_no"]: one for one in told["orders"]}
    assert by_number[due]["due"] and by_number[due]["words"] == "" and early not in by_number
    assert not by_number[masked]["due"] and "手机号" in by_number[masked]["words"]
    assert shop.states() == [], "looking sends nothing"


def test_customer_service_reminds_one_buyer(site: Rooms, shop: Street) -> None:
    number = shop.sell()
    path = f"/api/orders/{order_id(shop, number)}"
    kefu, warehouse = site.at("kefu", "cs"), site.at("cang", "warehouse")
    assert warehouse.post(f"{path}/remind", {}).status_code == 403
    assert kefu.get("/api/reminders").status_code == 403, "who may not see money sees the order's own"
    (row,) = ok(kefu.post(f"{path}/remind", {}))
    assert (row["asked_by"], row["state"], row["phone"]) == ("kefu", "preparing", "138****5678")
    again = kefu.post(f"{path}/remind", {})
    assert (again.status_code, again.json()["code"]) == (409, "no_reminder") and "正在发送" in again.json()["detail"]
    assert len(ok(kefu.get(f"{path}/reminders"))) == 1
    platform = f"/api/orders/{order_id(shop, shop.sell(channel='jd'))}/remind"
    assert "没有开启" in kefu.post(platform, {}).json()["detail"]
    assert kefu.post("/api/orders/999999/remind", {}).status_code == 404
    actions = [one["action"] for one in ok(site.at("boss", "admin").get("/api/access-log"))]
    assert actions.count("reminder.ask.done") == 1


def test_the_short_address_leads_to_the_page_only_while_there_is_something_to_pay(site: Rooms, shop: Street) -> None:
    number = shop.sell()
    shop.whole()
    ((token,),) = shop.rows("select token from payment_reminder")
    nobody = site.at("kefu", "cs")

    def open_it(what: str = token) -> tuple[int, str, str]:
        answer = nobody.get(f"/p/{what}")
        return answer.status_code, answer.headers.get("location", ""), answer.text

    status, place, _ = open_it()
    assert status == 302 and place.startswith("https://wx.tenpay.com/")
    assert open_it("x" * 10)[0] == 404 and open_it("x" * 500)[0] == 404
    shop.connection.execute("update pay_order set expires_at = now() - interval '1 second'")
    assert open_it()[0] == 410
    shop.connection.execute("update pay_order set expires_at = now() + interval '1 hour'")
    shop.pay(number)
    status, place, text = open_it()
    assert status == 200 and place == "" and "已经付款" in text and number not in text


def declared(site: Rooms, name: str) -> dict[str, Any]:
    """A rule as the screen is told it."""
    answer: dict[str, Any] = ok(site.at("boss", "admin").get(f"/api/declarations/payment_reminder/{name}"))
    return answer


def test_a_rule_is_tried_before_it_counts(site: Rooms, shop: Street) -> None:
    number = shop.sell()
    shop.sell(channel="othershop")
    boss = site.at("boss", "admin")
    kind = ok(boss.get("/api/declarations/payment_reminder"))
    assert [one["name"] for one in kind["declarations"]] == ["own", "taobao", "pdd", "douyin", "jd", "othershop"]
    body = {**declared(site, "own")["body"], "most_per_day": 0}
    assert body["channels"] == ["myshop"]
    path = "/api/declarations/payment_reminder/own"
    ok(boss.send("PUT", f"{path}/draft", {"body": {**body, "mode": "off"}, "revision": None}))
    tried = ok(boss.post(f"{path}/dry-run", {"days": 7}))
    assert next((one["title"], one["before"], one["after"]) for one in tried["figures"]) == ("现在会催的订单", 1, 0)
    assert number in tried["rows"][0]["title"] and (tried["rows"][0]["before"], tried["rows"][0]["after"]) == (
        "催付第 1 次",
        "不催",
    )
    assert "13812345678" not in str(tried) and shop.states() == []
