"""A ghost order, settled by customer service in a browser, leaves its row in the audit."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_customer_service_takes_the_carriers_word_and_the_audit_knows_who(anybody: Page) -> None:
    sign_in(anybody, "kefu")
    page = anybody
    page.goto("/cases?q=&kind=shipment.distance")
    page.locator("[data-testid^=case-row-]").filter(has_text="待揽收").first.click()
    expect(page.get_by_test_id("explanation")).to_contain_text("待揽收")
    page.get_by_test_id("decide-accept_theirs").click()
    page.get_by_test_id("reason-input").fill("电话问过网点,确实还没有揽收")
    page.get_by_test_id("decide-confirm").click()
    expect(page.get_by_test_id("case-settled")).to_be_visible()
    number = re.search(r"\b(?:SF)?[A-Z]{0,2}\d{11,}\b", page.locator("main").inner_text())
    assert number is not None
    page.goto(f"/shipments?q={number.group(0)}")
    page.locator(".ant-table-row").get_by_text(number.group(0)).click()
    page.get_by_test_id("detail-tab-audit").click()
    row = page.get_by_test_id("audit-row").filter(has_text="待揽收").filter(has_text="kefu")
    expect(row.first).to_be_visible()
