"""The inbox over HTTP: messages by filter, the exact bytes, what they said, replay, refusals, unmapped codes."""

import base64
import csv
import io
import json

from tests.rooms import Rooms, ok
from tests.world import ORDERS, SHOPS, order_no, scans, strays, tracking_no, work

SET_ASIDE = 4
MESSAGES = ORDERS + sum(len(list(scans(n))) for n in range(ORDERS)) + len(list(strays())) + SET_ASIDE


def set_aside(rooms: Rooms) -> list[dict[str, str]]:
    """The unreadable messages in the order they came."""
    found = ok(rooms.at("root", "admin").get("/api/messages", params={"status": "set_aside"}))
    return list(reversed(found["items"]))


def test_the_tabs_count_what_they_show(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    wanted = {"all": MESSAGES, "pending": 0, "judged": MESSAGES - SET_ASIDE, "set_aside": SET_ASIDE}
    for status, count in wanted.items():
        found = ok(root.get("/api/messages", params={"status": status, "size": 100}))
        assert (found["tabs"], found["total"], len(found["items"])) == (wanted, count, min(count, 100))
    assert rooms.counted(root, "/api/messages?size=100")[1] == 3
    newest = [int(row["id"]) for row in ok(root.get("/api/messages"))["items"]]
    assert newest == sorted(newest, reverse=True)


def test_filters_find_what_they_name(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    (first,) = ok(root.get("/api/messages", params={"q": order_no(0), "source": "qianniu"}))["items"]
    for query, count in (
        ({"source": "qianniu"}, ORDERS + 2),
        ({"source": "zto,qianniu"}, MESSAGES),
        ({"source": "zto", "status": "set_aside"}, 2),
        ({"q": tracking_no(0)}, 2),
        ({"q": first["id"]}, 1),
        ({"q": "nothing"}, 0),
        ({"way": "file"}, 0),
        ({"received_to": "2020-01-01"}, 0),
        ({"received_from": "2020-01-01", "received_to": "2099-01-01"}, MESSAGES),
        ({"ids": f"{first['id']},{int(first['id']) + 1}"}, 2),
    ):
        found = ok(root.get("/api/messages", params={**query, "size": 100}))
        assert (found["total"], len(found["items"])) == (count, min(count, 100)), query
    assert root.get("/api/messages", params={"status": "lost"}).status_code == 400


def test_a_row_says_what_the_message_was_about(rooms: Rooms) -> None:
    rows = ok(rooms.at("root", "admin").get("/api/messages", params={"q": tracking_no(0)}))["items"]
    assert [row["source_title"] for row in rows] == ["中通推送", "千牛"]
    assert rows[0]["summary"] == f"{tracking_no(0)} ZT_01 待揽收 商家已下单,等待揽收"
    assert rows[1]["summary"].endswith("等 2 条")
    assert (rows[0]["way"], rows[0]["connector"], rows[0]["content_type"]) == ("webhook", "zto", "application/json")


def test_a_message_shows_its_bytes_and_what_became_of_them(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    (row,) = ok(root.get("/api/messages", params={"q": tracking_no(0), "source": "zto"}))["items"]
    message, sent = rooms.counted(root, f"/api/messages/{row['id']}")
    assert sent == 5
    told = json.dumps(next(scans(0)), ensure_ascii=False)
    assert (message["body_text"], message["body_base64"], message["encoding"]) == (told, None, "utf-8")
    assert (message["size"], message["body_truncated"]) == (len(told.encode()), False)
    (item,) = message["items"]
    assert (item["subject_label"], item["code"], item["claimed_title"], item["effect"]) == (
        tracking_no(0), "ZT_01", "待揽收", "held",
    )  # fmt: skip
    assert message["outcome"] == {"held": 1}
    assert rooms.log("message.read.done")[-1][2] == f"message {row['id']}"


def test_what_cannot_be_read_is_shown_as_it_came(rooms: Rooms) -> None:
    root = rooms.at("root", "admin")
    broken, gbk, binary, huge = (ok(root.get(f"/api/messages/{row['id']}")) for row in set_aside(rooms))
    assert (broken["body_text"], broken["unreadable"][0]["code"]) == ('{"billCode": "7319', "not_json")
    assert broken["error"].startswith("body:应为 JSON")
    assert (gbk["body_text"], gbk["encoding"]) == ("{坏}", "gb18030")
    assert gbk["headers"] == {"authorization": "***"}
    assert (binary["body_text"], base64.b64decode(binary["body_base64"])) == (None, bytes(range(256)) * 4)
    assert (huge["body_truncated"], len(huge["body_text"]), huge["size"]) == (True, 256 * 1024, 300_005)
    assert {one["status"] for one in (broken, gbk, binary, huge)} == {"set_aside"}


def test_refused_deliveries_are_counted_not_kept(rooms: Rooms) -> None:
    (row,) = ok(rooms.at("root", "admin").get("/api/messages/refused"))
    assert (row["source"], row["source_title"], row["reason"], row["ip"], row["count"]) == (
        "zto", "中通推送", "signature_wrong", "10.0.0.9", 7,
    )  # fmt: skip


def test_an_unmapped_code_waits_with_a_sample(rooms: Rooms) -> None:
    queue, sent = rooms.counted(rooms.at("root", "admin"), "/api/unmapped")
    assert sent == 2
    (row,) = queue
    assert (row["codes"], row["codes_title"], row["code"], row["sample_text"]) == (
        "zto", "中通快递", "ZT_77", "神秘状态",
    )  # fmt: skip
    assert (row["events"], row["shipments"], row["capped"]) == (1, 1, False)


def test_a_replay_changes_nothing_that_was_known(rooms: Rooms) -> None:
    boss = rooms.at("boss", "ops")
    before = rooms.sql("select count(*) from order_state_audit")
    total = ok(boss.get("/api/messages", params={"source": "zto"}))["total"]
    wish = {"filter": {"source": "zto", "status": "judged"}}
    wrong = boss.post("/api/messages/replay", {**wish, "expected": total})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "count_changed")
    done = ok(boss.post("/api/messages/replay", {**wish, "expected": total - 2}))
    assert (done["matched"], done["changed"]) == (total - 2, total - 2)
    assert ok(boss.get("/api/messages", params={"status": "pending"}))["total"] == total - 2
    work(rooms.database.app_url)
    assert ok(boss.get("/api/messages", params={"status": "pending"}))["total"] == 0
    assert rooms.sql("select count(*) from order_state_audit") == before
    assert rooms.log("message.replay.done")[-1][0] == "boss"
    ids = [row["id"] for row in set_aside(rooms)]
    assert ok(boss.post("/api/messages/replay", {"ids": ids, "expected": len(ids)}))["changed"] == SET_ASIDE
    work(rooms.database.app_url)
    assert [row["id"] for row in set_aside(rooms)] == ids
    for wrong_wish in ({}, {"ids": ids, "filter": {}}):
        assert boss.post("/api/messages/replay", wrong_wish).status_code == 400


def test_the_inbox_is_closed_to_who_may_see_only_some_shops(rooms: Rooms) -> None:
    limited = rooms.at("second", "ops", shops=[SHOPS[1]])
    for path in ("/api/messages", "/api/messages/1", "/api/messages/export?format=csv"):
        answer = limited.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "shops_limited")
    assert limited.post("/api/messages/replay", {"ids": ["1"]}).status_code == 403
    assert rooms.at("service", "cs").get("/api/messages").status_code == 403
    assert rooms.at("service", "cs").get("/api/messages/export?format=csv").status_code == 403


def test_the_export_follows_the_filter(rooms: Rooms) -> None:
    answer = rooms.at("root", "admin").get("/api/messages/export", params={"format": "csv", "status": "set_aside"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["状态"] for row in rows] == ["已搁置"] * SET_ASIDE
