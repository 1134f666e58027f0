"""The seed's mapping, by hand in a browser: ZT_05 onto 派件中, dry run, publish, and the events that waited move their parcels."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def drag(page: Page, what: str, onto: str) -> None:
    """With the mouse, from the middle of one to the middle of the other; a chip in mid-drag covers its target."""
    source, target = page.get_by_test_id(what).first, page.get_by_test_id(onto)
    target.scroll_into_view_if_needed()
    source.scroll_into_view_if_needed()
    start, end = source.bounding_box(), target.bounding_box()
    assert start and end
    page.mouse.move(start["x"] + 20, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + 60, start["y"] + 30, steps=4)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=12)
    page.mouse.up()


def at_the_end(page: Page) -> int:
    """How many of ZTO's parcels are out for delivery or delivered."""
    answer = page.request.get("/api/shipments", params={"state": "out_for_delivery,delivered", "carrier": "zto"})
    return int(answer.json()["total"])


def test_dragging_zt_05_publishes_and_replays(page: Page) -> None:
    before = at_the_end(page)
    page.goto("/mapping/zto")
    expect(page.get_by_test_id("mapper")).to_be_visible()
    drag(page, "code-chip-ZT_05", "state-slot-out_for_delivery")
    expect(page.get_by_test_id("state-slot-out_for_delivery")).to_contain_text("ZT_05")
    drag(page, "code-chip-ZT_07", "state-slot-delivered")
    expect(page.get_by_test_id("state-slot-delivered")).to_contain_text("ZT_07")
    page.get_by_test_id("dry-run").click()
    expect(page.get_by_test_id("dry-run-headline")).to_contain_text(re.compile(r"[1-9]"))
    page.get_by_test_id("publish").click()
    page.get_by_test_id("note-input").fill("中通演示码:05 派件,07 签收")
    page.get_by_test_id("note-confirm").click()
    expect(page.get_by_test_id("published")).to_contain_text("1")
    page.goto("/shipments?state=out_for_delivery,delivered&carrier=zto")
    expect(page.get_by_text("已签收").first).to_be_visible()
    deadline = time.monotonic() + 30
    while at_the_end(page) <= before and time.monotonic() < deadline:
        time.sleep(0.2)
    assert at_the_end(page) > before, "the parcels whose scans waited have moved"
    page.goto("/mapping/unmapped")
    expect(page.get_by_test_id("unmapped-table")).to_be_visible()
    expect(page.get_by_text("ZT_05", exact=True)).to_have_count(0)
