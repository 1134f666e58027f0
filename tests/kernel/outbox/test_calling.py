"""One call: bounded in time and size, every failure a value that says whether trying again may help."""

import time
from datetime import UTC, datetime

import pytest

from fenghe.kernel.connecting import Answer, Request
from fenghe.kernel.outbox.calling import call, new_client, retry_after
from tests.kernel.outbox.outside import Outside, Reply

NOW = datetime(2026, 2, 5, 14, 23, tzinfo=UTC)


def ask(url: str, *, seconds: float = 5.0, most_bytes: int = 1000) -> Answer:
    """One call."""
    client = new_client()
    try:
        request = Request(url=url, body=b"question", headers={"x-sign": "abc"})
        return call(client, request, timeout_seconds=seconds, most_bytes=most_bytes)
    finally:
        client.close()


def test_what_is_sent_and_what_comes_back(outside: Outside) -> None:
    outside.answer = lambda _seen: Reply(body="轨迹".encode())
    answer = ask(outside.url + "/query")
    assert (answer.body, answer.error, answer.status) == ("轨迹".encode(), None, 200)
    assert answer.headers["content-length"] == "6", "a platform may sign its headers"
    (seen,) = outside.seen
    assert (seen.method, seen.path, seen.body, seen.headers["x-sign"]) == ("POST", "/query", b"question", "abc")


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(500, False), (503, False), (429, False), (408, False), (400, True), (401, True), (404, True), (302, True)],
)
def test_errors_by_status(outside: Outside, status: int, permanent: bool) -> None:
    outside.answer = lambda _seen: Reply(status=status, headers={"location": "/elsewhere"})
    answer = ask(outside.url)
    assert (answer.error, answer.permanent) == (f"HTTP {status}", permanent)
    assert len(outside.seen) == 1, "a redirect is not followed"


def test_the_time_that_is_asked_for(outside: Outside) -> None:
    outside.answer = lambda _seen: Reply(status=429, headers={"retry-after": "7"})
    assert ask(outside.url).retry_after_seconds == 7


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("30", 30),
        ("Thu, 05 Feb 2026 14:24:00 GMT", 60),
        ("Thu, 05 Feb 2026 14:22:00 GMT", 0),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_retry_after_is_read(told: str, seconds: float | None) -> None:
    assert retry_after(told, now=NOW) == seconds


def test_an_answer_that_is_too_large_is_not_read(outside: Outside) -> None:
    outside.answer = lambda _seen: Reply(body=b"x" * 1001)
    assert ask(outside.url).error == "答复超过 1000 字节"
    outside.answer = lambda _seen: Reply(body=b"x" * 1000)
    assert ask(outside.url).error is None


def test_nobody_answers_in_time(outside: Outside) -> None:
    outside.answer = lambda _seen: Reply(wait=2)
    answer = ask(outside.url, seconds=0.3)
    assert answer.error == "0.3 秒内没有答复" and not answer.permanent


def test_an_answer_that_drips_is_cut(outside: Outside) -> None:
    outside.answer = lambda _seen: Reply(body=b"x" * 100, drip=0.1)
    began = time.monotonic()
    answer = ask(outside.url, seconds=0.5)
    assert answer.error == "0.5 秒内没有答完" and not answer.permanent
    assert time.monotonic() - began < 5


def test_an_answer_that_breaks_off(outside: Outside) -> None:
    outside.answer = lambda _seen: Reply(body=b"half", length=10, headers={"connection": "close"})
    answer = ask(outside.url, seconds=1)
    assert answer.error is not None and not answer.permanent


def test_nobody_is_there() -> None:
    answer = ask("http://127.0.0.1:9", seconds=1)
    assert answer.error is not None and answer.error.startswith("连不上") and not answer.permanent


@pytest.mark.parametrize("url", ["", "nowhere", "ftp://127.0.0.1/x", "http://", "http://[::1"])
def test_an_address_that_is_none(url: str) -> None:
    answer = ask(url, seconds=1)
    assert answer.error is not None and answer.permanent
