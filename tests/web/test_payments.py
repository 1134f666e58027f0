"""Finance looks for money that is nobody's: the list, its drawer, the case, the order's page, and a payment connection."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_finance_finds_the_money_that_is_nobodys(anybody: Page) -> None:
    sign_in(anybody, "caiwu")
    page = anybody
    page.get_by_test_id("nav-payments").click()
    page.get_by_role("tab", name="未绑定").click()
    row = page.locator("[data-testid^=payment-row-]").filter(has_text="支付漏单")
    expect(row.first).to_be_visible()
    row.first.click()
    drawer = page.get_by_test_id("payment-drawer")
    expect(drawer).to_contain_text("没有算作任何订单的支付")
    expect(drawer.get_by_test_id("timeline")).to_contain_text("商户单号")
    drawer.get_by_test_id("detail-tab-cases").click()
    expect(drawer).to_contain_text("支付漏单")
    page.reload()
    expect(page.get_by_test_id("payment-drawer")).to_be_visible()


def test_an_orders_page_shows_its_money_and_its_refund(page: Page) -> None:
    page.goto("/refunds?tab=done")
    page.locator("[data-testid^=refund-row-]").first.locator("a[href^='/orders/']").click()
    money = page.get_by_test_id("order-money")
    expect(money).to_contain_text("已绑定")
    expect(money).to_contain_text("退款成功")
    money.locator("a[href^='/payments/']").first.click()
    expect(page.get_by_test_id("payment-detail")).to_contain_text("退款")


def test_a_payment_connection_asks_for_what_the_provider_gave(page: Page) -> None:
    page.goto("/sources")
    page.get_by_text("微信支付(沙箱)").first.click()
    fields = page.get_by_test_id("payment-fields")
    expect(fields).to_contain_text("APIv3 密钥")
    expect(fields).to_contain_text("notify_url")
