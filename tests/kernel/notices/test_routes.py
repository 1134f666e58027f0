"""Notifications over HTTP: everybody's inbox, robots whose secrets never come back, rules from draft to roll back, the log."""

import csv
import io
from typing import Any

import psycopg
import pytest

from fenghe.hub.notices import words
from fenghe.kernel.notices.tasks import NoticeDuty
from tests.kernel.notices.desk import Desk
from tests.rooms import Rooms, ok

RULE: dict[str, Any] = {
    "title": "物流预警",
    "targets": {"robots": ["ding"], "roles": ["ops"]},
    "digest": {"minutes": 0},
}


@pytest.fixture(scope="module")
def ready(rooms: Rooms) -> Rooms:
    """The world with a robot and its cases noticed."""
    rooms.at("boss", "ops")
    root = rooms.at("root", "admin")
    body = {
        "id": "ding", "kind": "dingtalk", "title": "物流群",
        "secrets": {"access_token": "t0ken-very-secret", "secret": "SECvery"},
    }  # fmt: skip
    ok(root.post("/api/notice-robots", body))
    ok(root.send("PUT", "/api/notice-settings", {"public_url": "https://hub.example/"}))
    return rooms


def noticed(rooms: Rooms) -> None:
    """Let the duty work until nothing moves."""
    with psycopg.connect(rooms.database.app_url, autocommit=True) as connection:
        Desk(connection, rooms.database.app_url).turn(duty=NoticeDuty(words))


class TestRobots:
    """Their settings."""

    def test_secrets_go_in_and_never_come_back(self, ready: Rooms) -> None:
        root = ready.at("root", "admin")
        (row,) = ok(root.get("/api/notice-robots"))
        assert row["secret_names"] == ["access_token", "secret"] and row["state"] == "ready"
        assert "t0ken" not in str(row)
        ok(root.patch("/api/notice-robots/ding", {"secrets": {"secret": "SECother"}, "title": "物流群二"}))
        (row,) = ok(root.get("/api/notice-robots"))
        assert (row["title"], row["secret_names"]) == ("物流群二", ["access_token", "secret"])
        ok(root.patch("/api/notice-robots/ding", {"enabled": False}))
        assert root.post("/api/notice-robots/ding/test", {}).status_code == 409
        ok(root.patch("/api/notice-robots/ding", {"enabled": True}))
        with psycopg.connect(ready.database.app_url) as connection:
            stored = connection.execute("select secrets_sealed from notice_robot").fetchone()
        assert stored is not None and b"SEC" not in bytes(stored[0])

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"kind": "pigeon"}, "kind"),
            ({"id": "Bad Id"}, "id"),
            ({"title": " "}, "title"),
            ({"secrets": {}}, "access_token"),
            ({"secrets": {"access_token": "x", "pin": "1"}}, "pin"),
            ({"config": {"base_url": "file:///etc/passwd"}}, "base_url"),
            ({"config": {"colour": "red"}}, "colour"),
        ],
    )
    def test_what_is_wrong_is_said_by_field(self, ready: Rooms, wrong: dict[str, Any], field: str) -> None:
        sound: dict[str, Any] = {"id": "other", "kind": "dingtalk", "title": "群", "secrets": {"access_token": "x"}}
        answer = ready.at("root", "admin").post("/api/notice-robots", {**sound, **wrong})
        assert answer.status_code == 400
        assert field in [one["field"] for one in answer.json()["fields"]]

    def test_only_who_manages_sees_them(self, ready: Rooms) -> None:
        clerk = ready.at("clerk", "cs")
        for path in (
            "notice-robots",
            "declarations/notice_rule",
            "notice-deliveries",
            "notice-settings",
            "notice-choices",
        ):
            assert clerk.get(f"/api/{path}").status_code == 403, path
        assert clerk.get("/api/notice-deliveries/export", params={"format": "csv"}).status_code == 403
        assert clerk.get("/api/notices").status_code == 200


class TestRules:
    """Draft, trial, publish, roll back."""

    def test_from_draft_to_roll_back(self, ready: Rooms) -> None:
        root = ready.at("root", "admin")
        draft = ok(root.send("PUT", "/api/declarations/notice_rule/wuliu/draft", {"body": RULE}))
        assert (draft["problems"], draft["revision"]) == ([], 1)
        tried = ok(root.post("/api/declarations/notice_rule/wuliu/dry-run", {"days": 7}))
        counts = {one["word"]: one["after"] for one in tried["figures"]}
        told = {one["title"]: one["after"] for one in tried["rows"] if one["after"]}
        assert counts["matched"] >= 6 and int(told["物流群二"]) == counts["messages"] / 2
        assert "https://hub.example/m/cases/" in tried["rows"][-1]["text"]
        assert root.send("PUT", "/api/declarations/notice_rule/wuliu/draft", {"body": RULE}).status_code == 409, (
            "made from no draft"
        )
        ok(root.post("/api/declarations/notice_rule/wuliu/publish", {"note": "上线", "revision": 1}))
        ok(root.send("PUT", "/api/declarations/notice_rule/wuliu/draft", {"body": {**RULE, "enabled": False}}))
        assert (
            ok(root.post("/api/declarations/notice_rule/wuliu/publish", {"note": "停", "revision": 1}))["version"] == 2
        )
        assert (
            ok(root.post("/api/declarations/notice_rule/wuliu/rollback", {"version": 1, "note": "误停"}))["version"]
            == 3
        )
        detail = ok(root.get("/api/declarations/notice_rule/wuliu"))
        assert (detail["version"], detail["body"]["enabled"], len(detail["history"])) == (3, True, 3)

    def test_a_shipped_rule_can_be_laid_over_and_brought_back(self, ready: Rooms) -> None:
        root = ready.at("root", "admin")
        shipped = ok(root.get("/api/declarations/notice_rule/severe"))
        assert shipped["version"] == 0 and shipped["shipped"] == shipped["body"]
        ok(
            root.send(
                "PUT", "/api/declarations/notice_rule/severe/draft", {"body": {**shipped["body"], "enabled": False}}
            )
        )
        ok(root.post("/api/declarations/notice_rule/severe/publish", {"note": "停用", "revision": 1}))
        ok(root.post("/api/declarations/notice_rule/severe/rollback", {"version": 0, "note": "恢复"}))
        assert ok(root.get("/api/declarations/notice_rule/severe"))["body"] == shipped["body"]
        assert root.post("/api/declarations/notice_rule/wuliu/rollback", {"version": 0, "note": "x"}).status_code == 404

    @pytest.mark.parametrize(
        "wrong",
        [
            {"message_body": "{title.__class__}"},
            {"targets": {"robots": ["nobody"]}},
            {"targets": {"roles": ["king"]}},
            {"targets": {"people": ["999"]}},
            {"digest": {"minutes": -5}},
        ],
    )
    def test_an_unfit_draft_is_kept_but_not_published(self, ready: Rooms, wrong: dict[str, Any]) -> None:
        root = ready.at("root", "admin")
        draft = ok(root.send("PUT", "/api/declarations/notice_rule/unfit/draft", {"body": {**RULE, **wrong}}))
        try:
            assert draft["problems"]
            answer = root.post(
                "/api/declarations/notice_rule/unfit/publish", {"note": "x", "revision": draft["revision"]}
            )
            assert answer.status_code == 422 and answer.json()["fields"]
            assert root.post("/api/declarations/notice_rule/unfit/dry-run", {"days": 1}).status_code == 422
        finally:
            assert root.delete("/api/declarations/notice_rule/unfit/draft").is_success

    def test_names_days_and_notes_are_checked(self, ready: Rooms) -> None:
        root = ready.at("root", "admin")
        assert root.send("PUT", "/api/declarations/notice_rule/Bad%20Name/draft", {"body": RULE}).status_code == 400
        assert root.post("/api/declarations/notice_rule/wuliu/dry-run", {"days": 1000}).status_code == 400
        assert root.post("/api/declarations/notice_rule/wuliu/publish", {"note": " ", "revision": 1}).status_code == 400
        assert root.post("/api/declarations/notice_rule/wuliu/publish", {"note": "x", "revision": 1}).status_code == 409
        assert root.get("/api/declarations/notice_rule/never").status_code == 404


class TestInboxAndLog:
    """What came of the published rule."""

    def test_the_bell_counts_and_marks_only_ones_own(self, ready: Rooms) -> None:
        noticed(ready)
        boss, other = ready.at("boss", "ops"), ready.at("clerk", "cs")
        unread = ok(boss.get("/api/notices/unread"))["unread"]
        assert unread >= 6 and ok(other.get("/api/notices/unread"))["unread"] == 0
        page, sent = ready.counted(boss, "/api/notices")
        assert page["tabs"]["unread"] == unread and sent == 2
        first = page["items"][0]
        assert first["link"].startswith("/m/cases/") and not first["read"], "his own inbox needs no address"
        assert ok(other.post("/api/notices/read", {"ids": [first["id"]]}))["changed"] == 0
        assert ok(boss.post("/api/notices/read", {"ids": [first["id"]]}))["changed"] == 1
        assert ok(boss.post("/api/notices/read", {"ids": [first["id"]], "read": False}))["changed"] == 1
        assert ok(boss.get("/api/notices", params={"unread": "true", "event": "opened"}))["total"] == unread
        assert ok(boss.get("/api/notices", params={"q": "没有这样的字"}))["total"] == 0
        assert ok(boss.post("/api/notices/read", {"ids": None}))["changed"] == unread
        assert ok(boss.get("/api/notices/unread"))["unread"] == 0

    def test_preferences_are_ones_own_and_checked(self, ready: Rooms) -> None:
        clerk = ready.at("clerk", "cs")
        wish = {"muted_kinds": ["order.*"], "muted_events": ["overdue"], "quiet_start": "22:00", "quiet_end": "08:00"}
        assert ok(clerk.send("PUT", "/api/notices/preferences", wish)) == wish
        assert ok(clerk.get("/api/notices/preferences"))["preference"] == wish
        assert ok(ready.at("boss", "ops").get("/api/notices/preferences"))["preference"]["muted_kinds"] == []
        for wrong in (
            {"quiet_start": "25:00", "quiet_end": "08:00"},
            {"quiet_start": "22:00"},
            {"muted_events": ["x"]},
        ):
            assert clerk.send("PUT", "/api/notices/preferences", wrong).status_code == 400, wrong
        ok(clerk.send("PUT", "/api/notices/preferences", {}))
        ok(clerk.post("/api/notices/test", {}))
        assert ok(clerk.get("/api/notices/unread"))["unread"] == 1

    def test_the_log_its_filters_export_and_sending_again(self, ready: Rooms) -> None:
        noticed(ready)
        root = ready.at("root", "admin")
        page, sent = ready.counted(root, "/api/notice-deliveries")
        assert sent == 2 and page["total"] == page["tabs"]["waiting"] >= 6
        row = page["items"][0]
        assert "13812345678" not in str(page), "no phone leaves the house"
        by_case = ok(root.get("/api/notice-deliveries", params={"case": row["case_id"]}))
        assert [one["id"] for one in by_case["items"]] == [row["id"]]
        assert ok(root.get("/api/notice-deliveries", params={"robot": "none"}))["total"] == 0
        assert root.get("/api/notice-deliveries", params={"status": "lost"}).status_code == 400
        assert ok(root.post("/api/notice-deliveries/again", {"ids": [row["id"]]}))["changed"] == 0, "it waits already"
        with psycopg.connect(ready.database.app_url, autocommit=True) as connection:
            connection.execute("update notice_delivery set status = 'dead' where id = %s", (int(row["id"]),))
        again = {"filter": {"status": "dead"}, "expected": 1}
        assert root.post("/api/notice-deliveries/again", {**again, "expected": 2}).status_code == 409
        assert ok(root.post("/api/notice-deliveries/again", again))["changed"] == 1
        text = root.get("/api/notice-deliveries/export", params={"format": "csv"}).content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        assert rows[0][:3] == ["编号", "生成时间", "送达时间"] and len(rows) == page["total"] + 1
