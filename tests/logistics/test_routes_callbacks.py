"""The callback audit over HTTP: audits under way and done, findings by filter, a file looked at, a case out of a finding."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from fenghe.hub.callback_running import AuditDuty
from fenghe.logistics import store_callback_audits as audits
from tests.api.serving import Browser
from tests.rooms import Rooms, ok
from tests.world import SHOPS, STRAYS, order_no, put_json, scan, tracking_no, work

ODD = "7319055999001"


def work_off(rooms: Rooms) -> None:
    """What the worker does with audits that wait; nothing is audited by itself meanwhile."""
    with psycopg.connect(rooms.database.app_url, autocommit=True) as connection:
        duty = AuditDuty()
        while connection.execute("select 1 from callback_audit where status in ('waiting', 'running')").fetchone():
            assert duty.turn(connection, now=datetime.now(UTC)) == 1


@pytest.fixture(scope="module")
def audited(rooms: Rooms) -> Rooms:
    """The world, and a parcel with an empty status, an unknown code and a scan that came late; the last days audited."""
    with psycopg.connect(rooms.database.app_url) as connection:
        for told in (
            scan(ODD, "收件", 20, "已揽收"), scan(ODD, "派件", 30, "正在派件"), scan(ODD, "发件", 22, "离开杭州"),
            scan(ODD, "", 31, ""), scan(ODD, "ZT_99", 32, "神秘"), {**scan(ODD, "ZT_99", 32, "神秘"), "again": "1"},
            scan(tracking_no(1), "收件", 1, "=HYPERLINK(1)"),
        ):  # fmt: skip
            put_json(connection, "zto", told)
            connection.commit()
            work(rooms.database.app_url)
    ok(rooms.at("root", "admin").post("/api/callbacks/audits", {"hours": 200}))
    work_off(rooms)
    return rooms


def found(browser: Browser, **query: Any) -> dict[str, Any]:
    """A page of findings."""
    answer: dict[str, Any] = ok(browser.get("/api/callbacks", params={"size": 100, **query}))
    return answer


def upload(browser: Browser, name: str, body: bytes, about: str = "tracking") -> Any:
    """Send a file as the screen does."""
    headers = {"x-csrftoken": browser.client.cookies["fenghe_csrf"]}
    return browser.client.post(f"/api/callbacks/files?about={about}", files={"data": (name, body)}, headers=headers)


def test_numbers_add_up_and_cards_count_what_the_list_shows(audited: Rooms) -> None:
    root = audited.at("root", "admin")
    page = found(root)
    audit = page["audit"]
    assert audit["read"] == audit["audited"] + audit["unreadable"] > 0
    assert (audit["status"], audit["pending"], audit["by_itself"]) == ("done", 0, False)
    assert audit["found"] == audit["kept"] == page["total"] == sum(one["found"] for one in page["kinds"])
    for one in page["kinds"]:
        listed = found(root, kind=one["kind"])
        assert listed["total"] == one["found"] == len(listed["items"])
        assert {row["kind"] for row in listed["items"]} <= {one["kind"]}
        assert listed["kinds"] == page["kinds"]  # a card stays when another is chosen
    assert audited.counted(root, "/api/callbacks?size=100")[1] == 3


def test_each_finding_leads_to_its_evidence(audited: Rooms) -> None:
    root = audited.at("root", "admin")
    rows = found(root, q=ODD)["items"]
    by_kind = {row["kind"]: row for row in rows}
    assert set(by_kind) == {"empty_status", "unknown_code", "out_of_order", "duplicate"}
    unknown = by_kind["unknown_code"]
    assert (unknown["theirs"], unknown["code"], unknown["link"]) == ("ZT_99", "ZT_99", "/mapping/zto?code=ZT_99")
    assert (unknown["done"], unknown["carrier_title"]) == ("未映射(状态码未映射)", "中通快递")
    message = ok(root.get(f"/api/messages/{unknown['message_id']}"))
    assert "ZT_99" in message["body_text"]
    assert ok(root.get(f"/api/shipments/{unknown['shipment_id']}"))["shipment"]["tracking_no"] == ODD
    assert "晚了 8 小时" in by_kind["out_of_order"]["words"]
    assert by_kind["duplicate"]["message_id"] != unknown["message_id"]
    one = ok(root.get(f"/api/callbacks/audits/{found(root)['audit']['id']}/findings/{unknown['id']}"))
    assert one == unknown


def test_what_cannot_be_read_is_a_finding_too(audited: Rooms) -> None:
    rows = found(audited.at("root", "admin"), kind="unreadable")["items"]
    assert len(rows) >= 2
    assert all(row["ours"] == "已搁置,等人处理" and row["message_id"] for row in rows)


def test_filters_and_pages(audited: Rooms) -> None:
    root = audited.at("root", "admin")
    whole = found(root)
    levels = {level: found(root, severity=level)["total"] for level in ("low", "medium", "high")}
    assert sum(levels.values()) == whole["total"] == found(root, severity="low,medium,high")["total"]
    order = [{"high": 3, "medium": 2, "low": 1}[row["severity"]] for row in whole["items"]]
    assert order == sorted(order, reverse=True)
    pages = [row["id"] for n in (1, 2) for row in found(root, size=2, page=n)["items"]]
    assert pages == [row["id"] for row in whole["items"]][:4]
    assert found(root, text="100%")["total"] == 0
    assert found(root, text="ZT_9")["total"] > 0
    assert found(root, source="zto")["total"] == whole["total"]
    assert found(root, at_to="2020-01-01")["total"] == found(root, carrier="sf")["total"] == 0
    for query in ({"kind": "x"}, {"severity": "x"}, {"about": "x"}, {"audit": "x"}, {"at_from": "x"}, {"sort": "x"}):
        assert root.get("/api/callbacks", params=query).status_code == 400, query
    assert root.get("/api/callbacks", params={"audit": "999999"}).status_code == 404


def test_a_person_of_one_shop_sees_only_its_parcels(audited: Rooms) -> None:
    limited = audited.at("second", "cs", shops=[SHOPS[1]])
    assert found(limited)["audit"] is None, "what somebody else asked for is his"
    with psycopg.connect(audited.database.app_url) as connection:
        connection.execute("update callback_audit set asked_by = %s", (audits.BY_ITSELF,))
    try:
        page = found(limited)
        mine = {tracking_no(n) for n in range(200) if n % 4 == 3}
        assert {row["number"] for row in page["items"]} <= mine
        assert page["total"] < found(audited.at("root", "admin"))["total"]
        other = found(audited.at("root", "admin"), q=ODD)["items"][0]
        path = f"/api/callbacks/audits/{page['audit']['id']}/findings/{other['id']}"
        assert limited.get(path).status_code == 404
        assert limited.post(f"{path}/case").status_code == 404
    finally:
        with psycopg.connect(audited.database.app_url) as connection:
            connection.execute("update callback_audit set asked_by = 'root'")


def test_a_finding_becomes_one_case_and_is_settled_by_a_person(audited: Rooms) -> None:
    service = audited.at("service", "cs")
    page = found(audited.at("root", "admin"), q=ODD, kind="empty_status")
    (row,), audit = page["items"], page["audit"]["id"]
    path = f"/api/callbacks/audits/{audit}/findings/{row['id']}/case"
    first, again = ok(service.post(path)), ok(service.post(path))
    assert (first["fresh"], again["fresh"], again["case_id"]) == (True, False, first["case_id"])
    case = ok(service.get(f"/api/cases/{first['case_id']}"))
    assert (case["kind_title"], case["status"], case["decisions"]) == ("状态为空", "open", ["settled"])
    assert ODD in case["title"] and case["subject_label"] == ODD and case["raw_message_id"] == row["message_id"]
    assert case["explanation"].startswith("状态为空")
    linked = found(audited.at("root", "admin"), q=ODD, kind="empty_status")["items"][0]
    assert (linked["case_id"], linked["case_status"]) == (first["case_id"], "open")
    ruling = f"/api/cases/{first['case_id']}/ruling"
    assert service.post(ruling, {"decision": "accept_theirs", "reason": "x"}).status_code == 422
    settled = ok(service.post(ruling, {"decision": "settled", "reason": "已请网点补传"}))
    assert (settled["status"], settled["resolution_title"]) == ("resolved", "已处理")
    assert "已请网点补传" in settled["log"][-1]["what"]
    assert service.post(ruling, {"decision": "settled", "reason": "x"}).status_code == 409
    assert ok(service.post(path))["fresh"] is False, "what was settled is not opened again by a click"
    assert ok(service.get(f"/api/cases/{first['case_id']}"))["status"] == "resolved"
    assert audited.log("case.raise.done")[-1][0] == audited.log("case.settle.done")[-1][0] == "service"


def test_a_fuse_case_cannot_be_waved_through(audited: Rooms) -> None:
    root = audited.at("root", "admin")
    (case, *_) = ok(root.get("/api/cases", params={"kind": "shipment.distance"}))["items"]
    assert root.post(f"/api/cases/{case['id']}/ruling", {"decision": "settled", "reason": "x"}).status_code == 422
    assert root.post("/api/cases/999999/ruling", {"decision": "settled", "reason": "x"}).status_code == 404


def test_rights(audited: Rooms) -> None:
    house = audited.at("house", "warehouse")
    assert found(house)["audit"] is not None
    assert house.post("/api/callbacks/audits", {}).status_code == 403
    assert upload(house, "x.json", b"[]").status_code == 403
    assert house.get("/api/callbacks/export", params={"format": "csv"}).status_code == 403
    audit = found(house)["audit"]["id"]
    assert house.post(f"/api/callbacks/audits/{audit}/findings/0/case").status_code == 403


def test_an_uploaded_file_is_looked_at_and_not_imported(audited: Rooms) -> None:
    root = audited.at("root", "admin")
    before = ok(root.get("/api/messages"))["total"]
    rows = [
        {"运单号": "770000000001", "时间": "2026-02-05 10:00:00", "状态": "", "订单号": "A1"},
        {"运单号": tracking_no(2), "时间": "2026-02-05 10:00:00", "状态": "已揽收", "订单号": order_no(7)},
        {"乱": "写"},
    ]
    asked = ok(upload(root, "导出\\二月.json", json.dumps(rows, ensure_ascii=False).encode()))
    assert (asked["file_name"], asked["status"], asked["origin"]) == ("二月.json", "waiting", "file")
    assert found(root, audit=asked["id"])["audit"]["status"] == "waiting"
    work_off(audited)
    page = found(root, audit=asked["id"])
    assert (page["audit"]["status"], page["audit"]["read"], page["audit"]["unreadable"]) == ("done", 3, 1)
    kinds = {row["kind"]: row for row in page["items"]}
    assert {"empty_status", "foreign_number", "unreadable"} <= set(kinds)
    assert kinds["foreign_number"]["number"] == tracking_no(2) and kinds["foreign_number"]["shipment_id"]
    assert kinds["empty_status"]["where"].startswith("二月.json:") and kinds["empty_status"]["message_id"] is None
    assert "未导入" in kinds["empty_status"]["done"]
    assert ok(root.get("/api/messages"))["total"] == before
    with psycopg.connect(audited.database.app_url) as connection:
        assert connection.execute("select count(*) from callback_upload").fetchone() == (0,)
    case = ok(root.post(f"/api/callbacks/audits/{asked['id']}/findings/{kinds['empty_status']['id']}/case"))
    told = ok(root.get(f"/api/cases/{case['case_id']}"))
    assert told["subject_id"] is None and "二月.json" in told["explanation"]


def test_files_that_cannot_be_taken(audited: Rooms) -> None:
    root = audited.at("root", "admin")
    assert upload(root, "x.json", b"").status_code == 400
    assert upload(root, "x.json", b"[]", about="money").status_code == 400
    assert upload(root, "x.json", b" " * 21_000_000).status_code == 413
    refused = ok(upload(root, "x.pdf", b"%PDF-1.7 ..."))
    work_off(audited)
    audit = found(root, audit=refused["id"])["audit"]
    assert audit["status"] == "failed" and "不是能读的文件" in audit["problem"]


def test_periods_that_make_no_sense(audited: Rooms) -> None:
    root = audited.at("root", "admin")
    for body in (
        {"hours": 0}, {"hours": 99_999}, {"since": "2026-02-05", "until": "2026-02-04"}, {"since": "x"}, {"about": "x"},
        {"since": "2020-01-01", "until": "2026-01-01"},
    ):  # fmt: skip
        assert root.post("/api/callbacks/audits", body).status_code == 400, body


def test_the_export_follows_the_filter_and_runs_no_formula(audited: Rooms) -> None:
    root = audited.at("root", "admin")
    answer = root.get("/api/callbacks/export", params={"format": "csv", "kind": "unknown_code"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == found(root, kind="unknown_code")["total"] >= 2
    assert {row["问题"] for row in rows} == {"未知状态码"}
    assert {row["运单号"] for row in rows} >= {ODD, "99900000000000"}
    sheet = root.get("/api/callbacks/export", params={"format": "xlsx"})
    assert sheet.status_code == 200 and sheet.content.startswith(b"PK")
    assert audited.log("callback.export.done")[-1][0] == "root"
    assert STRAYS > 0
