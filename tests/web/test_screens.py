"""Every screen opens without an error, says where it is, and keeps its filter in the address."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SCREENS = {
    "/workbench": "工作台",
    "/orders": "订单",
    "/shipments": "运单",
    "/cases": "工单",
    "/mapping": "映射",
    "/mapping/unmapped": "待映射",
    "/policies": "熔断",
    "/policies/zto": "熔断阈值",
    "/mapping/zto": "试运行",
    "/callbacks": "回调核查",
    "/heartbeat": "状态心跳",
    "/heartbeat/policies": "心跳阈值",
    "/contracts": "双向契约",
    "/inbox": "收件箱",
    "/inbox?view=refused": "拒",
    "/audit": "审计",
    "/money/statements": "账单导入",
    "/money/compensation": "补偿审批",
    "/money/compensation?view=rules": "支付漏单",
    "/money/compensation?view=aside": "做不了的",
    "/money/compensation/rules/pay_without_order": "自动执行",
    "/sources": "连接",
    "/people": "用户",
    "/people?view=tokens": "令牌",
}
ENGLISH = {
    "/workbench": "Workbench",
    "/orders": "Orders",
    "/shipments": "Shipments",
    "/cases": "Cases",
    "/mapping": "Status mapping",
    "/mapping/zto": "Dry run",
    "/mapping/unmapped": "Unmapped codes",
    "/policies": "Fuse thresholds",
    "/inbox": "Inbox",
    "/audit": "Audit",
    "/sources": "Sources",
    "/people": "Users",
}


@pytest.mark.parametrize("place", SCREENS)
def test_every_screen_opens(page: Page, place: str) -> None:
    page.goto(place)
    expect(page.locator("main, .ant-layout-content").first).to_contain_text(SCREENS[place])
    expect(page.get_by_test_id("error-panel")).to_have_count(0)
    expect(page.get_by_test_id("crashed")).to_have_count(0)


def test_every_screen_speaks_english(anybody: Page) -> None:
    """By the switch that stays; and back, as the others of this hub read Chinese."""
    sign_in(anybody, "admin")
    anybody.get_by_test_id("switch-language").click()
    expect(anybody.get_by_test_id("nav-workbench")).to_contain_text("Workbench")
    for place, heading in ENGLISH.items():
        anybody.goto(place)
        main = anybody.locator("main, .ant-layout-content").first
        expect(main).to_contain_text(heading)
        expect(anybody.get_by_test_id("error-panel")).to_have_count(0)
        for said in ("订单状态", "状态标尺", "条/页", "待处理"):
            expect(main).not_to_contain_text(said)
    anybody.get_by_test_id("switch-language").click()
    expect(anybody.get_by_test_id("nav-workbench")).to_contain_text("工作台")


def test_a_wrong_password_is_told_in_words(anybody: Page, console: list[str]) -> None:
    anybody.goto("/sign-in")
    anybody.get_by_test_id("login-username").fill("admin")
    anybody.get_by_test_id("login-password").fill("not the password")
    anybody.get_by_test_id("login-submit").click()
    expect(anybody.get_by_test_id("login-problem")).to_be_visible()
    assert "401" in console.pop()  # the browser itself notes the refused request


def test_the_held_tab_of_orders_keeps_its_state_in_the_address(page: Page) -> None:
    page.goto("/orders")
    page.get_by_role("tab", name="熔断中").click()
    expect(page).to_have_url(re.compile("tab=held"))
    page.reload()
    expect(page.get_by_test_id("orders-table")).to_contain_text("熔断中")


def test_the_warehouse_has_no_menu_for_people(anybody: Page) -> None:
    sign_in(anybody, "cangku")
    expect(anybody.get_by_test_id("nav-orders")).to_be_visible()
    expect(anybody.get_by_test_id("nav-people")).to_have_count(0)
