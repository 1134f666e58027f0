"""Work on breaks over HTTP: exactly the breaks behind a bar, edits in bulk, sheets taken back, runs done by one worker."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from fenghe.kernel.database.address import Database
from fenghe.money import store_asks
from fenghe.money.tasks_asks import AskedRuns
from fenghe.money.tasks_recon import Ask, run
from tests.api.serving import Browser
from tests.money.month import Month, make
from tests.money.pour import pour
from tests.rooms import Rooms, ok, running

BUDGET = 3
NOW = datetime(2026, 3, 3, tzinfo=UTC)


@pytest.fixture
def month() -> Month:
    return make(120, faults=2)


@pytest.fixture
def site(migrated_database: Database, month: Month) -> Iterator[Rooms]:
    pour(migrated_database.app_url, month)
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        run(connection, Ask(kind="reconcile"), now=NOW)
    with running(migrated_database) as rooms:
        yield rooms


def upload(browser: Browser, path: str, name: str, body: bytes) -> Any:
    browser.get("/api/me")
    token = {"x-csrftoken": browser.client.cookies.get("fenghe_csrf") or ""}
    return browser.client.post(path, files={"data": (name, body)}, headers=token)


def sheet_of(browser: Browser) -> list[dict[str, str]]:
    text = browser.get("/api/recon/breaks/export", params={"format": "csv"}).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def written(rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def test_a_bar_leads_to_exactly_its_breaks(site: Rooms) -> None:
    ann = site.at("ann", "finance")
    page = ok(ann.get("/api/recon/runs/latest"))
    bars = [one for one in page["waterfall"] if one["cause"] and one["fault"] and one["place"] < 5]
    assert len(bars) > 8
    for bar in bars:
        asked = {"run": page["run"]["id"], "status": "all", "size": 100}
        asked |= {name: bar[name] for name in ("cause", "currency", "place")}
        listed = ok(ann.get("/api/recon/breaks", params=asked))
        assert listed["total"] == bar["count"], bar
    assert page["before_id"] is None


def test_many_are_given_an_owner_at_once(site: Rooms) -> None:
    ann = site.at("ann", "finance")
    ids = [one["id"] for one in ok(ann.get("/api/recon/breaks", params={"cause": "voucher_missing"}))["items"]]
    body = {"ids": ids, "expected": len(ids), "owner": "ann先生", "decision": "to_book"}
    assert site.at("audrey", "auditor").post("/api/recon/breaks/edits", body).status_code == 403
    assert ok(ann.post("/api/recon/breaks/edits", body)) == {"matched": 2, "changed": 2, "failed": []}
    assert ok(ann.post("/api/recon/breaks/edits", body))["changed"] == 0, "set already"
    assert ann.post("/api/recon/breaks/edits", {**body, "owner": "nobody"}).status_code == 400
    assert ann.post("/api/recon/breaks/edits", {**body, "expected": 3}).status_code == 409
    mine = ok(ann.get("/api/recon/breaks", params={"owner": "ann先生"}))
    assert [one["id"] for one in mine["items"]] == ids
    rest = ok(ann.get("/api/recon/breaks", params={"owner": "-"}))["total"]
    told = {"filter": {"owner": "-"}, "expected": rest, "comment": "月底前看完"}
    assert ok(ann.post("/api/recon/breaks/edits", told))["changed"] == rest
    events = ok(ann.get(f"/api/recon/breaks/{ids[0]}"))["events"]
    assert [one["event"] for one in events] == ["opened", "decision", "owner"] or [one["event"] for one in events] == [
        "opened",
        "owner",
        "decision",
    ]


def test_pasted_numbers_find_their_breaks(site: Rooms, month: Month) -> None:
    ann = site.at("ann", "finance")
    first, second = list(month.planted["voucher_missing"])[:2]
    found = ok(ann.get("/api/recon/breaks", params={"number": f" {first}\t{second}\n"}))["items"]
    assert {one["order_no"] for one in found} == {first, second}
    assert ok(ann.get("/api/recon/breaks", params={"age": 9_999}))["total"] == 0


def test_a_sheet_comes_back(site: Rooms) -> None:
    ann = site.at("ann", "finance")
    rows = sheet_of(ann)
    rows[0]["负责人"] = "ann先生"
    rows[1]["备注"] = "=HYPERLINK(1)"
    rows[2]["差额"], rows[2]["处理意见"] = "0.00", "随便"
    rows[3]["行签名"] = rows[4]["行签名"]
    told = ok(upload(ann, "/api/recon/breaks/sheet", "改过.csv", written(rows)))
    assert (told["rows"], told["edit_count"], told["refused_count"], told["changed"]) == (len(rows), 2, 2, 0)
    assert {one["field"] for one in told["refused"]} == {"处理意见", "行签名"}
    assert ok(ann.get("/api/recon/breaks", params={"owner": "ann先生"}))["total"] == 0, "a preview changes nothing"
    assert ok(upload(ann, "/api/recon/breaks/sheet?apply=true", "改过.csv", written(rows)))["changed"] == 2
    assert ok(upload(ann, "/api/recon/breaks/sheet?apply=true", "改过.csv", written(rows)))["edit_count"] == 0
    assert ok(ann.get("/api/recon/breaks", params={"owner": "ann先生"}))["total"] == 1
    assert upload(ann, "/api/recon/breaks/sheet", "别的.csv", b"a,b\n1,2\n").status_code == 422
    assert upload(ann, "/api/recon/breaks/sheet", "空.csv", b"").status_code == 400
    assert upload(ann, "/api/recon/breaks/sheet", "坏.xlsx", b"PK\x03\x04broken").status_code == 422


def test_a_run_is_asked_for_once_and_done_once(site: Rooms) -> None:
    ann = site.at("ann", "finance")
    wish = {"kind": "reconcile", "scope": "days", "day_from": "2026-02-01", "day_to": "2026-02-28"}
    asked = [ok(ann.post("/api/recon/asks", wish)) for _ in range(3)]
    assert {one["id"] for one in asked} == {asked[0]["id"]}, "a double click is one run"
    assert ann.post("/api/recon/asks", {**wish, "day_from": "2026-03-09"}).status_code == 400
    assert ann.post("/api/recon/asks", {**wish, "day_from": ""}).status_code == 400
    url = site.database.app_url
    with psycopg.connect(url, autocommit=True) as one, psycopg.connect(url, autocommit=True) as other:
        assert store_asks.alone(other)
        assert AskedRuns().turn(one, now=NOW) == 0, "another worker is at it"
        store_asks.leave(other)
        assert AskedRuns().turn(one, now=NOW) == 1
        assert AskedRuns().turn(one, now=NOW) == 0
    told, _ = site.counted(ann, "/api/recon/asks")
    assert [(row["status"], row["stage"]) for row in told] == [("done", "")]
    page = ok(ann.get(f"/api/recon/runs/{told[0]['run_id']}"))
    assert (page["run"]["day_from"], page["run"]["asked_by"]) == ("2026-02-01", "ann")


def test_a_run_whose_worker_died_is_taken_up_again(site: Rooms) -> None:
    ann = site.at("ann", "finance")
    ok(ann.post("/api/recon/asks", {"kind": "scan", "scope": "all"}))
    with psycopg.connect(site.database.app_url, autocommit=True) as connection:
        assert store_asks.alone(connection)
        assert store_asks.claim(connection) is not None
    with psycopg.connect(site.database.app_url, autocommit=True) as connection:
        assert AskedRuns().turn(connection, now=NOW) == 1
    assert [one["status"] for one in ok(ann.get("/api/recon/asks"))] == ["done"]


def test_reads_stay_within_their_budget(site: Rooms) -> None:
    ann = site.at("ann", "finance")
    for path in ("/api/recon/asks", "/api/recon/choices", "/api/recon/rulings", "/api/recon/breaks?run=1&place=1"):
        _, asked = site.counted(ann, path)
        assert asked <= BUDGET, path
