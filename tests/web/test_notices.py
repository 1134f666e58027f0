"""Notifications in a browser: a bell that rings live, rules tried and published, dead letters, cases ruled on a phone."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from fenghe.hub import demo_world
from tests.web.conftest import new_context, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
PHONE: ViewportSize = {"width": 390, "height": 844}


class Clerk:
    """Somebody at another desk, over HTTP."""

    def __init__(self, address: str, username: str) -> None:
        self.client = httpx.Client(base_url=address)
        self.client.get("/api/me")
        self.post("/api/session", {"username": username, "password": demo_world.PASSWORD})

    def post(self, path: str, body: object) -> httpx.Response:
        """As the screens do it."""
        answer = self.client.post(path, json=body, headers={"x-csrftoken": self.client.cookies["fenghe_csrf"]})
        answer.raise_for_status()
        return answer

    def case(self, place: int = 0) -> str:
        """The id of an open case."""
        found = self.client.get("/api/cases", params={"kind": "shipment.distance", "owner": "none"}).json()
        return str(found["items"][place]["id"])


@pytest.fixture
def admin(hub: str) -> Iterator[Clerk]:
    """The administrator, elsewhere."""
    clerk = Clerk(hub, "admin")
    yield clerk
    clerk.client.close()


def test_the_bell_rings_live_and_leads_to_the_case(anybody: Page, admin: Clerk) -> None:
    page = anybody
    sign_in(page, "caigou")  # customer service also hears of reminders, whenever they leave
    page.get_by_test_id("bell").click()
    read = page.get_by_test_id("bell-read")
    if read.is_enabled():
        read.click()
    expect(page.get_by_test_id("bell")).to_have_attribute("data-unread", "0")
    page.keyboard.press("Escape")
    case = admin.case()
    admin.post(f"/api/cases/{case}/comments", {"text": "@采购老周 请尽快核实"})
    expect(page.get_by_test_id("bell")).to_have_attribute("data-unread", "1", timeout=20_000)
    page.goto("/workbench")
    page.get_by_test_id("bell").click()
    page.get_by_test_id("bell-mail").first.click()
    expect(page).to_have_url(re.compile(rf"/cases/{case}$"))
    expect(page.get_by_test_id("bell")).to_have_attribute("data-unread", "0")
    page.goto("/notices?event=mentioned")
    row = page.get_by_test_id("mail-row").filter(has_text="请尽快核实")
    if row.count() == 0:
        row = page.get_by_test_id("mail-row")
    row.first.get_by_test_id("mail-toggle").click()
    expect(page.get_by_test_id("bell")).to_have_attribute("data-unread", "1")
    page.get_by_test_id("mail-read-all").click()
    expect(page.get_by_test_id("bell")).to_have_attribute("data-unread", "0")


def test_ones_own_wishes_are_kept(anybody: Page) -> None:
    page = anybody
    sign_in(page, "cangku")
    expect(page.get_by_test_id("nav-notices")).to_be_visible()
    page.goto("/notices?view=wishes")
    expect(page.get_by_test_id("notices-robots")).to_have_count(0)
    page.get_by_label("工单超时").check()
    page.get_by_test_id("wish-save").click()
    expect(page.get_by_text("已保存")).to_be_visible()
    page.reload()
    expect(page.get_by_label("工单超时")).to_be_checked()
    page.get_by_test_id("wish-test").click()
    expect(page.get_by_test_id("bell")).to_have_attribute("data-unread", "1")


def publish(page: Page, note: str) -> None:
    """Put the draft in force and see it in the history."""
    page.get_by_test_id("publish").click()
    page.get_by_test_id("note-input").fill(note)
    page.get_by_test_id("note-confirm").click()
    expect(page.get_by_test_id("versions")).to_contain_text(note)


def test_a_rule_is_written_tried_published_and_rolled_back(page: Page) -> None:
    page.goto("/notices?view=rules")
    page.get_by_test_id("rule-new").click()
    page.get_by_test_id("rule-name").fill("browser-rule")
    page.get_by_test_id("rule-name-ok").click()
    page.get_by_test_id("rule-title").fill("浏览器里写的规则")
    page.get_by_test_id("save-draft").click()
    expect(page.get_by_test_id("problem")).to_contain_text("至少选一个接收人")
    expect(page.get_by_test_id("publish")).to_be_disabled()
    page.get_by_test_id("rule-robots").click()
    page.locator(".ant-select-item-option").filter(has_text="物流预警群").click()
    page.keyboard.press("Escape")
    page.get_by_test_id("dry-run").click()
    told = page.get_by_test_id("trial")
    expect(told).to_contain_text("会发出的消息")
    expect(told).to_contain_text("物流预警群(钉钉沙箱)")
    expect(page.get_by_test_id("problem")).to_have_count(0)
    publish(page, "先在群里试一周")
    page.get_by_test_id("rule-body").fill("**{title}**\n[打开]({link})")
    page.get_by_test_id("dry-run").click()
    publish(page, "写短一点")
    page.get_by_test_id("rollback-1").click()
    page.get_by_test_id("note-input").fill("还是要写怎么办")
    page.get_by_test_id("note-confirm").click()
    expect(page.get_by_test_id("rule-body")).to_have_value(re.compile("怎么办"))
    page.goto("/notices?view=rules")
    expect(page.get_by_test_id("rule-row-browser-rule")).to_contain_text("v3")


def test_a_robot_is_entered_tested_and_its_dead_letter_sent_again(page: Page) -> None:
    page.goto("/notices?view=robots")
    page.get_by_test_id("robot-test-feishu-demo").click()
    page.get_by_test_id("robot-new").click()
    page.get_by_test_id("robot-id").fill("broken")
    page.get_by_test_id("robot-title").fill("配错的群")
    page.get_by_test_id("robot-access_token").fill("no-such-token")
    page.get_by_test_id("robot-base_url").fill("http://127.0.0.1:9")
    page.get_by_test_id("robot-save").click()
    page.get_by_test_id("robot-test-broken").click()
    page.goto("/notices?view=log&robot=feishu-demo")
    row = page.get_by_test_id("delivery-row").filter(has_text="缝合测试消息")
    expect(row.first.get_by_test_id("delivery-sent")).to_be_visible(timeout=15_000)
    row.first.click()
    expect(page.get_by_test_id("delivery-detail")).to_contain_text("success")
    page.goto("/notices?view=log&robot=broken")
    expect(page.get_by_test_id("delivery-row")).to_contain_text("连不上", timeout=15_000)
    page.goto("/notices?view=robots")
    page.get_by_test_id("robot-switch-broken").click()
    expect(page.get_by_test_id("robot-row-broken")).to_contain_text("已停用")


@pytest.fixture
def phone(browser: Browser, hub: str, console: list[str]) -> Iterator[Page]:
    """A telephone nobody has signed in on."""
    context = new_context(browser, hub, viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.set_default_timeout(8_000)
    page.on("console", lambda said: console.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: console.append(str(error)))
    yield page
    context.close()
    assert not console, console


def test_a_case_is_taken_discussed_and_ruled_on_a_phone(phone: Page, admin: Clerk) -> None:
    case = admin.case(1)
    phone.goto(f"/m/cases/{case}")
    phone.get_by_test_id("login-username").fill("kefu")
    phone.get_by_test_id("login-password").fill(demo_world.PASSWORD)
    phone.get_by_test_id("login-submit").tap()
    expect(phone.get_by_test_id("mobile-case-page")).to_be_visible()
    expect(phone).to_have_url(re.compile(rf"/m/cases/{case}$"))
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], "nothing to scroll sideways"
    for box in [one.bounding_box() for one in phone.locator("button:visible, .mb-head a:visible").all()]:
        assert box is not None and box["height"] >= 44, "big enough for a thumb"
    phone.get_by_test_id("mobile-take").tap()
    expect(phone.get_by_test_id("mobile-said")).to_contain_text("已领取")
    phone.get_by_test_id("mobile-comment").fill("已电话联系网点")
    phone.get_by_test_id("mobile-say").tap()
    expect(phone.get_by_test_id("mobile-comments")).to_contain_text("已电话联系网点")
    phone.get_by_test_id("mobile-decide-keep_ours").tap()
    expect(phone.get_by_test_id("mobile-confirm")).to_be_disabled()
    phone.get_by_test_id("mobile-reason").fill("网点确认没有收到")
    phone.get_by_test_id("mobile-confirm").tap()
    expect(phone.get_by_test_id("mobile-explanation")).to_contain_text("客服小林")
    expect(phone.get_by_test_id("mobile-decisions")).to_have_count(0)
    phone.get_by_test_id("mobile-order-link").tap()
    expect(phone.get_by_test_id("mobile-timeline")).to_contain_text("网点确认没有收到")
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.get_by_test_id("mobile-back").tap()
    phone.get_by_test_id("mobile-tab-free").tap()
    expect(phone.get_by_test_id("mobile-case").first).to_be_visible()
