"""Reminders and repairs in a browser: a buyer is reminded, what was sent is told; a break is repaired by two people."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.conftest import other_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_what_was_sent_when_and_whether_it_was_paid(page: Page) -> None:
    page.goto("/money/compensation?view=reminders")
    row = page.locator("[data-testid^=reminder-row-]").filter(has_text="已发送").first
    expect(row).to_contain_text("138****", timeout=60_000)
    expect(row).to_contain_text("还没有付款")
    expect(page.get_by_test_id("remind.rate")).to_contain_text("%")
    row.click()
    drawer = page.get_by_test_id("reminder-drawer")
    expect(drawer.get_by_test_id("reminder-text")).to_contain_text(re.compile(r"/p/\w{10}"))
    events = drawer.get_by_test_id("reminder-event")
    expect(events).to_have_count(4)
    expect(events.nth(2)).to_contain_text("发送前再次核对：没有付款")
    expect(page).to_have_url(re.compile(r"open=\d+"))
    link = re.search(r"/p/\w{10}", drawer.get_by_test_id("reminder-text").inner_text())
    assert link is not None
    opened = page.request.get(link[0], max_redirects=0)
    assert opened.status == 302 and opened.headers["location"].startswith("https://wx.tenpay.com/")
    assert page.request.get("/p/nobodyknows", fail_on_status_code=False).status == 404


def test_whom_it_would_remind_now_is_told_without_sending(page: Page) -> None:
    page.goto("/money/compensation?view=reminders")
    page.get_by_test_id("whom-now").click()
    shown = page.get_by_test_id("whom-now-list")
    expect(shown.locator("[data-testid^=would-]").first).to_contain_text("ZY")
    expect(shown).to_contain_text(re.compile("起可催|现在催"))


def test_customer_service_reminds_one_buyer_from_the_orders_page(anybody: Page) -> None:
    sign_in(anybody, "kefu")
    found = anybody.request.get("/api/orders?channel=自有商城&sort=-created_at").json()["items"]
    newest = found[0]
    anybody.goto(f"/orders/{newest['id']}")
    anybody.get_by_test_id("send-reminder").click()
    anybody.locator(".ant-popconfirm .ant-btn-primary").click()
    line = anybody.get_by_test_id("order-reminder").first
    expect(line).to_contain_text("kefu")
    expect(line).to_contain_text("已发送", timeout=60_000)
    expect(line).to_contain_text("138****")
    expect(anybody.get_by_test_id("nav-compensation")).to_have_count(0)


def test_a_rule_is_tried_on_who_awaits_payment_now(page: Page) -> None:
    page.goto("/money/compensation?view=rules")
    page.get_by_test_id("reminder-rules").get_by_role("link", name="自有渠道").click()
    page.get_by_test_id("reminder-most_per_day").fill("20")
    page.get_by_test_id("save-draft").click()
    expect(page.get_by_test_id("draft-author")).to_be_visible()
    page.get_by_test_id("dry-run").click()
    expect(page.get_by_test_id("trial")).to_contain_text("现在会催的订单", timeout=30_000)
    page.get_by_test_id("reminder-words").fill("请付款")
    page.get_by_test_id("save-draft").click()
    expect(page.get_by_text("短信里要有 {link}，买家才能付款")).to_be_visible()
    page.goto("/money/compensation/reminders/jd")
    expect(page.get_by_test_id("reminder-rule")).to_contain_text("平台一般不许发自己的付款链接")


def test_a_break_leads_to_its_repair_which_another_approves_and_which_is_done(
    page: Page, browser: Browser, hub: str
) -> None:
    page.goto("/recon")
    page.get_by_test_id("start-run").click()
    page.get_by_test_id("start-go").dblclick()
    for status in ("waiting", "running"):
        expect(page.get_by_test_id(f"ask-{status}")).to_have_count(0, timeout=60_000)
    page.goto("/recon/breaks?cause=amount_wrong")
    page.get_by_test_id("break-row").first.click()
    repairs = page.get_by_test_id("break-repairs")
    expect(repairs).to_contain_text("还没有提出补偿")
    repairs.get_by_test_id("propose-repair").click()
    expect(page).to_have_url(re.compile(r"/money/compensation\?tab=all&open=\d+"))
    drawer = page.get_by_test_id("compensation-drawer")
    expect(drawer.get_by_test_id("compensation-words")).to_contain_text("原路退给买家")
    expect(drawer).to_contain_text("要由另一个人决定")
    other = other_page(browser, hub, "caiwu")
    other.goto(page.url)
    waiting = other.get_by_test_id("compensation-drawer")
    waiting.get_by_test_id("compensation-approve").click()
    other.get_by_test_id("compensation-sure").check()
    other.get_by_test_id("compensation-confirm").click()
    expect(waiting.get_by_test_id("compensation-event").last).to_contain_text("完成", timeout=90_000)
    other.context.close()
    page.goto("/recon/breaks?cause=amount_wrong")
    page.get_by_test_id("break-row").first.click()
    expect(page.get_by_test_id("break-repair")).to_contain_text("已完成")
