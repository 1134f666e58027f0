"""Asking payment providers (询问支付机构) end to end: the sandbox answers in their protocols, only what is signed counts."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from fenghe.hub import paying, rooms
from fenghe.hub.acts import ACTS
from fenghe.hub.paying import Linked, NoLink, make_link
from fenghe.hub.statement_duty import StatementDuty
from fenghe.hub.worker import Worker
from fenghe.kernel.connections.store import NewSource, create_source
from fenghe.kernel.database.address import Database
from fenghe.kernel.outbox import store as outbox
from fenghe.kernel.outbox.sender import Sender
from fenghe.kernel.people.person import Actor
from fenghe.kernel.secrets import source_unsealer
from fenghe.money import store_asking
from fenghe.money.asking import SCHEDULE, Ask, Wish, next_question
from fenghe.money.tasks_asking import AskingDuty, ask_bills
from fenghe.simulator.clock import VirtualClock
from fenghe.simulator.dialects import wechatpay as wx_sandbox
from fenghe.simulator.running import serving
from fenghe.simulator.till_app import TillGateway, build_till_app
from tests.connectors.payments.tills import order as sold
from tests.connectors.payments.tills import till
from tests.kernel.outbox.outside import KEY, work_off
from tests.money.hearing import bindings, guard, hear, number, order

ACTOR = Actor("admin", "local")


@pytest.fixture(scope="module")
def gateway() -> TillGateway:
    world = till([sold(n, channel="taobao" if n % 2 else "jd") for n in range(6)])
    return TillGateway(world, VirtualClock(datetime.now(UTC)))


@pytest.fixture(scope="module")
def address(gateway: TillGateway) -> Iterator[str]:
    with serving(build_till_app(gateway)) as address:
        yield address


class Hub:
    """A hub with both providers connected."""

    def __init__(self, connection: Connection[Any], gateway: TillGateway, address: str) -> None:
        self.connection, self.gateway = connection, gateway
        for name, base, channels in (("wechatpay", address, ["jd"]), ("alipay", f"{address}/gateway.do", ["taobao"])):
            config: dict[str, Any] = {
                "base_url": base,
                "notify_url": "https://shop.example/hook",
                "collects_for": channels,
            }
            config["search_after_seconds"] = 0
            wish = NewSource(
                id=f"{name}-shop", connector=name, title=name, config=config, secrets=gateway.secrets(name)
            )
            create_source(connection, wish, kind="payment", key=KEY, actor=ACTOR)

    def send(self) -> None:
        """Make the calls that are due and let the worker read what came back."""
        with closing(Sender(self.connection, ACTS, key=KEY)) as sender:
            work_off(sender)
        worker = Worker(self.connection)
        while worker.turn().messages:
            continue

    def ask(self, act: Ask, wish: Wish, source: str, key: str) -> None:
        """Put a question and have it answered."""
        store_asking.ask(
            self.connection, act, wish, source=source, key=key, due_at=datetime.now(UTC) - timedelta(seconds=1)
        )
        self.send()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database."""
        return self.connection.execute(query.encode(), values).fetchall()

    def sources(self) -> Any:
        """With their secrets."""
        return outbox.load_sources(self.connection, source_unsealer(KEY))

    def link(self, order_no: str, way: str = "native") -> Linked | NoLink:
        """A link for a buyer."""
        with self.connection.transaction():
            return make_link(
                self.connection, order_no=order_no, way=way, by="kefu", now=datetime.now(UTC), sources=self.sources()
            )


@pytest.fixture
def hub(migrated_database: Database, gateway: TillGateway, address: str) -> Iterator[Hub]:
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        yield Hub(connection, gateway, address)


@pytest.mark.parametrize(("provider", "channel"), [("wechatpay", "jd"), ("alipay", "taobao")])
def test_a_buyer_pays_by_the_link_and_no_notification_comes(hub: Hub, provider: str, channel: str) -> None:
    one = number()
    hear(hub.connection, order(one, channel=channel))
    made = hub.link(one)
    assert isinstance(made, Linked) and made.source == f"{provider}-shop"
    hub.send()
    ((status, url),) = hub.rows("select status, url from pay_order where order_no = %s", one)
    assert status == "open" and url.startswith(("weixin://", "https://qr.alipay.com/"))
    again = hub.link(one)
    assert isinstance(again, Linked) and again.url == url, "one link an order"
    paid = hub.gateway.till.find(provider, out_trade_no=one)
    assert paid is not None
    hub.gateway.till.pay(paid.payment_no, hub.gateway.clock.now())
    hub.rows("update pay_order set ask_due_at = now() returning id")
    duty = AskingDuty()
    duty.turn(hub.connection, now=datetime.now(UTC))
    hub.send()
    guard(hub.connection)
    assert bindings(hub.connection, one) == [("bound", None)]
    AskingDuty().turn(hub.connection, now=datetime.now(UTC))
    assert hub.rows("select status, ask_due_at from pay_order where order_no = %s", one) == [("paid", None)]
    refused = hub.link(one)
    assert isinstance(refused, NoLink) and "已经收到付款" in refused.words, "never a reminder after it was paid"


def test_no_link_for_what_is_not_to_be_paid(hub: Hub) -> None:
    closed, unknown = number(), number()
    hear(hub.connection, order(closed, "cancelled"), order(unknown, total_minor=None))
    for name, words in ((closed, "不在待付款状态"), (unknown, "不知道"), ("nobody", "没有订单")):
        refused = hub.link(name)
        assert isinstance(refused, NoLink) and words in refused.words
    assert hub.rows("select count(*) from pay_order") == [(0,)]


def test_alipay_pages_are_addresses_of_our_own_signature(hub: Hub) -> None:
    one = number()
    hear(hub.connection, order(one, channel="taobao"))
    made = hub.link(one, "page")
    assert isinstance(made, Linked) and "method=alipay.trade.page.pay" in made.url and "sign=" in made.url


@pytest.mark.parametrize("provider", ["wechatpay", "alipay"])
def test_a_refund_asked_for_twice_is_one_and_is_followed_to_its_end(hub: Hub, provider: str) -> None:
    paid = next(one for one in hub.gateway.till.payments.values() if one.provider == provider and one.fault is None)
    wish = Wish(
        payment_no=paid.payment_no, out_trade_no=paid.out_trade_no, out_refund_no=f"RF{provider}", amount_minor=7,
        total_minor=paid.amount_minor, reason="少发一件",
    )  # fmt: skip
    for turn in ("first", "second"):
        hub.ask(Ask.REFUND, wish, f"{provider}-shop", f"refund:{provider}:{turn}")
    assert len(hub.gateway.till.refunds_of(paid.payment_no)) == 1
    till_clock = hub.gateway.clock
    hub.gateway.clock = VirtualClock(datetime.now(UTC) + timedelta(minutes=1))
    hub.rows("update refund set ask_due_at = now() where ask_due_at is not null returning subject_id")
    AskingDuty().turn(hub.connection, now=datetime.now(UTC))
    hub.send()
    hub.gateway.clock = till_clock
    found = hub.rows("select out_refund_no, amount_minor, succeeded, ask_due_at, payment_no from refund")
    assert found == [(f"RF{provider}", 7, True, None, paid.payment_no)]
    too_much = Wish(payment_no=paid.payment_no, out_refund_no="RX", amount_minor=10**6, total_minor=paid.amount_minor)
    hub.ask(Ask.REFUND, too_much, f"{provider}-shop", f"refund:{provider}:much")
    ((status, error),) = hub.rows(
        "select status, last_error from outbox where idempotency_key = %s", f"refund:{provider}:much"
    )
    assert status == "failed" and "可退金额" in error, "refused in the provider's own words, and not tried again"


@pytest.mark.parametrize("provider", ["wechatpay", "alipay"])
def test_bills_are_fetched_once_and_kept_whole(hub: Hub, provider: str) -> None:
    ask_bills(hub.connection, f"{provider}-shop", date(2026, 2, 5), now=datetime.now(UTC) - timedelta(seconds=1))
    hub.send()
    kept = hub.rows(
        "select body, headers::jsonb ->> ':asked' from inbound_message where headers::jsonb ->> ':act' = 'bill.download'"
    )
    assert len(kept) == 2, hub.rows("select act, status, last_error from outbox")
    marks = {b"\x1f\x8b"} if provider == "wechatpay" else {b"PK"}
    assert {bytes(row[0])[:2] for row in kept} == marks and all('"bill_day":"2026-02-05"' in row[1] for row in kept)
    assert ask_bills(hub.connection, f"{provider}-shop", date(2026, 2, 5), now=datetime.now(UTC)) == 0
    duty = StatementDuty()
    while duty.turn(hub.connection, now=datetime.now(UTC)):
        continue
    files = hub.rows("select name, layout, complete, read, stored, set_aside from statement_file order by name")
    whole = [row for row in files if row[3]]  # Alipay's summary has no rows of its own
    assert len(whole) == 2 and all(row[2] and row[3] == row[4] and not row[5] for row in whole), files
    paid = {one.payment_no for one in hub.gateway.till.payments.values() if one.provider == provider and one.paid_at}
    worker = Worker(hub.connection)
    while worker.turn().messages:
        continue
    lines = {row[0] for row in hub.rows("select distinct payment_no from statement_line where kind = 'payment'")}
    assert lines and lines <= paid, "every line is a payment of the till"


def test_an_answer_with_a_wrong_signature_counts_for_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    paid = next(one for one in hub.gateway.till.payments.values() if one.provider == "wechatpay")
    honest = wx_sandbox.signed_headers
    monkeypatch.setattr(wx_sandbox, "signed_headers", lambda keys, body, **more: honest(keys, body + b" ", **more))
    hub.ask(Ask.PAYMENT, Wish(payment_no=paid.payment_no), "wechatpay-shop", "forged")
    ((status, error),) = hub.rows("select status, last_error from outbox where idempotency_key = 'forged'")
    assert status == "waiting" and "signature_wrong" in error
    assert hub.rows("select count(*) from payment") == [(0,)]


def test_an_order_paid_by_the_channels_word_is_looked_for_at_its_provider(hub: Hub) -> None:
    paid = next(one for one in hub.gateway.till.payments.values() if one.provider == "wechatpay")
    told = order(
        paid.order_no, "await_shipment", total_minor=paid.amount_minor, paid_at=datetime.now(UTC) - timedelta(hours=1)
    )
    hear(hub.connection, told)
    AskingDuty().turn(hub.connection, now=datetime.now(UTC))
    AskingDuty().turn(hub.connection, now=datetime.now(UTC))
    hub.send()
    guard(hub.connection)
    assert bindings(hub.connection, paid.order_no) == [("bound", None)], "the notification was lost, the query knew"


def test_what_stays_open_goes_to_a_person_after_the_last_question(hub: Hub) -> None:
    from fenghe.money.events import PaymentState  # noqa: PLC0415
    from tests.money.hearing import payment  # noqa: PLC0415

    one = number()
    hear(hub.connection, payment(one, state=PaymentState.AWAITING, status_code="USERPAYING", paid_at=None))
    for _ in SCHEDULE["payment"]:
        hub.rows("update payment set ask_due_at = now() returning subject_id")
        AskingDuty().turn(hub.connection, now=datetime.now(UTC))
    ((asked, due),) = hub.rows("select asked, ask_due_at from payment where order_no = %s", one)
    assert (asked, due) == (len(SCHEDULE["payment"]), None)
    assert hub.rows("select kind, status from work_case") == [("payment.ask_exhausted", "open")]
    hear(hub.connection, payment(one))
    AskingDuty().turn(hub.connection, now=datetime.now(UTC))
    assert hub.rows("select kind, status from work_case") == [("payment.ask_exhausted", "self_closed")]


def test_the_schedule_ends() -> None:
    now = datetime(2026, 2, 5, tzinfo=UTC)
    for kind, steps in SCHEDULE.items():
        assert next_question(kind, 0, now) == now + steps[0] and next_question(kind, len(steps), now) is None


def test_every_act_is_wired() -> None:
    assert set(map(str, Ask)) <= set(ACTS) and set(paying.PROVIDERS) <= set(rooms.connectors())
