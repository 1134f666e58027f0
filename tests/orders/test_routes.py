"""Orders over HTTP: the list by every filter, the page with two clocks, the past, masking, shops, exports."""

import csv
import io

import pytest
from python_calamine import CalamineWorkbook

from tests.rooms import Rooms, ok
from tests.world import GHOSTS, ORDERS, SHOPS, kind_of, order_no, tracking_no


def of_kind(*kinds: str) -> list[int]:
    """The numbers of the orders that go this way."""
    return [n for n in range(ORDERS) if kind_of(n) in kinds]


def first_id(rooms: Rooms, n: int) -> str:
    """The id of the nth order."""
    found = ok(rooms.at("root", "admin").get("/api/orders", params={"q": order_no(n)}))
    assert found["total"] == 1
    return str(found["items"][0]["id"])


def test_the_tabs_count_what_they_show(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    shipped = of_kind("ghost", "in_transit", "delivered", "returned", "nameless")
    wanted = {
        "all": ORDERS,
        "held": GHOSTS,
        "unshipped": len(of_kind("unshipped")),
        "shipped": len(shipped),
        "delivered": 0,
        "returned": len(of_kind("returned")),
        "closed": len(of_kind("closed")),
        "unlinked": len(of_kind("nameless")),
        "due_soon": 0,  # no clock has been read yet
        "overdue": 0,
    }
    for tab, count in wanted.items():
        found = ok(root.get("/api/orders", params={"tab": tab, "size": 100}))
        assert found["tabs"] == wanted
        assert found["total"] == count
        assert len(found["items"]) == min(count, 100)
        assert not found["capped"]


def test_pages_follow_each_other_newest_first(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    pages = [ok(root.get("/api/orders", params={"page": n, "size": 50}))["items"] for n in (1, 2, 3)]
    told = [row["order_no"] for page in pages for row in page]
    assert told == [order_no(n) for n in reversed(range(ORDERS))]
    upward = ok(root.get("/api/orders", params={"sort": "created_at", "size": 3}))["items"]
    assert [row["order_no"] for row in upward] == [order_no(n) for n in range(3)]


def test_a_page_costs_four_statements_whatever_is_on_it(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    for query in ("size=5", "size=100", "tab=returned&shop=%E7%94%B2%E5%BA%97", f"q={order_no(1)}", "q=nothing"):
        _, sent = rooms.counted(root, f"/api/orders?{query}")
        assert sent <= 4, query


def test_many_numbers_of_any_kind_in_one_box(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    box = f" `{order_no(1)}\n{tracking_no(2)},、'{order_no(20)}'\t99999 "
    found = ok(root.get("/api/orders", params={"q": box}))
    assert {row["order_no"] for row in found["items"]} == {order_no(1), order_no(2), order_no(20)}
    too_many = root.get("/api/orders", params={"q": " ".join(str(n) for n in range(501))})
    assert too_many.status_code == 400
    assert "500" in too_many.json()["detail"]


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ({"shipment_state": "returning"}, ("returned",)),
        ({"shipment_state": "delivered,in_transit"}, ("delivered", "in_transit")),
        ({"state": "closed_refunded"}, ("closed",)),
        ({"has_case": "true"}, ("ghost",)),
        ({"has_case": "false", "carrier": "zto"}, ("in_transit", "delivered", "returned")),
        ({"carrier": "sf"}, ()),
        ({"channel": "pdd"}, ()),
        ({"created_from": "2020-01-01", "created_to": "2020-01-02"}, ()),
    ],
)
def test_filters_find_what_they_name(rooms: Rooms, query: dict[str, str], kinds: tuple[str, ...]) -> None:
    found = ok(rooms.at("root", "admin").get("/api/orders", params={**query, "size": 100}))
    assert {row["order_no"] for row in found["items"]} == {order_no(n) for n in of_kind(*kinds)}
    assert found["total"] == len(found["items"])


def test_a_wrong_filter_is_named(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    for query, field in (
        ({"has_case": "perhaps"}, "has_case"),
        ({"tab": "lost"}, "tab"),
        ({"created_from": "yesterday"}, "created_from"),
        ({"sort": "buyer"}, "sort"),
        ({"ids": "1,x"}, "ids"),
    ):
        answer = root.get("/api/orders", params=query)
        assert answer.status_code == 400
        assert [one["field"] for one in answer.json()["fields"]] == [field]


def test_an_order_shows_one_timeline_of_two_clocks_with_its_evidence(rooms: Rooms) -> None:
    page = ok(rooms.at("root", "admin").get(f"/api/orders/{first_id(rooms, 1)}"))
    told = [(one["subject_kind"], one["claimed"], one["effect"], one["source_title"]) for one in page["timeline"]]
    assert told == [
        ("order", "shipped", "advanced", "千牛"),
        ("shipment", "handed_over", "advanced", "千牛"),
        ("shipment", "await_pickup", "held", "中通推送"),
    ]
    assert all(one["occurred_at"] < one["heard_at"] and one["message_id"] for one in page["timeline"])
    assert page["timeline"][2]["reason"] == "相差超过允许的节点数"
    assert page["order"]["open_cases"] == 1
    assert page["cases"][0]["order_no"] == order_no(1)
    (parcel,) = page["shipments"]
    assert (parcel["tracking_no"], parcel["state_title"], parcel["held"]) == (tracking_no(1), "已发货", True)
    assert [step["source"] for step in parcel["path"]] == ["千牛"]
    assert [(row["to_title"], row["reversed"]) for row in page["audit"]] == [("已发货", False), ("已发货", False)]
    assert {len(row["hash"]) for row in page["audit"]} == {64}


def test_an_orders_page_has_a_budget(rooms: Rooms) -> None:
    root, clerk = rooms.at("root", "admin"), rooms.at("house", "warehouse")
    assert rooms.counted(root, f"/api/orders/{first_id(rooms, 2)}")[1] == 9
    assert rooms.counted(clerk, f"/api/orders/{first_id(rooms, 2)}")[1] == 8


def test_what_was_believed_then_goes_by_what_had_reached_us(rooms: Rooms) -> None:
    root, order = rooms.at("root", "admin"), first_id(rooms, 8)
    page = ok(root.get(f"/api/orders/{order}"))
    now = ok(root.get(f"/api/orders/{order}/as-of", params={"at": "2099-01-01T00:00:00Z"}))
    assert now["state"] == page["order"]["state"]
    assert [one["state"] for one in now["shipments"]] == [page["shipments"][0]["state"]]
    happened = max(one["occurred_at"] for one in page["timeline"])
    before = ok(root.get(f"/api/orders/{order}/as-of", params={"at": happened}))
    assert (before["state"], before["shipments"]) == ("unknown", [])
    scans = sorted(one["heard_at"] for one in page["timeline"] if one["subject_kind"] == "shipment")
    between = ok(root.get(f"/api/orders/{order}/as-of", params={"at": scans[1]}))
    assert between["shipments"][0]["state"] != page["shipments"][0]["state"]
    assert root.get(f"/api/orders/{order}/as-of", params={"at": "soon"}).status_code == 400


def test_personal_data_is_covered_without_the_right_and_noted_with_it(rooms: Rooms) -> None:
    order = first_id(rooms, 3)
    covered = ok(rooms.at("house", "warehouse").get(f"/api/orders/{order}"))["order"]
    assert covered["covered"]
    assert "13812345678" not in str(covered)
    assert "三丰" not in str(covered)
    assert "文一西路" not in covered["receiver_address"]
    seen = len(rooms.log("order.read.done"))
    clear = ok(rooms.at("service", "cs").get(f"/api/orders/{order}"))["order"]
    assert (clear["receiver_phone"], clear["receiver_name"]) == ("13812345678", "=张三丰")
    log = rooms.log("order.read.done")
    assert len(log) == seen + 1
    assert (log[-1][0], log[-1][2]) == ("service", f"order {order_no(3)}")


def test_a_person_of_one_shop_sees_nothing_of_another(rooms: Rooms) -> None:
    rooms.at("root", "admin")
    mine = [n for n in range(ORDERS) if n % 4 == 3]
    limited = rooms.at("second", "cs", shops=[SHOPS[1]])
    found = ok(limited.get("/api/orders", params={"size": 100}))
    assert {row["order_no"] for row in found["items"]} == {order_no(n) for n in mine}
    assert found["tabs"]["all"] == len(mine)
    assert ok(limited.get("/api/orders", params={"q": order_no(0)}))["items"] == []
    assert ok(limited.get("/api/orders", params={"q": tracking_no(0), "shop": SHOPS[0]}))["items"] == []
    foreign = first_id(rooms, 0)
    for path in (f"/api/orders/{foreign}", f"/api/orders/{foreign}/as-of?at=2026-01-01"):
        assert limited.get(path).status_code == 404
    nothing = ok(rooms.at("nobody", "cs", shops=[]).get("/api/orders"))
    assert (nothing["total"], nothing["items"]) == (0, [])


def test_exports_follow_the_filter_and_run_nothing(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    answer = root.get("/api/orders/export", params={"format": "csv", "tab": "held", "sort": "created_at"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["订单号"] for row in rows] == [order_no(n) for n in range(GHOSTS)]
    assert rows[0]["收件人"] == "'=张三丰"
    assert (rows[0]["订单金额"], rows[0]["运单号"], rows[0]["状态"]) == ("39.80", tracking_no(0), "已发货")
    assert rooms.log("order.export.done")[-1][0] == "root"
    ids = ",".join(row["id"] for row in ok(root.get("/api/orders", params={"size": 20}))["items"][:2])
    book = root.get("/api/orders/export", params={"format": "xlsx", "ids": ids})
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert len(sheet) == 3
    assert sheet[0][2] == "订单号"
    covered = rooms.at("buyer", "purchasing").get("/api/orders/export", params={"format": "csv"}).text
    assert "13812345678" not in covered
    assert rooms.at("house", "warehouse").get("/api/orders/export?format=csv").status_code == 403


def test_an_unknown_order_is_not_found_in_words(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    for number in ("999999999", "121"):  # the second is a parcel
        assert root.get(f"/api/orders/{number}").status_code == 404
    assert root.get("/api/orders/abc").status_code == 400
