"""The audit chain over HTTP: newest first, by number, source and operator, for those who may, and as a file."""

import csv
import io

from tests.rooms import Rooms, ok
from tests.world import SHOPS, order_no, tracking_no


def test_every_row_is_there_newest_first(rooms: Rooms) -> None:
    auditor = rooms.at("book", "auditor")
    found, sent = rooms.counted(auditor, "/api/audit?size=100")
    assert sent == 3
    assert found["total"] == rooms.sql("select count(*) from order_state_audit")[0][0]
    ids = [int(row["id"]) for row in found["items"]]
    assert ids == sorted(ids, reverse=True)
    upward = ok(auditor.get("/api/audit", params={"sort": "recorded_at", "size": 2}))["items"]
    assert [row["seq"] for row in upward] == [1, 1]


def test_filters_find_what_they_name(rooms: Rooms) -> None:
    auditor = rooms.at("book", "auditor")
    rows = ok(auditor.get("/api/audit", params={"q": order_no(8)}))["items"]
    assert {(row["subject_kind"], row["subject_label"]) for row in rows} == {
        ("order", order_no(8)), ("shipment", tracking_no(8)),
    }  # fmt: skip
    assert {row["order_no"] for row in rows} == {order_no(8)}
    only = ok(auditor.get("/api/audit", params={"q": tracking_no(8)}))["items"]
    assert {row["subject_kind"] for row in only} == {"shipment"}
    assert {row["to"] for row in ok(auditor.get("/api/audit", params={"to": "delivered"}))["items"]} == {"delivered"}
    assert ok(auditor.get("/api/audit", params={"source": "zto", "size": 1}))["items"][0]["source_title"] == "中通推送"
    for nothing in ({"operator": "nobody"}, {"q": "nothing"}, {"recorded_to": "2020-01-01"}):
        assert ok(auditor.get("/api/audit", params=nothing))["total"] == 0


def test_a_reversed_row_says_so(rooms: Rooms) -> None:
    rooms.sql(
        "insert into order_state_audit (subject_id, seq, to_state, source, occurred_at, recorded_at, reason,"
        " evidence_key,"
        " rule_version, reverses_seq, prev_hash, hash) select subject_id, seq + 1, 'unknown', source, occurred_at,"
        " now(),"
        " 'reversed', evidence_key, rule_version, seq, hash, hash from order_state_audit a where seq = 1 and"
        " subject_id ="
        " (select id from subject where key = %s)",
        tracking_no(3),
    )
    rows = ok(rooms.at("book", "auditor").get("/api/audit", params={"q": tracking_no(3), "sort": "recorded_at"}))[
        "items"
    ]
    assert [(row["reversed"], row["reverses_seq"], row["reason"]) for row in rows] == [
        (True, None, "卖家发货"), (False, 1, "冲正"),
    ]  # fmt: skip


def test_only_who_may_and_only_his_shops(rooms: Rooms) -> None:
    assert rooms.at("service", "cs").get("/api/audit").status_code == 403
    assert rooms.at("service", "cs").get("/api/audit/export?format=csv").status_code == 403
    limited = rooms.at("second", "auditor", shops=[SHOPS[1]])
    numbers = {row["order_no"] for row in ok(limited.get("/api/audit", params={"size": 100}))["items"]}
    assert numbers
    assert all(int(str(number)[-3:]) % 4 == 3 for number in numbers)


def test_the_export_is_the_chain(rooms: Rooms) -> None:
    answer = rooms.at("book", "auditor").get(
        "/api/audit/export", params={"format": "csv", "q": order_no(8), "sort": "recorded_at"}
    )
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows
    assert {len(row["哈希"]) for row in rows} == {64}
    assert rows[0]["新状态"] == "已发货"
    assert rooms.log("audit.export.done")[-1][0] == "book"
