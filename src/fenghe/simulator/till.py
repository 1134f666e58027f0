"""The sandbox's money (沙箱收款台): seeded buyers pay the shops' orders at two providers, and what goes wrong with it.

Promises: the same seed, orders and faults give the same money; no clock, no other randomness; `expected` says of each
payment what must become of it, by what was done to it and not by our own guard.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

import msgspec

from fenghe.simulator.money_faults import REFUSED, REPEATS, MoneyFault, Strike

WECHATPAY: Final = "wechatpay"
ALIPAY: Final = "alipay"
FEE_PER_MILLE: Final = 6
REFUND_SECONDS: Final = 3
"""How long a refund is under way."""
RETRIES: Final = {
    WECHATPAY: (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600),
    ALIPAY: (240, 600, 600, 3600, 7200, 21600, 54000),
}
"""Seconds between the tries of a notification that nobody acknowledged."""


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the shop knows it: what it should bring, and until when it could be paid."""

    channel: str
    order_no: str
    title: str
    due_minor: int
    created_at: datetime
    paid_at: datetime
    cancelled_at: datetime | None = None
    told: bool = True
    """False: no channel ever tells of it, only the money comes."""


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as it truly is. `paid_at` None: the buyer has not paid yet."""

    provider: str
    payment_no: str
    out_trade_no: str
    order_no: str
    title: str
    amount_minor: int
    created_at: datetime
    paid_at: datetime | None = None
    closed_at: datetime | None = None
    buyer: str = ""
    way: str = "NATIVE"
    fault: MoneyFault | None = None

    @property
    def fee_minor(self) -> int:
        """The provider's fee: 0.6 %, half a cent up."""
        return (self.amount_minor * FEE_PER_MILLE * 10 + 5_000) // 10_000


class Back(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as it truly is."""

    provider: str
    refund_no: str
    out_refund_no: str
    payment_no: str
    out_trade_no: str
    amount_minor: int
    asked_at: datetime
    done_at: datetime
    told: bool = True

    def done(self, at: datetime) -> bool:
        """Has the money gone back by then?"""
        return self.done_at <= at


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notification to be sent: of a payment, or of a refund."""

    due_at: datetime
    provider: str
    kind: str
    number: str
    turn: int = 0


class Refusal(Exception):
    """The provider does not do it; `code` is its own word."""

    def __init__(self, code: str, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.code, self.words, self.status = code, words, status


class Till:
    """All payments and refunds of the sandbox."""

    def __init__(self, *, seed: int, now: datetime, sold: Sequence[Sold], faults: Sequence[Strike] = ()) -> None:
        self.seed, self.now = seed, now
        self._random = Random(f"till-{seed}")
        self.payments: dict[str, Paid] = {}
        self.refunds: dict[str, Back] = {}
        self._numbers = 0
        struck = _strike(self._random, sold, faults)
        for order in sold:
            self._sell(order, struck.get(order.order_no))

    def _sell(self, order: Sold, fault: MoneyFault | None) -> None:
        """The buyer pays, as the order's fault has it."""
        provider = ALIPAY if order.channel == "taobao" else WECHATPAY
        due, paid_at = order.due_minor, order.paid_at
        number = f"T200P{order.order_no}" if order.channel == "taobao" else order.order_no
        match fault:
            case MoneyFault.RANDOM_OUT_TRADE_NO:
                number = "pay_" + "".join(self._random.choices("0123456789abcdef", k=16))
            case MoneyFault.AMOUNT_WRONG:
                due = max(1, due - 500 if due > 1000 else due + 500)
            case MoneyFault.CENT_DIFFERENCE:
                due += 1
            case MoneyFault.FEN_YUAN_MIXUP:
                due *= 100
            case _:
                pass
        own = None if fault is MoneyFault.DUPLICATE_PAYMENT else fault
        paid = self._pay(order, provider, number, due, paid_at, own)
        if fault is MoneyFault.DUPLICATE_PAYMENT:
            other = WECHATPAY if provider == ALIPAY else ALIPAY
            self._pay(order, other, order.order_no, due, paid_at + timedelta(minutes=10), fault)
        if fault in (MoneyFault.PARTIAL_REFUND, MoneyFault.REFUND_NOT_TOLD):
            self._give_back(paid, max(1, due // 3), told=fault is MoneyFault.PARTIAL_REFUND)

    def _pay(
        self, order: Sold, provider: str, number: str, amount_minor: int, paid_at: datetime, fault: MoneyFault | None
    ) -> Paid:
        paid = Paid(
            provider=provider,
            payment_no=self._number(provider, paid_at),
            out_trade_no=number,
            order_no=order.order_no,
            title=order.title,
            amount_minor=amount_minor,
            created_at=order.created_at,
            paid_at=paid_at.replace(microsecond=0),
            buyer=f"{'2088' if provider == ALIPAY else 'oUpF8u'}{self._random.randrange(10**12):012d}",
            way=self._random.choice(("NATIVE", "JSAPI", "MWEB")),
            fault=fault,
        )
        self.payments[paid.payment_no] = paid
        return paid

    def _number(self, provider: str, at: datetime) -> str:
        self._numbers += 1
        head = f"42000{at:%Y%m%d}" if provider == WECHATPAY else f"{at:%Y%m%d}22001"
        return f"{head}{self.seed % 10_000:04d}{self._numbers:010d}"

    def _give_back(self, paid: Paid, amount_minor: int, *, told: bool) -> None:
        asked_at = (paid.paid_at or paid.created_at) + timedelta(hours=2)
        self._refund(paid, f"RF{paid.order_no}{len(self.refunds):04d}", amount_minor, asked_at, told=told)

    def _refund(self, paid: Paid, request: str, amount_minor: int, at: datetime, *, told: bool = True) -> Back:
        number = (
            request if paid.provider == ALIPAY else f"50300{at:%Y%m%d}{self.seed % 10_000:04d}{len(self.refunds):08d}"
        )
        back = Back(
            provider=paid.provider,
            refund_no=number,
            out_refund_no=request,
            payment_no=paid.payment_no,
            out_trade_no=paid.out_trade_no,
            amount_minor=amount_minor,
            asked_at=at.replace(microsecond=0),
            done_at=(at + timedelta(seconds=REFUND_SECONDS)).replace(microsecond=0),
            told=told,
        )
        self.refunds[f"{paid.provider}:{request}"] = back
        return back

    # ── what a merchant's calls do ──────────────────────────────────────────────────────────────────────────────────

    def find(self, provider: str, *, payment_no: str = "", out_trade_no: str = "") -> Paid | None:
        """The payment of this number."""
        if payment_no:
            found = self.payments.get(payment_no)
            return found if found is not None and found.provider == provider else None
        named = (one for one in self.payments.values() if one.provider == provider)
        return next((one for one in named if one.out_trade_no == out_trade_no), None)

    def prepare(
        self, provider: str, *, out_trade_no: str, amount_minor: int, title: str, way: str, at: datetime
    ) -> Paid:
        """A payment order is made; the same again is the same, anything else about it is refused."""
        known = self.find(provider, out_trade_no=out_trade_no)
        if known is not None:
            if known.paid_at is not None:
                raise Refusal("ORDERPAID", "该订单已支付")
            if known.closed_at is not None:
                raise Refusal("ORDER_CLOSED", "订单已关闭")
            if known.amount_minor != amount_minor:
                raise Refusal("INVALID_REQUEST", "同一笔交易，重新下单的参数不一致")
            return known
        paid = Paid(
            provider=provider,
            payment_no=self._number(provider, at),
            out_trade_no=out_trade_no,
            order_no=out_trade_no,
            title=title,
            amount_minor=amount_minor,
            created_at=at,
            way=way,
        )
        self.payments[paid.payment_no] = paid
        return paid

    def pay(self, payment_no: str, at: datetime) -> Paid:
        """The buyer follows the link."""
        paid = self.payments[payment_no]
        if paid.paid_at is not None or paid.closed_at is not None:
            raise Refusal("ORDERPAID", "订单已支付或已关闭")
        paid = msgspec.structs.replace(paid, paid_at=at.replace(microsecond=0), buyer="oUpF8u000000000001")
        self.payments[payment_no] = paid
        return paid

    def close(self, provider: str, out_trade_no: str, at: datetime) -> Paid:
        """An unpaid payment order is closed."""
        known = self.find(provider, out_trade_no=out_trade_no)
        if known is None:
            raise Refusal("ORDER_NOT_EXIST", "订单不存在", 404)
        if known.paid_at is not None:
            raise Refusal("ORDERPAID", "订单已支付，不能关闭")
        closed = msgspec.structs.replace(known, closed_at=known.closed_at or at.replace(microsecond=0))
        self.payments[known.payment_no] = closed
        return closed

    def refund(self, paid: Paid, *, request: str, amount_minor: int, at: datetime) -> tuple[Back, bool]:
        """(the refund, is it new). The same request again is the same refund; never more goes back than came."""
        known = self.refunds.get(f"{paid.provider}:{request}")
        if known is not None:
            if (known.payment_no, known.amount_minor) != (paid.payment_no, amount_minor):
                raise Refusal("PARAM_ERROR", "退款单号已使用，且金额或订单不一致")
            return known, False
        if paid.paid_at is None:
            raise Refusal("ORDER_NOT_PAID", "订单未支付")
        gone = sum(one.amount_minor for one in self.refunds_of(paid.payment_no))
        if amount_minor <= 0 or gone + amount_minor > paid.amount_minor:
            raise Refusal("NOT_ENOUGH", "退款金额大于可退金额", 403)
        return self._refund(paid, request, amount_minor, at), True

    def refunds_of(self, payment_no: str) -> list[Back]:
        """Every refund of a payment."""
        return [one for one in self.refunds.values() if one.payment_no == payment_no]

    # ── how it is told ──────────────────────────────────────────────────────────────────────────────────────────────

    def notices(self, *, until: datetime | None = None) -> list[Notice]:
        """Every notification by its moment, faults of telling included."""
        told = [notice for paid in self.payments.values() for notice in self._notices_of(paid)]
        told += [
            Notice(due_at=one.done_at + timedelta(seconds=2), provider=one.provider, kind="refund", number=key)
            for key, one in self.refunds.items()
            if one.told
        ]
        told.sort(key=lambda one: (one.due_at, one.number, one.turn))
        return [one for one in told if until is None or one.due_at <= until]

    def _notices_of(self, paid: Paid) -> Iterator[Notice]:
        if paid.paid_at is None or paid.fault is MoneyFault.LOST_NOTICE:
            return
        for turn in range(REPEATS if paid.fault is MoneyFault.REPEATED_NOTICE else 1):
            due_at = paid.paid_at + timedelta(seconds=1)
            yield Notice(due_at=due_at, provider=paid.provider, kind="payment", number=paid.payment_no, turn=turn)

    def expected(self) -> dict[str, str]:
        """By payment: `bound`, or the cause for which it is nobody's payment."""
        return {
            paid.payment_no: str(paid.fault) if paid.fault in REFUSED else "bound"
            for paid in self.payments.values()
            if paid.paid_at is not None
        }


def _strike(random: Random, sold: Sequence[Sold], faults: Iterable[Strike]) -> dict[str, MoneyFault]:
    """Which order has which fault, at most one each; too few orders is a bug."""
    free = [one for one in sold if one.due_minor > 1]
    random.shuffle(free)
    struck: dict[str, MoneyFault] = {}
    for strike in faults:
        fit = [one for one in free if one.order_no not in struck and _fits(one, strike.kind)]
        if len(fit) < strike.count:
            raise ValueError(f"{strike.kind}: {strike.count} wanted, only {len(fit)} orders can have it")
        struck |= {one.order_no: strike.kind for one in fit[: strike.count]}
    return struck


def _fits(order: Sold, kind: MoneyFault) -> bool:
    """An order that is never told, is paid late or is cancelled after payment has that one fault."""
    if not order.told:
        return kind is MoneyFault.PAY_WITHOUT_ORDER
    if order.cancelled_at is not None:
        late = order.paid_at > order.cancelled_at
        return kind is (MoneyFault.LATE_PAYMENT if late else MoneyFault.CANCELLED_NOT_REFUNDED)
    own = (MoneyFault.PAY_WITHOUT_ORDER, MoneyFault.LATE_PAYMENT, MoneyFault.CANCELLED_NOT_REFUNDED)
    return kind not in own
