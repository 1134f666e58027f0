"""Orders in one currency, money or vouchers in another: by the rate declared, by the one that prevails, or not at all."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fenghe.money.causes import Cause
from fenghe.money.chain import Chain, MoneyDoc, OrderDoc, VoucherDoc
from fenghe.money.fx_chains import Converter, Crossing, convert, crossing
from fenghe.money.policy import Fx, FxRate, Policy

AT = datetime(2026, 2, 3, tzinfo=UTC)


def sale(n: int, due: int, yuan: int, *, booked: bool = False) -> list[Chain]:
    """An order in dollars, paid in yuan; or paid in dollars and booked in yuan."""
    number = f"A{n}"
    order = OrderDoc(id=n, order_no=number, kind="live", currency="USD", due_minor=due, paid_at=AT)

    def pay(currency: str, amount: int) -> MoneyDoc:
        return MoneyDoc(
            kind="payment", id=n, number=f"P{n}", order_no=number, currency=currency, amount_minor=amount, at=AT
        )

    voucher = VoucherDoc(id=n, number=f"V{n}", kind="order", order_no=number, currency="CNY", amount_minor=yuan)
    if booked:
        return [
            Chain(order_no=number, vouchers=(voucher,)),
            Chain(order_no=number, orders=(order,), payments=(pay("USD", due),)),
        ]
    return [
        Chain(order_no=number, payments=(pay("CNY", yuan),), vouchers=(voucher,)),
        Chain(order_no=number, orders=(order,)),
    ]


def crossed(chains: list[Chain]) -> Crossing:
    told = crossing(chains)
    assert told is not None
    return told


@pytest.mark.parametrize("booked", [False, True])
def test_by_the_rate_that_prevails(booked: bool) -> None:
    sales = [crossed(sale(n, 1_000 + n, (1_000 + n) * 7, booked=booked)) for n in range(8)]
    wrong = crossed(sale(9, 10_000, 77_000, booked=booked))
    converter = Converter(Fx(), [*sales, wrong])
    assert all(not outcome.differences for one in sales for _, outcome in convert(one, Policy(), converter))
    found = [told for _, outcome in convert(wrong, Policy(), converter) for told in outcome.differences]
    assert [(one.cause, one.amount_minor, one.currency) for one in found] == [(Cause.FX_DIFFERENCE, 7_000, "CNY")]


@pytest.mark.parametrize("how", ["ROUND_HALF_UP", "ROUND_DOWN"])
def test_what_misses_the_rate_that_prevails_misses_it_to_the_cent(how: str) -> None:
    def yuan(dollars: int) -> int:
        return int((dollars * Decimal("7.0512")).to_integral_value(rounding=how))

    sales = [crossed(sale(n, 3_333 + 71 * n, yuan(3_333 + 71 * n))) for n in range(12)]
    wrong = crossed(sale(99, 59_999, yuan(59_999) + 8_888))
    converter = Converter(Fx(), [*sales, wrong])
    found = [told for _, outcome in convert(wrong, Policy(), converter) for told in outcome.differences]
    assert [(one.cause, one.amount_minor) for one in found] == [(Cause.FX_DIFFERENCE, 8_888)]


@pytest.mark.parametrize("booked", [False, True])
@pytest.mark.parametrize("rate", [None, "7", "8"])
def test_every_step_is_explained(booked: bool, rate: str | None) -> None:
    one = crossed(sale(1, 1_000, 7_000, booked=booked))
    rates = (FxRate(source_currency="USD", target_currency="CNY", rate=Decimal(rate), told_by="行情"),) if rate else ()
    fx = Fx(rates=rates)
    told = convert(one, Policy(fx=fx), Converter(fx, []))
    for _, outcome in told:
        steps = {1: outcome.provider - outcome.receivable, 2: outcome.booked - outcome.provider}
        for difference in outcome.differences:
            for _, place, amount in difference.steps:
                steps[place] -= amount
        for _, place, amount in outcome.normal:
            steps[place] -= amount
        assert steps == {1: 0, 2: 0}
    causes = {difference.cause for _, outcome in told for difference in outcome.differences}
    none = {Cause.VOUCHER_AMOUNT_WRONG if booked else Cause.AMOUNT_WRONG}
    assert causes == {None: none, "7": set(), "8": {Cause.FX_DIFFERENCE}}[rate]


def test_what_is_no_exchange_is_judged_for_itself() -> None:
    first, second = sale(1, 1_000, 7_000), sale(1, 500, 900)
    assert crossing([*first, second[0]]) is None
    assert crossing([first[0]]) is None
