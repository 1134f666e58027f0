"""状态心跳, 双向契约 and a declared carrier in the browser: what is silent is seen, marked and filtered; limits are changed."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

LONG = 60_000
ANSWER = (
    '{"parcels":[{"unitno":"36301917596","events":[{"code":"INTIAL.NORMAL","city":"Berlin","description":"handed over",'
    '"eventDateTime":"2024-10-07T10:46:14+0200"}]}]}'
)


@pytest.fixture(autouse=True)
def _patient(anybody: Page) -> None:
    """The hub answers slowly while the world is being told."""
    anybody.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)


def test_silent_parcels_are_counted_listed_and_lead_to_their_card(page: Page) -> None:
    page.goto("/heartbeat")
    expect(page.get_by_test_id("beat-count-silent")).to_contain_text(re.compile(r"[1-9]"), timeout=LONG)
    expect(page.get_by_test_id("account-sf-demo")).to_contain_text("正常")
    page.reload()
    parcel = page.locator("[data-testid=watches-table] a[href*='view=watch']").first.get_attribute("href", timeout=LONG)
    page.goto(str(parcel))
    panel = page.get_by_test_id("watch-panel")
    expect(panel).to_contain_text("无新轨迹")
    expect(panel.get_by_test_id("silent-mark")).to_be_visible()
    expect(panel.get_by_test_id("contract-table")).to_contain_text("已受理")
    page.goto(str(panel.get_by_role("link", name="查看").get_attribute("href")))
    expect(page.locator("main, .ant-layout-content").first).to_contain_text("物流异常待跟进")


def test_the_mark_filters_parcels_and_orders_and_stays_in_the_address(page: Page) -> None:
    page.goto("/heartbeat")
    expect(page.get_by_test_id("beat-count-silent")).to_contain_text(re.compile(r"[1-9]"), timeout=LONG)
    page.goto("/shipments?silent=true")
    expect(page.get_by_test_id("shipments-table").get_by_test_id("silent-mark").first).to_be_visible()
    page.goto("/orders")
    page.get_by_test_id("filter-fold").click()
    page.locator("[data-testid=filter-silent]").click()
    expect(page).to_have_url(re.compile("silent=true"))
    expect(page.get_by_test_id("orders-table").get_by_test_id("silent-mark").first).to_be_visible()


def test_thresholds_are_drafted_seen_through_and_published(page: Page) -> None:
    page.goto("/heartbeat/policies")
    page.get_by_test_id("beats-row-zto").get_by_role("link").click()
    page.locator("#beat-calls_per_minute").fill("2")
    page.locator("#beat-calls_per_minute").press("Tab")
    page.get_by_test_id("dry-run").click()
    limit = page.get_by_test_id("trial").get_by_role("row").filter(has_text="每分钟最多问的次数")
    expect(limit.get_by_role("cell").last).to_have_text("2")
    page.get_by_test_id("publish").click()
    page.get_by_test_id("note-input").fill("按合同限速")
    page.get_by_test_id("note-confirm").click()
    expect(page.get_by_test_id("version-1")).to_contain_text("按合同限速")


def test_contracts_are_listed_and_filtered(page: Page) -> None:
    page.goto("/contracts")
    expect(page.get_by_test_id("contracts-table")).to_contain_text("订阅轨迹")
    expect(page.get_by_test_id("contracts-table")).to_contain_text("已受理", timeout=LONG)
    page.get_by_test_id("tab-found").click()
    expect(page).to_have_url(re.compile("tab=found"))
    expect(page.get_by_test_id("error-panel")).to_have_count(0)


def test_the_warehouse_sees_but_cannot_let_go(anybody: Page) -> None:
    sign_in(anybody, "cangku")
    anybody.goto("/contracts")
    expect(anybody.get_by_test_id("contracts-table")).to_contain_text("订阅轨迹")
    expect(anybody.locator("[data-testid^=withdraw-]")).to_have_count(0)


def test_a_carrier_is_declared_on_screen_with_a_preview(page: Page) -> None:
    page.goto("/sources")
    page.get_by_test_id("source-new").click()
    page.locator("#id").fill("gls")
    page.locator("#connector").fill("generic_json")
    page.locator("#title").fill("GLS")
    page.get_by_test_id("layout-example").click()
    page.locator(".ant-select-item-option[title=GLS]").click()
    page.get_by_test_id("layout-answer").fill(ANSWER)
    expect(page.locator("table[data-testid=layout-events]")).to_contain_text("36301917596")
    expect(page.locator("table[data-testid=layout-events]")).to_contain_text("2024-10-07 16:46")
    page.locator("input[data-testid=layout-events]").fill("evnts[*]")
    expect(page.get_by_test_id("layout-problem")).to_contain_text("events 的路径 evnts[*]")
    page.locator("input[data-testid=layout-events]").fill("events[*]")
    expect(page.get_by_test_id("layout-result")).to_contain_text("读出 1 条轨迹")
    page.get_by_role("dialog").get_by_role("button", name="保存").click()
    expect(page.get_by_test_id("source-row-gls")).to_be_visible()
    page.get_by_test_id("source-row-gls").get_by_role("button", name="编辑").click()
    expect(page.locator("input[data-testid=layout-number]")).to_have_value("^.unitno")


def test_an_order_shows_what_was_asked_for_it_and_can_be_booked(page: Page) -> None:
    page.goto("/orders?tab=shipped")
    order = page.locator("[data-testid=orders-table] a[href^='/orders/']").first.get_attribute("href", timeout=LONG)
    page.goto(str(order))
    page.get_by_test_id("detail-tab-contracts").click()
    expect(page.get_by_test_id("order-contracts")).to_contain_text("订阅轨迹")
    page.get_by_test_id("book").click()
    expect(page.get_by_test_id("book-confirm")).to_be_visible()
