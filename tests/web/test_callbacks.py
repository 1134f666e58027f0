"""The callback audit in a browser: a file dragged in, a card as filter, evidence, a case and the rule one click away."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

EVENTS = (
    {"logistics_no": "73190550000001", "order_no": "D1", "status": "", "update_time": "2026-02-05 09:00:00"},
    {"logistics_no": "73190550000002", "order_no": "D2", "status": "ZT_99", "update_time": "2026-02-05 12:00:00"},
    {"nu": "YT4200000000001", "com": "yuantong", "ischeck": "1", "state": "0", "data": [
        {"time": "2026-02-05 12:00:00", "context": "【北京转运中心】 已发出 下一站 【丰台】"},
    ]},
    {"乱": "写"},
)  # fmt: skip


def export(folder: Path) -> Path:
    """An export as customer service gets it from a carrier."""
    path = folder / "回调导出.ndjson"
    path.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in EVENTS), encoding="utf-8")
    return path


def test_a_file_is_audited_and_a_finding_becomes_a_case(page: Page, tmp_path: Path) -> None:
    page.goto("/callbacks")
    page.get_by_test_id("audit-upload").click()
    page.locator("input[type=file]").set_input_files(export(tmp_path))
    expect(page).to_have_url(re.compile(r"audit=\d+"))
    expect(page.get_by_test_id("audit-line")).to_contain_text("已完成", timeout=30_000)
    expect(page.get_by_test_id("audit-sums")).to_contain_text("读取 4 = 已核查 3 + 读不懂 1")
    page.get_by_test_id("kind-contradiction").click()
    expect(page).to_have_url(re.compile("kind=contradiction"))
    rows = page.locator("[data-testid^=finding-row-]")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("ischeck=1(已签收)")
    page.reload()
    expect(rows).to_have_count(1)
    rows.first.get_by_text("自相矛盾").click()
    expect(page.get_by_test_id("finding-words")).to_contain_text("互相矛盾")
    page.keyboard.press("Escape")
    rows.first.get_by_role("button", name="建工单").click()
    link = rows.first.get_by_role("link", name=re.compile("工单 #"))
    expect(link).to_be_visible()
    link.click()
    expect(page.get_by_test_id("explanation")).to_contain_text("互相矛盾")
    page.get_by_test_id("decide-settled").click()
    page.get_by_test_id("reason-input").fill("已请圆通更正")
    page.get_by_test_id("decide-confirm").click()
    expect(page.get_by_test_id("case-settled")).to_be_visible()


def test_stored_mail_leads_to_its_raw_message_and_to_the_mapper(page: Page) -> None:
    page.goto("/callbacks")
    page.get_by_test_id("audit-run").click()
    page.get_by_test_id("run-start").click()
    expect(page.get_by_test_id("audit-line")).to_contain_text("已完成", timeout=60_000)
    page.get_by_test_id("kind-unknown_code").click()
    page.locator("[data-testid^=finding-row-]").first.get_by_text("未知状态码").click()
    page.get_by_test_id("finding-raw").click()
    expect(page.get_by_test_id("raw-drawer")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_test_id("finding-rule").click()
    expect(page).to_have_url(re.compile(r"/mapping/\w+\?code="))
    expect(page.get_by_test_id("mapper")).to_be_visible()


def test_orders_times_have_a_page_of_their_own_and_the_warehouse_may_only_look(anybody: Page) -> None:
    sign_in(anybody, "cangku")
    anybody.goto("/callbacks?about=orders")
    expect(anybody.get_by_test_id("nav-callbacks")).to_be_visible()
    expect(anybody.locator("main, .ant-layout-content").first).to_contain_text("订单时间")
    expect(anybody.get_by_test_id("audit-upload")).to_have_count(0)
