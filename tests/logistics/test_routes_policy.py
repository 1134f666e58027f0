"""The fuse's thresholds over HTTP, on a real hub, database and workers: two people, and what is foretold comes true."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from fenghe.kernel.database.address import Database
from tests.api.serving import Browser
from tests.database import migrated_database
from tests.logistics.declaring import build_parcels, changed, code_rule, foretold, open_cases, problem, standing
from tests.rooms import Rooms, ok, running
from tests.world import work

__all__ = ["migrated_database"]

FUSES = "/api/declarations/fuse"
SHIPPED = {"distance": 2, "age_hours": 24, "settle_seconds": 5, "reuse_hours": 24, "life_days": 90}
IN_WORLD = SHIPPED | {"settle_seconds": 0}


@pytest.fixture
def site(migrated_database: Database) -> Iterator[Rooms]:
    """A hub over parcels with every kind of history; all their codes are read."""
    build_parcels(migrated_database.app_url)
    work(migrated_database.app_url)
    with running(migrated_database) as rooms:
        ops = rooms.at("first", "ops")
        codes = {"ZT_01": "await_pickup", "ZT_05": "out_for_delivery", "ZT_07": "delivered", "ZT_77": "customs"}
        rules = [code_rule(code, state) for code, state in codes.items()]
        mapping = "/api/status-mappings/zto"
        ok(ops.send("PUT", f"{mapping}/draft", {"rules": rules, "revision": None}))
        ok(ops.post(f"{mapping}/publish", {"note": "读全", "revision": 1}))
        work(migrated_database.app_url)
        rooms.at("second", "ops")
        yield rooms


@pytest.fixture
def empty(migrated_database: Database) -> Iterator[Rooms]:
    """A hub that has heard nothing."""
    with running(migrated_database) as rooms:
        yield rooms


def draft(browser: Browser, carrier: str, revision: int | None = None, **values: int) -> int:
    """Save a draft of these thresholds, the others as shipped; returns its revision."""
    saved = ok(browser.send("PUT", f"{FUSES}/{carrier}/draft", {"body": IN_WORLD | values, "revision": revision}))
    assert saved["problems"] == []
    return int(saved["revision"])


def publish(browser: Browser, carrier: str, revision: int) -> dict[str, Any]:
    """Publish it."""
    answer: dict[str, Any] = ok(browser.post(f"{FUSES}/{carrier}/publish", {"note": "调整", "revision": revision}))
    return answer


def test_a_wider_threshold_is_published_by_a_second_person_and_taken_back(site: Rooms) -> None:
    first, second = site.at("first", "ops"), site.at("second", "ops")
    before, cases = standing(site), open_cases(site)
    revision = draft(first, "zto", distance=9, age_hours=720)
    tried = ok(first.post(f"{FUSES}/zto/dry-run", {"days": 3}))
    assert foretold(tried)["cases_would_close"] > 5
    assert standing(site) == before
    body = {"note": "放宽", "revision": revision}
    told = problem(first.post(f"{FUSES}/zto/publish", body), 403, "second_person")
    assert "需要另一人发布" in told["detail"] and "first先生" in told["detail"]
    assert ok(first.get(f"{FUSES}/zto"))["history"] == [] and standing(site) == before
    done = ok(second.post(f"{FUSES}/zto/publish", body))
    parcels = site.sql("select count(*) from shipment where carrier = 'zto'")[0][0]
    assert done == {"version": 1, "looked_at_anew": parcels}
    work(site.database.app_url)
    assert foretold(tried) == changed(before, standing(site)) and open_cases(site) < cases
    ok(first.post(f"{FUSES}/zto/rollback", {"version": 0, "note": "太宽"}))
    work(site.database.app_url)
    assert (standing(site), open_cases(site)) == (before, cases)
    detail = ok(first.get(f"{FUSES}/zto"))
    assert [(one["version"], one["rolled_back_to"]) for one in detail["history"]] == [(2, 0), (1, None)]
    assert detail["body"] == IN_WORLD and detail["history"][1]["body"]["distance"] == 9
    assert [row[2] for row in site.log("declaration.publish.done")][-1:] == ["fuse zto v1: 放宽"]
    assert [row[2] for row in site.log("declaration.rollback.done")] == ["fuse zto v2 ← v0: 太宽"]


@pytest.mark.parametrize("seed", [4, 5])
def test_whatever_is_published_comes_out_as_foretold(site: Rooms, seed: int) -> None:
    chance, first, second = random.Random(seed), site.at("first", "ops"), site.at("second", "ops")
    moved = 0
    for carrier in ("default", "zto", "default", "flash", "zto"):
        values = {
            "distance": chance.randint(0, 9),
            "age_hours": chance.randint(1, 60),
            "reuse_hours": chance.randint(1, 90),
        }
        revision, before = draft(first, carrier, **values, life_days=chance.randint(7, 90)), standing(site)
        tried = ok(first.post(f"{FUSES}/{carrier}/dry-run", {}))
        publish(second, carrier, revision)
        work(site.database.app_url)
        assert foretold(tried) == changed(before, standing(site)), (carrier, values)
        moved += foretold(tried)["shipments_changed"]
    assert moved > 10


def test_the_default_is_for_those_without_thresholds_of_their_own(site: Rooms) -> None:
    first, second = site.at("first", "ops"), site.at("second", "ops")
    publish(second, "zto", draft(first, "zto"))
    work(site.database.app_url)
    revision = draft(first, "default", distance=5)
    heard = ok(first.post(f"{FUSES}/default/dry-run", {}))
    others = site.sql("select count(*) from shipment where carrier is distinct from 'zto'")[0][0]
    assert heard["read"] == others
    assert publish(second, "default", revision) == {"version": 2, "looked_at_anew": others}
    answer, statements = site.counted(first, FUSES)
    assert statements == 4
    rows = {one["name"]: one for one in answer["declarations"]}
    assert next(iter(rows)) == "default" and {"flash", "zto", "sf"} <= rows.keys()
    assert (rows["zto"]["body"]["distance"], rows["zto"]["version"]) == (2, 1)
    assert (rows["sf"]["body"]["distance"], rows["sf"]["version"]) == (5, 0)
    assert (rows["flash"]["title"], rows["sf"]["title"]) == ("闪电快运", "顺丰速运")
    detail = ok(first.get(f"{FUSES}/sf"))
    assert (detail["version"], detail["body"]["distance"], detail["draft"]) == (0, 5, None)


def test_where_only_one_may_publish_he_may_and_it_is_noted(empty: Rooms) -> None:
    alone = empty.at("alone", "admin")
    empty.at("service", "cs")
    assert publish(alone, "sf", draft(alone, "sf", age_hours=12)) == {"version": 1, "looked_at_anew": 0}
    assert [row[2] for row in empty.log("declaration.publish.done")] == ["fuse sf v1 (single person): 调整"]
    revision = draft(alone, "sf", age_hours=48)
    empty.person("colleague", "ops")
    problem(alone.post(f"{FUSES}/sf/publish", {"note": "再调", "revision": revision}), 403, "second_person")
    empty.sql("update person set active = false where username = 'colleague'")
    assert publish(alone, "sf", revision)["version"] == 2


def test_who_saved_last_is_not_the_one_who_publishes(empty: Rooms) -> None:
    first, second = empty.at("first", "ops"), empty.at("second", "ops")
    revision = draft(first, "sf", age_hours=12)
    seen = ok(second.get(f"{FUSES}/sf"))["draft"]
    assert (seen["author"], seen["revision"], seen["body"]["age_hours"]) == ("first先生", revision, 12)
    revision = draft(second, "sf", revision, age_hours=13)
    problem(second.post(f"{FUSES}/sf/publish", {"note": "调", "revision": revision}), 403, "second_person")
    told = problem(second.post(f"{FUSES}/sf/publish", {"note": "调", "revision": 1}), 409, "draft_moved")
    assert "second先生" in told["detail"]
    assert publish(first, "sf", revision)["version"] == 1


def test_thresholds_out_of_bounds_are_kept_but_neither_tried_nor_published(empty: Rooms) -> None:
    first, second = empty.at("first", "ops"), empty.at("second", "ops")
    values = {"distance": 12, "age_hours": 0, "settle_seconds": 0, "reuse_hours": 24, "life_days": 90}
    saved = ok(first.send("PUT", f"{FUSES}/sf/draft", {"body": values, "revision": None}))
    assert len(saved["problems"]) == 2 and saved["body"] == values
    for browser, act, body in ((first, "dry-run", {}), (second, "publish", {"note": "发布", "revision": 1})):
        told = problem(browser.post(f"{FUSES}/sf/{act}", body), 422, "draft_unfit")
        assert [one["field"] for one in told["fields"]] == ["distance", "age_hours"]
    assert ok(first.get(f"{FUSES}/sf"))["history"] == []
    assert first.delete(f"{FUSES}/sf/draft").status_code == 204
    problem(first.post(f"{FUSES}/sf/dry-run", {}), 409, "no_draft")
    problem(first.send("PUT", f"{FUSES}/nobody/draft", {"body": values, "revision": None}), 404, "not_found")
    problem(first.post(f"{FUSES}/sf/rollback", {"version": 0, "note": "回"}), 422, "already_in_force")
    problem(first.post(f"{FUSES}/sf/rollback", {"version": 3, "note": "回"}), 404, "not_found")
    assert problem(first.post(f"{FUSES}/sf/publish", {"note": " ", "revision": 1}), 400, "bad_field")
    service = empty.at("service", "cs")
    problem(service.send("PUT", f"{FUSES}/sf/draft", {"body": values, "revision": None}), 403, "right_missing")
    problem(service.post(f"{FUSES}/sf/publish", {"note": "发布", "revision": 1}), 403, "right_missing")
    assert ok(service.get(FUSES))["declarations"][0]["name"] == "default"
