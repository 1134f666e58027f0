"""The books in a browser: a voucher leads to its order and its chain, a month is closed by two, a rule by a second person."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.conftest import other_page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_voucher_balances_and_leads_to_its_order(page: Page) -> None:
    page.goto("/ledger?event=order.due")
    row = page.get_by_test_id("voucher-row").filter(has_text="订单应收").first
    expect(row).to_be_visible(timeout=30_000)
    row.click()
    drawer = page.get_by_test_id("voucher-drawer")
    expect(drawer.locator("tfoot td").nth(1)).to_have_text(re.compile(r"¥[\d,.]+"))
    assert drawer.locator("tfoot td").nth(1).inner_text() == drawer.locator("tfoot td").nth(2).inner_text()
    drawer.get_by_role("link", name="订单").click()
    expect(page).to_have_url(re.compile(r"/orders/\d+"))


def test_the_trial_balance_is_even_and_leads_to_the_vouchers(page: Page) -> None:
    page.goto("/ledger?view=balance")
    expect(page.get_by_test_id("balance")).to_contain_text("应收账款", timeout=30_000)
    expect(page.get_by_text("借贷相等", exact=True)).to_be_visible()
    page.get_by_test_id("balance").get_by_role("link", name="1122").click()
    expect(page).to_have_url(re.compile("account=1122"))
    expect(page.get_by_test_id("voucher-row").first).to_contain_text("应收账款")


def test_a_number_shows_its_chain_and_what_is_missing(page: Page) -> None:
    page.goto("/ledger")
    row = page.get_by_test_id("voucher-row").filter(has_text="FH").first
    expect(row).to_be_visible(timeout=30_000)
    number = re.search(r"FH\d+", row.inner_text())
    assert number is not None
    page.goto("/trace")
    page.get_by_test_id("trace-number").get_by_role("searchbox").fill(number[0])
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("doc-order")).to_contain_text(number[0])
    expect(page.get_by_test_id("doc-ledger").first).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_test_id("trace-pdf").click()
    assert saved.value.path().read_bytes().startswith(b"%PDF-")


def test_an_unknown_number_is_told_in_words(page: Page, console: list[str]) -> None:
    page.goto("/trace?number=nobody-knows-it")
    expect(page.get_by_test_id("trace-unknown")).to_contain_text("没有找到")
    assert "404" in console.pop()


def test_a_posting_rule_is_tried_and_published_by_another(page: Page, browser: Browser, hub: str) -> None:
    page.goto("/ledger/posting_rule/payout.told")
    page.get_by_test_id("posting-editor").get_by_role("textbox").last.fill("出款到银行,在途")
    page.get_by_test_id("save-draft").click()
    expect(page.get_by_test_id("draft-author")).to_contain_text("管理员")
    expect(page.get_by_test_id("publish")).to_be_disabled()
    other = other_page(browser, hub, "caiwu")
    other.goto("/ledger/posting_rule/payout.told")
    other.get_by_test_id("dry-run").click()
    expect(other.get_by_test_id("trial")).to_be_visible()
    other.get_by_test_id("publish").click()
    other.get_by_test_id("note-input").fill("摘要写清楚")
    other.get_by_test_id("note-confirm").click()
    expect(other.get_by_test_id("versions")).to_contain_text("摘要写清楚")
    other.context.close()


def test_a_month_that_is_not_over_cannot_be_closed(page: Page, console: list[str]) -> None:
    page.goto("/ledger?view=periods")
    page.get_by_test_id("ask-close").first.click()
    page.get_by_test_id("note-input").fill("月底")
    page.get_by_test_id("note-confirm").click()
    expect(page.get_by_text(re.compile("还没有过完"))).to_be_visible()
    assert "422" in console.pop()
