"""Errors in words: each answer is problem+json in Chinese, with a code and a trace that the log has too."""

import logging
import re
from collections.abc import Iterator
from typing import Annotated, Any

import httpx
import msgspec
import psycopg
import pytest
from litestar import Router, get, post
from litestar.params import JSONBody, QueryParameter

from fenghe.kernel.database.address import Database
from fenghe.kernel.web.problems import Problem, conflict
from fenghe.kernel.web.routes_support import PUBLIC, ApiRequest, hub_of
from tests.api.serving import Site, serving


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(max_length=5)]
    lines: list[int] = []


@post("/api/try", opt=PUBLIC)
async def take(data: JSONBody[Wish], page: Annotated[int, QueryParameter(ge=1)] = 1) -> str:
    return f"{data.name}{page}"


@get("/api/bug", opt=PUBLIC)
async def bug() -> str:
    raise KeyError("secret_password=123")


@get("/api/conflict", opt=PUBLIC)
async def lost() -> str:
    raise conflict("王五 已于 14:23 处理。请刷新。")


@get("/api/busy", opt=PUBLIC)
async def busy() -> str:
    raise Problem(429, "请稍候。", code="busy", retry_after_seconds=7)


@get("/api/slow", opt=PUBLIC)
async def slow(request: ApiRequest) -> str:
    async with hub_of(request).pool.connection() as connection:
        await connection.execute("set local statement_timeout = 50")
        await connection.execute("select pg_sleep(5)")
    return ""


ROUTER = Router("/", route_handlers=[take, bug, lost, busy, slow])


@pytest.fixture
def trying(migrated_database: Database) -> Iterator[Site]:
    with serving(migrated_database, routers=[ROUTER]) as site:
        yield site


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"].split(";")[0] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert set(problem) >= {"status", "title", "detail", "code", "trace"}
    assert problem["status"] == answer.status_code
    assert re.search("[一-鿿]", problem["title"] + problem["detail"])
    assert problem["trace"] == answer.headers["x-request-id"]
    return problem


UNFIT: list[tuple[object, str, str]] = [
    ({}, "name", "缺少必填项 name"),
    ({"name": "x" * 9}, "name", "最多 5 个字符"),
    ({"name": 7}, "name", "应为文字，实际是整数"),
    ({"name": "x", "lines": [1, "y"]}, "lines[1]", "应为整数，实际是文字"),
    ({"name": "x", "boss": 1}, "boss", "不认识的字段 boss"),
    ([1], "", "应为对象，实际是列表"),
]


def test_what_does_not_fit_is_told_by_field(trying: Site) -> None:
    for body, field, words in UNFIT:
        problem = problem_of(trying.browser().post("/api/try", body))
        assert (problem["status"], problem["code"]) == (400, "bad_field"), body
        [told] = problem["fields"]
        assert told["field"].removeprefix("data").removeprefix(".") == field, body
        assert words in told["message"], body


def test_a_bad_query_is_told_by_name(trying: Site) -> None:
    for page, words in (("0", "不能小于 1"), ("x", "应为整数")):
        problem = problem_of(trying.browser().post(f"/api/try?page={page}", {"name": "x"}))
        [told] = problem["fields"]
        assert told["field"] == "page"
        assert words in told["message"]


NO_JSON = [b"{", b"", b"\xff\xfe", b'{"name": "\\ud800"}']


def test_what_is_no_json_is_refused(trying: Site) -> None:
    browser = trying.browser()
    browser.get("/api/me")
    headers = {"x-csrftoken": browser.client.cookies["fenghe_csrf"], "content-type": "application/json"}
    for raw in NO_JSON:
        problem = problem_of(browser.client.post("/api/try", content=raw, headers=headers))
        assert problem["status"] == 400, raw


def test_an_unknown_address_a_wrong_verb_and_a_huge_body(trying: Site) -> None:
    browser = trying.browser()
    assert problem_of(browser.get("/api/nothing"))["code"] == "not_found"
    assert problem_of(browser.send("DELETE", "/api/try"))["code"] == "method_not_allowed"
    huge = problem_of(browser.post("/api/try", {"name": "x" * 1_100_000}))
    assert (huge["status"], huge["code"]) == (413, "too_large")


def test_a_problem_said_on_purpose_reaches_the_screen(trying: Site) -> None:
    problem = problem_of(trying.browser().get("/api/conflict"))
    assert (problem["status"], problem["code"], problem["detail"]) == (
        409,
        "conflict",
        "王五 已于 14:23 处理。请刷新。",
    )
    busy_answer = trying.browser().get("/api/busy")
    assert problem_of(busy_answer)["code"] == "busy"
    assert busy_answer.headers["retry-after"] == "7"


def test_a_bug_tells_its_trace_and_nothing_else(trying: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = trying.browser().get("/api/bug")
    problem = problem_of(answer)
    assert (problem["status"], problem["code"]) == (500, "internal")
    assert "secret_password" not in answer.text
    assert problem["trace"] in caplog.text
    assert "secret_password" in caplog.text, "the log has the whole story"


def test_a_query_that_takes_too_long_is_said_so(trying: Site) -> None:
    problem = problem_of(trying.browser().get("/api/slow"))
    assert (problem["status"], problem["code"]) == (503, "query_too_slow")


def test_without_a_database_the_words_say_so(trying: Site) -> None:
    browser = trying.signed_in("wang", "cs")
    name = trying.database.app_url.split("?")[0].rsplit("/", 1)[1]
    with psycopg.connect(str(trying.database.superuser_url).replace(name, "postgres"), autocommit=True) as boss:
        boss.execute(f"alter database {name} with allow_connections false".encode())
        boss.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
        try:
            problem = problem_of(browser.get("/api/me"))
            health = browser.get("/health")
        finally:
            boss.execute(f"alter database {name} with allow_connections true".encode())
    assert (problem["status"], problem["code"]) == (503, "database_unavailable")
    assert (health.status_code, health.json()["status"]) == (503, "failing")


def test_each_answer_carries_the_security_headers(trying: Site) -> None:
    browser = trying.browser()
    for path in ("/api/me", "/api/nothing", "/api/bug", "/health", "/", "/orders"):
        headers = browser.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "same-origin"
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self' 'unsafe" not in policy
        assert headers["x-request-id"]
    assert browser.get("/api/me").headers["cache-control"] == "no-store"


def test_health_tells_of_the_workers(trying: Site) -> None:
    browser = trying.browser()
    assert browser.get("/health").json() == {
        "status": "degraded",
        "database": "ok",
        "worker": {"alive": None, "last_batch_at": None},
        "sources": {"fresh": 0, "late": 0, "silent": 0, "never": 0, "unknown": 0, "off": 0},
        "version": "0.0-test",
    }
    trying.sql("insert into pulse (name) values ('worker:here:1'), ('orders')")
    health = browser.get("/health").json()
    assert (health["status"], health["worker"]["alive"]) == ("ok", True)
    assert health["worker"]["last_batch_at"].endswith("Z")
    trying.sql("update pulse set at = now() - interval '1 hour'")
    assert browser.get("/health").json()["worker"]["alive"] is False
