"""The status mapper over HTTP, on a real hub, database and workers: what is foretold is what publishing does."""

import random
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from fenghe.connectors import zto
from fenghe.hub.rooms import connectors
from fenghe.hub.worker import Worker
from fenghe.kernel.connecting import InboundMessage, Reading
from fenghe.kernel.database.address import Database
from fenghe.kernel.declarations import store as declarations
from fenghe.logistics.scale import State
from tests.api.serving import Browser
from tests.database import migrated_database
from tests.logistics.declaring import (
    UNREAD,
    build_parcels,
    changed,
    code_rule,
    foretold_by_mapper,
    open_cases,
    problem,
    standing,
    text_rule,
)
from tests.rooms import Rooms, ok, running
from tests.world import put_json, scan, work

__all__ = ["migrated_database"]

ZTO = "/api/status-mappings/zto"
FLASH = "/api/status-mappings/flash"


@pytest.fixture
def site(migrated_database: Database) -> Iterator[Rooms]:
    """A hub over parcels whose codes are partly unread."""
    build_parcels(migrated_database.app_url)
    work(migrated_database.app_url)
    with running(migrated_database) as rooms:
        yield rooms


@pytest.fixture
def empty(migrated_database: Database) -> Iterator[Rooms]:
    """A hub that has heard nothing."""
    with running(migrated_database) as rooms:
        yield rooms


def draft(browser: Browser, path: str, *rules: dict[str, str], revision: int | None = None) -> int:
    """Save a draft; returns its revision."""
    saved = ok(browser.send("PUT", f"{path}/draft", {"rules": list(rules), "revision": revision}))
    assert saved["problems"] == []
    return int(saved["revision"])


def publish(browser: Browser, path: str, revision: int, note: str = "映射新码") -> dict[str, Any]:
    """Publish the draft."""
    answer: dict[str, Any] = ok(browser.post(f"{path}/publish", {"note": note, "revision": revision}))
    return answer


def test_mapping_the_articles_codes_lets_the_waiting_scans_be_read(site: Rooms) -> None:
    ops = site.at("ops", "ops")
    before = standing(site)
    seen = {one["code"]: one for one in ok(ops.get(ZTO))["seen"]}
    waiting = sum(seen[code]["waiting"] for code in ("ZT_05", "ZT_07"))
    assert waiting > 20 and seen["ZT_05"]["mapped_to"] is None and seen["签收"]["mapped_to"] == "delivered"
    revision = draft(ops, ZTO, code_rule("ZT_05", "out_for_delivery"), code_rule("ZT_07", "delivered"))
    tried = ok(ops.post(f"{ZTO}/dry-run", {"days": 3}))
    assert standing(site) == before, "a dry run changes nothing"
    assert tried["revision"] == revision and tried["events_reread"] == waiting and not tried["truncated"]
    assert [(one["value"], one["before"], one["after"]) for one in tried["diff"]] == [
        ("ZT_05", None, "out_for_delivery"),
        ("ZT_07", None, "delivered"),
    ]
    done = publish(ops, ZTO, revision)
    assert done == {"version": 1, "replayed_messages": waiting}
    work(site.database.app_url)
    assert foretold_by_mapper(tried) == changed(before, standing(site)) and tried["shipments_changed"] > 10
    after = {one["code"]: one for one in ok(ops.get(ZTO))["seen"]}
    assert (after["ZT_05"]["mapped_to"], after["ZT_05"]["waiting"]) == ("out_for_delivery", 0)
    assert {one["code"] for one in ok(ops.get("/api/unmapped")) if one["codes"] == "zto"} == {"ZT_01", "ZT_77"}
    assert [row[2] for row in site.log("declaration.publish.done")] == ["status_mapping zto v1: 映射新码"]


def test_one_click_takes_it_back(site: Rooms) -> None:
    ops = site.at("ops", "ops")
    before, cases = standing(site), open_cases(site)
    publish(ops, ZTO, draft(ops, ZTO, code_rule("ZT_05", "out_for_delivery"), code_rule("签收", "in_transit")))
    work(site.database.app_url)
    assert standing(site) != before
    back = ok(ops.post(f"{ZTO}/rollback", {"version": 0, "note": "派件不对"}))
    assert back["version"] == 2 and back["replayed_messages"] > 0
    work(site.database.app_url)
    assert (standing(site), open_cases(site)) == (before, cases)
    detail = ok(ops.get(ZTO))
    told = [
        (one["version"], one["rules_added"], one["rules_removed"], one["rolled_back_to"]) for one in detail["history"]
    ]
    assert told == [(2, 0, 2, 0), (1, 2, 0, None)]
    assert detail["published"]["version"] == 2 and detail["published"]["author"] == "ops先生"
    assert not [rule for rule in detail["published"]["rules"] if not rule["shipped"]]
    problem(ops.post(f"{ZTO}/rollback", {"version": 2, "note": "再来"}), 422, "already_in_force")
    problem(ops.post(f"{ZTO}/rollback", {"version": 9, "note": "再来"}), 404, "not_found")
    assert ok(ops.post(f"{ZTO}/rollback", {"version": 1, "note": "还是要"}))["version"] == 3
    assert [row[2] for row in site.log("declaration.rollback.done")] == [
        "status_mapping zto v2 ← v0: 派件不对",
        "status_mapping zto v3 ← v1: 还是要",
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_is_published_comes_out_as_foretold(site: Rooms, seed: int) -> None:
    """Any rows at all, for codes and for texts, one draft after the other, judged by two workers at once."""
    chance, ops, moved = random.Random(seed), site.at("ops", "ops"), 0
    states = [str(state) for state in State]
    for path, codes in ((ZTO, (*UNREAD, "收件", "签收", "派件")), (FLASH, ("F1", "F2", "F3")), (ZTO, UNREAD)):
        rules = [code_rule(code, chance.choice(states)) for code in codes if chance.random() < 0.7]
        rules += [code_rule(codes[0], chance.choice(states), when="签收")]
        rules += [
            text_rule(words, chance.choice(states)) for words in ("飞船", "云里", "签收") if chance.random() < 0.7
        ]
        revision, before = draft(ops, path, *rules), standing(site)
        tried = ok(ops.post(f"{path}/dry-run", {}))
        publish(ops, path, revision)
        workers = [threading.Thread(target=work, args=(site.database.app_url,)) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        work(site.database.app_url)
        assert foretold_by_mapper(tried) == changed(before, standing(site)), rules
        moved += tried["shipments_changed"]
    assert moved > 30
    mended = draft(ops, ZTO, *rules)
    assert ok(ops.post(f"{ZTO}/dry-run", {}))["events_reread"] == 0, "what is in force already changes nothing"
    assert publish(ops, ZTO, mended)["replayed_messages"] == 0


def test_the_list_tells_how_much_is_read(site: Rooms) -> None:
    answer, statements = site.counted(site.at("ops", "ops"), "/api/status-mappings")
    assert statements == 5
    lists = {one["codes"]: one for one in answer}
    assert [one["codes"] for one in answer][:3] == ["zto", "sf", "yto"]
    assert not {"person", "handover", "taobao"} & lists.keys()
    heard = site.sql(
        "select codes, count(*), count(status), count(distinct code) filter (where status is null) from observation"
        " where kind = 'event' group by codes"
    )
    assert {row[0] for row in heard} == {"zto", "flash"}
    for codes, events, read, unmapped in heard:
        told = lists[codes]
        assert (told["events_72h"], told["unmapped_codes"]) == (events, unmapped)
        assert told["coverage_72h"] == pytest.approx(read / events)
    assert (lists["flash"]["title"], lists["zto"]["title"], lists["sf"]["coverage_72h"]) == (
        "闪电快运",
        "中通快递",
        None,
    )
    assert lists["zto"]["published_version"] is None and not lists["zto"]["has_draft"]


def test_the_detail_shows_what_is_in_force_and_what_is_heard(site: Rooms) -> None:
    ops = site.at("ops", "ops")
    detail, statements = site.counted(ops, FLASH)
    assert statements == 4
    assert [one["state"] for one in detail["states"]] == [str(state) for state in State]
    assert detail["published"] | {"rules": []} == {
        "version": 0,
        "rules": [],
        "covered": [],
        "note": "随附规则",
        "author": "",
        "at": None,
    }
    assert all(rule["shipped"] and rule["match"] == "text" for rule in detail["published"]["rules"])
    seen = {one["code"]: one for one in detail["seen"]}
    assert set(seen) == {"", "F1", "F2", "F3"}
    unread = site.sql("select count(*) from observation where codes = 'flash' and code = '' and status is null")[0][0]
    assert (seen[""]["waiting"], seen[""]["mapped_to"]) == (unread, None)
    assert seen[""]["sample_text"] in ("飞船已起飞", "包裹在云里")
    draft(ops, FLASH, code_rule("F1", "picked_up"), text_rule("退件签收", "info"))
    detail = ok(ops.get(FLASH))
    assert [rule["value"] for rule in detail["draft"]["rules"]] == ["F1", "退件签收"]
    assert (detail["draft"]["base_version"], detail["draft"]["author"]) == (0, "ops先生")
    publish(ops, FLASH, detail["draft"]["revision"])
    detail = ok(ops.get(FLASH))
    over = [rule for rule in detail["published"]["rules"] if rule["value"] == "退件签收"]
    assert [(rule["state"], rule["shipped"]) for rule in over] == [("info", False)]
    assert [(rule["value"], rule["state"]) for rule in detail["published"]["covered"]] == [("退件签收", "returned")]
    assert detail["draft"] is None


def test_two_editors_are_told_of_each_other(site: Rooms) -> None:
    one, other = site.at("one", "ops"), site.at("other", "ops")
    revision = draft(one, ZTO, code_rule("ZT_05", "in_transit"))
    rules = [code_rule("ZT_05", "delivered")]
    told = problem(other.send("PUT", f"{ZTO}/draft", {"rules": rules, "revision": None}), 409, "draft_moved")
    assert "one先生" in told["detail"] and "第 1 次" in told["detail"]
    saved = ok(other.send("PUT", f"{ZTO}/draft", {"rules": rules, "revision": revision}))
    assert saved["revision"] == revision + 1
    problem(one.send("PUT", f"{ZTO}/draft", {"rules": rules, "revision": revision}), 409, "draft_moved")
    told = problem(one.post(f"{ZTO}/publish", {"note": "发布", "revision": revision}), 409, "draft_moved")
    assert "other先生" in told["detail"]
    assert other.delete(f"{ZTO}/draft").status_code == 204 and other.delete(f"{ZTO}/draft").status_code == 204
    assert [row[2] for row in site.log("declaration.draft.discarded")] == ["status_mapping zto (by other)"]
    problem(one.send("PUT", f"{ZTO}/draft", {"rules": rules, "revision": 2}), 409, "draft_gone")
    problem(one.post(f"{ZTO}/publish", {"note": "发布", "revision": 2}), 409, "no_draft")
    problem(one.post(f"{ZTO}/dry-run", {"days": 3}), 409, "no_draft")
    assert ok(one.get(ZTO))["history"] == []


def test_a_draft_with_faults_is_kept_but_neither_tried_nor_published(site: Rooms) -> None:
    ops = site.at("ops", "ops")
    rules = [
        code_rule("ZT_05", "delivered"),
        code_rule("ZT_05", "info"),
        code_rule("ZT_07", "teleported"),
        code_rule(" ", "info"),
    ]
    saved = ok(ops.send("PUT", f"{ZTO}/draft", {"rules": rules, "revision": None}))
    assert len(saved["problems"]) == 3 and len(ok(ops.get(ZTO))["draft"]["rules"]) == 4
    for act, body in (("dry-run", {"days": 3}), ("publish", {"note": "发布", "revision": 1})):
        told = problem(ops.post(f"{ZTO}/{act}", body), 422, "draft_unfit")
        assert sorted(one["field"] for one in told["fields"]) == ["rules.1", "rules.2", "rules.3"]
    assert ok(ops.get(ZTO))["draft"]["revision"] == 1 and ok(ops.get(ZTO))["history"] == []
    many = [code_rule(f"X{n}", "info") for n in range(2_001)]
    assert ops.send("PUT", f"{ZTO}/draft", {"rules": many, "revision": 1}).status_code == 400
    assert ok(ops.send("PUT", f"{ZTO}/draft", {"rules": many[1:], "revision": 1}))["problems"] == []
    shipped = {**code_rule("签收", "info"), "shipped": True}
    assert ok(ops.send("PUT", f"{ZTO}/draft", {"rules": [shipped], "revision": 2}))["rules"] == []
    bad = problem(
        ops.send("PUT", f"{ZTO}/draft", {"rules": [code_rule("a\u0000", "info")], "revision": 3}), 400, "bad_field"
    )
    assert bad["fields"][0]["field"] == "rules.0.value"


def test_what_is_asked_wrongly_is_said(empty: Rooms) -> None:
    ops, service = empty.at("ops", "ops"), empty.at("service", "cs")
    revision = draft(ops, ZTO, code_rule("ZT_05", "delivered"))
    for note in ("", "  \n", "字" * 501):
        told = problem(ops.post(f"{ZTO}/publish", {"note": note, "revision": revision}), 400, "bad_field")
        assert told["fields"][0]["field"] == "note"
    for days in (0, 93):
        assert problem(ops.post(f"{ZTO}/dry-run", {"days": days}), 400, "bad_field")["fields"][0]["field"] == "days"
    for codes in ("nowhere", "a%00b", "x" * 101, "%20"):
        assert problem(ops.get(f"/api/status-mappings/{codes}"), 404, "not_found")
    assert ok(service.get(ZTO))["draft"]["revision"] == revision
    rules = {"rules": [], "revision": revision}
    problem(service.send("PUT", f"{ZTO}/draft", rules), 403, "right_missing")
    problem(service.delete(f"{ZTO}/draft"), 403, "right_missing")
    for act in ("dry-run", "publish", "rollback"):
        body = {"days": 3} if act == "dry-run" else {"note": "发布", "revision": 1, "version": 0}
        body.pop("version" if act == "publish" else "revision", None)
        problem(service.post(f"{ZTO}/{act}", body), 403, "right_missing")
    nothing = ok(ops.post(f"{ZTO}/dry-run", {"days": 92}))
    assert (nothing["events_read"], nothing["shipments_read"], nothing["shipments_changed"]) == (0, 0, 0)


def test_who_sees_some_shops_gets_samples_of_these(site: Rooms) -> None:
    limited, ops = site.at("limited", "ops", shops=["乙店"]), site.at("ops", "ops")
    draft(ops, ZTO, code_rule("收件", "lost"), code_rule("ZT_07", "delivered"), code_rule("ZT_05", "in_transit"))
    whole, part = (ok(one.post(f"{ZTO}/dry-run", {})) for one in (ops, limited))
    assert foretold_by_mapper(whole) == foretold_by_mapper(part) and whole["shipments_changed"] > 20
    shops = dict(site.sql("select order_no, shop from customer_order"))
    assert {shops.get(one["order_no"]) for one in part["samples"]} == {"乙店"}
    assert {shops.get(one["order_no"]) for one in whole["samples"]} == {"甲店", "乙店", None}


class SlowZto:
    """ZTO's connector with a batch that takes its time: it says when it began to read and waits to be let go."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(zto.CONNECTOR, name)

    def read(self, message: InboundMessage) -> Reading:
        """Read, when it may."""
        self.begun.set()
        assert self.go_on.wait(20)
        return zto.CONNECTOR.read(message)


def test_a_message_under_way_while_its_code_is_mapped_is_read_anew(site: Rooms) -> None:
    """The batch began under the old mapping; the publication waits for it, so that its scans are replayed too."""
    ops, slow, done = site.at("ops", "ops"), SlowZto(), list[dict[str, Any]]()
    revision = draft(ops, ZTO, code_rule("ZT_05", "in_transit"))
    with psycopg.connect(site.database.app_url) as connection:
        put_json(connection, "zto", scan("88800000000001", "ZT_05", 5, "在路上"))

    def turn() -> None:
        with psycopg.connect(site.database.app_url, autocommit=True) as connection:
            Worker(connection, {**connectors(), "zto": slow}).turn()

    batch = threading.Thread(target=turn)
    publication = threading.Thread(target=lambda: done.append(publish(ops, ZTO, revision)))
    batch.start()
    assert slow.begun.wait(20)
    publication.start()
    publication.join(0.5)
    assert publication.is_alive() and ok(site.at("reader", "cs").get(ZTO))["history"] == []
    slow.go_on.set()
    batch.join(20)
    publication.join(20)
    work(site.database.app_url)
    assert done[0]["version"] == 1
    assert site.sql("select state from subject where key = '88800000000001'") == [("in_transit",)]


def test_a_publication_does_not_wait_for_ever(site: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declarations, "_PATIENCE", "200ms")
    ops = site.at("ops", "ops")
    revision = draft(ops, ZTO, code_rule("ZT_05", "in_transit"))
    with psycopg.connect(site.database.app_url) as batch:
        declarations.hold_in_force(batch)
        problem(ops.post(f"{ZTO}/publish", {"note": "发布", "revision": revision}), 503, "judging_busy")
    assert publish(ops, ZTO, revision)["version"] == 1


def test_dry_runs_are_few_at_a_time(empty: Rooms) -> None:
    ops = empty.at("ops", "ops")
    draft(ops, ZTO, code_rule("ZT_05", "in_transit"))
    with psycopg.connect(empty.database.app_url) as other:
        other.execute("select pg_advisory_xact_lock(7315, n) from generate_series(0, 1) n")
        assert ops.post(f"{ZTO}/dry-run", {}).headers["retry-after"] == "10"
    assert ok(ops.post(f"{ZTO}/dry-run", {}))["shipments_read"] == 0
