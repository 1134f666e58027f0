"""Breaks of settlement (结算差异): pay-outs and bank lines, fees and commission, conversions, the provider's statement. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from fenghe.money.causes import TO_BANK, Cause
from fenghe.money.chain import Difference, Document
from fenghe.money.found import Found, key_of
from fenghe.money.payouts import BankLine, Payout, Settled
from fenghe.money.rates import Misconverted, Rate, nearest

_NOTES: Final = {
    "short": "银行到账少于出款",
    "missing": "超过到账期限，银行没有到账",
    "on_the_way": "还在到账期限内",
    "alone": "银行有到账，渠道没有说出款",
}


def _of(
    scope: str, difference: Difference, *, provider: str, day: date | None, order_no: str = "", payment_no: str = ""
) -> Found:
    return Found(
        key=key_of(scope, difference),
        scope_key=scope,
        difference=difference,
        provider=provider,
        day=day,
        order_no=order_no,
        payment_no=payment_no,
    )


def _payout_documents(told: Iterable[Payout]) -> tuple[Document, ...]:
    return tuple(
        Document(
            side="ours",
            kind="payout",
            number=one.number,
            id=one.ids[0] if one.ids else None,
            amount_minor=one.amount_minor,
        )
        for one in told
    )


def _line_documents(told: Iterable[BankLine]) -> tuple[Document, ...]:
    return tuple(
        Document(side="theirs", kind="bank_line", number=one.number, id=one.id, amount_minor=one.amount_minor)
        for one in told
    )


def of_settlement(told: Settled) -> Found | None:
    """The break of pay-outs and their lines; None where they agree."""
    off = told.off_minor
    if not off:
        return None
    paid_out = sum(one.amount_minor for one in told.payouts)
    came = sum(one.amount_minor for one in told.lines)
    cause = _cause(told, off, paid_out)
    first = told.payouts[0] if told.payouts else None
    currency = first.currency if first else told.lines[0].currency
    day = first.day if first else told.lines[0].day
    missing = (
        () if told.lines else (Document(side="theirs", kind="missing:bank_line", number=first.number if first else ""),)
    )
    absent = () if told.payouts else (Document(side="ours", kind="missing:payout", number=told.lines[0].number),)
    difference = Difference(
        cause=cause,
        field="payout",
        ours_minor=paid_out if told.payouts else None,
        theirs_minor=came if told.lines else None,
        amount_minor=off,
        documents=(*_payout_documents(told.payouts), *absent, *_line_documents(told.lines), *missing),
        steps=((currency, TO_BANK, off),),
        note=told.note or _NOTES.get(told.way, ""),
        currency=currency,
    )
    scope = f"payout:{first.provider}:{first.number}" if first else f"line:{told.lines[0].id}"
    return _of(scope, difference, provider=first.provider if first else "", day=day)


def _cause(told: Settled, off: int, paid_out: int) -> Cause:
    if told.way == "on_the_way":
        return Cause.TIMING
    if told.way == "alone":
        return Cause.BANK_WITHOUT_PAYOUT
    came = paid_out + off
    if came and paid_out and (came == paid_out * 100 or paid_out == came * 100):
        return Cause.FEN_YUAN_MIXUP
    return Cause.PAYOUT_SHORT if off < 0 else Cause.AMOUNT_WRONG


def of_fee(one: Any, what: str, rates: tuple[Rate, ...], *, counts: bool) -> Found:
    """The break of a fee or commission that goes by none of the rates. `counts`: it is part of the waterfall."""
    rate, should = nearest(one.base_minor, one.taken_minor, rates)
    amount = should - one.taken_minor
    difference = Difference(
        cause=Cause.FEE_WRONG if what == "fee" else Cause.COMMISSION_WRONG,
        field=what,
        ours_minor=should,
        theirs_minor=one.taken_minor,
        amount_minor=amount,
        mark=one.order_no,
        documents=(
            Document(side="ours", kind="rate", number=f"{rate.ppm / 10_000:g}% {rate.rounding}", amount_minor=should),
            Document(side="theirs", kind=one.source, number=one.number, id=one.id, amount_minor=one.taken_minor),
        ),
        steps=((one.currency, TO_BANK, amount),) if counts else (),
        note=f"按 {rate.ppm / 10_000:g}% 计 {one.base_minor} 分应为 {should} 分",
        currency=one.currency,
    )
    scope = f"fee:{one.source}:{one.provider}:{one.number or one.id}"
    return _of(scope, difference, provider=one.provider, day=one.day, order_no=one.order_no)


def of_exchange(told: Misconverted) -> Found:
    """The break of a conversion that misses its rate."""
    one = told.exchange
    amount = abs(one.target_minor) - told.expected_minor
    difference = Difference(
        cause=Cause.FX_DIFFERENCE,
        field="rate",
        ours_minor=told.expected_minor,
        theirs_minor=abs(one.target_minor),
        amount_minor=amount,
        documents=(
            Document(side="ours", kind="rate", number=told.told_by, amount_minor=told.expected_minor),
            Document(side="theirs", kind="statement_line", number=one.number, id=one.id, amount_minor=one.target_minor),
        ),
        note=f"{one.source_currency} {one.source_minor} → {one.target_currency}，汇率来源: {told.told_by}",
        currency=one.target_currency,
    )
    return _of(f"fx:{one.id}", difference, provider="", day=one.day, order_no=one.order_no, payment_no=one.number)


def of_statement(row: tuple[Any, ...]) -> Found:
    """The break of a payment or refund whose statement gives another amount."""
    kind, number_id, number, order_no, provider, currency, ours, line_id, line_no, theirs, day = row
    mixed = bool(ours and theirs) and (ours == theirs * 100 or theirs == ours * 100)
    difference = Difference(
        cause=Cause.FEN_YUAN_MIXUP if mixed else Cause.STATEMENT_AMOUNT_WRONG,
        field="statement",
        ours_minor=ours,
        theirs_minor=theirs,
        amount_minor=theirs - ours,
        documents=(
            Document(side="ours", kind=kind, number=number, id=number_id, amount_minor=ours),
            Document(side="theirs", kind="statement_line", number=line_no, id=line_id, amount_minor=theirs),
        ),
        currency=currency,
    )
    scope = f"statement:{kind}:{provider}:{number}"
    payment_no = number if kind == "payment" else ""
    return _of(scope, difference, provider=provider, day=day, order_no=order_no, payment_no=payment_no)


def of_absence(row: tuple[Any, ...]) -> Found:
    """The break of a payment that its provider's statement does not have."""
    number_id, number, order_no, provider, currency, amount, day = row
    difference = Difference(
        cause=Cause.NOT_ON_STATEMENT,
        field="statement",
        ours_minor=amount,
        theirs_minor=None,
        amount_minor=-amount,
        documents=(
            Document(side="ours", kind="payment", number=number, id=number_id, amount_minor=amount),
            Document(side="theirs", kind="missing:statement_line", number=number),
        ),
        currency=currency,
    )
    scope = f"statement:payment:{provider}:{number}"
    return _of(scope, difference, provider=provider, day=day, order_no=order_no, payment_no=number)


_CONVENTION_PERCENT: Final = 20
"""Where more of a provider's rows than this do not add up, it is their way of telling and not a fault of each."""


def of_parts(rows: Iterable[tuple[Any, ...]]) -> list[Found]:
    """Breaks of pay-outs that paid less than they should; where most rows are off nothing is called wrong."""
    found = []
    for number_id, provider, number, order_no, currency, day, should, paid, off, total in rows:
        if paid < should and off * 100 <= _CONVENTION_PERCENT * total:
            found.append(
                of_part(
                    number_id,
                    provider=provider,
                    number=number,
                    order_no=order_no,
                    currency=currency,
                    day=day,
                    should=should,
                    paid=paid,
                )
            )
    return found


def of_part(
    number_id: int,
    *,
    provider: str,
    number: str,
    order_no: str,
    currency: str,
    day: date | None,
    should: int,
    paid: int,
) -> Found:
    """The break of one order's part of a pay-out that is short."""
    mixed = should == paid * 100
    difference = Difference(
        cause=Cause.FEN_YUAN_MIXUP if mixed else Cause.PAYOUT_SHORT,
        field="part",
        ours_minor=should,
        theirs_minor=paid,
        amount_minor=paid - should,
        mark=order_no,
        documents=(
            Document(side="ours", kind="order", number=order_no, amount_minor=should),
            Document(side="theirs", kind="payout", number=number, id=number_id, amount_minor=paid),
        ),
        currency=currency,
    )
    return _of(f"payout:{provider}:{number}", difference, provider=provider, day=day, order_no=order_no)
