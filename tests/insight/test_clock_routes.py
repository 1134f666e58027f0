"""Clocks, promises, freshness and scorecards over HTTP: numbers lead to their rows, budgets hold, shops stay apart."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fenghe.kernel.database.address import Database
from tests.insight.turning import read_clocks
from tests.rooms import Rooms, ok, populated, running
from tests.world import GHOSTS, ORDERS, SHOPS, STRAYS, build, kind_of

SHIPPED_KINDS = ("ghost", "in_transit", "delivered", "returned")


@pytest.fixture(scope="module")
def site(cluster: Database, migrated_template: Database) -> Iterator[Rooms]:
    """The world with its clocks read; nothing in it is changed."""
    with populated(cluster, "clock_rooms") as rooms:
        read_clocks(rooms.database.app_url)
        yield rooms


@pytest.fixture
def editing(migrated_database: Database) -> Iterator[Rooms]:
    """A world of its own whose declarations are changed."""
    build(migrated_database.app_url)
    read_clocks(migrated_database.app_url)
    with running(migrated_database) as rooms:
        yield rooms


def every(site: Rooms, path: str, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ok(site.at("root", "admin").get(path, params={"size": 100, **asked}))["items"]
    return found


def test_the_board_adds_up_to_the_list(site: Rooms) -> None:
    board = ok(site.at("root", "admin").get("/api/clocks/board"))
    assert board["waiting"] == 0
    for tab in ("at_risk", "breached", "running"):
        listed = ok(site.at("root", "admin").get("/api/clocks", params={"tab": tab}))
        assert sum(one[tab] for one in board["stages"]) == listed["total"] == listed["tabs"][tab]
    pickup = next(one for one in board["stages"] if one["stage"] == "pickup")
    assert (pickup["breached"], pickup["breached_money"]) == (
        GHOSTS,
        [{"currency": "CNY", "amount_minor": GHOSTS * 300}],
    )
    rows = every(site, "/api/clocks", tab="breached", stage="pickup")
    assert len(rows) == GHOSTS and {one["risk"]["amount_minor"] for one in rows} == {300}
    assert all(one["outcome"] == "breached" and one["case_open"] for one in rows)


def test_what_is_due_first_comes_first_and_nothing_is_claimed_without_history(site: Rooms) -> None:
    rows = every(site, "/api/clocks", tab="running")
    assert [one["due_at"] for one in rows] == sorted(one["due_at"] for one in rows)
    assert {one["forecast"] for one in rows} == {None}
    richest = every(site, "/api/clocks", tab="breached", sort="-risk")
    costs = [one["risk"]["amount_minor"] for one in richest]
    assert costs == sorted(costs, reverse=True)


def test_an_order_shows_its_clocks_on_its_row_and_its_page(site: Rooms) -> None:
    root = site.at("root", "admin")
    overdue = ok(root.get("/api/orders", params={"tab": "overdue", "size": 100}))
    assert overdue["total"] == overdue["tabs"]["overdue"] == len(overdue["items"]) > GHOSTS
    now = datetime.now(UTC).isoformat()
    for row in overdue["items"]:
        assert row["clock"]["due_at"] < now
    one = overdue["items"][0]
    clocks = ok(root.get(f"/api/clocks/order/{one['id']}"))
    assert min(c["due_at"] for c in clocks if c["outcome"] == "breached") == one["clock"]["due_at"]
    assert all("承诺表" in c["basis"] for c in clocks if c["due_at"])
    by_due = ok(root.get("/api/orders", params={"sort": "due_at", "size": 100}))["items"]
    due = [row["clock"]["due_at"] for row in by_due if row["clock"]]
    assert due == sorted(due) and by_due[0]["clock"] is not None
    only = ok(root.get("/api/orders", params={"clock_stage": "pickup", "size": 100}))["items"]
    assert {row["clock"]["stage"] for row in only} == {"pickup"} and len(only) == GHOSTS
    page = ok(root.get(f"/api/orders/{one['id']}"))["order"]
    assert page["clock"] == one["clock"]


@pytest.mark.parametrize(
    ("path", "budget"),
    [
        ("/api/clocks?tab=breached", 2),
        ("/api/clocks/board", 3),
        ("/api/clocks/order/1", 1),
        ("/api/clocks/expected", 1),
        ("/api/declarations/promise", 3),
        ("/api/declarations/promise/taobao", 5),
        ("/api/freshness", 3),
        ("/api/scorecards?dim=route", 2),
        ("/api/scorecards/card?dim=carrier&a=zto", 2),
        ("/api/scorecards/shipments?dim=carrier&a=zto", 2),
        ("/api/orders?tab=due_soon&sort=due_at", 4),
    ],
)
def test_every_answer_has_its_budget(site: Rooms, path: str, budget: int) -> None:
    assert site.counted(site.at("root", "admin"), path)[1] <= budget


def card_of(
    site: Rooms, who: str = "root", *roles: str, shops: list[str] | None = None, **asked: Any
) -> dict[str, Any]:
    browser = site.at(who, *(roles or ("admin",)), shops=shops)
    found: dict[str, Any] = ok(browser.get("/api/scorecards", params=asked))
    return found


def test_every_number_of_a_card_leads_to_its_parcels(site: Rooms) -> None:
    (row,) = card_of(site)["rows"]
    card = row["card"]
    assert row["title"] == "中通快递" and card["shipments"] == sum(k in SHIPPED_KINDS for k in kinds()) + STRAYS
    parts = {
        "all": card["shipments"], "delivered": card["delivered"], "pickup_known": card["pickup"]["known"],
        "pickup_unknown": card["pickup"]["unknown"], "delivery_known": card["delivery"]["known"],
        "total_known": card["total"]["known"], "on_time": card["on_time"]["count"],
        "promise_unknown": card["on_time_unknown"], "trouble": card["trouble"]["count"],
        "returned": card["returned"]["count"], "lost": card["lost"]["count"], "silent": card["silent"]["count"],
        "late": card["on_time"]["of"] - card["on_time"]["count"],
    }  # fmt: skip
    root = site.at("root", "admin")
    for part, count in parts.items():
        found = ok(root.get("/api/scorecards/shipments", params={"dim": "carrier", "a": "zto", "part": part}))
        assert found["total"] == count, part
    assert card["pickup_in_time"]["of"] == card["pickup"]["known"] + GHOSTS
    assert card["pickup"]["seconds"] == 3600 and card["delivery"]["seconds"] == 3600


def kinds() -> list[str]:
    return [kind_of(n) for n in range(ORDERS)]


def test_shops_and_routes_sum_to_the_same_whole(site: Rooms) -> None:
    totals = {dim: card_of(site, dim=dim)["total"] for dim in ("carrier", "route", "shop")}
    assert totals["carrier"] == totals["route"] == totals["shop"]
    own = card_of(site, "limited", "cs", shops=[SHOPS[1]], dim="carrier")["total"]
    shop = next(one for one in card_of(site, dim="shop")["rows"] if one["a"] == SHOPS[1])
    assert own == shop["card"] and own["shipments"] < totals["carrier"]["shipments"]
    assert [one["a"] for one in card_of(site, "limited", "cs", shops=[SHOPS[1]], dim="shop")["rows"]] == [SHOPS[1]]


def test_a_person_of_one_shop_sees_only_its_clocks(site: Rooms) -> None:
    limited = site.at("limited", "cs", shops=[SHOPS[1]])
    rows = ok(limited.get("/api/clocks", params={"tab": "breached", "size": 100}))["items"]
    assert rows and {one["shop"] for one in rows} == {SHOPS[1]}
    other = next(one for one in every(site, "/api/clocks", tab="breached") if one["shop"] == SHOPS[0])
    assert ok(limited.get(f"/api/clocks/order/{other['order_id']}")) == []
    hidden = ok(limited.get("/api/scorecards/shipments", params={"dim": "shop", "a": SHOPS[0]}))
    assert hidden["total"] == 0


def test_exports_say_what_the_screens_say(site: Rooms) -> None:
    root = site.at("root", "admin")
    answer = root.get("/api/scorecards/export", params={"format": "csv"})
    (line,) = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    (row,) = card_of(site)["rows"]
    assert (line["对象"], int(line["运单数"])) == ("中通快递", row["card"]["shipments"])
    assert (line["揽收平均(小时)"], line["静默占比(%)"]) == ("1.0", "0.00")
    clocks = root.get("/api/clocks/export", params={"tab": "breached", "format": "csv"}).content.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(clocks)))
    assert len(lines) == ok(root.get("/api/clocks", params={"tab": "breached"}))["total"]
    assert {one["状态"] for one in lines} == {"已超时"}
    behind = root.get("/api/scorecards/shipments/export", params={"dim": "carrier", "a": "zto", "format": "xlsx"})
    assert behind.content[:2] == b"PK"


@pytest.mark.parametrize(
    "path",
    [
        "/api/clocks?tab=nonsense",
        "/api/clocks?stage=fly",
        "/api/scorecards?since=yesterday",
        "/api/scorecards?since=2026-02-05&until=2026-02-01",
        "/api/scorecards?since=2020-01-01&until=2026-02-01",
        "/api/scorecards/shipments?dim=carrier&part=nonsense",
    ],
)
def test_a_wrong_question_is_told_in_words(site: Rooms, path: str) -> None:
    answer = site.at("root", "admin").get(path)
    assert answer.status_code == 400 and answer.json()["detail"]


def test_numbers_tell_how_fresh_they_are(site: Rooms) -> None:
    page = ok(site.at("root", "admin").get("/api/freshness"))
    assert {one["id"] for one in page["items"]} == {"qianniu", "zto"}
    assert page["worst"] == "unknown" and all(one["last_good_at"] for one in page["items"])
    bench = {one["id"]: one for one in ok(site.at("root", "admin").get("/api/workbench"))["sources"]}
    assert {one["standing"] for one in bench.values()} == {"unknown"}
    assert site.browser().get("/health").json()["sources"]["unknown"] == 2


RULE = {"stage": "ship", "hours": 240}


def test_a_promise_is_tried_published_by_another_and_taken_back(editing: Rooms) -> None:
    first, second = editing.at("first", "ops"), editing.at("second", "ops")
    before = ok(first.get("/api/declarations/promise/taobao"))
    assert (before["version"], before["draft"], before["body"]["rules"][0]["hours"]) == (0, None, 48)
    saved = ok(
        first.send("PUT", "/api/declarations/promise/taobao/draft", {"body": {"rules": [RULE]}, "revision": None})
    )
    assert saved["problems"] == []
    trial = ok(first.post("/api/declarations/promise/taobao/dry-run", {"days": 14}))
    late = len(every(editing, "/api/clocks", tab="breached", stage="ship"))
    (breaches,) = [one for one in trial["figures"] if one["word"] == "breaches"]
    assert late > 0 and breaches["before"] >= late
    assert breaches["before"] - breaches["after"] == late
    told = {"note": "改成十天", "revision": saved["revision"]}
    assert first.post("/api/declarations/promise/taobao/publish", told).status_code == 403
    assert ok(second.post("/api/declarations/promise/taobao/publish", told))["version"] == 1
    read_clocks(editing.database.app_url)
    assert every(editing, "/api/clocks", tab="breached", stage="ship") == []
    assert editing.sql("select distinct status, resolution from work_case where kind = 'order.promise_ship'") == [
        ("self_closed", "promise_moved")
    ]
    assert (
        ok(second.post("/api/declarations/promise/taobao/rollback", {"version": 0, "note": "回到默认"}))["version"] == 2
    )
    read_clocks(editing.database.app_url)
    assert len(every(editing, "/api/clocks", tab="breached", stage="ship")) == late
    assert [one[0] for one in editing.log("declaration.publish.done")] == ["second"]


@pytest.mark.parametrize(
    "values",
    [
        {"rules": [{"stage": "fly", "hours": 1}]},
        {"rules": [{"stage": "ship"}]},
        {"rules": [{**RULE, "x": 1}]},
        {"rule": []},
    ],
)
def test_a_table_that_cannot_be_read_is_refused(editing: Rooms, values: dict[str, Any]) -> None:
    answer = editing.at("first", "ops").send(
        "PUT", "/api/declarations/promise/pdd/draft", {"body": values, "revision": None}
    )
    assert answer.status_code == 400 and "内容读不懂" in answer.json()["detail"]


def test_a_draft_with_wrong_rows_is_kept_and_not_published(editing: Rooms) -> None:
    first, second = editing.at("first", "ops"), editing.at("second", "ops")
    body = {"body": {"rules": [{**RULE, "hours": 0}]}, "revision": None}
    assert (
        ok(first.send("PUT", "/api/declarations/promise/pdd/draft", body))["problems"][0]["message"]
        == "第 1 行:时限应为 1 到 2880 小时"
    )
    assert first.post("/api/declarations/promise/pdd/dry-run", {"days": 3}).status_code == 422
    assert second.post("/api/declarations/promise/pdd/publish", {"note": "n", "revision": 1}).status_code == 422
    assert first.send("PUT", "/api/declarations/promise/pdd/draft", body).status_code == 409
    assert first.delete("/api/declarations/promise/pdd/draft").status_code == 204
    assert ok(first.get("/api/declarations/promise/pdd"))["draft"] is None


def test_an_expectation_is_declared_and_learnt_again(editing: Rooms) -> None:
    first, second = editing.at("first", "ops"), editing.at("second", "ops")
    path = "/api/declarations/cadence/qianniu"
    body = {"body": {"late_minutes": 30, "silent_minutes": 90}, "revision": None}
    revision = ok(first.send("PUT", f"{path}/draft", body))["revision"]
    tried = ok(first.post(f"{path}/dry-run", {"days": 14}))
    assert [one["after"] for one in tried["figures"]] == [0, 0] and tried["read"] >= 1
    ok(second.post(f"{path}/publish", {"note": "每半小时", "revision": revision}))
    page = {one["id"]: one for one in ok(first.get("/api/freshness"))["items"]}
    assert (page["qianniu"]["standing"], page["qianniu"]["by"]) == ("fresh", "declared")
    ok(second.post(f"{path}/rollback", {"version": 0, "note": "还是学"}))
    page = {one["id"]: one for one in ok(first.get("/api/freshness"))["items"]}
    assert (page["qianniu"]["standing"], page["qianniu"]["by"]) == ("unknown", "")
    assert first.get("/api/declarations/cadence/nowhere").status_code == 404


def test_a_silent_source_shows_at_once_even_when_nobody_watches(editing: Rooms) -> None:
    """Nothing ran since: the standing is judged with the question, so a dead watcher hides nothing."""
    editing.sql("insert into source (id, connector, title, kind) values ('ghost', 'zto', '没声音', 'carrier')")
    page = ok(editing.at("first", "ops").get("/api/freshness"))
    assert {one["id"]: one["standing"] for one in page["items"]}["ghost"] == "never"
    assert page["worst"] == "never"


def test_days_are_counted_in_china(site: Rooms) -> None:
    since = datetime.now(UTC).date() - timedelta(days=60)
    detail = ok(
        site.at("root", "admin").get(
            "/api/scorecards/card", params={"dim": "carrier", "a": "zto", "since": since.isoformat()}
        )
    )
    days = {one["day"]: one["card"]["shipments"] for one in detail["days"]}
    assert sum(days.values()) == card_of(site)["rows"][0]["card"]["shipments"]
    assert detail["pickup"] == {"half": 3600, "most": 3600}
