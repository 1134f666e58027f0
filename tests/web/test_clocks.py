"""The clock board, promises, freshness and scorecards by hand in a browser; their state is in the address."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_the_board_leads_from_a_number_to_its_clocks_and_their_order(page: Page) -> None:
    page.goto("/clocks")
    number = page.get_by_test_id("stage-pickup-breached")
    expect(number.locator("b")).to_have_text(re.compile(r"[1-9]"))
    expect(number).to_contain_text("¥")
    number.click()
    expect(page).to_have_url(re.compile("stage=pickup.*tab=breached|tab=breached.*stage=pickup"))
    row = page.locator("[data-testid^=clock-row-]").first
    expect(row).to_contain_text("已超时")
    expect(row).to_contain_text("¥3.00")
    page.reload()
    page.locator("[data-testid^=clock-row-]").first.locator("td").nth(2).click()
    expect(page.get_by_test_id("order-clock-pickup")).to_contain_text("已超时")
    expect(page.get_by_test_id("order-clock-ship")).to_contain_text("按时完成")


def test_orders_show_time_left_and_have_a_tab_for_the_overdue(page: Page) -> None:
    page.goto("/orders")
    page.get_by_test_id("tab-overdue").click()
    expect(page).to_have_url(re.compile("tab=overdue"))
    expect(page.get_by_test_id("order-clock").first).to_contain_text(re.compile("超时 .*"))
    expect(page.get_by_test_id("freshness-bar")).to_contain_text("拼多多")


def test_a_promise_is_changed_tried_and_left_to_a_second_person(anybody: Page, console: list[str]) -> None:
    sign_in(anybody, "yunying")
    page = anybody
    page.goto("/promises")
    page.get_by_test_id("promises-row-pdd").click()
    expect(page.get_by_test_id("default-mark")).to_be_visible()
    hours = page.get_by_test_id("rule-1-hours")
    hours.fill("6")
    hours.blur()
    page.get_by_test_id("dry-run").click()
    trial = page.get_by_test_id("trial")
    expect(trial).to_contain_text(re.compile("在 [1-9].* 条真实记录上试过"))
    cost = trial.get_by_role("row").filter(has_text="违约金")
    expect(cost.get_by_role("cell").last).to_contain_text("¥")
    expect(page.get_by_test_id("draft-author")).to_be_visible()
    page.get_by_test_id("publish").click()
    page.get_by_test_id("note-input").fill("揽收改成六小时")
    page.get_by_test_id("note-confirm").click()
    expect(page.locator(".ant-notification-notice")).to_contain_text("另一人")
    assert "403" in console.pop()  # the browser itself notes the refused request
    sign_out_and_publish(page)


def sign_out_and_publish(page: Page) -> None:
    """The administrator looks at the draft, tries it again and puts it in force; then the way back."""
    page.context.clear_cookies()
    sign_in(page, "admin")
    page.goto("/promises/pdd")
    page.get_by_test_id("dry-run").click()
    expect(page.get_by_test_id("trial")).to_be_visible()
    page.get_by_test_id("publish").click()
    page.get_by_test_id("note-input").fill("核对过平台规则")
    page.get_by_test_id("note-confirm").click()
    expect(page.get_by_test_id("version-1")).to_contain_text("核对过平台规则")
    page.get_by_test_id("rollback-0").click()
    page.get_by_test_id("note-input").fill("演示完,恢复")
    page.get_by_test_id("note-confirm").click()
    expect(page.get_by_test_id("version-2")).to_contain_text("演示完")


def test_a_source_that_never_spoke_is_not_green_anywhere(page: Page) -> None:
    page.goto("/sources")
    expect(page.get_by_test_id("sources-table").locator("[data-standing=fresh]").first).to_be_visible()
    page.goto("/freshness")
    expect(page.get_by_test_id("fresh-row-zto-demo")).to_contain_text("正常")
    page.get_by_test_id("fresh-row-zto-demo").locator("td").nth(1).click()
    expect(page).to_have_url(re.compile("open=zto-demo"))
    expect(page.get_by_test_id("source-drawer")).to_contain_text("期望频率")
    number = page.get_by_test_id("cadence-late_minutes")
    number.fill("1")
    number.blur()
    page.get_by_test_id("dry-run").click()
    expect(page.get_by_test_id("trial")).to_contain_text("次静默")


def test_every_number_of_the_scorecard_leads_to_its_parcels(page: Page) -> None:
    page.goto("/scorecards")
    row = page.get_by_test_id("card-zto")
    total = int(row.get_by_test_id("share-all").inner_text())
    row.get_by_test_id("share-all").click()
    expect(page).to_have_url(re.compile("a=zto.*part=all|part=all.*a=zto"))
    drawer = page.get_by_test_id("score-drawer")
    expect(drawer.locator("[data-testid^=scored-]")).to_have_count(min(total, 20))
    expect(page.get_by_test_id("score-days").locator("tbody tr").first).to_be_visible()
    page.goto("/scorecards?dim=route&since=2020-01-01&until=2020-01-31")
    expect(page.locator("main, .ant-layout-content").first).to_contain_text("这段时间没有运单")
    page.goto("/scorecards?dim=shop")
    with page.expect_download() as download:
        page.get_by_test_id("export-xlsx").click()
    assert download.value.suggested_filename.startswith("记分卡-shop")


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("/clocks", "时效"),
        ("/clocks?view=expected", "预计时长"),
        ("/promises", "承诺"),
        ("/freshness", "新鲜度"),
        ("/scorecards", "记分卡"),
    ],
)
def test_every_new_screen_opens(page: Page, place: str, words: str) -> None:
    page.goto(place)
    expect(page.locator("main, .ant-layout-content").first).to_contain_text(words)
    expect(page.get_by_test_id("error-panel")).to_have_count(0)
