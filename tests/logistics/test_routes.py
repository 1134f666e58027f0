"""Parcels over HTTP: the list, a parcel's page, correction by hand with its audit row, exports."""

import csv
import io

from tests.rooms import Rooms, ok
from tests.world import GHOSTS, ORDERS, SHOPS, STRAYS, kind_of, order_no, tracking_no

WITH_PARCEL = [n for n in range(ORDERS) if kind_of(n) in ("ghost", "in_transit", "delivered", "returned")]


def parcel_id(rooms: Rooms, number: str) -> str:
    """The id of the parcel with this number."""
    (row,) = ok(rooms.at("root", "admin").get("/api/shipments", params={"q": number}))["items"]
    return str(row["id"])


def test_the_tabs_count_what_they_show(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    delivered = sum(1 for n in WITH_PARCEL if kind_of(n) == "delivered")
    everything = len(WITH_PARCEL) + STRAYS
    wanted = {
        "all": everything, "held": GHOSTS, "unlinked": STRAYS, "open": everything - delivered, "final": delivered,
    }  # fmt: skip
    for tab, count in wanted.items():
        found = ok(root.get("/api/shipments", params={"tab": tab, "size": 100}))
        assert found["tabs"] == wanted
        assert found["total"] == len(found["items"]) == count
    assert rooms.counted(root, "/api/shipments?size=100")[1] == 2


def test_filters_find_what_they_name(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    for query, count in (
        ({"held": "true"}, GHOSTS),
        ({"held": "false", "state": "handed_over"}, 0),
        ({"unlinked": "true"}, STRAYS),
        ({"state": "returning,delivered", "unlinked": "false"}, 38),
        ({"carrier": "sf"}, 0),
        ({"q": f"{order_no(1)} {tracking_no(2)} {tracking_no(9999)}"}, 2),
        ({"last_event_to": "2020-01-01"}, 0),
    ):
        found = ok(root.get("/api/shipments", params={**query, "size": 100}))
        assert len(found["items"]) == count, query
    told = [
        row["last_event_at"]
        for row in ok(root.get("/api/shipments", params={"size": 100, "sort": "-last_event_at"}))["items"]
    ]
    assert told == sorted(told, reverse=True)
    assert root.get("/api/shipments", params={"tab": "lost"}).status_code == 400


def test_a_disputed_parcel_says_why(rooms: Rooms) -> None:
    (row,) = ok(rooms.at("root", "admin").get("/api/shipments", params={"q": tracking_no(0)}))["items"]
    assert (row["state"], row["rank"], row["held"], row["hold_reason"], row["order_no"], row["carrier_title"]) == (
        "handed_over", 4, True, "相差超过允许的节点数", order_no(0), "中通快递",
    )  # fmt: skip


def test_a_parcels_page_tells_its_whole_road_in_six_statements(rooms: Rooms) -> None:
    number = next(tracking_no(n) for n in WITH_PARCEL if kind_of(n) == "delivered")
    page, sent = rooms.counted(rooms.at("root", "admin"), f"/api/shipments/{parcel_id(rooms, number)}")
    assert sent == 6
    assert [step["to_title"] for step in page["shipment"]["path"]] == ["已发货", "已揽收", "运输中", "派件中", "已签收"]
    assert [one["effect"] for one in page["timeline"]] == ["advanced"] * 5
    assert [row["to"] for row in page["audit"]] == [one["claimed"] for one in page["timeline"]]
    assert page["cases"] == []


def test_a_correction_is_a_message_with_operator_and_reason(rooms: Rooms) -> None:
    number = next(tracking_no(n) for n in WITH_PARCEL if kind_of(n) == "in_transit")
    parcel, service = parcel_id(rooms, number), rooms.at("service", "cs")
    answer = ok(service.post(f"/api/shipments/{parcel}/correct", {"state": "delivered", "reason": "客户来电已收到"}))
    assert (answer["state"], answer["path"][-1]["source"]) == ("delivered", "人工裁定")
    page = ok(service.get(f"/api/shipments/{parcel}"))
    last = page["audit"][-1]
    assert (last["from"], last["to"], last["operator"], last["reason"]) == (
        "in_transit", "delivered", "service", "人工修改",
    )  # fmt: skip
    assert last["ip"] == "127.0.0.1"
    manual = page["timeline"][-1]
    assert (manual["kind"], manual["effect"]) == ("manual", "advanced")
    assert "客户来电已收到" in manual["text"]
    assert rooms.log("shipment.correct.done")[-1][0] == "service"


def test_a_correction_needs_a_reason_a_place_and_the_right(rooms: Rooms) -> None:
    parcel = parcel_id(rooms, tracking_no(0))
    service = rooms.at("service", "cs")
    for body, field in (({"state": "delivered", "reason": " "}, "reason"), ({"state": "info", "reason": "x"}, "state")):
        answer = service.post(f"/api/shipments/{parcel}/correct", body)
        assert answer.status_code == 400
        assert answer.json()["fields"][0]["field"] == field
    right = {"state": "delivered", "reason": "x"}
    assert rooms.at("house", "warehouse").post(f"/api/shipments/{parcel}/correct", right).status_code == 403
    assert service.post("/api/shipments/999999/correct", right).status_code == 404
    assert ok(service.get(f"/api/shipments/{parcel}"))["shipment"]["state"] == "handed_over"


def test_a_person_of_one_shop_sees_neither_others_parcels_nor_strays(rooms: Rooms) -> None:
    limited = rooms.at("second", "cs", shops=[SHOPS[1]])
    mine = {tracking_no(n) for n in WITH_PARCEL if n % 4 == 3}
    found = ok(limited.get("/api/shipments", params={"size": 100}))
    assert {row["tracking_no"] for row in found["items"]} == mine
    assert (found["tabs"]["all"], found["tabs"]["unlinked"]) == (len(mine), 0)
    foreign = parcel_id(rooms, tracking_no(0))
    assert limited.get(f"/api/shipments/{foreign}").status_code == 404
    wish = {"state": "delivered", "reason": "x"}
    assert limited.post(f"/api/shipments/{foreign}/correct", wish).status_code == 404


def test_the_export_follows_the_filter(rooms: Rooms) -> None:
    answer = rooms.at("root", "admin").get("/api/shipments/export", params={"format": "csv", "tab": "held"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["运单号"] for row in rows} == {tracking_no(n) for n in range(GHOSTS)}
    assert {(row["状态"], row["存疑"], row["承运商"]) for row in rows} == {("已发货", "是", "中通快递")}
