"""Reconciliation over HTTP: runs, the waterfall by channel, breaks with their documents, sheets, and two people's rulings."""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from fenghe.kernel.database.address import Database
from fenghe.money.tasks_recon import Ask, run
from tests.money.month import Month, make
from tests.money.pour import pour
from tests.rooms import Rooms, ok, running

BUDGET = 4


@pytest.fixture
def month() -> Month:
    return make(120, faults=1)


@pytest.fixture
def site(migrated_database: Database, month: Month) -> Iterator[Rooms]:
    pour(migrated_database.app_url, month)
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        run(connection, Ask(kind="reconcile"), now=datetime(2026, 3, 3, tzinfo=UTC))
    with running(migrated_database) as rooms:
        yield rooms


def test_runs_and_their_waterfall(site: Rooms) -> None:
    ann = site.at("ann", "finance")
    listed, asked = site.counted(ann, "/api/recon/runs")
    assert [one["kind"] for one in listed["items"]] == ["reconcile"]
    assert asked <= BUDGET
    page, asked = site.counted(ann, "/api/recon/runs/latest")
    assert asked <= BUDGET
    levels = {one["place"]: one["amount_minor"] for one in page["waterfall"] if not one["cause"]}
    between = {
        place: sum(one["amount_minor"] for one in page["waterfall"] if one["place"] == place) for place in (1, 3, 5)
    }
    for place, amount in between.items():
        assert levels[place + 1] - levels[place - 1] == amount
    part = ok(ann.get("/api/recon/runs/latest", params={"provider": "alipay"}))
    assert 0 < sum(one["count"] for one in part["waterfall"]) < sum(one["count"] for one in page["waterfall"])
    assert ann.get("/api/recon/runs/999").status_code == 404


def test_breaks_with_their_documents(site: Rooms, month: Month) -> None:
    ann = site.at("ann", "finance")
    listed, asked = site.counted(ann, "/api/recon/breaks", params={"cause": "voucher_missing"})
    assert asked <= BUDGET
    assert [one["order_no"] for one in listed["items"]] == list(month.planted["voucher_missing"])
    page, asked = site.counted(ann, f"/api/recon/breaks/{listed['items'][0]['id']}")
    assert asked <= BUDGET
    assert {one["kind"] for one in page["item"]["documents"]} >= {"order", "payment", "missing:voucher"}
    assert [one["event"] for one in page["events"]] == ["opened"]
    sums, _ = site.counted(ann, "/api/recon/causes")
    assert {one["cause"] for one in sums} == set(month.planted)
    sheet = ann.get("/api/recon/breaks/export", params={"format": "csv", "status": "open"})
    assert sheet.status_code == 200 and "行签名" in sheet.text
    assert ann.get("/api/recon/breaks", params={"cause": "nonsense"}).status_code == 400
    assert site.at("wally", "warehouse").get("/api/recon/breaks").status_code == 403


def test_two_people_rule(site: Rooms) -> None:
    ann, bob = site.at("ann", "finance"), site.at("bob", "finance")
    one = ok(ann.get("/api/recon/breaks", params={"cause": "cent_difference"}))["items"][0]
    wish = {"act": "force", "key": one["key"], "reason": "供应商已确认"}
    assert site.at("audrey", "auditor").post("/api/recon/rulings", wish).status_code == 403
    ruling = ok(ann.post("/api/recon/rulings", wish))
    path = f"/api/recon/rulings/{ruling['id']}/decision"
    assert ann.post(path, {"approve": True}).status_code == 403
    assert bob.post(path, {"approve": True}).status_code == 204
    assert bob.post(path, {"approve": True}).status_code == 409
    told = ok(ann.get("/api/recon/rulings", params={"status": "approved"}))
    assert [(row["proposed_by"], row["decided_by"]) for row in told] == [("ann", "bob")]
    assert ann.post("/api/recon/rulings", {**wish, "reason": " "}).status_code == 400


def test_rules_are_tried_by_one_and_published_by_another(site: Rooms) -> None:
    ann, bob = site.at("ann", "finance"), site.at("bob", "finance")
    path = "/api/declarations/match_rule/matching"
    detail = ok(ann.get(path))
    body = {**detail["body"], "cent_tolerance_minor": 0}
    wrong = ok(ann.send("PUT", f"{path}/draft", {"body": {**body, "cent_tolerance_minor": -1}, "revision": None}))
    assert wrong["problems"]
    drafted = ok(ann.send("PUT", f"{path}/draft", {"body": body, "revision": wrong["revision"]}))
    trial = ok(ann.post(f"{path}/dry-run", {"days": 60}))
    told = {one["title"]: (one["before"], one["after"]) for one in trial["figures"]}
    assert told["分差 CNY 笔数"] == (1, 0) and told["金额不符 CNY 笔数"] == (1, 2)
    assert len(ok(ann.get("/api/recon/runs"))["items"]) == 1, "a trial is no run"
    publish = {"note": "分差也要逐笔查", "revision": drafted["revision"]}
    assert ann.post(f"{path}/publish", publish).status_code == 403
    ok(bob.post(f"{path}/publish", publish))
    with psycopg.connect(site.database.app_url, autocommit=True) as connection:
        report = run(connection, Ask(kind="reconcile"), now=datetime(2026, 3, 3, tzinfo=UTC))
    assert "cent_difference" not in report.found
    assert report.found["amount_wrong"]["CNY"]["count"] == 2
    assert "matching@1" in report.rules
