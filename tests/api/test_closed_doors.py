"""Closed unless opened: every address demands a person, every route names its right, each role gets its own."""

import re
from collections.abc import Iterator

import pytest
from litestar.handlers import HTTPRouteHandler

from fenghe.api.app import build_api
from fenghe.api.dump import Unplugged
from fenghe.hub import routing
from fenghe.kernel.database.address import Database
from fenghe.kernel.people.roles import GRANTS, ROLES
from fenghe.kernel.web.routes_support import rights_of
from tests.api.serving import Site, serving

OPEN_TO_ALL = {("POST", "/api/session"), ("GET", "/api/session"), ("GET", "/health")}
WHOEVER_IS_SIGNED_IN = {
    ("DELETE", "/api/session"), ("GET", "/api/me"), ("PATCH", "/api/me"), ("GET", "/api/roles"), ("GET", "/api/events"),
    ("GET", "/api/views"), ("POST", "/api/views"), ("DELETE", "/api/views/{view_id:str}"),
    ("GET", "/api/notices"), ("GET", "/api/notices/unread"), ("POST", "/api/notices/read"), ("POST", "/api/notices/test"),
    ("GET", "/api/notices/preferences"), ("PUT", "/api/notices/preferences"),
}  # fmt: skip


def handlers() -> dict[tuple[str, str], HTTPRouteHandler]:
    app = build_api(Unplugged(routing.routers(), "0"))
    return {
        (method, path): handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        for method in handler.http_methods
        for path in handler.paths
        if method != "OPTIONS" and handler.resolve_include_in_schema()
    }


def test_every_route_says_who_may_use_it() -> None:
    said: dict[str, set[tuple[str, str]]] = {"public": set(), "any": set(), "right": set(), "nothing": set()}
    for name, handler in handlers().items():
        kind = "public" if handler.opt.get("public") else "right" if rights_of(handler) else ""
        said[kind or ("any" if handler.opt.get("any_person") else "nothing")].add(name)
    assert said["public"] == OPEN_TO_ALL
    assert said["any"] == WHOEVER_IS_SIGNED_IN
    assert not said["nothing"]
    assert ("GET", "/api/users") in said["right"]


@pytest.fixture
def whole(migrated_database: Database) -> Iterator[Site]:
    """The app with every room's routes."""
    with serving(migrated_database, routers=routing.routers()) as running:
        yield running


def test_every_address_of_the_schema_demands_sign_in(whole: Site) -> None:
    site = whole
    boss = site.signed_in("boss", "admin")
    schema = boss.get("/api/schema/openapi.json").json()
    nobody, tried = site.browser(), 0
    for path, operations in schema["paths"].items():
        for method in operations:
            if (method.upper(), path) in OPEN_TO_ALL:
                continue
            tried += 1
            answer = nobody.send(method.upper(), re.sub(r"\{\w+\}", "1", path), {} if method != "get" else None)
            assert (answer.status_code, answer.json()["code"]) == (401, "signed_out"), f"{method} {path}"
    assert tried > 50
    assert nobody.get("/api/schema/openapi.json").status_code == 401
    assert nobody.get("/health").status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_what_the_table_says_and_nothing_else(site: Site, role: str) -> None:
    browser = site.signed_in("somebody", role)
    wanted = {
        "/api/users": {"users.manage"},
        "/api/tokens": {"tokens.manage"},
        "/api/access-log": {"audit.view"},
        "/api/sources": {"sources.manage"},
        "/api/connectors": {"sources.manage"},
        "/api/owners": {"cases.assign", "cases.rule"},
    }
    for path, rights in wanted.items():
        answer = browser.get(path)
        assert answer.status_code == (200 if rights & GRANTS[role] else 403), path
        if answer.status_code == 403:
            problem = answer.json()
            assert problem["code"] == "right_missing"
            assert all(right in problem["detail"] for right in rights), "says which right is missing"


def test_a_right_taken_away_is_gone_at_the_next_request(site: Site) -> None:
    boss = site.signed_in("boss", "admin")
    browser = site.signed_in("wang", "auditor")
    assert browser.get("/api/access-log").status_code == 200
    [wang] = [one for one in boss.get("/api/users").json() if one["username"] == "wang"]
    boss.patch(f"/api/users/{wang['id']}", {"roles": ["warehouse"]})
    assert browser.get("/api/access-log").status_code == 403
    boss.patch(f"/api/users/{wang['id']}", {"active": False})
    assert browser.get("/api/me").status_code == 401
