"""From a number to its evidence in a browser: the ghosts on the workbench, an order's page, the exact bytes, a live count."""

import json
import re
import time

import httpx
import pytest
from playwright.sync_api import Page, expect

from fenghe.hub.demo_world import TOKEN

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def number_in(page: Page, test_id: str) -> int:
    """The number that stands there."""
    return int(re.sub(r"\D", "", page.get_by_test_id(test_id).inner_text()) or 0)


def test_the_workbench_leads_to_exactly_the_ghosts(page: Page) -> None:
    sides = page.get_by_test_id("case-sides-shipment.distance")
    expect(sides).to_contain_text("我方已发货,对方待揽收")
    count = number_in(page, "case-sides-shipment.distance")
    sides.click()
    expect(page).to_have_url(re.compile("theirs=await_pickup"))
    rows = page.locator("[data-testid^=case-row-]")
    expect(rows).to_have_count(count)
    for row in rows.all():
        expect(row).to_contain_text("已发货")
        expect(row).to_contain_text("待揽收")


def test_an_order_leads_to_the_bytes_that_were_sent(page: Page) -> None:
    page.goto("/orders?tab=held")
    page.locator(".ant-table-row").first.locator("td").nth(2).click()
    drawer = page.get_by_test_id("order-drawer")
    expect(drawer.get_by_test_id("timeline-item").first).to_be_visible()
    held = drawer.locator("[data-testid=timeline-item][data-effect=held]").first
    expect(held).to_contain_text("得知")
    held.get_by_test_id("open-raw").click()
    expect(page.get_by_test_id("raw-body")).to_be_visible()
    expect(page.get_by_test_id("raw-drawer")).to_contain_text("SHA-256")
    page.get_by_test_id("raw-drawer").get_by_role("tab", name="请求头").click()
    expect(page.get_by_test_id("raw-drawer")).to_contain_text("content-type")


def test_a_new_order_is_seen_without_a_reload(page: Page, hub: str) -> None:
    expect(page.get_by_test_id("live-state")).to_contain_text("实时")
    before = number_in(page, "count-orders")
    number = f"9{time.time_ns() // 1_000:018d}"
    line = {"oid": number, "num_iid": "6001", "title": "手机壳", "num": 1, "price": "19.90"}
    trade = {
        "tid": number, "seller_nick": "甲店", "status": "WAIT_SELLER_SEND_GOODS", "created": "2026-02-05 06:00:00",
        "modified": "2026-02-05 06:05:00", "payment": "19.90", "orders": {"order": [line]},
    }  # fmt: skip
    headers = {"x-fenghe-token": TOKEN, "content-type": "application/json"}
    httpx.post(f"{hub}/hook/taobao-demo", content=json.dumps(trade), headers=headers).raise_for_status()
    deadline = time.monotonic() + 60
    while number_in(page, "count-orders") <= before and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    assert number_in(page, "count-orders") > before, "the page did not hear of it"


def test_what_could_not_be_read_is_kept_and_judged_again(page: Page) -> None:
    page.goto("/inbox?status=set_aside")
    page.locator("[data-testid^=message-row-]").first.locator("td").nth(3).click()
    expect(page.get_by_test_id("raw-drawer")).to_contain_text("billCode")
    page.get_by_test_id("replay").click()
    expect(page.get_by_text(re.compile("已排队重放")).first).to_be_visible()
    expect(page.locator("[data-testid^=message-row-]").first).to_contain_text("搁置")
    page.goto("/inbox?view=refused")
    expect(page.get_by_test_id("refused-table")).to_contain_text("签名")


def test_the_list_is_exported_as_it_is_filtered(page: Page) -> None:
    page.goto("/orders?tab=held")
    expect(page.locator(".ant-table-row").first).to_be_visible()
    page.get_by_test_id("export").click()
    with page.expect_download() as coming:
        page.get_by_test_id("export-csv").click()
    text = coming.value.path().read_text(encoding="utf-8-sig")
    shown = page.locator(".ant-table-row").count()
    assert text.splitlines()[0].count("订单号") == 1
    assert len(text.strip().splitlines()) == shown + 1
