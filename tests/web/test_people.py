"""People, tokens, saved views and thresholds, by hand in a browser, each to its effect."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_new_person_signs_in(page: Page, hub: str) -> None:
    page.goto("/people")
    page.get_by_test_id("user-new").click()
    page.get_by_test_id("user-username").fill("xiaowang")
    page.get_by_test_id("user-name").fill("客服小王")
    page.get_by_test_id("user-roles").click()
    page.locator(".ant-select-item-option").filter(has_text="客服").first.click()
    page.keyboard.press("Escape")
    page.get_by_test_id("user-password").fill("a long enough phrase")
    page.get_by_role("button", name=re.compile("保.?存")).click()
    expect(page.get_by_test_id("users-table")).to_contain_text("xiaowang")
    with httpx.Client(base_url=hub) as client:
        client.get("/api/me")
        entered = {"username": "xiaowang", "password": "a long enough phrase"}
        answer = client.post("/api/session", json=entered, headers={"x-csrftoken": client.cookies["fenghe_csrf"]})
    assert answer.status_code == 200
    page.goto("/people?view=access")
    expect(page.get_by_test_id("access-table")).to_contain_text("xiaowang")


def test_a_token_is_shown_once_works_and_is_taken_back(page: Page, hub: str) -> None:
    page.goto("/people?view=tokens")
    page.get_by_test_id("token-new").click()
    page.get_by_test_id("token-name").fill("报表脚本")
    page.get_by_role("button", name=re.compile("生.?成")).click()
    secret = page.get_by_test_id("token-secret").inner_text().strip()
    assert secret.startswith("fh_")
    bearer = {"authorization": f"Bearer {secret}"}
    assert httpx.get(f"{hub}/api/orders", headers=bearer).status_code == 200
    assert httpx.get(f"{hub}/api/users", headers=bearer).status_code == 403
    page.reload()
    expect(page.get_by_test_id("tokens-table")).to_contain_text("报表脚本")
    expect(page.locator("body")).not_to_contain_text(secret)
    row = page.locator(".ant-table-row").filter(has_text="报表脚本")
    row.get_by_role("button").last.click()
    page.locator(".ant-popconfirm").get_by_role("button").last.click()
    expect(row).to_have_count(0)
    assert httpx.get(f"{hub}/api/orders", headers=bearer).status_code == 401


def test_a_view_is_saved_found_again_and_removed(page: Page) -> None:
    page.goto("/orders?tab=held")
    page.get_by_test_id("views").click()
    page.get_by_test_id("view-save").click()
    page.get_by_test_id("view-name").fill("熔断的订单")
    page.get_by_role("button", name=re.compile("保.?存")).click()
    page.goto("/orders")
    page.get_by_test_id("views").click()
    page.get_by_text("熔断的订单").click()
    expect(page).to_have_url(re.compile("tab=held"))
    page.get_by_test_id("views").click()
    page.locator(".fh-view-row").filter(has_text="熔断的订单").get_by_role("button").click()
    expect(page.locator(".fh-view-row").filter(has_text="熔断的订单")).to_have_count(0)


def test_a_threshold_is_drafted_by_one_and_published_by_another(anybody: Page) -> None:
    page = anybody
    sign_in(page, "yunying")
    page.goto("/policies/sto")
    page.locator("#fuse-age_hours").fill("30")
    page.locator("#fuse-age_hours").press("Tab")
    page.get_by_test_id("dry-run").click()
    expect(page.get_by_test_id("trial")).to_be_visible()
    page.context.clear_cookies()
    sign_in(page, "admin")
    page.goto("/policies/sto")
    expect(page.get_by_test_id("draft-author")).to_contain_text("运营阿杰")
    page.get_by_test_id("dry-run").click()
    expect(page.get_by_test_id("trial")).to_be_visible()
    page.get_by_test_id("publish").click()
    page.get_by_test_id("note-input").fill("申通推得晚,多等六小时")
    page.get_by_test_id("note-confirm").click()
    expect(page.get_by_test_id("versions")).to_contain_text("多等六小时")
