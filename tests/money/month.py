"""A seeded month of a seller (造数): orders, payments, refunds, vouchers, pay-outs and bank lines, faults planted.

It knows nothing of the product's rules: what is planted is written down beside it, and that is what must be found.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

FIRST: Final = date(2026, 2, 1)
DAYS: Final = 28
CHANNELS: Final = {"taobao": "alipay", "jd": "wechatpay", "douyin": "douyin"}


@dataclass
class Order:
    number: str
    channel: str
    state: str
    due: int
    created: datetime
    paid: datetime | None
    refunded: int | None = None


@dataclass
class Pay:
    provider: str
    number: str
    trade_no: str
    amount: int
    at: datetime
    fee: int | None


@dataclass
class Back:
    provider: str
    number: str
    payment_no: str
    order_no: str
    amount: int
    at: datetime


@dataclass
class Voucher:
    number: str
    kind: str
    order_no: str
    amount: int
    day: date


@dataclass
class Payout:
    provider: str
    number: str
    amount: int
    day: date
    order_no: str = ""
    gross: int | None = None
    fee: int | None = None
    commission: int | None = None
    payment_no: str = ""


@dataclass
class Bank:
    number: str
    amount: int
    day: date
    text: str


@dataclass
class Fx:
    number: str
    foreign: int
    rate: str
    amount: int
    day: date


@dataclass
class Month:
    """Everything of the month, and what is wrong in it: cause → {order or number: amount}."""

    orders: list[Order] = field(default_factory=list)
    payments: list[Pay] = field(default_factory=list)
    refunds: list[Back] = field(default_factory=list)
    vouchers: list[Voucher] = field(default_factory=list)
    payouts: list[Payout] = field(default_factory=list)
    bank: list[Bank] = field(default_factory=list)
    fx: list[Fx] = field(default_factory=list)
    planted: dict[str, dict[str, int]] = field(default_factory=dict)

    def plant(self, cause: str, name: str, amount: int) -> None:
        self.planted.setdefault(cause, {})[name] = amount


@dataclass
class Deal:
    """One order with all that belongs to it, before it is poured into the month."""

    order: Order | None
    pays: list[Pay]
    backs: list[Back]
    vouchers: list[Voucher]


class Maker:
    """Makes deals, sound ones and faulty ones."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.count = 0

    def sound(self, *, refund: int = 0, parts: int = 1, state: str = "finished", least: int = 2_000) -> Deal:
        """An order that was paid, booked, and partly given back."""
        self.count += 1
        n, rng = self.count, self.rng
        channel = rng.choice(tuple(CHANNELS))
        provider = CHANNELS[channel]
        created = datetime(2026, 2, 1, tzinfo=UTC) - timedelta(hours=8) + timedelta(seconds=rng.randrange(26 * 86400))
        paid = created + timedelta(seconds=rng.randrange(20, 1200))
        number = f"{['TB', 'JD', 'DY'][list(CHANNELS).index(channel)]}{created:%Y%m%d}{n:010d}"
        due = rng.randrange(least, 90_000)
        cuts = sorted(rng.sample(range(1, due), parts - 1)) if parts > 1 else []
        amounts = [b - a for a, b in zip([0, *cuts], [*cuts, due], strict=True)]
        pays = [
            Pay(
                provider,
                f"42{n:014d}{at}",
                number,
                amount,
                paid + timedelta(seconds=at),
                round_half_up(amount * 6, 1000),
            )
            for at, amount in enumerate(amounts)
        ]
        day = china(paid)
        vouchers = [Voucher(f"V{n:09d}", "order", number, due, day)]
        deal = Deal(Order(number, channel, state, due, created, paid), pays, [], vouchers)
        if refund:
            self.give_back(deal, min(refund, due))
        return deal

    def give_back(self, deal: Deal, amount: int, *, booked: bool = True) -> None:
        """A refund at the provider, and its voucher."""
        first = deal.pays[0]
        number = f"R{first.number}{len(deal.backs)}"
        at = first.at + timedelta(days=self.rng.randrange(0, 12))
        order = deal.order.number if deal.order else first.trade_no
        deal.backs.append(Back(first.provider, number, first.number, order, amount, at))
        if booked:
            deal.vouchers.append(Voucher(f"VR{number}", "refund", order, amount, china(at)))

    def ordinary(self) -> Deal:
        """What most of a month is made of, the odd but right things among them."""
        rng = self.rng
        kind = rng.choices(
            ["plain", "partial", "whole", "cancelled", "awaiting", "unpaid", "back", "split", "free", "midnight"],
            [70, 8, 3, 4, 3, 2, 2, 4, 1, 3],
        )[0]
        match kind:
            case "partial":
                return self.sound(refund=rng.randrange(1, 1_900))
            case "whole":
                return self.sound(refund=10**9, state="closed_refunded")
            case "back":
                return self.sound(refund=10**9, state="cancelled")
            case "split":
                return self.sound(parts=rng.choice([2, 3]))
            case "cancelled" | "awaiting" | "unpaid":
                deal = self.sound(
                    state={"cancelled": "cancelled", "awaiting": "await_payment", "unpaid": "closed_unpaid"}[kind]
                )
                assert deal.order
                return Deal(replace(deal.order, paid=None), [], [], [])
            case "free":
                deal = self.sound()
                assert deal.order
                return Deal(replace(deal.order, due=0), [], [], [])
            case "midnight":
                return self.past_midnight()
        return self.sound()

    def past_midnight(self) -> Deal:
        """Ordered before midnight, paid after it."""
        deal = self.sound()
        assert deal.order
        day = china(deal.order.created)
        midnight = datetime(day.year, day.month, day.day, 16, tzinfo=UTC)
        deal.order.created, deal.order.paid = midnight - timedelta(seconds=30), midnight + timedelta(seconds=20)
        for pay in deal.pays:
            pay.at = midnight + timedelta(seconds=20)
        deal.vouchers[0].day = china(midnight)
        return deal


def china(moment: datetime) -> date:
    return (moment + timedelta(hours=8)).date()


def round_half_up(top: int, bottom: int) -> int:
    return (top * 2 + bottom) // (2 * bottom)


Fault = Callable[[Maker, Month], Deal]


def pay_without_order(maker: Maker, month: Month) -> Deal:
    deal = maker.sound()
    assert deal.order
    month.plant("pay_without_order", deal.order.number, deal.order.due)
    return Deal(None, deal.pays, [], [])


def order_without_payment(maker: Maker, month: Month) -> Deal:
    deal = maker.sound()
    assert deal.order
    month.plant("order_without_payment", deal.order.number, -deal.order.due)
    return Deal(deal.order, [], [], deal.vouchers if maker.rng.random() < 0.5 else [])


def cancelled_not_refunded(maker: Maker, month: Month) -> Deal:
    deal = maker.sound(state="cancelled")
    assert deal.order
    month.plant("cancelled_not_refunded", deal.order.number, deal.order.due)
    return deal


def partial_refund_not_booked(maker: Maker, month: Month) -> Deal:
    deal = maker.sound()
    assert deal.order
    maker.give_back(deal, deal.order.due // 3, booked=False)
    month.plant("partial_refund_not_booked", deal.order.number, deal.order.due // 3)
    return deal


def refund_not_at_provider(maker: Maker, month: Month) -> Deal:
    deal = maker.sound(refund=1_500)
    assert deal.order
    month.plant("refund_not_at_provider", deal.order.number, 1_500)
    return Deal(deal.order, deal.pays, [], deal.vouchers)


def duplicate_payment(maker: Maker, month: Month) -> Deal:
    deal = maker.sound()
    assert deal.order
    again = deal.pays[0]
    deal.pays.append(replace(again, number=again.number + "9", at=again.at + timedelta(minutes=3)))
    month.plant("duplicate_payment", deal.order.number, again.amount)
    return deal


def cent_difference(maker: Maker, month: Month) -> Deal:
    deal = maker.sound()
    assert deal.order
    off = maker.rng.choice([-3, -1, 1, 2])
    deal.pays[0].amount += off
    deal.pays[0].fee = round_half_up(deal.pays[0].amount * 6, 1000)
    month.plant("cent_difference", deal.order.number, off)
    return deal


def amount_wrong(maker: Maker, month: Month) -> Deal:
    deal = maker.sound()
    assert deal.order
    off = maker.rng.choice([-1, 1]) * maker.rng.randrange(50, 1_500)
    deal.pays[0].amount += off
    deal.pays[0].fee = round_half_up(deal.pays[0].amount * 6, 1000)
    if maker.rng.random() < 0.5:
        deal.vouchers[0].amount += off
    month.plant("amount_wrong", deal.order.number, off)
    return deal


def voucher_missing(maker: Maker, month: Month) -> Deal:
    deal = maker.sound()
    assert deal.order
    month.plant("voucher_missing", deal.order.number, -deal.order.due)
    return Deal(deal.order, deal.pays, [], [])


def voucher_amount_wrong(maker: Maker, month: Month) -> Deal:
    deal = maker.sound()
    assert deal.order
    deal.vouchers[0].amount -= 700
    month.plant("voucher_amount_wrong", deal.order.number, -700)
    return deal


def voucher_duplicate(maker: Maker, month: Month) -> Deal:
    deal = maker.sound()
    assert deal.order
    deal.vouchers.append(replace(deal.vouchers[0], number=deal.vouchers[0].number + "D"))
    month.plant("voucher_duplicate", deal.order.number, deal.order.due)
    return deal


def random_out_trade_no(maker: Maker, month: Month) -> Deal:
    deal = maker.sound()
    assert deal.order
    stray = "".join(maker.rng.choices("0123456789abcdef", k=32))
    for pay in deal.pays:
        pay.trade_no = stray
    month.plant("random_out_trade_no", deal.order.number, deal.order.due)
    return deal


def over_refund(maker: Maker, month: Month) -> Deal:
    deal = maker.sound()
    assert deal.order
    maker.give_back(deal, deal.order.due + 900)
    month.plant("over_refund", deal.order.number, -900)
    return deal


def fen_yuan_mixup(maker: Maker, month: Month) -> Deal:
    deal = maker.sound()
    assert deal.order
    if maker.rng.random() < 0.5:
        deal.vouchers[0].amount *= 100
        month.plant("fen_yuan_mixup", deal.order.number, deal.order.due * 99)
    else:
        deal.pays[0].amount *= 100
        deal.pays[0].fee = round_half_up(deal.pays[0].amount * 6, 1000)
        month.plant("fen_yuan_mixup", deal.order.number, deal.order.due * 99)
    return deal


def paid_but_pending(maker: Maker, month: Month) -> Deal:
    deal = maker.sound(state="await_payment")
    assert deal.order
    deal.order.paid = None
    month.plant("paid_but_pending", deal.order.number, deal.order.due)
    return Deal(deal.order, deal.pays, [], [])


def fee_wrong(maker: Maker, month: Month) -> Deal:
    deal = maker.sound(least=10_000)
    assert deal.order
    assert deal.pays[0].fee is not None
    deal.pays[0].fee += 17
    month.plant("fee_wrong", deal.order.number, -17)
    return deal


FAULTS: Final[Mapping[str, Fault]] = {
    one.__name__: one
    for one in (
        pay_without_order, order_without_payment, cancelled_not_refunded, partial_refund_not_booked,
        refund_not_at_provider, duplicate_payment, cent_difference, amount_wrong, voucher_missing,
        voucher_amount_wrong, voucher_duplicate, random_out_trade_no, over_refund, fen_yuan_mixup,
        paid_but_pending, fee_wrong,
    )
}  # fmt: skip


def make(orders: int, *, seed: int = 7, faults: Mapping[str, int] | int = 3, settled: bool = True) -> Month:
    """A month of about this many orders; `faults` of each kind, or counts by kind."""
    maker, month = Maker(seed), Month()
    deals = [
        fault(maker, month)
        for name, fault in FAULTS.items()
        for _ in range(faults if isinstance(faults, int) else faults.get(name, 0))
    ]
    deals += [maker.ordinary() for _ in range(max(0, orders - len(deals)))]
    maker.rng.shuffle(deals)
    for deal in deals:
        if deal.order:
            month.orders.append(deal.order)
        month.payments += deal.pays
        month.refunds += deal.backs
        month.vouchers += deal.vouchers
    if settled:
        settle(month, maker.rng, faults if isinstance(faults, int) else 0)
    return month


def settle(month: Month, rng: random.Random, faults: int) -> None:
    """Pay-outs of every day, bank lines that put a weekend together, and what goes wrong there."""
    by_day: dict[tuple[str, date], list[Pay]] = {}
    for pay in month.payments:
        by_day.setdefault((pay.provider, china(pay.at)), []).append(pay)
    back: dict[tuple[str, date], int] = {}
    for one in month.refunds:
        back[(one.provider, china(one.at))] = back.get((one.provider, china(one.at)), 0) + one.amount
    commissions: list[Payout] = []
    owed: dict[str, int] = {}
    for (provider, day), pays in sorted(by_day.items()):
        number = f"PO{provider[:2].upper()}{day:%Y%m%d}"
        if provider == "douyin":
            for pay in pays:
                taken = round_half_up(pay.amount * 5, 100)
                at, net = day + timedelta(days=1), pay.amount - taken
                part = Payout(provider, number, net, at, pay.trade_no, pay.amount, 0, taken, pay.number)
                commissions.append(part)
            month.payouts += commissions[-len(pays) :]
        else:
            gross = sum(pay.amount for pay in pays) - back.get((provider, day), 0)
            amount = gross - sum(pay.fee or 0 for pay in pays) + owed.pop(provider, 0)
            if amount <= 0:
                owed[provider] = amount
                continue
            month.payouts.append(Payout(provider, number, amount, day + timedelta(days=1)))
    for part in rng.sample([one for one in commissions if one.gross and one.gross > 10_000], faults):
        assert part.commission is not None
        part.commission += 230
        part.amount -= 230
        month.plant("commission_wrong", part.order_no, -230)
    bank(month, rng, faults)
    exchange(month, rng, faults)


def bank(month: Month, rng: random.Random, faults: int) -> None:
    """Saturdays' and Sundays' pay-outs come on Monday in one line; the last days' are still on the way."""
    totals: dict[tuple[str, str, date], int] = {}
    for one in month.payouts:
        totals[(one.provider, one.number, one.day)] = totals.get((one.provider, one.number, one.day), 0) + one.amount
    arriving: dict[tuple[str, date], list[tuple[str, int]]] = {}
    last = FIRST + timedelta(days=DAYS + 2)
    short = set(rng.sample(sorted(number for _, number, day in totals if day.weekday() in (1, 2)), min(faults, 4)))
    for (provider, number, day), amount in sorted(totals.items()):
        arrives = day + timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))
        if arrives > last - timedelta(days=3):
            month.plant("timing", number, -amount)
            continue
        came = amount - 4_321 if number in short else amount
        if number in short:
            month.plant("payout_short", number, -4_321)
        arriving.setdefault((provider, arrives), []).append((number, came))
    for place, ((provider, day), parts) in enumerate(sorted(arriving.items())):
        named = " ".join(number for number, _ in parts) if place % 2 or set(dict(parts)) & short else ""
        month.bank.append(
            Bank(f"B{place:06d}", sum(amount for _, amount in parts), day, f"{provider} 结算 {named}".strip())
        )


def exchange(month: Month, rng: random.Random, faults: int) -> None:
    """Sales abroad, settled in yuan."""
    for at in range(faults * 4):
        foreign = rng.randrange(2_000, 50_000)
        amount = round_half_up(foreign * 70_512, 10_000)
        if at < faults:
            amount -= 888
            month.plant("fx_difference", f"FX{at:05d}", -888)
        month.fx.append(Fx(f"FX{at:05d}", foreign, "7.0512", amount, FIRST + timedelta(days=at % DAYS)))
