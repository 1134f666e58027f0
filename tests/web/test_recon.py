"""Reconciliation in a browser: a run is asked for and watched, a bar leads to its breaks, two people rule, a sheet comes back."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.conftest import other_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def run(page: Page) -> Page:
    """The administrator after a reconciliation of everything that he asked for."""
    page.goto("/recon")
    expect(page.get_by_test_id("runs-table")).to_be_visible()
    page.get_by_test_id("start-run").click()
    page.get_by_test_id("start-go").dblclick()
    expect(page.get_by_test_id("start-go")).to_have_count(0)
    for status in ("waiting", "running"):
        expect(page.get_by_test_id(f"ask-{status}")).to_have_count(0, timeout=60_000)
    expect(page.get_by_test_id("ask-done").first).to_contain_text("全程对账")
    expect(page.get_by_test_id("ask-failed")).to_have_count(0)
    page.get_by_test_id("ask-done").first.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/recon/runs/\d+$"))
    return page


def test_every_step_adds_up_and_a_line_leads_to_exactly_its_breaks(run: Page) -> None:
    expect(run.get_by_test_id("unexplained")).to_contain_text("¥0.00")
    for left in run.get_by_test_id("left").all():
        expect(left).to_contain_text("¥0.00")
    expect(run.get_by_test_id("waterfall-chart").locator("canvas")).to_be_visible()
    expect(run.get_by_test_id("coverage")).to_contain_text("没有数据来源")
    line = run.locator("[data-testid^=line-1-]").filter(has=run.get_by_role("link")).first
    count = int(line.locator("td").nth(2).inner_text().replace(",", ""))
    line.get_by_role("link").click()
    expect(run.get_by_test_id("run-note")).to_be_visible()
    expect(run.get_by_test_id("break-row")).to_have_count(count)
    expect(run.get_by_text(f"共 {count} 条")).to_be_visible()


def test_a_break_shows_both_documents_and_is_ruled_by_two(run: Page, browser: Browser, hub: str) -> None:
    run.goto("/recon/breaks")
    expect(run.get_by_test_id("break-row").first).to_be_visible()
    run.keyboard.press("j")
    run.keyboard.press("Enter")
    drawer = run.get_by_test_id("break-drawer")
    expect(drawer.get_by_test_id("documents").locator("tr").first).to_be_visible()
    expect(drawer.get_by_test_id("break-history")).to_contain_text("发现")
    drawer.get_by_test_id("rule").click()
    run.get_by_test_id("ruling-reason").fill("已与渠道核对")
    run.get_by_test_id("ruling-go").click()
    expect(drawer.get_by_test_id("ruling-own")).to_contain_text("要由另一个人批准")
    other = other_page(browser, hub, "caiwu")
    other.goto("/recon?view=rulings")
    waiting = other.get_by_test_id("ruling-proposed").filter(has_text="已与渠道核对")
    waiting.get_by_test_id("ruling-approve").click()
    expect(other.get_by_test_id("ruling-approved").filter(has_text="已与渠道核对")).to_contain_text("caiwu")
    other.context.close()


def test_breaks_get_an_owner_and_a_sheet_comes_back(run: Page, tmp_path: Path) -> None:
    run.goto("/recon/breaks")
    rows = run.get_by_test_id("break-row")
    rows.first.get_by_role("checkbox").check()
    run.get_by_test_id("bulk-comment").click()
    run.get_by_test_id("field-comment").fill("月底前看完")
    run.get_by_test_id("field-save").click()
    expect(rows.first).to_contain_text("月底前看完")
    answer = run.request.get("/api/recon/breaks/export?format=csv")
    sheet = list(csv.DictReader(io.StringIO(answer.body().decode("utf-8-sig"))))
    sheet[0]["处理意见"], sheet[1]["行签名"] = "待退款", "made-up"
    file = tmp_path / "改过.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, sheet[0])
        writer.writeheader()
        writer.writerows(sheet)
    run.get_by_test_id("sheet-open").click()
    run.locator("input[type=file]").set_input_files(str(file))
    preview = run.get_by_test_id("sheet-preview")
    expect(preview).to_contain_text("会改动 1 笔，拒收 1 行")
    expect(run.get_by_test_id("sheet-refused")).to_contain_text("行签名对不上")
    run.get_by_test_id("sheet-apply").click()
    expect(preview).to_contain_text("已改动 1 笔")
    run.keyboard.press("Escape")
    expect(rows.first).to_contain_text("待退款")


def test_a_rule_is_tried_on_history_before_another_publishes_it(page: Page, browser: Browser, hub: str) -> None:
    page.goto("/recon/rules/matching")
    page.get_by_test_id("rule-cent_tolerance_minor").fill("3")
    page.get_by_test_id("save-draft").click()
    expect(page.get_by_test_id("draft-author")).to_be_visible()
    expect(page.get_by_test_id("publish")).to_be_disabled()
    other = other_page(browser, hub, "caiwu")
    other.goto("/recon/rules/matching")
    other.get_by_test_id("dry-run").click()
    expect(other.get_by_test_id("trial")).to_contain_text("对账范围", timeout=30_000)
    other.get_by_test_id("publish").click()
    other.get_by_test_id("note-input").fill("分差收紧到三分")
    other.get_by_test_id("note-confirm").click()
    expect(other.get_by_test_id("versions")).to_contain_text("分差收紧到三分")
    other.context.close()


def test_the_warehouse_sees_no_money(anybody: Page) -> None:
    sign_in(anybody, "cangku")
    expect(anybody.get_by_test_id("nav-recon")).to_have_count(0)
    expect(anybody.get_by_test_id("nav-breaks")).to_have_count(0)
