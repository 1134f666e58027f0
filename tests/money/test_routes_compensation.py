"""Compensation over HTTP (补偿审批): who sees, who decides, exactly what he was shown, and an export."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from fenghe.kernel.database.address import Database
from fenghe.simulator.clock import VirtualClock
from fenghe.simulator.orders_app import OrderDesk
from fenghe.simulator.till_app import TillGateway
from tests.money.compensating import Shop, month, till_of
from tests.rooms import Rooms, ok, running

PATH = "/api/compensations"


@pytest.fixture
def site(migrated_database: Database) -> Iterator[Rooms]:
    told = month(good=2, unheard=1, cancelled=3, partial=1)
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        shop = Shop(
            connection, told, till="http://127.0.0.1:9", desk_address="http://127.0.0.1:9", desk=OrderDesk(seed=3)
        )
        shop.connect(TillGateway(till_of(told), VirtualClock(datetime.now(UTC))))
        shop.live()
        shop.reconcile()
        shop.compensate()
    with running(migrated_database) as rooms:
        yield rooms


def test_a_second_person_approves_exactly_what_he_was_shown(site: Rooms) -> None:
    boss, clerk = site.at("laoban", "finance"), site.at("xiaowang", "ops")
    page = ok(boss.get(PATH))
    assert (page["total"], page["tabs"]["under_way"], page["tabs"]["all"]) == (4, 1, 5)
    asked = ok(boss.get(f"{PATH}/deciding", params={"kind": "refund_payment"}))
    assert asked["count"] == 3 and asked["own"] == 0 and asked["kinds"] == {"原路退款": 3}
    wish = {"approve": True, "count": 3, "amounts": asked["amounts"], "filter": {"kind": "refund_payment"}}
    assert clerk.post(f"{PATH}/decision", wish).status_code == 403
    others: list[dict[str, Any]] = [{"count": 2}, {"amounts": {"CNY": asked["amounts"]["CNY"] - 1}}, {"filter": {}}]
    for wrong in others:
        answer = boss.post(f"{PATH}/decision", {**wish, **wrong})
        assert (answer.status_code, answer.json()["code"]) == (409, "list_moved")
    assert ok(boss.post(f"{PATH}/decision", wish)) == {"decided": 3}
    assert boss.post(f"{PATH}/decision", wish).status_code == 409, "once"
    row = ok(boss.get(PATH, params={"tab": "approved"}))["items"][0]
    whole = ok(boss.get(f"{PATH}/{row['id']}"))
    assert [one["event"] for one in whole["events"]] == ["proposed", "approved"]
    assert whole["item"]["decided_by"] == "laoban" and "原路退给买家" in whole["item"]["words"]
    assert {one["kind"] for one in whole["documents"]} >= {"order", "payment"}
    told = [one["action"] for one in ok(site.at("admin2", "admin").get("/api/access-log"))]
    assert "compensation.approve.done" in told


def test_a_refusal_needs_a_reason_and_bad_words_are_told_by_field(site: Rooms) -> None:
    boss = site.at("laoban", "finance")
    (book,) = ok(boss.get(PATH, params={"kind": "book_refund"}))["items"]
    wish = {"approve": False, "count": 1, "amounts": {"CNY": 1000}, "ids": [book["id"]]}
    assert boss.post(f"{PATH}/decision", wish).status_code == 400
    assert ok(boss.post(f"{PATH}/decision", {**wish, "reason": "财务自己补"})) == {"decided": 1}
    assert ok(boss.get(f"{PATH}/{book['id']}"))["item"]["why"] == "财务自己补"
    for params in ({"tab": "perhaps"}, {"kind": "steal"}):
        assert boss.get(PATH, params=params).status_code == 400
    assert boss.get(f"{PATH}/999999").status_code == 404
    assert boss.get(f"{PATH}/x").status_code in (400, 404)
    assert boss.post(f"{PATH}/{book['id']}/again", {}).status_code == 204
    assert ok(boss.get(f"{PATH}/{book['id']}"))["item"]["own"] is True
    assert boss.post(f"{PATH}/decision", wish).status_code == 400
    own = boss.post(f"{PATH}/decision", {**wish, "approve": True})
    assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
    assert ok(site.at("caiwu", "finance").post(f"{PATH}/decision", {**wish, "approve": True})) == {"decided": 1}
    assert boss.post(f"{PATH}/{book['id']}/again", {}).status_code == 409
    assert boss.post(PATH, {"break_ids": []}).status_code == 400


def test_sums_what_is_set_aside_and_the_sheet(site: Rooms) -> None:
    boss = site.at("laoban", "finance")
    sums = {(one["state"], one["kind"]): one["count"] for one in ok(boss.get(f"{PATH}/summary", params={"tab": "all"}))}
    assert sums == {
        ("proposed", "refund_payment"): 3,
        ("proposed", "book_refund"): 1,
        ("under_way", "rebuild_order"): 1,
    }
    assert isinstance(ok(boss.get(f"{PATH}/set-aside")), list)
    sheet = boss.get(f"{PATH}/export", params={"tab": "all", "format": "csv"})
    assert sheet.status_code == 200 and len(sheet.content.decode("utf-8-sig").strip().splitlines()) == 6
    assert ok(boss.get("/api/workbench"))["counts"]["compensations_waiting"] == 4


def test_what_may_be_done_is_declared_by_two_people(site: Rooms) -> None:
    boss, clerk = site.at("laoban", "finance"), site.at("caiwu", "finance")
    kind = ok(boss.get("/api/declarations/compensation_policy"))
    assert {one["name"]: one["body"]["mode"] for one in kind["declarations"]}["pay_without_order"] == "automatic"
    path = "/api/declarations/compensation_policy/cancelled_not_refunded"
    body = {"mode": "automatic", "most_per_day": 1, "most_minor_per_day": 1}
    draft = ok(boss.send("PUT", f"{path}/draft", {"body": body, "revision": None}))
    assert [one["field"] for one in draft["problems"]] == ["mode"], "what moves money is never automatic"
    draft = ok(boss.send("PUT", f"{path}/draft", {"body": {**body, "mode": "off"}, "revision": 1}))
    trial = ok(boss.post(f"{path}/dry-run", {"days": 30}))
    assert (trial["read"], trial["figures"][0]["before"], trial["figures"][0]["after"]) == (3, 3, 0)
    publish = {"note": "先不退", "revision": 2}
    assert boss.post(f"{path}/publish", publish).status_code == 403
    assert clerk.post(f"{path}/publish", publish).status_code in (200, 201)
    assert ok(boss.get(path))["body"]["mode"] == "off"


def test_a_person_says_that_an_order_does_not_exist_and_another_decides(
    site: Rooms, migrated_database: Database
) -> None:
    boss = site.at("laoban", "finance")
    (row,) = ok(boss.get(PATH, params={"tab": "all", "kind": "rebuild_order"}))["items"]
    assert (
        row["unanswered"] is False
        and boss.post(f"{PATH}/{row['id']}/absent", {"reason": "后台查过"}).status_code == 409
    )
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        connection.execute("update compensation set state = 'failed', why = '没有问到：x' where id = %s", (row["id"],))
    assert ok(boss.get(f"{PATH}/{row['id']}"))["item"]["unanswered"] is True
    assert site.at("xiaowang", "ops").post(f"{PATH}/{row['id']}/absent", {"reason": "后台查过"}).status_code == 403
    assert boss.post(f"{PATH}/{row['id']}/absent", {"reason": " "}).json()["code"] == "bad_field"
    assert ok(boss.post(f"{PATH}/{row['id']}/absent", {"reason": "后台查过"})) == {"proposed": 1}
    whole = ok(boss.get(f"{PATH}/{row['id']}"))
    assert whole["item"]["unanswered"] is False and whole["events"][-1]["event"] == "absent"
    (refund,) = ok(boss.get(PATH, params={"number": row["order_no"], "kind": "refund_payment"}))["items"]
    assert (refund["proposed_by"], refund["own"], refund["moves_money"]) == ("laoban", True, True)
    wish = {
        "approve": True, "count": 1, "amounts": {refund["currency"]: refund["amount_minor"]}, "ids": [refund["id"]],
    }  # fmt: skip
    own = boss.post(f"{PATH}/decision", wish)
    assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
    assert ok(site.at("caiwu", "finance").post(f"{PATH}/decision", wish)) == {"decided": 1}
