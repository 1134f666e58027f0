"""The sandbox's finance department (沙箱财务): vouchers, pay-outs, bank lines and the providers' bills of whole days.

Promises: they follow from the till alone, so the same moment gives the same rows; what was planted is told beside them.
Sound books book every order on the day it was paid and every refund on the day it was done; a provider pays a day's money
out on the next day, less its fee; the bank has it that day, a weekend's on Monday.
"""

import csv
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from io import BytesIO, StringIO
from random import Random
from typing import Final

import msgspec

from fenghe.simulator import bills
from fenghe.simulator.bills import day_of, yuan
from fenghe.simulator.dialects.alipay import SELLER_ID
from fenghe.simulator.dialects.wechatpay import APP_ID, MCH_ID
from fenghe.simulator.money_faults import MoneyFault
from fenghe.simulator.till import ALIPAY, WECHATPAY, Back, Paid, Till


class BookFault(StrEnum):
    """What goes wrong in the books; each is the cause under which it must be found."""

    VOUCHER_MISSING = "voucher_missing"
    VOUCHER_AMOUNT_WRONG = "voucher_amount_wrong"
    VOUCHER_DUPLICATE = "voucher_duplicate"
    PARTIAL_REFUND_NOT_BOOKED = "partial_refund_not_booked"
    PAYOUT_SHORT = "payout_short"


ORDERS_STRUCK: Final = {
    BookFault.VOUCHER_MISSING: 4,
    BookFault.VOUCHER_AMOUNT_WRONG: 2,
    BookFault.VOUCHER_DUPLICATE: 1,
}
REFUNDS_UNBOOKED: Final = 3
COMPANIES: Final = {WECHATPAY: "财付通支付科技有限公司", ALIPAY: "支付宝（中国）网络技术有限公司"}
TYPED_WRONG_MINOR: Final = 700
SHORT_MINOR: Final = 4_321
UNBOOKED: Final = frozenset({MoneyFault.PAY_WITHOUT_ORDER, MoneyFault.DUPLICATE_PAYMENT, MoneyFault.LATE_PAYMENT})
"""Finance books an order once, and nothing for money that is nobody's."""


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """Files by name, and what is wrong in them: by cause the orders, or the pay-out, that must be found."""

    files: dict[str, bytes]
    planted: dict[str, list[str]]


class Voucher(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the vouchers."""

    number: str
    kind: str
    order_no: str
    amount_minor: int
    day: date


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's pay-out of one day's money; `arrives` is when the bank has it."""

    number: str
    provider: str
    amount_minor: int
    day: date
    arrives: date


def keep_books(till: Till, *, due: Mapping[str, int], now: datetime) -> Books:
    """The books of the whole days before `now`. `due`: by order number, what the order should bring, in fen."""
    today = day_of(now)
    paid = sorted(
        (one for one in till.payments.values() if one.paid_at and day_of(one.paid_at) < today),
        key=lambda one: (one.paid_at or one.created_at, one.payment_no),
    )
    back = sorted((one for one in till.refunds.values() if day_of(one.done_at) < today), key=lambda one: one.refund_no)
    struck, unbooked = _struck(till, paid, back)
    vouchers = [row for one in paid for row in _booked(one, due.get(one.order_no, one.amount_minor), struck)]
    vouchers += [_given_back(one, till) for one in back if one.refund_no not in unbooked]
    payouts = _payouts(paid, back, today)
    lines, short = _bank(payouts, today)
    planted = {
        str(kind): [one.order_no for one in paid if struck.get(one.payment_no) is kind] for kind in ORDERS_STRUCK
    }
    planted[str(BookFault.PARTIAL_REFUND_NOT_BOOKED)] = sorted(unbooked.values())
    planted[str(BookFault.PAYOUT_SHORT)] = short
    return Books(
        files={
            "vouchers": _csv(
                ("凭证号", "凭证类型", "订单号", "金额", "记账日期"),
                ((v.number, v.kind, v.order_no, yuan(v.amount_minor), v.day) for v in vouchers),
            ),
            "payouts": _csv(
                ("结算单号", "支付机构", "结算金额", "结算日期"),
                ((p.number, p.provider, yuan(p.amount_minor), p.day) for p in payouts),
            ),
            "bank": _csv(("交易日期", "流水号", "收入金额", "对方户名", "摘要"), lines),
            "wechatpay-bills": _packed(_wechat(till, _days(paid))),
            "alipay-bills": _packed(_alipay(till, _days(paid))),
        },
        planted=planted,
    )


def _struck(till: Till, paid: Sequence[Paid], back: Sequence[Back]) -> tuple[dict[str, BookFault], dict[str, str]]:
    """(payments whose booking goes wrong, refunds that nobody books with their orders), of the till's first days.

    Days that are over later change nothing about them.
    """
    first = day_of(till.now)
    early = [one for one in back if one.told and day_of(one.done_at) < first][:REFUNDS_UNBOOKED]
    unbooked = {one.refund_no: till.payments[one.payment_no].order_no for one in early}
    given = {one.payment_no for one in till.refunds.values()}
    plain = [one for one in paid if one.fault is None and one.payment_no not in given]
    plain = [one for one in plain if day_of(one.paid_at or one.created_at) < first]
    Random(f"books-{till.seed}").shuffle(plain)
    wanted = [kind for kind, count in ORDERS_STRUCK.items() for _ in range(count)]
    return {one.payment_no: kind for one, kind in zip(plain, wanted, strict=False)}, unbooked


def _booked(paid: Paid, due_minor: int, struck: Mapping[str, BookFault]) -> list[Voucher]:
    """The vouchers of one payment."""
    fault = struck.get(paid.payment_no)
    if paid.fault in UNBOOKED or fault is BookFault.VOUCHER_MISSING:
        return []
    one = Voucher(
        number=f"JZ-{paid.payment_no}",
        kind="order",
        order_no=paid.order_no,
        amount_minor=due_minor - (TYPED_WRONG_MINOR if fault is BookFault.VOUCHER_AMOUNT_WRONG else 0),
        day=day_of(paid.paid_at or paid.created_at),
    )
    again = [msgspec.structs.replace(one, number=f"{one.number}-2")] if fault is BookFault.VOUCHER_DUPLICATE else []
    return [one, *again]


def _given_back(one: Back, till: Till) -> Voucher:
    order_no = till.payments[one.payment_no].order_no
    number = f"JZ-TK-{one.refund_no}"
    return Voucher(
        number=number, kind="refund", order_no=order_no, amount_minor=one.amount_minor, day=day_of(one.done_at)
    )


def _payouts(paid: Sequence[Paid], back: Sequence[Back], today: date) -> list[Payout]:
    """A day's money of one provider goes out the next day."""
    net: dict[tuple[str, date], int] = {}
    for one in paid:
        key = (one.provider, day_of(one.paid_at or one.created_at))
        net[key] = net.get(key, 0) + one.amount_minor - one.fee_minor
    for refund in back:
        key = (refund.provider, day_of(refund.done_at))
        net[key] = net.get(key, 0) - refund.amount_minor
    made = []
    for (provider, day), amount in sorted(net.items()):
        out = day + timedelta(days=1)
        if amount > 0 and out <= today:
            number = f"JS{day:%Y%m%d}{provider[:2].upper()}"
            made.append(Payout(number=number, provider=provider, amount_minor=amount, day=out, arrives=_workday(out)))
    return made


def _workday(day: date) -> date:
    """The bank's next working day; it books nothing on Saturdays and Sundays."""
    return day + timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))


def _bank(payouts: Sequence[Payout], today: date) -> tuple[list[tuple[object, ...]], list[str]]:
    """(one line a provider and day, the pay-out of which less came than was paid out)."""
    come: dict[tuple[date, str], list[Payout]] = {}
    for one in payouts:
        if one.arrives <= today:
            come.setdefault((one.arrives, one.provider), []).append(one)
    short = next((parts[0].number for _, parts in sorted(come.items()) if len(parts) == 1), "")
    lines: list[tuple[object, ...]] = []
    for (day, provider), parts in sorted(come.items()):
        named = " ".join(one.number for one in parts)
        amount = sum(one.amount_minor for one in parts) - (SHORT_MINOR if named == short else 0)
        number = f"YH{day:%Y%m%d}{provider[:2].upper()}"
        lines.append((day, number, yuan(amount), COMPANIES[provider], f"结算款 {named}"))
    return lines, [short] if short else []


def _days(paid: Sequence[Paid]) -> list[date]:
    return sorted({day_of(one.paid_at or one.created_at) for one in paid})


def _wechat(till: Till, days: Sequence[date]) -> Iterator[tuple[str, bytes | None]]:
    for day in days:
        yield f"{MCH_ID}All{day:%Y-%m-%d}.csv", bills.wechat_trade(till, day, appid=APP_ID, mchid=MCH_ID)
        yield f"{MCH_ID}Basic{day:%Y-%m-%d}.csv", bills.wechat_funds(till, day, mchid=MCH_ID)


def _alipay(till: Till, days: Sequence[date]) -> Iterator[tuple[str, bytes | None]]:
    for day in days:
        for box in (bills.alipay_trade(till, day, seller=SELLER_ID), bills.alipay_funds(till, day, seller=SELLER_ID)):
            if box is not None:
                with zipfile.ZipFile(BytesIO(box)) as archive:
                    yield from ((_in_gbk(name), archive.read(name)) for name in archive.namelist())


def _in_gbk(name: str) -> str:
    """Alipay's names are GBK in an archive that does not say so."""
    return name.encode("cp437").decode("gbk")


def _packed(members: Iterable[tuple[str, bytes | None]]) -> bytes:
    """A ZIP of what there is."""
    box = BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            if content is not None:
                archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return box.getvalue()


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows(rows)
    return ("\ufeff" + text.getvalue()).encode()
