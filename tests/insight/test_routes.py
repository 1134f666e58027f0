"""The workbench over HTTP: every number adds up, in seven statements, and only a person's own shops count."""

from tests.rooms import Rooms, ok
from tests.world import GHOSTS, ORDERS, SHOPS


def test_every_number_of_the_workbench_adds_up(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    bench = ok(root.get("/api/workbench"))
    orders, parcels = (ok(root.get(f"/api/{one}"))["tabs"] for one in ("orders", "shipments"))
    messages = ok(root.get("/api/messages"))["tabs"]
    counts = bench["counts"]
    assert (counts["orders"], counts["shipments"], counts["shipments_open"]) == (
        orders["all"], parcels["all"], parcels["open"],
    )  # fmt: skip
    assert sum(one["count"] for one in bench["shipments_by_state"]) == parcels["all"]
    assert (counts["held"], counts["cases_open"], counts["unmapped_codes"]) == (GHOSTS, GHOSTS, 1)
    assert (counts["messages_pending"], counts["messages_set_aside"]) == (0, messages["set_aside"])
    assert [(one["kind"], one["open"], one["overdue"]) for one in bench["cases"]] == [("shipment.distance", GHOSTS, 0)]
    (told,) = bench["cases"]
    assert (told["ours_title"], told["theirs_title"], told["most"]) == ("已发货", "待揽收", GHOSTS)
    pair = {"kind": told["kind"], "ours": told["ours"], "theirs": told["theirs"]}
    assert ok(root.get("/api/cases", params=pair))["total"] == GHOSTS
    assert ok(root.get("/api/cases", params={**pair, "theirs": "delivered"}))["total"] == 0
    ranks = [one["rank"] for one in bench["shipments_by_state"]]
    assert ranks == [*sorted(rank for rank in ranks if rank is not None), None]


def test_todays_flow_and_the_sources_health(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    bench, messages = ok(root.get("/api/workbench")), ok(root.get("/api/messages"))["tabs"]
    hours = bench["today"]["hours"]
    assert sum(one["set_aside"] for one in hours) <= messages["set_aside"]
    assert all(one["received"] == one["judged"] + one["set_aside"] for one in hours)
    assert hours[0]["hour"].endswith("T00:00+08:00")
    health = {one["id"]: one for one in bench["sources"]}
    assert set(health) == {"qianniu", "zto"}
    assert (health["qianniu"]["received_24h"], health["qianniu"]["refused_24h"]) == (ORDERS + 2, 0)
    assert health["zto"]["received_24h"] == messages["all"] - ORDERS - 2
    assert (health["zto"]["refused_24h"], health["zto"]["repeats_24h"]) == (7, 0)
    assert health["zto"]["last_received_at"] is not None


def test_the_last_changes_lead_to_their_subjects(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    recent = ok(root.get("/api/workbench"))["recent"]
    assert len(recent) == 20
    for change in recent[:3]:
        page = ok(
            root.get(f"/api/{'orders' if change['subject_kind'] == 'order' else 'shipments'}/{change['subject_id']}")
        )
        assert change["label"] in str(page)
        assert any(row["to"] == change["to"] for row in page["audit"])


def test_the_workbench_has_a_budget_and_is_not_counted_for_each_reader(rooms: Rooms) -> None:
    rooms.at("root", "admin").get("/api/workbench")
    rooms.hub.statements.clear()
    for name in ("first", "second_", "third"):
        ok(rooms.at(name, "warehouse").get("/api/workbench"))
    counted = [one for one in rooms.hub.statements if "from work_case c where c.status = 'open' group by" in one]
    assert len(counted) <= 3
    rooms.hub.statements.clear()
    ok(rooms.at("limited", "cs", shops=[SHOPS[1]]).get("/api/workbench"))
    sent = [one for one in rooms.hub.statements if "from work_case" in one or "shipment" in one or "inbound" in one]
    assert 0 < len(sent) <= 8


def test_a_person_of_one_shop_counts_only_its_own(rooms: Rooms) -> None:
    limited = rooms.at("limited", "cs", shops=[SHOPS[1]])
    bench = ok(limited.get("/api/workbench"))
    assert (bench["counts"]["orders"], bench["counts"]["cases_open"], bench["counts"]["held"]) == (ORDERS // 4, 1, 1)
    assert bench["counts"]["shipments"] == ok(limited.get("/api/shipments"))["total"]
    own = {row["id"] for row in ok(limited.get("/api/orders", params={"size": 100}))["items"]}
    assert {one["subject_id"] for one in bench["recent"] if one["subject_kind"] == "order"} <= own


def test_the_query_bars_offer_what_there_is(rooms: Rooms) -> None:
    facets = ok(rooms.at("root", "admin").get("/api/facets"))
    assert [one["value"] for one in facets["shops"]] == sorted(SHOPS)
    assert facets["channels"] == [{"value": "taobao", "title": "淘宝/天猫"}]
    assert facets["carriers"] == [{"value": "zto", "title": "中通快递"}]
    assert facets["case_kinds"] == [{"value": "shipment.distance", "title": "相差超过允许的节点数"}]
    assert {"value": "delivered", "title": "已签收", "rank": 9} in facets["shipment_states"]
    assert {"value": "shipped", "title": "已发货"} in facets["order_states"]
    assert {one["value"] for one in facets["sources"]} == {"person", "qianniu", "zto"}
    limited = ok(rooms.at("limited", "cs", shops=[SHOPS[1]]).get("/api/facets"))
    assert [one["value"] for one in limited["shops"]] == [SHOPS[1]]
