"""Whatever a chain holds, what the causes contribute is exactly the difference, and nothing is left unexplained."""

from hypothesis import given, settings
from hypothesis import strategies as st

from fenghe.money.causes import TO_PROVIDER, TO_VOUCHER, Cause
from fenghe.money.chain import Chain, Coverage, MoneyDoc, OrderDoc, VoucherDoc
from fenghe.money.classify import classify
from fenghe.money.policy import Policy

AMOUNTS = st.sampled_from([1, 2, 30, 99, 100, 101, 130, 200, 10_000])
KINDS = st.sampled_from(["live", "part_paid", "awaiting", "closed_unpaid", "cancelled", "closed_refunded", "unknown"])
COVERAGES = st.builds(
    Coverage,
    orders=st.booleans(),
    payments=st.just(True),
    refunds=st.booleans(),
    vouchers=st.booleans(),
)


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """A small chain, however absurd."""
    orders = tuple(
        OrderDoc(
            id=at,
            order_no="A1",
            kind=draw(KINDS),
            due_minor=draw(st.none() | AMOUNTS | st.just(0)),
            refunded_minor=draw(st.none() | AMOUNTS),
        )
        for at in range(draw(st.integers(0, 2)))
    )
    payments, refunds = (
        tuple(
            MoneyDoc(kind=kind, id=at, number=f"{kind}{at}", order_no="A1", amount_minor=draw(AMOUNTS))
            for at in range(draw(st.integers(0, 3)))
        )
        for kind in ("payment", "refund")
    )
    vouchers = tuple(
        VoucherDoc(
            id=at,
            number=f"V{at}",
            kind=draw(st.sampled_from(["order", "refund"])),
            order_no="A1",
            amount_minor=draw(AMOUNTS),
        )
        for at in range(draw(st.integers(0, 4)))
    )
    return Chain(order_no="A1", orders=orders, payments=payments, refunds=refunds, vouchers=vouchers)


@settings(max_examples=3000)
@given(chains(), COVERAGES)
def test_the_causes_add_up_and_nothing_is_left(chain: Chain, coverage: Coverage) -> None:
    if not coverage.refunds:
        chain = Chain(order_no="A1", orders=chain.orders, payments=chain.payments, vouchers=chain.vouchers)
    if not coverage.orders:
        chain = Chain(order_no="A1", payments=chain.payments, refunds=chain.refunds, vouchers=chain.vouchers)
    if not coverage.vouchers:
        chain = Chain(order_no="A1", orders=chain.orders, payments=chain.payments, refunds=chain.refunds)
    outcome = classify(chain, Policy(coverage=coverage))
    told = {TO_PROVIDER: 0, TO_VOUCHER: 0}
    for one in outcome.differences:
        assert one.cause is not Cause.UNEXPLAINED, one
        assert one.amount_minor
        for _, place, amount in one.steps:
            told[place] += amount
    assert told[TO_PROVIDER] == outcome.provider - outcome.receivable
    assert told[TO_VOUCHER] == outcome.booked - outcome.provider
    assert len({(one.cause, one.field, one.mark) for one in outcome.differences}) == len(outcome.differences)
