"""The provider's money against the books (渠道与凭证): vouchers that are missing, wrong or there twice. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from fenghe.kernel.values import CHINA
from fenghe.money.causes import TO_VOUCHER, Cause
from fenghe.money.chain import (
    CANCELLED,
    CLOSED_REFUNDED,
    CLOSED_UNPAID,
    Chain,
    Difference,
    MoneyDoc,
    VoucherDoc,
    missing,
    money_documents,
    order_documents,
    subset_of,
    voucher_documents,
)
from fenghe.money.policy import Policy

_NOT_THE_ORDERS: Final = {
    Cause.PAY_WITHOUT_ORDER,
    Cause.RANDOM_OUT_TRADE_NO,
    Cause.PAID_BUT_PENDING,
    Cause.ORDER_WITHOUT_PAYMENT,
    Cause.CASH_ON_DELIVERY,
}
"""Where the money itself is in doubt, what the books say of it is a consequence and no difference of its own."""
_NEED_NO_BOOKS: Final = frozenset({"", CANCELLED, CLOSED_REFUNDED, CLOSED_UNPAID})
"""What came to nothing may as well never have been booked."""
NOT_DUE: Final = "账还没有做到这一天,暂记在途;过了宽限天数仍没有凭证,就是缺凭证"
_AMOUNT: Final = {Cause.AMOUNT_WRONG, Cause.CENT_DIFFERENCE, Cause.DUPLICATE_PAYMENT, Cause.FEN_YUAN_MIXUP}


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A chain's amounts side by side: due and claimed by the order, taken and given back by the provider, booked."""

    chain: Chain
    kind: str
    due: int
    claim: int
    paid: int
    back: int
    booked: int
    booked_back: int

    @property
    def currency(self) -> str:
        """All of the chain is of one currency."""
        chain = self.chain
        told = [one.currency for one in chain.orders] or [one.currency for one in (*chain.payments, *chain.refunds)]
        return (told or [one.currency for one in chain.vouchers] or ["CNY"])[0]

    @property
    def excess_back(self) -> int:
        """What was paid too much and given back: it never was the order's money."""
        excess = self.paid - self.due
        return excess if 0 < excess <= self.back - min(self.claim, self.due) else 0

    def step(self, place: int, amount: int) -> tuple[tuple[str, int, int], ...]:
        """A contribution to the waterfall; nothing contributes nothing."""
        return ((self.currency, place, amount),) if amount else ()


def book_differences(account: Account, found: Sequence[Difference], policy: Policy) -> list[Difference]:
    """What was found so far with its consequences in the books, and what is wrong in the books alone."""
    off = (account.booked - account.paid) - (account.booked_back - account.back)
    root = found[0] if found else None
    if root and root.cause in _NOT_THE_ORDERS:
        return [_with(root, account, off), *found[1:]]
    if not account.paid and not account.back:
        return [*found, *_without_source(account, off)]
    if not off and account.booked and (not account.booked_back or account.excess_back):
        return list(found)
    unbooked = not account.booked and not account.booked_back
    if unbooked and account.kind in _NEED_NO_BOOKS and (root or not off):
        return [_with(root, account, off), *found[1:]] if root else list(found)
    return _refunds(account, _orders(account, list(found), policy), policy)


def _with(root: Difference, account: Account, amount: int) -> Difference:
    return msgspec.structs.replace(root, steps=(*root.steps, *account.step(TO_VOUCHER, amount)))


def _without_source(account: Account, off: int) -> list[Difference]:
    if not off:
        return []
    return [
        _voucher_difference(
            account, Cause.VOUCHER_WITHOUT_SOURCE, "voucher", theirs=None, ours=off, amount=off, mark="", step=off
        )
    ]


def _orders(account: Account, found: list[Difference], policy: Policy) -> list[Difference]:
    """Vouchers of what was taken."""
    off = account.booked - account.paid
    vouchers = sorted(
        (one for one in account.chain.vouchers if one.kind == "order"),
        key=lambda one: (one.booked_on is None, one.booked_on, one.id),
    )
    if not off:
        return found
    wrong_amount = [place for place, one in enumerate(found) if one.cause in _AMOUNT and one.field != "voucher"]
    if wrong_amount and account.booked == account.due:
        found[wrong_amount[0]] = _with(found[wrong_amount[0]], account, off)
        return found
    if not vouchers:
        return [*found, _missing_voucher(account, -account.paid, policy)]
    if mixed_up(account.booked, account.paid):
        return [*found, _wrong(account, Cause.FEN_YUAN_MIXUP, "voucher", off, "order")]
    targets = [account.paid, *([account.due] if wrong_amount else [])]
    for target in targets if len(vouchers) > 1 else ():
        kept = subset_of([one.amount_minor for one in vouchers], target, steps=20_000)
        if kept is not None and len(kept) < len(vouchers):
            spare = [one for place, one in enumerate(vouchers) if place not in kept]
            known = {vouchers[place].amount_minor for place in kept}
            if sum(one.amount_minor for one in spare) != target and any(one.amount_minor not in known for one in spare):
                continue
            if target != account.paid:
                found[wrong_amount[0]] = _with(found[wrong_amount[0]], account, target - account.paid)
            return [*found, _duplicate(account, spare, account.booked - target)]
    return [*found, _wrong(account, Cause.VOUCHER_AMOUNT_WRONG, "voucher", off, "order")]


def mixed_up(one: int, other: int) -> bool:
    """One amount is the other in the wrong unit."""
    return one != other and bool(one) and bool(other) and (one == other * 100 or other == one * 100)


def _not_due(told: Sequence[MoneyDoc], policy: Policy) -> bool:
    """All of this money moved on days that need not be in the books yet."""
    days = policy.unbooked
    return days is not None and all(one.at is not None and days.hold(one.at.astimezone(CHINA).date()) for one in told)


def _missing_voucher(account: Account, amount: int, policy: Policy) -> Difference:
    not_due = bool(account.chain.payments) and _not_due(account.chain.payments, policy)
    return Difference(
        cause=Cause.TIMING if not_due else Cause.VOUCHER_MISSING,
        note=NOT_DUE if not_due else "",
        field="voucher",
        ours_minor=None,
        theirs_minor=account.paid,
        amount_minor=amount,
        documents=(
            *order_documents(account.chain.orders),
            *missing("ours", "voucher", account.chain.order_no),
            *money_documents(account.chain.payments),
        ),
        steps=account.step(TO_VOUCHER, amount),
    )


def _duplicate(account: Account, spare: Sequence[VoucherDoc], amount: int) -> Difference:
    note = "重复的: " + "、".join(one.number or str(one.id) for one in spare)
    kind = spare[0].kind
    ours, theirs = (account.booked, account.paid) if kind == "order" else (account.booked_back, account.back)
    field = "voucher" if kind == "order" else "refund_voucher"
    cause = Cause.VOUCHER_DUPLICATE
    one = _voucher_difference(account, cause, field, ours=ours, theirs=theirs, amount=amount, mark="", step=amount)
    return msgspec.structs.replace(one, note=note)


def _wrong(account: Account, cause: Cause, field: str, amount: int, kind: str) -> Difference:
    ours, theirs = (account.booked, account.paid) if kind == "order" else (account.booked_back, account.back)
    return _voucher_difference(account, cause, field, ours=ours, theirs=theirs, amount=amount, mark="", step=amount)


def _voucher_difference(
    account: Account,
    cause: Cause,
    field: str,
    *,
    ours: int | None,
    theirs: int | None,
    amount: int,
    mark: str,
    step: int,
) -> Difference:
    theirs_documents = money_documents((*account.chain.payments, *account.chain.refunds))
    if not theirs_documents:
        theirs_documents = missing("theirs", "payment", account.chain.order_no)
    return Difference(
        cause=cause,
        field=field,
        ours_minor=ours,
        theirs_minor=theirs,
        amount_minor=amount,
        mark=mark,
        documents=(
            *order_documents(account.chain.orders),
            *voucher_documents(account.chain.vouchers),
            *theirs_documents,
        ),
        steps=account.step(TO_VOUCHER, step),
    )


def _refunds(account: Account, found: list[Difference], policy: Policy) -> list[Difference]:
    """Vouchers of what was given back."""
    off = account.back - account.booked_back
    if not off:
        return found
    over = [place for place, one in enumerate(found) if one.cause is Cause.OVER_REFUND]
    if over:
        found[over[0]] = _with(found[over[0]], account, off)
        return found
    if not policy.coverage.refunds:
        return [*found, _unbooked(account, off, mark="", policy=policy)]
    refunds, vouchers, used = _unmatched(account.chain)
    told_before = [place for place, one in enumerate(found) if one.cause is Cause.REFUND_NOT_AT_PROVIDER]
    match (bool(refunds), bool(vouchers)):
        case (True, True):
            back, booked = (sum(one.amount_minor for one in told) for told in (refunds, vouchers))
            cause = Cause.FEN_YUAN_MIXUP if mixed_up(back, booked) else Cause.VOUCHER_AMOUNT_WRONG
            return [*found, _wrong(account, cause, "refund_voucher", off, "refund")]
        case (True, False):
            return [
                *found,
                *(_unbooked(account, one.amount_minor, mark=one.number, policy=policy, refund=one) for one in refunds),
            ]
        case _ if told_before:
            found[told_before[0]] = _with(found[told_before[0]], account, off)
            return found
        case _:
            return [*found, *_too_many(account, vouchers, used)]


def _too_many(account: Account, vouchers: Sequence[VoucherDoc], used: Sequence[VoucherDoc]) -> list[Difference]:
    """Refund vouchers that no refund stands behind: the same booked twice, or never given back."""
    twice = [one for one in vouchers if any(one.amount_minor == known.amount_minor for known in used)]
    never = [one for one in vouchers if one not in twice]
    found = []
    if twice:
        found.append(_duplicate(account, twice, -sum(one.amount_minor for one in twice)))
    if never:
        amount = sum(one.amount_minor for one in never)
        cause, ours, theirs = Cause.REFUND_NOT_AT_PROVIDER, account.booked_back, account.back
        field = "refund"
        found.append(
            _voucher_difference(account, cause, field, ours=ours, theirs=theirs, amount=amount, mark="", step=-amount)
        )
    return found


def _unbooked(
    account: Account, amount: int, *, mark: str, policy: Policy, refund: MoneyDoc | None = None
) -> Difference:
    whole = account.back >= account.paid
    not_due = refund is not None and _not_due((refund,), policy)
    cause = Cause.VOUCHER_MISSING if whole else Cause.PARTIAL_REFUND_NOT_BOOKED
    cause = Cause.TIMING if not_due else cause
    one = _voucher_difference(
        account, cause, "refund_voucher", ours=account.booked_back, theirs=account.back, amount=amount, mark=mark,
        step=amount,
    )  # fmt: skip
    documents = (*one.documents, *missing("ours", "refund_voucher", mark or account.chain.order_no))
    return msgspec.structs.replace(one, documents=documents, note=NOT_DUE if not_due else one.note)


def _unmatched(chain: Chain) -> tuple[list[MoneyDoc], list[VoucherDoc], list[VoucherDoc]]:
    """(refunds without voucher, refund vouchers without refund, vouchers that have one): by number, amount, then sum."""
    refunds = sorted(chain.refunds, key=lambda one: (one.at is None, one.at, one.number))
    vouchers = sorted((one for one in chain.vouchers if one.kind == "refund"), key=lambda one: one.id)
    used: list[VoucherDoc] = []
    for same in (_same_number, _same_amount):
        for refund in tuple(refunds):
            voucher = next((one for one in vouchers if same(refund, one)), None)
            if voucher is not None:
                refunds.remove(refund)
                vouchers.remove(voucher)
                used.append(voucher)
    if sum(one.amount_minor for one in refunds) == sum(one.amount_minor for one in vouchers):
        return [], [], [*used, *vouchers]
    return refunds, vouchers, used


def _same_number(refund: MoneyDoc, voucher: VoucherDoc) -> bool:
    return (
        bool(voucher.refund_no) and voucher.refund_no == refund.number and voucher.amount_minor == refund.amount_minor
    )


def _same_amount(refund: MoneyDoc, voucher: VoucherDoc) -> bool:
    return voucher.amount_minor == refund.amount_minor
