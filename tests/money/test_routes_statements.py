"""Statement intake over HTTP: who may, what is taken, hostile files, a layout made and used, every line back to its row."""

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg

from fenghe.hub.statement_duty import StatementDuty
from tests.api.serving import Browser
from tests.cli.test_import_statement import WECHAT, WECHAT_TOTALS, ticked, wechat_row
from tests.rooms import Rooms, ok
from tests.world import work

BILL = "\n".join(
    [WECHAT, wechat_row("4200A", "A1"), WECHAT_TOTALS, ticked(2, "10.00", "0.00", "0.00", "0.06", "10.00", "0.00")]
)
OWN_BANK = "某某银行\n记账日,进账,出账,用途\n2026-02-01,5.00,,甲\n2026-02-02,,2.00,乙\n"
ENTITY = b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"
VILLAGE = "/api/declarations/statement_layout/village"
LAYOUT: dict[str, Any] = {
    "name": "village", "title": "村镇银行", "kind": "statement", "provider": "village", "ledger": "bank",
    "needs": ["记账日", "进账", "出账"],
    "fields": {"occurred_at": ["记账日"], "income": ["进账"], "expense": ["出账"], "summary": ["用途"]},
}  # fmt: skip


def finance(rooms: Rooms) -> Browser:
    """The bookkeeper's screen."""
    return rooms.at("caiwu", "finance")


def upload(browser: Browser, name: str, body: bytes | str) -> httpx.Response:
    """A file given on the screen."""
    browser.get("/api/me")
    token = {"x-csrftoken": browser.client.cookies.get("fenghe_csrf") or ""}
    content = body.encode() if isinstance(body, str) else body
    return browser.client.post("/api/statement-uploads", files={"data": (name, content)}, headers=token)


def imported(rooms: Rooms, browser: Browser, upload_id: str, **body: str) -> dict[str, Any]:
    """The upload once a worker has been at it and everything is judged."""
    ok(browser.send("POST", f"/api/statement-uploads/{upload_id}/import", body))
    with psycopg.connect(rooms.database.app_url, autocommit=True) as connection:
        assert StatementDuty().turn(connection, now=datetime.now(UTC)) == 1
    work(rooms.database.app_url)
    found: dict[str, Any] = next(one for one in ok(browser.get("/api/statement-uploads")) if one["id"] == upload_id)
    return found


def test_a_bill_from_the_screen_to_its_row(rooms: Rooms) -> None:
    browser = finance(rooms)
    told = ok(upload(browser, "../../etc/账单\r\n.csv", BILL))
    assert told["name"] == "账单 .csv" and told["state"] == "held"
    assert ok(browser.get(f"/api/statement-uploads/{told['id']}/preview"))["layout"] == "wechat_trade"
    done = imported(rooms, browser, told["id"], source="wx-screen")
    assert (done["state"], done["report"]["stored"], done["has_bytes"]) == ("done", 1, False)
    (file,) = ok(browser.get("/api/statement-files", params={"source": "wx-screen"}))["items"]
    assert (file["complete"], file["read"], file["problem_count"]) == (False, 1, 1)
    detail = ok(browser.get(f"/api/statement-files/{file['id']}"))
    (problem,) = detail["problems"]
    assert (problem["field"], problem["expected"], problem["got"]) == ("总交易单数", "2", "1")
    assert {one["name"]: one["agrees"] for one in detail["figures"]}["手续费总金额"] is True
    (line,) = ok(browser.get("/api/statement-lines", params={"file": file["id"]}))["items"]
    assert line["net"] == {"currency": "CNY", "amount_minor": 994}
    whole = ok(browser.get(f"/api/statement-lines/{line['id']}"))
    assert {"column": "微信订单号", "text": "`4200A"} in whole["cells"]
    for path in (
        f"/api/statement-files/{file['id']}/problems/export",
        "/api/statement-lines/export",
        "/api/statement-files/export",
    ):
        assert browser.get(path, params={"format": "csv"}).is_success
    assert ok(browser.get("/api/statement-lines", params={"q": "A1 nothing", "provider": "wechatpay"}))["total"] == 1


def test_a_layout_is_made_tried_published_used_and_rolled_back(rooms: Rooms) -> None:
    browser = finance(rooms)
    told = ok(upload(browser, "bank.csv", OWN_BANK))
    preview = ok(browser.get(f"/api/statement-uploads/{told['id']}/preview"))
    assert preview["layout"] == "" and preview["columns"] == ["记账日", "进账", "出账", "用途"]
    tried = ok(browser.send("POST", f"/api/statement-uploads/{told['id']}/try", {"layout": LAYOUT}))
    assert (tried["rows"], tried["broken"], tried["money_in"], tried["money_out"]) == (2, 0, 500, 200)
    wrong = browser.send("POST", f"/api/statement-uploads/{told['id']}/try", {"layout": {**LAYOUT, "fields": {}}})
    assert wrong.status_code == 400 and "occurred_at" in wrong.text
    publish(browser, LAYOUT, "第一版", reads=2)
    done = imported(rooms, browser, told["id"], source="village")
    assert (done["state"], done["report"]["stored"]) == ("done", 2)
    found = ok(browser.get("/api/statement-lines", params={"source": "village", "sort": "occurred_at"}))["items"]
    assert [(one["net"]["amount_minor"], one["summary"]) for one in found] == [(500, "甲"), (-200, "乙")]
    publish(browser, {**LAYOUT, "title": "二"}, "二", reads=0)
    assert ok(browser.post(f"{VILLAGE}/rollback", {"version": 1, "note": "回到第一版"}))["version"] == 3
    back = ok(browser.get(VILLAGE))
    assert (back["version"], back["body"]["title"], len(back["history"])) == (3, "村镇银行", 3)
    assert browser.post(f"{VILLAGE}/rollback", {"version": 9, "note": "没有"}).status_code == 404
    assert browser.post(f"{VILLAGE}/rollback", {"version": 0, "note": "没有出厂的"}).status_code == 404


def publish(browser: Browser, layout: dict[str, Any], note: str, *, reads: int) -> None:
    """As the screen does: save the draft, try it on the files whose bytes are still there, put it in force."""
    draft = ok(browser.send("PUT", f"{VILLAGE}/draft", {"body": layout, "revision": None}))
    assert draft["problems"] == []
    (read,) = ok(browser.post(f"{VILLAGE}/dry-run", {}))["figures"]
    assert read["after"] == reads
    ok(browser.post(f"{VILLAGE}/publish", {"note": note, "revision": draft["revision"]}))


def test_a_layout_that_is_none_is_refused_and_one_of_another_name_not_published(rooms: Rooms) -> None:
    browser = finance(rooms)
    refused = browser.send("PUT", f"{VILLAGE}/draft", {"body": {**LAYOUT, "fields": {}}, "revision": None})
    assert refused.status_code == 400 and "occurred_at" in refused.text
    draft = ok(browser.send("PUT", f"{VILLAGE}/draft", {"body": {**LAYOUT, "name": "town"}, "revision": None}))
    assert [one["field"] for one in draft["problems"]] == ["name"]
    assert browser.post(f"{VILLAGE}/publish", {"note": "x", "revision": draft["revision"]}).status_code == 422
    assert browser.delete(f"{VILLAGE}/draft").status_code == 204
    assert browser.send("PUT", "/api/declarations/statement_layout/Bad/draft", {"body": LAYOUT}).status_code == 400


def test_a_refused_file_says_why_and_waits_for_another_try(rooms: Rooms) -> None:
    browser = finance(rooms)
    told = ok(upload(browser, "x.csv", "a,b,c\n1,2,3\n"))
    done = imported(rooms, browser, told["id"], source="nobody")
    assert done["state"] == "refused" and done["report"]["refused"]["code"] == "no_layout" and done["has_bytes"]
    assert browser.send("DELETE", f"/api/statement-uploads/{told['id']}").status_code == 204
    gone = ok(browser.get(f"/api/statement-uploads/{told['id']}/preview"))
    assert gone["form"] == "gone" and "清理" in gone["refusal"] and not gone["rows"]


def test_hostile_files_are_told_and_harm_nothing(rooms: Rooms) -> None:
    browser = finance(rooms)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("../../x.csv", b"0" * 300_000_000)
    for body in (
        bomb.getvalue(),
        b"%PDF-1.7",
        bytes(range(256)) * 40,
        ENTITY,
    ):
        told = ok(upload(browser, "x.zip", body))
        ok(browser.get(f"/api/statement-uploads/{told['id']}/preview"))
        done = imported(rooms, browser, told["id"], source="hostile")
        assert done["state"] == "refused" and done["report"]["refused"]["message"]
    assert upload(browser, "e.csv", b"").status_code == 400
    assert ok(browser.get("/api/statement-files", params={"source": "hostile"}))["total"] == 0


def test_what_is_larger_than_allowed_is_refused(rooms: Rooms) -> None:
    assert upload(finance(rooms), "big.csv", b"x" * (64 * 1024 * 1024 + 1)).status_code == 413


def test_who_may_not(rooms: Rooms) -> None:
    auditor, clerk, partial = (
        rooms.at("shenji", "auditor"),
        rooms.at("kefu", "cs"),
        rooms.at("caiwu2", "finance", shops=["甲店"]),
    )
    assert auditor.get("/api/statement-files").is_success
    assert upload(auditor, "a.csv", BILL).status_code == 403
    for path in (
        "/api/statement-files",
        "/api/statement-lines",
        "/api/statement-uploads",
        "/api/declarations/statement_layout",
    ):
        assert clerk.get(path).status_code == 403
    assert partial.get("/api/statement-files").status_code == 403
    bad = ok(upload(finance(rooms), "a.csv", BILL))["id"]
    answer = finance(rooms).send("POST", f"/api/statement-uploads/{bad}/import", {"source": "我的"})
    assert answer.status_code == 400


def test_lists_have_a_fixed_budget(rooms: Rooms) -> None:
    for path in ("/api/statement-files", "/api/statement-lines", "/api/statement-facets", "/api/statement-uploads"):
        assert rooms.counted(finance(rooms), path)[1] <= 3
