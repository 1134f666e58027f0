"""`fenghe trace NUMBER [--seek]`: the chain, which of two, what an unknown number was looked for as, and a search to its end."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from fenghe.kernel.connections.store import NewSource, create_source
from fenghe.kernel.people.person import Actor
from fenghe.simulator.clock import VirtualClock
from fenghe.simulator.running import serving_till
from fenghe.simulator.till import Sold, Till
from fenghe.simulator.till_app import TillGateway
from tests.cli.commands import Commands
from tests.kernel.outbox.outside import KEY
from tests.money.test_ledger import order, payment

NOW = datetime.now(UTC).replace(microsecond=0)
LOST = Sold(
    channel="weidian", order_no="WD20260205009", title="猫粮", due_minor=13_800, created_at=NOW - timedelta(hours=30),
    paid_at=NOW - timedelta(hours=29),
)  # fmt: skip


@pytest.fixture
def shop(fenghe: Commands, monkeypatch: pytest.MonkeyPatch) -> Iterator[Commands]:
    """A payment that nobody told of, at a provider that can be asked."""
    monkeypatch.setenv("FENGHE_SECRET_KEY", base64.b64encode(KEY).decode())
    gateway = TillGateway(Till(seed=7, now=NOW, sold=[LOST]), VirtualClock(NOW))
    with serving_till(gateway) as till, psycopg.connect(fenghe.database.app_url, autocommit=True) as connection:
        order(connection, LOST.order_no, 13_800)
        connection.execute("update order_book set channel = 'weidian'")
        wish = NewSource(
            id="wx",
            connector="wechatpay",
            title="微信支付",
            config={"base_url": till},
            secrets=gateway.secrets("wechatpay"),
        )
        create_source(connection, wish, kind="payment", key=KEY, actor=Actor("t", ""))
        yield fenghe


def test_a_search_from_the_command_line_finds_what_was_lost(shop: Commands) -> None:
    before = shop.json("trace", LOST.order_no)
    assert before["chain"]["gaps"][0]["code"] == "payment" and before["search"] is None
    told = shop.json("trace", LOST.order_no, "--seek")
    assert told["search"]["how"] == "begun" and told["search"]["status"] == "done"
    assert told["search"]["closed"] >= 1
    assert {one["who"]: one["status"] for one in told["search"]["questions"]}["provider"] == "found"
    assert "payment" in {one["kind"] for one in told["chain"]["documents"]}
    again = shop("trace", LOST.order_no, "--seek").output
    assert "几分钟前刚寻过" in again and "有新证据" in again
    who = shop.rows("select asked_by from trace_search")
    assert len(who) == 1 and who[0][0].startswith("cli:")


def test_a_number_nobody_knows_and_one_of_two_chains(shop: Commands) -> None:
    told = shop.json("trace", "NOBODY-12345", status=2)
    assert told["error"]["code"] == "not_found" and "支付流水号" in told["error"]["message"]
    sought = shop.json("trace", "NOBODY-12345", "--seek")
    assert sought["chain"] is None and sought["search"]["questions"]
    with psycopg.connect(shop.database.app_url, autocommit=True) as connection:
        order(connection, "X1", 1)
        payment(connection, LOST.order_no, 5, order_no="X1")
    told = shop.json("trace", LOST.order_no, status=2)
    assert told["error"]["code"] == "several" and "--which" in told["error"]["message"]
    which = told["error"]["message"].split("--which ")[1].split("（")[0]
    assert shop.json("trace", LOST.order_no, "--which", which)["chain"]["documents"]
    assert shop.json("trace", "2.07E+17", status=2)["error"]["code"] == "call_wrong"
