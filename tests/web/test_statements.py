"""Statement intake as a bookkeeper does it: drop files, see what agrees, map a bank nobody knows, follow a line to its row."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

BANK = (
    "某某银行 交易明细\n记账日,交易时刻,进账,出账,结存,对家,用途说明\n2026-02-01,09:10:11,1200.00,,11200.00,支付宝,提现\n"
    "2026-02-03,11:00:00,,88.00,11112.00,房东,订单号：FH20260205000001 退款\n"
)


def test_drop_map_import_and_follow(anybody: Page, tmp_path: Path, shared: Path) -> None:
    page = anybody
    sign_in(page, "caiwu")
    page.get_by_test_id("nav-statements").click()
    file = tmp_path / "bank.csv"
    file.write_text(BANK, encoding="gb18030")
    bill = shared / "protocols" / "samples" / "wechat_trade_ALL_count_mismatch.csv"
    page.locator("input[type=file]").set_input_files([str(file), str(bill)])
    known = page.locator("[data-state=held]", has_text=bill.name)
    expect(known).to_contain_text("识别为 微信支付 交易账单")
    known.get_by_role("button", name="导 入").or_(known.get_by_role("button", name="导入")).click()
    expect(page.locator("[data-state=done]", has_text=bill.name)).to_contain_text("新存 1", timeout=30_000)
    page.locator("[data-state=held]", has_text="bank.csv").get_by_role("button", name=re.compile("对.?列")).click()
    expect(page.get_by_test_id("wizard-counts")).to_contain_text("2 行能读，0 行不能")
    page.get_by_test_id("wizard-name").fill("browser_bank")
    page.get_by_test_id("wizard-source").fill("browser-bank")
    page.get_by_test_id("wizard-publish").click()
    expect(page.locator("[data-state=done]", has_text="bank.csv")).to_contain_text("新存 2", timeout=30_000)
    row = page.get_by_test_id("statement-files").get_by_role("row", name=re.compile(re.escape(bill.name)))
    row.click()
    expect(page.get_by_test_id("statement-problems")).to_contain_text("总交易单数")
    page.goto("/money/statements?view=lines&q=FH20260205000001")
    page.get_by_text("订单号：FH20260205000001 退款").first.click()
    expect(page.get_by_test_id("statement-line")).to_contain_text("用途说明")
    page.goto("/money/statements?view=layouts")
    expect(page.get_by_test_id("statement-layouts")).to_contain_text("browser_bank")


def test_the_warehouse_has_no_statements(anybody: Page) -> None:
    sign_in(anybody, "cangku")
    expect(anybody.get_by_test_id("nav-statements")).to_have_count(0)
    anybody.goto("/money/statements")
    expect(anybody.get_by_test_id("forbidden")).to_be_visible()
