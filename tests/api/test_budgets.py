"""Each endpoint has a query budget (查询预算): so many statements at the most, however much there is to show."""

import json
from typing import Final

import pytest

from tests.house.tree import ROOT
from tests.rooms import Rooms, rooms

__all__ = ["rooms"]

BUDGET: Final = {
    "/api/access-log": 1,
    "/api/audit": 3,
    "/api/audit/export?format=csv": 2,
    "/api/callbacks": 2,
    "/api/callbacks/audits": 1,
    "/api/cases": 2,
    "/api/cases/export?format=csv": 1,
    "/api/cases/{case_id}": 5,
    "/api/clocks": 2,
    "/api/clocks/board": 3,
    "/api/clocks/expected": 1,
    "/api/clocks/export?format=csv": 1,
    "/api/clocks/order/{order_id}": 1,
    "/api/compensations": 2,
    "/api/compensations/deciding": 1,
    "/api/compensations/export?format=csv": 2,
    "/api/compensations/set-aside": 1,
    "/api/compensations/summary": 1,
    "/api/connectors": 0,
    "/api/contracts": 3,
    "/api/contracts/export?format=csv": 2,
    "/api/declarations/cadence/zto": 4,
    "/api/declarations/fuse": 4,
    "/api/declarations/fuse/zto": 5,
    "/api/declarations/heartbeat": 4,
    "/api/declarations/heartbeat/zto": 5,
    "/api/declarations/notice_rule": 2,
    "/api/declarations/promise": 3,
    "/api/declarations/promise/default": 4,
    "/api/declarations/statement_layout": 2,
    "/api/declarations/posting_rule": 3,
    "/api/declarations/posting_rule/order.due": 4,
    "/api/facets": 4,
    "/api/freshness": 3,
    "/api/heartbeat": 4,
    "/api/heartbeat/watches": 3,
    "/api/heartbeat/watches/export?format=csv": 2,
    "/api/ledger/periods": 2,
    "/api/ledger/unposted": 2,
    "/api/ledger/vouchers": 4,
    "/api/me": 0,
    "/api/messages": 3,
    "/api/messages/export?format=csv": 1,
    "/api/messages/refused": 1,
    "/api/messages/{message_id}": 5,
    "/api/notice-channels": 0,
    "/api/notice-choices": 3,
    "/api/notice-deliveries": 2,
    "/api/notice-deliveries/export?format=csv": 1,
    "/api/notice-robots": 1,
    "/api/notice-settings": 1,
    "/api/notices": 2,
    "/api/notices/preferences": 1,
    "/api/notices/unread": 1,
    "/api/orders": 4,
    "/api/orders/export?format=csv": 1,
    "/api/orders/{order_id}": 9,
    "/api/orders/{order_id}/as-of?at=2026-02-11T00:00:00Z": 3,
    "/api/orders/{order_id}/contracts": 3,
    "/api/orders/{order_id}/money": 4,
    "/api/orders/{order_id}/reminders": 1,
    "/api/owners": 1,
    "/api/payments": 3,
    "/api/payments/export?format=csv": 1,
    "/api/recon/asks": 2,
    "/api/recon/breaks": 4,
    "/api/recon/breaks/export?format=csv": 3,
    "/api/recon/causes": 1,
    "/api/recon/choices": 2,
    "/api/recon/rulings": 1,
    "/api/recon/runs": 4,
    "/api/refunds": 3,
    "/api/refunds/export?format=csv": 1,
    "/api/reminders": 2,
    "/api/reminders/export?format=csv": 2,
    "/api/reminders/now": 3,
    "/api/reminders/summary": 1,
    "/api/roles": 0,
    "/api/scorecards": 2,
    "/api/scorecards/export?format=csv": 3,
    "/api/session": 0,
    "/api/shipments": 2,
    "/api/shipments/export?format=csv": 1,
    "/api/shipments/{shipment_id}": 6,
    "/api/shipments/{shipment_id}/contracts": 2,
    "/api/sources": 3,
    "/api/sources/layout-examples": 0,
    "/api/statement-facets": 1,
    "/api/statement-fields": 0,
    "/api/statement-files": 2,
    "/api/statement-files/export?format=csv": 1,
    "/api/statement-lines": 2,
    "/api/statement-lines/export?format=csv": 1,
    "/api/statement-uploads": 1,
    "/api/status-mappings": 5,
    "/api/status-mappings/zto": 4,
    "/api/tokens": 1,
    "/api/trace/searches": 2,
    "/api/unmapped": 2,
    "/api/users": 1,
    "/api/views?screen=orders": 1,
    "/api/workbench": 7,
    "/health": 3,
}
"""Beside the one or two statements that say who is asking."""
SIZED: Final = {f"/api/{name}" for name in ("access-log", "audit", "cases", "messages", "orders", "shipments")}
"""Lists of any size: a page of a hundred costs what a page of five does."""
IN_THEIR_ROOMS: Final = {
    "/api/callbacks/audits/{audit_id}/findings/{n}",
    "/api/callbacks/export",
    "/api/compensations/{compensation_id}",
    "/api/ledger/balances/{period}",
    "/api/ledger/export/{period}",
    "/api/ledger/periods/{period}/history",
    "/api/ledger/vouchers/{voucher_id}",
    "/api/payments/{payment_id}",
    "/api/recon/breaks/{break_id}",
    "/api/recon/breaks/{break_id}/repairs",
    "/api/recon/runs/{run_id}",
    "/api/refunds/{refund_id}",
    "/api/reminders/{reminder_id}",
    "/api/scorecards/card",
    "/api/scorecards/shipments",
    "/api/scorecards/shipments/export",
    "/api/shipments/{shipment_id}/watch",
    "/api/statement-files/{file_id}",
    "/api/statement-files/{file_id}/problems/export",
    "/api/statement-lines/{line_id}",
    "/api/statement-uploads/{upload_id}/preview",
    "/api/trace",
    "/api/trace/report",
    "/api/trace/searches/{search_id}",
}
"""What the small world has nothing of: counted where their rooms make something to show (`tests/money`, `tests/insight` ...)."""
NO_ANSWER_OF_ITS_OWN: Final = {"/api/events"}
"""A stream without an end."""


def template(path: str) -> str:
    """The route that a path of the table is of."""
    known = {
        "/api/status-mappings/zto": "/api/status-mappings/{codes}",
    }
    if path.startswith("/api/declarations/"):
        return "/api/declarations/{kind}/{name}" if path.count("/") == 4 else "/api/declarations/{kind}"
    return known.get(path.partition("?")[0], path.partition("?")[0])


def test_every_route_that_is_read_has_a_budget() -> None:
    schema = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    read = {path for path, methods in schema["paths"].items() if "get" in methods}
    assert {template(path) for path in BUDGET} == read - NO_ANSWER_OF_ITS_OWN - IN_THEIR_ROOMS


@pytest.mark.parametrize(("path", "budget"), BUDGET.items())
def test_no_more_statements_than_its_budget(rooms: Rooms, path: str, budget: int) -> None:
    root = rooms.at("root", "admin")
    for name in ("order", "shipment", "case", "message"):
        if f"{{{name}_id}}" in path:
            first = root.get(f"/api/{name}s", params={"size": 5}).json()["items"][0]["id"]
            path = path.replace(f"{{{name}_id}}", first)
    for size in ("5", "100"):
        separator = "&" if "?" in path else "?"
        whole = f"{path}{separator}size={size}" if template(path) in SIZED else path
        root.get(whole)
        before = rooms.hub.sent()
        answer = root.get(whole)
        assert answer.status_code == 200, answer.text
        sent = rooms.hub.sent()[len(before) :]
        assert len(sent) <= budget, sent
