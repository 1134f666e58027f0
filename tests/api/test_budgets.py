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
    "/api/cases": 2,
    "/api/cases/export?format=csv": 1,
    "/api/cases/{case_id}": 5,
    "/api/connectors": 0,
    "/api/facets": 4,
    "/api/me": 0,
    "/api/messages": 3,
    "/api/messages/export?format=csv": 1,
    "/api/messages/refused": 1,
    "/api/messages/{message_id}": 5,
    "/api/orders": 4,
    "/api/orders/export?format=csv": 1,
    "/api/orders/{order_id}": 9,
    "/api/orders/{order_id}/as-of?at=2026-02-11T00:00:00Z": 3,
    "/api/owners": 1,
    "/api/policies/fuse": 4,
    "/api/policies/fuse/zto": 4,
    "/api/roles": 0,
    "/api/session": 0,
    "/api/shipments": 2,
    "/api/shipments/export?format=csv": 1,
    "/api/shipments/{shipment_id}": 6,
    "/api/sources": 3,
    "/api/status-mappings": 5,
    "/api/status-mappings/zto": 4,
    "/api/tokens": 1,
    "/api/unmapped": 2,
    "/api/users": 1,
    "/api/views?screen=orders": 1,
    "/api/workbench": 7,
    "/health": 1,
}
"""Beside the one or two statements that say who is asking."""
SIZED: Final = {f"/api/{name}" for name in ("access-log", "audit", "cases", "messages", "orders", "shipments")}
"""Lists of any size: a page of a hundred costs what a page of five does."""
NO_ANSWER_OF_ITS_OWN: Final = {"/api/events"}
"""A stream without an end."""


def template(path: str) -> str:
    """The route that a path of the table is of."""
    known = {
        "/api/policies/fuse/zto": "/api/policies/fuse/{carrier}",
        "/api/status-mappings/zto": "/api/status-mappings/{codes}",
    }
    return known.get(path.partition("?")[0], path.partition("?")[0])


def test_every_route_that_is_read_has_a_budget() -> None:
    schema = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    read = {path for path, methods in schema["paths"].items() if "get" in methods}
    assert {template(path) for path in BUDGET} == read - NO_ANSWER_OF_ITS_OWN


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
