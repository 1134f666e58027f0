"""Searching on the trace board in a browser (凭证寻踪): a lost payment is lit, found, and joins without a reload; others look."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.conftest import other_page
from tests.web.hub_process import SILENT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def test_whoever_may_not_reconcile_sees_the_gap_and_cannot_search(page: Page, browser: Browser, hub: str) -> None:
    other = other_page(browser, hub, "shenji")
    other.goto(f"/trace?number={SILENT.order_no}")
    expect(other.get_by_test_id("trace-gaps").or_(other.get_by_test_id("trace-searches")).first).to_be_visible()
    for button in other.get_by_test_id("seek-gap").all():
        expect(button).to_be_disabled()
    other.context.close()


def test_a_lost_payment_is_found_and_the_gap_closes_without_a_reload(page: Page) -> None:
    page.goto(f"/trace?number={SILENT.order_no}")
    gap = page.get_by_test_id("gap-payment")
    expect(gap).to_contain_text("没有支付单")
    expect(page.get_by_test_id("doc-payment")).to_have_count(0)
    page.evaluate("window.stayed = true")
    gap.get_by_test_id("seek-gap").click()
    expect(page.get_by_test_id("question-provider").filter(has_text="微信支付")).to_have_attribute(
        "data-status", "found", timeout=60_000
    )
    expect(page.get_by_test_id("doc-payment")).to_contain_text("¥138.00", timeout=30_000)
    expect(gap).to_have_count(0)
    expect(page.get_by_test_id("search-done").first).to_contain_text("1 个缺口补上了", timeout=60_000)
    expect(page.get_by_test_id("question-provider").filter(has_text="支付宝")).to_contain_text("交易不存在")
    expect(page.get_by_test_id("question-files")).to_contain_text("查过")
    assert page.evaluate("window.stayed"), "the page was not loaded again"
    with page.expect_download() as saved:
        page.get_by_test_id("trace-bundle").click()
    assert saved.value.path().read_bytes().startswith(b"PK")


def test_the_searches_are_listed_with_who_made_them(page: Page) -> None:
    page.goto("/trace")
    mine = page.get_by_test_id("recent-searches").get_by_test_id("search-done").filter(has_text=SILENT.order_no)
    expect(mine.first).to_contain_text("admin")
    mine.first.get_by_role("link", name=SILENT.order_no).click()
    expect(page).to_have_url(re.compile(f"number={SILENT.order_no}"))
    expect(page.get_by_test_id("doc-payment")).to_be_visible()


def test_a_number_nobody_knows_can_be_searched_for(page: Page, console: list[str]) -> None:
    page.goto("/trace?number=2026020599009900000000009999")
    expect(page.get_by_test_id("trace-unknown")).to_contain_text("查过：订单号")
    page.get_by_test_id("seek-all").click()
    expect(page.get_by_test_id("search-done")).to_contain_text("没有补上缺口", timeout=60_000)
    expect(page.get_by_test_id("question-provider").first).to_have_attribute("data-status", "nothing")
    page.get_by_test_id("seek-all").click()
    expect(page.get_by_text("几分钟前刚寻过，这是当时的结果")).to_be_visible()
    assert console and all("404" in one for one in console)
    console.clear()


def test_a_search_of_the_board_speaks_english_and_shows_in_the_dark(page: Page) -> None:
    page.goto(f"/trace?number={SILENT.order_no}")
    page.evaluate("localStorage.setItem('fenghe.mode', 'dark')")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_test_id("trace-searches")).to_be_visible()
