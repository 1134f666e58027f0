"""What the database drops as plainly right, the rules find nothing in: thousands of random chains put to both."""

import random
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from fenghe.kernel.database.address import Database
from fenghe.money import store_links
from fenghe.money.classify import classify
from fenghe.money.tasks_recon import in_force
from tests.money.month import Back, Month, Order, Pay, Voucher
from tests.money.pour import pour

AT = datetime(2026, 2, 3, tzinfo=UTC)
STATES = (
    "finished",
    "finished",
    "finished",
    "await_payment",
    "closed_unpaid",
    "cancelled",
    "closed_refunded",
    "part_paid",
    "unknown",
)


def absurd(seed: int, *, legs: frozenset[str]) -> Month:
    """Small chains of small amounts, so that many are right by chance."""
    rng = random.Random(seed)
    month = Month()
    for n in range(700):
        number, amounts = f"A{n:06d}", rng.choice([(100,), (100, 200), (0, 100)])
        for _ in range(rng.choice([1, 1, 1, 0, 2]) if "orders" in legs else 0):
            told = rng.choice([None, None, 0, 100])
            paid = AT if rng.random() < 0.8 else None
            channel = f"c{len(month.orders) % 3}"
            month.orders.append(Order(number, channel, rng.choice(STATES), rng.choice(amounts), AT, paid, told))
        for at in range(rng.choice([1, 1, 1, 0, 2])):
            month.payments.append(Pay("alipay", f"P{n}-{at}", number, rng.choice(amounts), AT, None))
        for at in range(rng.choice([0, 0, 0, 1, 2]) if "refunds" in legs else 0):
            month.refunds.append(Back("alipay", f"R{n}-{at}", f"P{n}-0", number, rng.choice(amounts), AT))
        for at in range(rng.choice([1, 1, 1, 0, 2, 3]) if "vouchers" in legs else 0):
            kind = rng.choice(["order", "order", "refund"])
            month.vouchers.append(
                Voucher(f"V{n}-{at}", kind, number, rng.choice(amounts), date(2026, 2, 3) + timedelta(at))
            )
    return month


@pytest.mark.parametrize(
    "legs",
    [
        frozenset({"orders", "refunds", "vouchers"}),
        frozenset({"orders", "vouchers"}),
        frozenset({"orders", "refunds"}),
        frozenset({"refunds", "vouchers"}),
    ],
    ids=lambda legs: "+".join(sorted(legs)),
)
def test_the_screen_drops_nothing_wrong(migrated_database: Database, legs: frozenset[str]) -> None:
    month = absurd(len(legs) * 31 + ("refunds" in legs), legs=legs)
    pour(migrated_database.app_url, month)
    everything = {one.number for one in month.orders} | {one.trade_no for one in month.payments}
    everything |= {one.order_no for one in month.refunds} | {one.order_no for one in month.vouchers}
    with psycopg.connect(migrated_database.app_url) as connection:
        sources = store_links.sources_of(connection, today=date(2026, 3, 1))
        policy = in_force(connection, sources, now=datetime(2026, 3, 1, tzinfo=UTC))
        store_links.prepare(connection, sources)
        assert store_links.suspects(connection, sources, touched=False) == len(everything)
        kept = {row[0] for row in connection.execute("select k from recon_suspect")}
        store_links.chain_table(connection, sources, touched=False)
        assert kept == {row[0] for row in connection.execute("select k from recon_chain where not clean")}
        nets: dict[str, int] = dict(connection.execute("select k, net from recon_chain where clean").fetchall())
        store_links.only_suspects(connection, sorted(everything))
        wrong = set()
        for chains in store_links.chains(connection, sources):
            outcomes = [classify(chain, policy) for chain in chains]
            if any(one.differences for one in outcomes):
                wrong.add(chains[0].order_no)
            elif chains[0].order_no in nets:
                assert {nets[chains[0].order_no]} == {outcomes[0].receivable, outcomes[0].provider, outcomes[0].booked}
    assert wrong <= kept, sorted(wrong - kept)[:5]
    assert len(kept) < len(everything)
