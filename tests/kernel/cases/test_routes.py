"""Cases over HTTP: the queue, both sides' evidence, ruling (once), comments, assignment, and all of it in bulk."""

import csv
import io
import threading
from typing import Any

from tests.api.serving import Browser
from tests.rooms import Rooms, ok
from tests.world import GHOSTS, SHOPS, order_no, tracking_no


def case_of(rooms: Rooms, n: int) -> dict[str, Any]:
    """The case of the nth order's parcel."""
    found = ok(rooms.at("root", "admin").get("/api/cases", params={"q": tracking_no(n), "status": "all"}))
    (row,) = found["items"]
    return dict(row)


def rule(browser: Browser, case: str, decision: str = "keep_ours", reason: str = "电话核实") -> Any:
    """A ruling's answer."""
    return browser.post(f"/api/cases/{case}/ruling", {"decision": decision, "reason": reason})


class TestQueue:
    """What is only read comes first: the later tests settle cases."""

    def test_a_row_says_what_differs_by_how_much_and_why(self, rooms: Rooms) -> None:
        row = case_of(rooms, 5)
        assert (row["kind"], row["severity"], row["status"], row["owner"]) == (
            "shipment.distance", "medium", "open", None,
        )  # fmt: skip
        assert (row["ours_title"], row["theirs_title"], row["distance"]) == ("已发货", "待揽收", 3)
        assert (row["subject_label"], row["order_no"], row["reason"]) == (
            tracking_no(5), order_no(5), "相差超过允许的节点数",
        )  # fmt: skip

    def test_the_page_puts_both_sides_and_a_plain_sentence(self, rooms: Rooms) -> None:
        detail, sent = rooms.counted(rooms.at("root", "admin"), f"/api/cases/{case_of(rooms, 5)['id']}")
        assert sent == 5
        assert [one["claimed"] for one in detail["evidence"]["ours"]] == ["handed_over"]
        assert [one["code"] for one in detail["evidence"]["theirs"]] == ["ZT_01"]
        assert detail["raw_message_id"] == detail["evidence"]["theirs"][0]["message_id"]
        assert detail["explanation"].startswith("我方为「已发货」(来自 千牛,")
        assert "中通推送说「待揽收」" in detail["explanation"]
        assert detail["explanation"].endswith("相差 3 个节点,超过阈值 2,因此没有覆盖,等待人工裁定。")
        assert (detail["policy"]["version"], detail["policy"]["distance"]) == ("fuse:default@1", 2)
        assert detail["decisions"] == ["accept_theirs", "keep_ours", "ask_again"]
        assert [one["what"] for one in detail["log"]] == ["发现分歧,建立工单"]

    def test_filters_and_tabs(self, rooms: Rooms) -> None:
        root = rooms.at("root", "admin")
        for query, count in (
            ({}, GHOSTS),
            ({"status": "resolved"}, 0),
            ({"status": "all", "kind": "shipment.distance", "severity": "medium,high"}, GHOSTS),
            ({"severity": "high"}, 0),
            ({"overdue": "true"}, 0),
            ({"overdue": "false", "owner": "none"}, GHOSTS),
            ({"owner": "me"}, 0),
            ({"q": f"{order_no(3)}\n{tracking_no(4)}"}, 2),
            ({"q": "nothing"}, 0),
        ):
            found = ok(root.get("/api/cases", params=query))
            assert (found["total"], len(found["items"])) == (count, count), query
        found, sent = rooms.counted(root, "/api/cases")
        assert sent == 2
        assert found["tabs"] == {"open": GHOSTS, "mine": 0, "overdue": 0, "resolved": 0, "self_closed": 0}
        for wrong in ({"status": "lost"}, {"severity": "dire"}, {"owner": "you"}, {"sort": "x"}):
            assert root.get("/api/cases", params=wrong).status_code == 400

    def test_a_person_of_one_shop_sees_only_its_cases(self, rooms: Rooms) -> None:
        limited = rooms.at("second", "cs", shops=[SHOPS[1]])
        found = ok(limited.get("/api/cases"))
        assert [row["order_no"] for row in found["items"]] == [order_no(3)]
        assert found["tabs"]["open"] == 1
        foreign = case_of(rooms, 0)["id"]
        assert limited.get(f"/api/cases/{foreign}").status_code == 404
        assert rule(limited, foreign).status_code == 404
        assert limited.post(f"/api/cases/{foreign}/comments", {"text": "?"}).status_code == 404
        assert limited.post(f"/api/cases/{foreign}/assign", {"owner": "me"}).status_code == 404
        wish = {"action": "comment", "ids": [foreign], "expected": 1, "text": "?"}
        assert limited.post("/api/cases/bulk", wish).status_code == 409


class TestWork:
    """Comments, claims, assignment."""

    def test_comments_are_kept_with_their_author(self, rooms: Rooms) -> None:
        case = case_of(rooms, 5)["id"]
        detail = ok(rooms.at("service", "cs").post(f"/api/cases/{case}/comments", {"text": " 已联系网点 "}))
        assert [(one["author"], one["text"]) for one in detail["comments"]] == [("service先生", "已联系网点")]
        assert rooms.at("service", "cs").post(f"/api/cases/{case}/comments", {"text": "  "}).status_code == 400
        assert rooms.log("case.comment.done")[-1][0] == "service"

    def test_a_case_is_claimed_once_and_assigned_by_who_may(self, rooms: Rooms) -> None:
        case, service, other = case_of(rooms, 5)["id"], rooms.at("service", "cs"), rooms.at("other", "cs")
        detail = ok(service.post(f"/api/cases/{case}/assign", {"owner": "me", "due_at": "2099-05-01T00:00:00Z"}))
        assert (detail["owner"]["name"], detail["due_at"]) == ("service先生", "2099-05-01T00:00:00Z")
        assert [one["what"] for one in detail["log"]][-2:] == ["指派给 service先生", "到期时间改为 2099-05-01 08:00"]
        taken = other.post(f"/api/cases/{case}/assign", {"owner": "me"})
        assert taken.status_code == 409
        assert "service先生" in taken.json()["detail"]
        assert other.post(f"/api/cases/{case}/assign", {"owner": detail["owner"]["id"]}).status_code == 403
        assert ok(service.get("/api/cases", params={"owner": "me"}))["total"] == 1
        assert ok(service.get("/api/cases"))["tabs"]["mine"] == 1
        boss = rooms.at("boss", "ops")
        moved = ok(boss.post(f"/api/cases/{case}/assign", {"owner": "me"}))
        assert (moved["owner"]["name"], moved["due_at"]) == ("boss先生", "2099-05-01T00:00:00Z")
        freed = ok(boss.post(f"/api/cases/{case}/assign", {"owner": None, "due_at": None}))
        assert (freed["owner"], freed["due_at"]) == (None, None)
        assert boss.post(f"/api/cases/{case}/assign", {"owner": "99999"}).status_code == 400


class TestRulings:
    """A person's word settles a case, once, on record."""

    def test_a_ruling_settles_the_case_and_leaves_an_audit_row(self, rooms: Rooms) -> None:
        service, case = rooms.at("service", "cs"), case_of(rooms, 0)
        detail = ok(rule(service, case["id"], "accept_theirs"))
        assert (detail["status"], detail["resolution_title"], detail["resolved_by"]) == (
            "resolved", "以对方为准", "service先生",
        )  # fmt: skip
        assert detail["decisions"] == []
        assert "service先生 已于" in detail["explanation"]
        assert any("电话核实" in one["what"] for one in detail["log"])
        page = ok(service.get(f"/api/shipments/{case['subject_id']}"))
        assert (page["shipment"]["state"], page["shipment"]["held"]) == ("await_pickup", False)
        last = page["audit"][-1]
        assert (last["operator"], last["ip"], last["source"]) == ("service", "127.0.0.1", "person")
        assert page["timeline"][-1]["kind"] == "ruling"
        assert rooms.log("case.rule.done")[-1][0] == "service"
        second = rule(rooms.at("other", "cs"), case["id"])
        assert second.status_code == 409
        assert "service先生 已于" in second.json()["detail"]
        assert "以对方为准" in second.json()["detail"]

    def test_two_at_once_are_one(self, rooms: Rooms) -> None:
        case = case_of(rooms, 1)["id"]
        told: list[int] = []
        people = [rooms.at("service", "cs"), rooms.at("other", "cs"), rooms.at("root", "admin")]
        threads = [threading.Thread(target=lambda who=who: told.append(rule(who, case).status_code)) for who in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(told) == [200, 409, 409]
        rulings = rooms.sql(
            "select count(*) from observation o join work_case c on c.subject_id = o.subject_id"
            " where c.id = %s and o.kind = 'ruling'",
            int(case),
        )
        assert rulings == [(1,)]

    def test_a_ruling_needs_a_fitting_decision_a_reason_and_the_right(self, rooms: Rooms) -> None:
        case, service = case_of(rooms, 2)["id"], rooms.at("service", "cs")
        assert rule(service, case, "flip_a_coin").status_code == 422
        assert rule(service, case, reason=" ").status_code == 400
        assert rule(rooms.at("house", "warehouse"), case).status_code == 403
        assert rule(service, "999999").status_code == 404
        assert case_of(rooms, 2)["status"] == "open"

    def test_asking_again_keeps_the_case_open_and_on_record(self, rooms: Rooms) -> None:
        detail = ok(rule(rooms.at("service", "cs"), case_of(rooms, 2)["id"], "ask_again", "再等等"))
        assert detail["status"] == "open"
        assert any("重新询问" in one["what"] and "再等等" in one["what"] for one in detail["log"])


class TestBulk:
    """Many at once, exactly those that were seen."""

    def test_a_bulk_act_is_for_the_rows_that_were_counted(self, rooms: Rooms) -> None:
        service = rooms.at("service", "cs")
        opened = ok(service.get("/api/cases"))["total"]
        wish = {"action": "ruling", "decision": "keep_ours", "reason": "整批核对", "filter": {"status": "open"}}
        wrong = service.post("/api/cases/bulk", {**wish, "expected": opened + 1})
        assert wrong.status_code == 409
        assert f"{opened} 条" in wrong.json()["detail"]
        assert ok(service.get("/api/cases"))["total"] == opened

    def test_assigning_and_commenting_many(self, rooms: Rooms) -> None:
        boss = rooms.at("boss", "ops")
        rows = ok(boss.get("/api/cases"))["items"]
        ids = [row["id"] for row in rows]
        done = ok(boss.post("/api/cases/bulk", {"action": "assign", "ids": ids, "expected": len(ids), "owner": "me"}))
        assert (done["matched"], done["changed"], done["failed"]) == (len(ids), len(ids), [])
        service = rooms.at("service", "cs")
        done = ok(
            service.post("/api/cases/bulk", {"action": "assign", "ids": ids, "expected": len(ids), "owner": "me"})
        )
        assert (done["changed"], len(done["failed"])) == (0, len(ids))
        done = ok(service.post("/api/cases/bulk", {"action": "comment", "ids": ids[:1], "expected": 1, "text": "看过"}))
        assert done["changed"] == 1
        wishes: list[dict[str, Any]] = [{"ids": []}, {"ids": ids, "filter": {}}, {}]
        for wrong in wishes:
            assert service.post("/api/cases/bulk", {"action": "comment", "text": "x", **wrong}).status_code == 400
        house = rooms.at("house", "warehouse")
        wish = {"action": "ruling", "ids": ids, "expected": len(ids), "decision": "keep_ours", "reason": "x"}
        assert house.post("/api/cases/bulk", wish).status_code == 403

    def test_ruling_all_that_the_filter_finds(self, rooms: Rooms) -> None:
        service = rooms.at("service", "cs")
        opened = ok(service.get("/api/cases"))["total"]
        assert opened > 2
        wish = {"action": "ruling", "decision": "keep_ours", "reason": "整批核对", "filter": {"status": "open"}}
        done = ok(service.post("/api/cases/bulk", {**wish, "expected": opened}))
        assert (done["matched"], done["changed"], done["failed"]) == (opened, opened, [])
        assert ok(service.get("/api/cases"))["tabs"]["open"] == 0
        assert rooms.sql("select count(*) from work_case where status = 'resolved'") == [(GHOSTS,)]
        settled = ok(service.get("/api/cases", params={"status": "resolved"}))["items"][0]["id"]
        assert service.post(f"/api/cases/{settled}/assign", {"owner": "me"}).status_code == 409

    def test_the_export_tells_how_each_was_settled(self, rooms: Rooms) -> None:
        case = case_of(rooms, 4)
        if case["status"] == "open":
            ok(rule(rooms.at("service", "cs"), case["id"]))
        answer = rooms.at("root", "admin").get("/api/cases/export", params={"format": "csv", "status": "all"})
        rows = {row["对象"]: row for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))}
        assert len(rows) == GHOSTS
        settled = rows[tracking_no(4)]
        assert (settled["状态"], settled["处理结果"], settled["处理人"]) == ("已裁定", "维持我方", "service先生")
