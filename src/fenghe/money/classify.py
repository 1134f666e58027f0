"""What is wrong with a chain (差异归因): one cause per difference, and an account of it that is exact to the cent. Pure.

Of a chain three net amounts are compared: what its order should bring, what the provider holds, what finance booked. Every
difference between neighbours is the sum of what the causes contribute; docs/reconciliation.md says how each is found.
"""

from collections.abc import Iterable, Sequence

import msgspec

from fenghe.money.books import Account, book_differences, mixed_up
from fenghe.money.causes import TO_PROVIDER, TO_VOUCHER, Cause
from fenghe.money.chain import (
    AWAITING,
    CANCELLED,
    CLOSED_REFUNDED,
    CLOSED_UNPAID,
    LIVE,
    PART_PAID,
    UNKNOWN,
    Chain,
    Difference,
    Document,
    MoneyDoc,
    OrderDoc,
    missing,
    money_documents,
    order_documents,
    subset_of,
)
from fenghe.money.numbers import like_an_order, order_no_of
from fenghe.money.policy import Policy

_RANK = (LIVE, PART_PAID, CANCELLED, CLOSED_REFUNDED, AWAITING, CLOSED_UNPAID, UNKNOWN)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A chain's net amounts (receivable, at the provider, booked) and what explains the differences between them."""

    receivable: int
    provider: int
    booked: int
    differences: tuple[Difference, ...]
    currency: str = "CNY"
    normal: tuple[tuple[str, int, int], ...] = ()
    """(name, place, amount): what explains a step without being a difference."""


def classify(chain: Chain, policy: Policy) -> Outcome:
    """Compare a chain of one currency."""
    account = _account(chain, policy)
    receivable, found = _against_provider(account, policy)
    if policy.coverage.vouchers:
        found = book_differences(account, found, policy)
        booked = account.booked - account.booked_back
    else:
        booked = account.paid - account.back
    found = _nothing_over(account, found, receivable=receivable, booked=booked)
    named = tuple(msgspec.structs.replace(one, currency=account.currency) for one in found)
    return Outcome(
        receivable=receivable,
        provider=account.paid - account.back,
        booked=booked,
        differences=named,
        currency=account.currency,
    )


def _account(chain: Chain, policy: Policy) -> Account:
    kind = min((one.kind for one in chain.orders), key=_RANK.index, default="")
    paid, back = chain.paid, chain.given_back
    booked, booked_back = chain.booked("order"), chain.booked("refund")
    due = _due([one for one in chain.orders if one.kind == kind])
    if not policy.coverage.payments:
        paid = due or 0 if kind in (LIVE, PART_PAID, CLOSED_REFUNDED) else 0
    claim = _claim(chain.orders, kind, paid=paid, due=due)
    if not policy.coverage.refunds:
        claim = min(claim, paid)
        back = min(max(booked_back, claim), paid)
    if kind == UNKNOWN and paid:
        kind = LIVE
    if due is not None and back and due == paid - back:
        due = paid
    if due is None or (kind == PART_PAID and paid < due):
        due = paid
    return Account(
        chain=chain, kind=kind, due=due, claim=claim, paid=paid, back=back, booked=booked, booked_back=booked_back
    )


def _due(orders: Sequence[OrderDoc]) -> int | None:
    """What the orders of this number should bring; told twice, by two channels' names, it is still one order."""
    told = [one.due_minor for one in orders if one.due_minor is not None]
    if not told:
        return None
    return told[0] if len(set(told)) == 1 else sum(told)


def _claim(orders: Iterable[OrderDoc], kind: str, *, paid: int, due: int | None) -> int:
    """What the orders say was given back."""
    told = max((one.refunded_minor or 0 for one in orders), default=0)
    return max(told, min(paid, due or paid)) if kind == CLOSED_REFUNDED else told


def _against_provider(account: Account, policy: Policy) -> tuple[int, list[Difference]]:
    """(net receivable, differences between it and the provider)."""
    match account.kind:
        case "":
            return _without_order(account, policy)
        case "live" | "part_paid":
            return _live(account, policy)
        case "cancelled" | "closed_refunded":
            return 0, _cancelled(account, policy)
        case _:
            return 0, _unpaid(account)


def _without_order(account: Account, policy: Policy) -> tuple[int, list[Difference]]:
    net = account.paid - account.back
    if not policy.coverage.orders:
        return net, []
    if net <= 0:
        return 0, _over_refund(account, -net) if net else []
    told = account.chain.payments[0].out_trade_no
    number = order_no_of(told) or told or account.chain.order_no
    ordinary = not policy.shapes or like_an_order(number, policy.shapes)
    cause = Cause.PAY_WITHOUT_ORDER if ordinary else Cause.RANDOM_OUT_TRADE_NO
    return 0, [
        Difference(
            cause=cause,
            field="order",
            ours_minor=None,
            theirs_minor=account.paid,
            amount_minor=net,
            documents=(*missing("ours", "order", number), *money_documents(account.chain.payments)),
            steps=account.step(TO_PROVIDER, net),
        )
    ]


def _unpaid(account: Account) -> list[Difference]:
    net = account.paid - account.back
    if net <= 0:
        return _over_refund(account, -net) if net else []
    cause = Cause.CANCELLED_NOT_REFUNDED if account.kind == CLOSED_UNPAID else Cause.PAID_BUT_PENDING
    return [_provider_difference(account, cause, "state", ours=None, theirs=account.paid, amount=net)]


def _cancelled(account: Account, policy: Policy) -> list[Difference]:
    remaining = account.paid - account.back
    if remaining <= 0:
        return _over_refund(account, -remaining) if remaining else []
    claimed = max(account.claim, account.booked_back) if policy.coverage.refunds else 0
    told = max(0, min(claimed - account.back, remaining))
    found = []
    if told:
        found.append(_not_at_provider(account, told, ours=claimed, step=told))
    if remaining > told:
        amount = remaining - told
        cause = Cause.CANCELLED_NOT_REFUNDED
        found.append(
            _provider_difference(account, cause, "refund", ours=account.paid, theirs=account.back, amount=amount)
        )
    return found


def _live(account: Account, policy: Policy) -> tuple[int, list[Difference]]:
    due, claim = account.due, min(account.claim, account.due)
    if not account.paid:
        receivable = due - claim
        return receivable, _not_paid(account, receivable)
    over = max(0, account.back - account.paid)
    agreed = account.back - account.excess_back - over
    receivable = due - max(agreed, claim)
    found = _amount(account, policy)
    if over:
        found += _over_refund(account, over)
    claimed = max(claim, account.booked_back if not account.chain.refunds else 0)
    if policy.coverage.refunds and claimed > agreed and (claim > agreed or not account.back):
        step = max(claim - agreed, 0)
        found.append(_not_at_provider(account, claimed - agreed, ours=claimed, step=step))
    return receivable, found


def _not_paid(account: Account, receivable: int) -> list[Difference]:
    found = []
    if receivable:
        on_delivery = all(one.on_delivery for one in account.chain.orders)
        found.append(
            Difference(
                cause=Cause.CASH_ON_DELIVERY if on_delivery else Cause.ORDER_WITHOUT_PAYMENT,
                field="payment",
                ours_minor=account.due,
                theirs_minor=None,
                amount_minor=-receivable,
                documents=(
                    *order_documents(account.chain.orders),
                    *missing("theirs", "payment", account.chain.order_no),
                ),
                steps=account.step(TO_PROVIDER, -receivable),
            )
        )
    return [*found, *_over_refund(account, account.back)] if account.back else found


def _amount(account: Account, policy: Policy) -> list[Difference]:
    """What was paid is not what was due."""
    excess = account.paid - account.due - account.excess_back
    if not excess:
        return []
    payments = sorted(account.chain.payments, key=lambda one: (one.at is None, one.at, one.number))
    if mixed_up(account.paid, account.due):
        return [_amount_difference(account, Cause.FEN_YUAN_MIXUP, excess)]
    if excess > 0 and len(payments) > 1:
        kept = _kept(payments, account.due, policy.cent_tolerance)
        if kept is not None:
            return _duplicates(account, payments, kept)
    cause = Cause.CENT_DIFFERENCE if abs(excess) <= policy.cent_tolerance else Cause.AMOUNT_WRONG
    return [_amount_difference(account, cause, excess)]


def _kept(payments: Sequence[MoneyDoc], due: int, tolerance: int) -> tuple[int, ...] | None:
    """The payments that pay the order: the earliest fewest that sum to it, if need be to within the tolerance."""
    amounts = [one.amount_minor for one in payments]
    for off in sorted(range(-tolerance, tolerance + 1), key=lambda one: (abs(one), one)):
        kept = subset_of(amounts, due + off, steps=20_000)
        if kept is not None and len(kept) < len(payments):
            return kept
    return None


def _duplicates(account: Account, payments: Sequence[MoneyDoc], kept: tuple[int, ...]) -> list[Difference]:
    spare = [one for place, one in enumerate(payments) if place not in kept]
    amount = sum(one.amount_minor for one in spare)
    off = account.paid - account.due - amount
    found = [
        Difference(
            cause=Cause.DUPLICATE_PAYMENT,
            field="payment",
            ours_minor=account.due,
            theirs_minor=account.paid,
            amount_minor=amount,
            documents=(*order_documents(account.chain.orders), *money_documents(payments)),
            steps=account.step(TO_PROVIDER, amount),
            note="重复的: " + "、".join(one.number for one in spare),
        )
    ]
    return [*found, _amount_difference(account, Cause.CENT_DIFFERENCE, off)] if off else found


def _amount_difference(account: Account, cause: Cause, amount: int) -> Difference:
    return _provider_difference(account, cause, "amount", ours=account.due, theirs=account.paid, amount=amount)


def _provider_difference(
    account: Account, cause: Cause, field: str, *, ours: int | None, theirs: int | None, amount: int
) -> Difference:
    theirs_documents = money_documents((*account.chain.payments, *account.chain.refunds))
    return Difference(
        cause=cause,
        field=field,
        ours_minor=ours,
        theirs_minor=theirs,
        amount_minor=amount,
        documents=(*order_documents(account.chain.orders), *theirs_documents),
        steps=account.step(TO_PROVIDER, amount),
    )


def _over_refund(account: Account, over: int) -> list[Difference]:
    return [
        _provider_difference(account, Cause.OVER_REFUND, "refund", ours=account.paid, theirs=account.back, amount=-over)
    ]


def _not_at_provider(account: Account, amount: int, *, ours: int, step: int) -> Difference:
    told = [
        Document(side="ours", kind="voucher", number=one.number, id=one.id, amount_minor=one.amount_minor)
        for one in account.chain.vouchers
        if one.kind == "refund"
    ]
    return Difference(
        cause=Cause.REFUND_NOT_AT_PROVIDER,
        field="refund",
        ours_minor=ours,
        theirs_minor=account.back,
        amount_minor=amount,
        documents=(
            *order_documents(account.chain.orders),
            *told,
            *money_documents(account.chain.payments),
            *missing("theirs", "refund", account.chain.order_no),
        ),
        steps=account.step(TO_PROVIDER, step),
    )


def _nothing_over(account: Account, found: list[Difference], *, receivable: int, booked: int) -> list[Difference]:
    """What the causes do not explain is named too: the waterfall may not have a gap."""
    provider = account.paid - account.back
    told = {TO_PROVIDER: provider - receivable, TO_VOUCHER: booked - provider}
    for one in found:
        for _, place, amount in one.steps:
            told[place] -= amount
    return found + [
        Difference(
            cause=Cause.UNEXPLAINED,
            field="balance",
            ours_minor=None,
            theirs_minor=None,
            amount_minor=amount,
            mark=str(place),
            documents=order_documents(account.chain.orders),
            steps=account.step(place, amount),
        )
        for place, amount in told.items()
        if amount
    ]
