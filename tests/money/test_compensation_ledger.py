"""What compensation does lands in audit and ledger (补偿入账): each refund it made, each refund whose booking it mended."""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from fenghe.kernel.audit import store as audit
from fenghe.kernel.database.address import Database
from fenghe.money.store_verify import verify
from fenghe.money.tasks_ledger import post_all
from fenghe.simulator.clock import VirtualClock
from fenghe.simulator.orders_app import OrderDesk, build_orders_app
from fenghe.simulator.running import serving
from fenghe.simulator.till_app import TillGateway, build_till_app
from tests.money.compensating import Shop, month, till_of

LEDGER = (
    "select v.event, v.order_no, v.total_minor, v.reverses_id is not null, (select jsonb_object_agg(e.account,"
    " e.debit_minor - e.credit_minor) from ledger_entry e where e.voucher_id = v.id) from ledger_voucher v"
    " where v.order_no = any(%s) order by v.id"
)


@pytest.fixture
def shop(migrated_database: Database) -> Iterator[Shop]:
    told = month(good=3, unheard=1, cancelled=2, partial=2)
    gateway, desk = TillGateway(till_of(told), VirtualClock(datetime.now(UTC))), OrderDesk(seed=3)
    with (
        serving(build_till_app(gateway)) as till,
        serving(build_orders_app(desk)) as channels,
        psycopg.connect(migrated_database.app_url, autocommit=True) as connection,
    ):
        shop = Shop(connection, told, till=till, desk_address=channels, desk=desk)
        shop.connect(gateway)
        shop.live()
        shop.reconcile()
        post(shop)
        yield shop


def post(shop: Shop) -> None:
    post_all(shop.connection, now=datetime.now(UTC))


def refunds_in_ledger(shop: Shop, numbers: list[str]) -> dict[str, list[int]]:
    """By order the refunds that the ledger holds and has not taken back, as amounts."""
    found: dict[str, list[int]] = {}
    for event, order_no, total, reverses, _ in shop.rows(LEDGER, numbers):
        if event == "refund.paid":
            found.setdefault(order_no, []).append(-total if reverses else total)
    return found


def test_a_refund_that_compensation_makes_is_posted_once_by_double_entry(shop: Shop) -> None:
    numbers = [one.order_no for one in shop.month.cancelled]
    assert refunds_in_ledger(shop, numbers) == {}, "nothing is booked of what was not done"
    shop.compensate()
    post(shop)
    assert refunds_in_ledger(shop, numbers) == {}, "a proposal is no movement of money"
    assert shop.approve(kind=("refund_payment",)) == 2
    shop.whole()
    post(shop)
    post(shop)
    assert refunds_in_ledger(shop, numbers) == {one.order_no: [one.due_minor] for one in shop.month.cancelled}
    for event, _, total, _, entries in shop.rows(LEDGER, numbers):
        assert sum(entries.values()) == 0, "balanced"
        if event == "refund.paid":
            assert sorted(entries.values()) == [-total, total] and entries["1122"] == total
    assert verify(shop.connection).bad is None
    _in_audit(shop, numbers)


def _in_audit(shop: Shop, numbers: list[str]) -> None:
    """Who proposed, who agreed, what was begun and done; and the refund's own state, by the provider's word."""
    told = shop.rows(
        "select array_agg(e.event order by e.id), max(c.decided_by) from compensation_event e join compensation c"
        " on c.id = e.compensation_id where c.order_no = any(%s) group by c.id",
        numbers,
    )
    assert told == [(["proposed", "approved", "started", "done"], "laoban")] * 2
    states = shop.rows(
        "select a.to_state from order_state_audit a join refund r on r.subject_id = a.subject_id"
        " where r.order_no = any(%s) and r.out_refund_no like 'FH%%' and a.to_state = 'success'",
        numbers,
    )
    assert len(states) == 2 and audit.verify(shop.connection).bad is None


def test_a_refund_whose_booking_was_mended_stands_in_the_ledger_once(shop: Shop) -> None:
    numbers = [one.order_no for one in shop.month.partial]
    before = refunds_in_ledger(shop, numbers)
    assert before == {one: [1_000] for one in numbers}, (
        "the provider's word is booked whether finance has a voucher or not"
    )
    shop.compensate()
    assert shop.approve(kind=("book_refund",)) == 2
    shop.whole()
    post(shop)
    assert refunds_in_ledger(shop, numbers) == before, "mending finance's voucher moves no money a second time"
    issued = shop.rows(
        "select order_no, amount_minor, voucher_type, source from finance_voucher where voucher_no like 'FHV-%%' order by 1"
    )
    assert issued == [(one, 1_000, "refund", "fenghe-vouchers") for one in sorted(numbers)]
    asked = shop.rows(
        "select count(*) from inbound_message where headers ? ':compensation' and source = 'fenghe-vouchers'"
    )
    assert asked == [(2,)], "the voucher leads to the compensation that issued it"
    shop.reconcile()
    assert "partial_refund_not_booked" not in shop.open_breaks()
    assert verify(shop.connection).bad is None
