"""Live events: a screen hears of what changed, soon, not too often, and only while its session lasts."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from fenghe.api import events
from tests.api.serving import Browser, Site


class Stream:
    """The lines of an event stream, as a browser reads them."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.iter_lines()

    def next(self) -> tuple[str, dict[str, object]]:
        """The next event; comments are events called by their text."""
        kind, data = "", {}
        for line in self._lines:
            if line.startswith(":"):
                return line.removeprefix(":").strip(), {}
            if line.startswith("event:"):
                kind = line.removeprefix("event:").strip()
            if line.startswith("data:"):
                data = json.loads(line.removeprefix("data:"))
            if not line and kind:
                return kind, data
        return "end", {}


@contextmanager
def listening(browser: Browser) -> Iterator[Stream]:
    with browser.client.stream("GET", "/api/events", headers={"accept-encoding": "gzip"}, timeout=20) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        stream = Stream(answer)
        assert stream.next() == ("connected", {})
        yield stream


def change(site: Site, *topics: str) -> float:
    for topic in topics:
        site.sql("insert into pulse (name) values (%s) on conflict (name) do update set at = clock_timestamp()", topic)
    return time.monotonic()


def test_a_change_is_told_within_a_second(site: Site) -> None:
    with listening(site.signed_in("wang", "cs")) as stream:
        begun = change(site, "orders")
        kind, data = stream.next()
        assert time.monotonic() - begun < 3, "one look in 0.3 s; the rest is a busy machine"
        assert (kind, data["topics"]) == ("changed", ["orders"])
        assert str(data["at"]).endswith("Z")


def test_many_changes_are_gathered_to_one_a_second(site: Site) -> None:
    with listening(site.signed_in("wang", "cs")) as stream:
        change(site, "orders")
        assert stream.next()[1]["topics"] == ["orders"]
        begun = time.monotonic()
        for _ in range(5):
            change(site, "orders", "cases", "messages")
            time.sleep(0.1)
        heard: list[object] = stream.next()[1]["topics"]  # type: ignore[assignment]  # a list, as the contract says
        assert time.monotonic() - begun > 0.5
        assert set(heard) <= {"orders", "cases", "messages"}


def test_a_sign_of_life_is_no_topic(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PING_EVERY", 0.7)
    with listening(site.signed_in("wang", "cs")) as stream:
        change(site, "worker:here:1")
        assert stream.next() == ("ping", {})


def test_what_changed_just_before_is_told_to_who_comes(site: Site) -> None:
    browser = site.signed_in("wang", "cs")
    site.sql("insert into pulse (name, at) values ('mappings', now() - interval '1 hour')")
    change(site, "cases")
    with listening(browser) as stream:
        assert stream.next()[1]["topics"] == ["cases"]


def test_all_screens_hear_it(site: Site) -> None:
    site.person("wang", "cs")
    browsers = [site.browser() for _ in range(3)]
    for browser in browsers:
        browser.sign_in("wang")
    with listening(browsers[0]) as one, listening(browsers[1]) as two, listening(browsers[2]) as three:
        change(site, "workbench")
        assert [stream.next()[1]["topics"] for stream in (one, two, three)] == [["workbench"]] * 3


def test_the_stream_ends_with_the_session(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PING_EVERY", 0.3)
    browser = site.signed_in("wang", "cs")
    with listening(browser) as stream:
        assert stream.next() == ("ping", {})
        site.sql("delete from web_session")
        heard = [stream.next()[0] for _ in range(2)]
        assert heard[-1] == "end"
    assert browser.get("/api/events").status_code == 401


def test_the_stream_ends_when_the_person_is_gone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PING_EVERY", 0.3)
    with listening(site.signed_in("wang", "cs")) as stream:
        site.sql("update person set active = false")
        assert "end" in [stream.next()[0] for _ in range(3)]


def test_open_streams_do_not_hold_up_the_stop(site: Site) -> None:
    with listening(site.signed_in("wang", "cs")) as stream:
        begun = time.monotonic()
        site.stop()
        assert stream.next()[0] == "end"
        assert time.monotonic() - begun < 8, "the grace is 10 s: it was not needed"


def test_one_person_cannot_take_all_places(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_OF_ONE", 1)
    browser, other = site.signed_in("wang", "cs"), site.signed_in("zhao", "cs")
    with listening(browser):
        answer = browser.get("/api/events")
        assert (answer.status_code, answer.json()["code"]) == (503, "too_many_streams")
        with listening(other):
            pass
    deadline = time.monotonic() + 10
    while (status := _try(browser)) == 503 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert status == 200, "who leaves makes room"


def _try(browser: Browser) -> int:
    with browser.client.stream("GET", "/api/events") as answer:
        return answer.status_code
