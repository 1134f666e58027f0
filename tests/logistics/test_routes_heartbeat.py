"""The heartbeat and the two-way contract over HTTP: counts, lists, filters, export, thresholds, marks."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from fenghe.hub.heartbeat import BeginWatches
from tests.rooms import Rooms, ok
from tests.world import GHOSTS, tracking_no

SILENT = tracking_no(0)


@pytest.fixture(scope="module", autouse=True)
def beating(rooms: Rooms) -> None:
    """The world's parcels are watched; one of them has gone silent, another cannot be asked about."""
    with psycopg.connect(rooms.database.app_url, autocommit=True) as connection:
        begin = BeginWatches()
        while begin.turn(connection, now=datetime.now(UTC)):
            continue
        connection.execute(
            "update shipment_watch w set silent_since = now(), empties = 3, polls = 3, answered_at = now(),"
            ' recent = \'[{"at": 1770285600000, "outcome": "empty", "events": 1, "message": 1}]\' from shipment p'
            " where p.subject_id = w.subject_id and p.tracking_no = %s",
            (SILENT,),
        )
        connection.execute(
            "update shipment_watch w set errors = 2, last_error = 'HTTP 500', carrier = 'yto', source = null from shipment p"
            " where p.subject_id = w.subject_id and p.tracking_no = %s",
            (tracking_no(1),),
        )
        connection.execute(
            "insert into carrier_contract (act, subject_id, source, state, answered_at, finding, finding_words,"
            " finding_since) select 'track.subscribe', subject_id, 'zto', 'accepted', now(), 'no_push', '没有推送', now()"
            " from shipment where tracking_no = %s",
            (SILENT,),
        )


def test_the_overview_says_how_many_and_how_each_account_stands(rooms: Rooms) -> None:
    told, statements = rooms.counted(rooms.at("kefu", "cs"), "/api/heartbeat")
    assert told["counts"]["silent"] == 1 and told["counts"]["cannot_ask"] == 1 and told["counts"]["watching"] > GHOSTS
    (zto,) = told["accounts"]
    assert (zto["id"], zto["standing"], zto["limit_per_minute"], zto["enough"]) == ("zto", "idle", 900, True)
    assert told["unasked"] == [{"carrier": "yto", "carrier_title": "圆通速递", "parcels": 1}]
    assert statements <= 5


def test_silent_parcels_are_listed_filtered_and_exported(rooms: Rooms) -> None:
    browser = rooms.at("kefu", "cs")
    told, statements = rooms.counted(browser, "/api/heartbeat/watches")
    (row,) = told["items"]
    assert (row["tracking_no"], row["empties"], row["carrier_title"]) == (SILENT, 3, "中通快递")
    assert told["tabs"]["silent"] == 1 and told["tabs"]["failing"] == 1 and statements <= 3
    for query, count in (("q=" + row["track_id"], 1), ("carrier=sf", 0), ("tab=cannot_ask", 1), ("tab=failing&q=x", 0)):
        assert ok(browser.get(f"/api/heartbeat/watches?{query}"))["total"] == count, query
    assert browser.get("/api/heartbeat/watches?tab=nonsense").status_code == 400
    lines = browser.get("/api/heartbeat/watches/export?format=csv").text.splitlines()
    assert len(lines) == 2 and SILENT in lines[1] and "物流异常自" in lines[0]


def test_one_parcels_watch_shows_its_polls(rooms: Rooms) -> None:
    browser = rooms.at("kefu", "cs")
    (row,) = ok(browser.get("/api/heartbeat/watches"))["items"]
    page = ok(browser.get(f"/api/shipments/{row['id']}/watch"))
    assert page["recent"][0]["outcome_title"] == "无新轨迹" and page["alert_after"] == 3
    assert browser.get("/api/shipments/999999/watch").status_code == 404


def test_the_mark_is_on_the_lists_of_parcels_and_of_orders(rooms: Rooms) -> None:
    browser = rooms.at("kefu", "cs")
    (parcel,) = ok(browser.get("/api/shipments?silent=true"))["items"]
    assert parcel["tracking_no"] == SILENT and parcel["silent"]
    (order,) = ok(browser.get("/api/orders?silent=true"))["items"]
    assert [one["silent"] for one in order["shipments"]] == [True]
    assert not any(one["silent"] for one in ok(browser.get("/api/shipments?silent=false"))["items"])


def test_a_person_of_another_shop_sees_nothing_of_it(rooms: Rooms) -> None:
    stranger = rooms.at("stranger", "cs", shops=["别的店"])
    assert ok(stranger.get("/api/heartbeat/watches"))["total"] == 0
    assert ok(stranger.get("/api/contracts"))["total"] == 0


def beat(rooms: Rooms, **changed: Any) -> dict[str, Any]:
    values = ok(rooms.at("yunying", "ops").get("/api/declarations/heartbeat/zto"))["body"]
    return {**values, **changed}


def test_thresholds_are_drafted_forecast_published_and_rolled_back(rooms: Rooms) -> None:
    browser, path = rooms.at("yunying", "ops"), "/api/declarations/heartbeat/zto"
    assert ok(browser.get(path))["version"] == 0
    body = beat(rooms, empties=5, calls_per_minute=2, interval_minutes=10)
    draft = ok(browser.send("PUT", f"{path}/draft", {"body": body}))
    tried = {one["word"]: one for one in ok(browser.post(f"{path}/dry-run", {}))["figures"]}
    assert (tried["silent"]["before"], tried["silent"]["after"]) == (1, 0)
    assert tried["calls_needed"]["after"] > tried["calls_allowed"]["after"] == 2 and tried["calls_needed"]["warn"]
    assert browser.send("PUT", f"{path}/draft", {"body": beat(rooms)}).status_code == 409
    done = ok(browser.post(f"{path}/publish", {"note": "放宽", "revision": draft["revision"]}))
    assert done["version"] == 1
    assert ok(browser.get(path))["body"]["empties"] == 5
    back = ok(browser.post(f"{path}/rollback", {"version": 0, "note": "恢复"}))
    assert back["version"] == 2 and ok(browser.get(path))["body"]["empties"] == 3


def test_thresholds_out_of_bounds_are_named_and_not_published(rooms: Rooms) -> None:
    browser, path = rooms.at("yunying", "ops"), "/api/declarations/heartbeat/sf"
    draft = ok(browser.send("PUT", f"{path}/draft", {"body": beat(rooms, empties=0)}))
    assert draft["problems"]
    refused = browser.post(f"{path}/publish", {"note": "x", "revision": draft["revision"]})
    assert refused.status_code == 422 and refused.json()["fields"][0]["field"] == "empties"
    assert browser.delete(f"{path}/draft").status_code == 204
    assert rooms.at("kefu", "cs").send("PUT", f"{path}/draft", {"body": beat(rooms)}).status_code == 403


def test_every_carrier_and_tracker_has_a_row(rooms: Rooms) -> None:
    names = [row["name"] for row in ok(rooms.at("kefu", "cs").get("/api/declarations/heartbeat"))["declarations"]]
    assert names[:3] == ["default", "kuaidi100", "zto"] and "sf" in names
    assert rooms.at("kefu", "cs").get("/api/declarations/heartbeat/nobody").status_code == 404


def test_contracts_are_listed_exported_and_let_go(rooms: Rooms) -> None:
    browser = rooms.at("kefu", "cs")
    told, statements = rooms.counted(browser, "/api/contracts?tab=found")
    (row,) = told["items"]
    assert (row["tracking_no"], row["finding_title"], row["act_title"]) == (SILENT, "订阅后没有推送", "订阅轨迹")
    assert statements <= 3
    assert SILENT in browser.get("/api/contracts/export?format=csv").text
    asked = browser.post(f"/api/shipments/{row['shipment_id']}/subscribe")
    assert asked.status_code == 409, asked.text
    gone = ok(browser.post(f"/api/contracts/{row['id']}/withdraw"))
    assert gone["state_title"] == "已放弃" and gone["finding"] is None
    (again,) = ok(browser.post(f"/api/shipments/{row['shipment_id']}/subscribe"))
    assert again["state"] == "asked"
    assert rooms.at("cangku", "warehouse").post(f"/api/contracts/{row['id']}/withdraw").status_code == 403


def test_a_layout_is_previewed_and_examples_are_offered(rooms: Rooms) -> None:
    browser = rooms.at("admin", "admin")
    examples = ok(browser.get("/api/sources/layout-examples"))
    assert {"gls", "usps", "ups"} <= {one["name"] for one in examples}
    layout = {"carrier": "zto", "codes": "zto", "number": "no", "code": "st", "time": "at"}
    body = '{"no":"F1234567","st":"签收","at":"2026-02-05 10:00:00"}'
    seen = ok(browser.post("/api/sources/layout-preview", {"config": {"layout": layout}, "answer": body}))
    assert seen["answer"] == "events" and seen["events"][0]["state_title"] == "已签收"
    wrong = ok(
        browser.post("/api/sources/layout-preview", {"config": {"layout": {**layout, "code": "a[["}}, "answer": body})
    )
    assert any("a[[" in problem for problem in wrong["problems"])
    assert rooms.at("kefu", "cs").get("/api/sources/layout-examples").status_code == 403
