"""Fixtures for the browser: one hub with a small world, one Chromium, a fresh signed-in page for each test."""

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from fenghe.cli.serving import free_port
from fenghe.hub import demo_world
from tests.web.hub_process import small_world

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running hub whose world has been told and judged."""
    folder, port = tmp_path_factory.mktemp("hub") / "data", free_port()
    log = (folder.parent / "hub.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.web.hub_process", str(folder), str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=log,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.strip() == b"ready", (folder.parent / "hub.log").read_text()
    address = f"http://127.0.0.1:{port}"
    try:
        world = small_world(datetime.fromisoformat((folder / "began").read_text(encoding="ascii")))
        with ThreadPoolExecutor(1) as apart:  # Playwright has a loop running in this thread
            apart.submit(lambda: asyncio.run(demo_world.push_until(world, address, until=world.now))).result()
        _wait_until_judged(address)
        yield address
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()
        log.close()


def _wait_until_judged(address: str) -> None:
    """Until the six ghosts have become cases: jumps settle for some seconds first."""
    with httpx.Client(base_url=address) as client:
        client.get("/api/me")
        signed = client.post(
            "/api/session",
            json={"username": "admin", "password": demo_world.PASSWORD},
            headers={"x-csrftoken": client.cookies["fenghe_csrf"]},
        )
        signed.raise_for_status()
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            bench = client.get("/api/workbench").json()
            counts = bench["counts"]
            fused = sum(one["open"] for one in bench["cases"] if "promise" not in one["kind"])
            if counts["messages_pending"] == 0 and fused >= 8:
                return
            time.sleep(0.3)
    raise AssertionError(f"the world was not judged in time: {counts}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; its absence is a failure, not a skip."""
    found = next((path for path in BROWSERS if shutil.which(path)), None)
    assert found is not None, f"no browser at any of {BROWSERS}; ./dev test installs one"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield running
        running.close()


def new_context(browser: Browser, hub: str, **options: Any) -> BrowserContext:
    """A seller's browser. It asks for less movement: what still moves is not where a click aimed at."""
    return browser.new_context(
        base_url=hub, locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce", **options
    )


def other_page(browser: Browser, hub: str, username: str) -> Page:
    """The same hub seen by somebody else."""
    other = new_context(browser, hub).new_page()
    other.set_default_timeout(20_000)
    sign_in(other, username)
    return other


@pytest.fixture
def console() -> list[str]:
    """The errors the browser's console told of; whoever expects one takes it out, the rest fails the test."""
    return []


@pytest.fixture
def anybody(browser: Browser, hub: str, console: list[str]) -> Iterator[Page]:
    """A page of somebody who has not signed in. The test fails when the console told of an error."""
    context = new_context(browser, hub, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    page.on("console", lambda said: console.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: console.append(str(error)))
    # the console does not say which address it was: the report of a failed test shows what is printed here
    page.on(
        "response",
        lambda answer: print(answer.status, answer.request.method, answer.url) if answer.status >= 400 else None,
    )
    yield page
    context.close()
    assert not console, console


@pytest.fixture
def page(anybody: Page) -> Page:
    """A page of the administrator."""
    sign_in(anybody, "admin")
    return anybody


def sign_in(page: Page, username: str) -> None:
    """Through the form, as a person does."""
    page.goto("/sign-in")
    page.get_by_test_id("login-username").fill(username)
    page.get_by_test_id("login-password").fill(demo_world.PASSWORD)
    page.get_by_test_id("login-submit").click()
    expect(page.get_by_test_id("nav-workbench")).to_be_visible()
