"""A second seeded month (另一种造数), written from the vocabulary of causes alone: how a stranger imagines a seller's books.

It knows no rule of the product. Prices come from a list, so that amounts repeat; numbers are of several makes; banks merge
weekends. What is wrong is written down as cause → {what it is about: amount}, signed as docs/reconciliation.md says.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, timezone
from typing import Final

CHINA: Final = timezone(timedelta(hours=8))
START: Final = date(2026, 3, 1)
DAYS: Final = 30
PRICES: Final = (990, 1_290, 1_990, 2_990, 3_900, 4_990, 5_990, 6_800, 8_800, 9_900, 12_800, 15_900, 19_900, 29_900)
MALLS: Final = {"shop": ("alipay", 60), "mini": ("wechatpay", 60), "douyin": ("douyin", 0)}
"""Where it was sold → who collects the money, and for how many parts of ten thousand."""
COMMISSION: Final = 500


@dataclass
class Sale:
    """An order, in China's time."""

    number: str
    mall: str
    state: str
    cents: int
    at: datetime
    paid_at: datetime | None


@dataclass
class Charge:
    provider: str
    txn: str
    trade_no: str
    cents: int
    fee: int
    at: datetime


@dataclass
class Return:
    provider: str
    number: str
    txn: str
    trade_no: str
    cents: int
    at: datetime


@dataclass
class Entry:
    number: str
    kind: str
    order: str
    cents: int
    day: date


@dataclass
class Outgoing:
    """A pay-out, or one order's part of it."""

    provider: str
    number: str
    net: int
    day: date
    order: str = ""
    gross: int = 0
    commission: int = 0


@dataclass
class Arrival:
    serial: str
    cents: int
    day: date
    memo: str
    party: str


@dataclass
class Abroad:
    """A sale in dollars, of which the provider says what was settled, and what that is in yuan at the day's rate."""

    number: str
    txn: str
    cents: int
    fee: int
    rate: int
    """Yuan for ten thousand dollars."""
    gross_fen: int
    net_fen: int
    at: datetime


@dataclass
class Books:
    """Everything of the month, and what is wrong in it."""

    sales: list[Sale] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    outgoings: list[Outgoing] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    abroad: list[Abroad] = field(default_factory=list)
    wrong: dict[str, dict[str, int]] = field(default_factory=dict)

    def note(self, cause: str, about: str, cents: int) -> None:
        """Write down a fault."""
        self.wrong.setdefault(cause, {})[about] = cents


@dataclass
class Story:
    """One sale with all that follows from it, before it is told."""

    sale: Sale
    charges: list[Charge]
    returns: list[Return] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    told: bool = True
    """The order itself is known."""


def portion(cents: int, per_ten_thousand: int) -> int:
    """A share, half a cent upwards."""
    return (cents * per_ten_thousand + 5_000) // 10_000


def midnight_of(day: date) -> datetime:
    """When a day begins in China."""
    return datetime.combine(day, time(), CHINA)


class Teller:
    """Makes stories."""

    def __init__(self, seed: int, *, least: int = 990) -> None:
        self.dice = random.Random(seed)
        self.made = 0
        self.least = least

    def number(self, mall: str, at: datetime) -> str:
        """Each mall numbers in its own way."""
        match mall:
            case "shop":
                return f"{at:%y%m%d}-{self.made:08d}"
            case "mini":
                return f"MP{self.made:016d}"
            case _:
                return f"69{at:%d}{self.made * 7 + 1:015d}"

    def plain(self, *, state: str = "", least: int = 0, mall: str = "") -> Story:
        """Bought, paid in one go, and booked on the day."""
        self.made += 1
        dice = self.dice
        mall = mall or dice.choices(tuple(MALLS), (5, 3, 2))[0]
        provider, rate = MALLS[mall]
        at = midnight_of(START) + timedelta(seconds=25_200 + dice.randrange(DAYS * 86_400 - 40_000))
        cents = max(
            least, self.least, dice.choice(PRICES) * dice.choice((1, 1, 1, 2, 3)) - dice.choice((0, 0, 0, 500, 37))
        )
        paid = at + timedelta(seconds=dice.randrange(5, 900))
        number = self.number(mall, at)
        sale = Sale(number, mall, state or dice.choice(("paid", "shipped", "completed", "completed")), cents, at, paid)
        charge = Charge(provider, f"{paid:%Y%m%d}22{self.made:012d}", number, cents, portion(cents, rate), paid)
        return Story(sale, [charge], entries=[Entry(f"PZ{self.made:07d}", "order", number, cents, paid.date())])

    def refund(self, story: Story, cents: int, *, booked: bool = True, days: int = 6) -> None:
        """Money goes back, some days later."""
        first = story.charges[0]
        at = first.at + timedelta(days=self.dice.randrange(days), seconds=3_600)
        number = f"T{first.txn[-12:]}{len(story.returns)}"
        story.returns.append(Return(first.provider, number, first.txn, story.sale.number, cents, at))
        if booked:
            story.entries.append(Entry(f"PT{number}", "refund", story.sale.number, cents, at.date()))

    def sound(self) -> Story:
        """What most of a month is made of, with the odd things that are right."""
        kind = self.dice.choices(
            ("plain", "some", "all", "undone", "waiting", "never", "parts", "gift", "late", "twice"),
            (60, 8, 3, 2, 3, 4, 4, 1, 3, 1),
        )[0]
        match kind:
            case "some":
                story = self.plain(least=2_000)
                for _ in range(self.dice.choice((1, 1, 2))):
                    self.refund(story, self.dice.randrange(100, 900))
                return story
            case "all" | "undone":
                story = self.plain(state="refunded" if kind == "all" else "cancelled")
                self.refund(story, story.sale.cents)
                return story
            case "waiting" | "never":
                story = self.plain(state="pending" if kind == "waiting" else "cancelled")
                return Story(replace(story.sale, paid_at=None), [])
            case "gift":
                story = self.plain()
                return Story(replace(story.sale, cents=0), [])
            case _:
                return self._paid_otherwise(kind)

    def _paid_otherwise(self, kind: str) -> Story:
        story = self.plain(least=1_500)
        first = story.charges[0]
        match kind:
            case "parts":
                self._split(story)
            case "late":
                midnight = midnight_of(story.sale.at.date()) + timedelta(days=1)
                story.sale.at = midnight - timedelta(seconds=20)
                story.sale.paid_at = first.at = midnight + timedelta(seconds=15)
                story.entries[0].day = midnight.date()
            case "twice":
                again = replace(first, txn=first.txn + "7", at=first.at + timedelta(seconds=40))
                story.charges.append(again)
                story.returns.append(
                    Return(first.provider, f"T{again.txn[-12:]}9", again.txn, story.sale.number, again.cents,
                           again.at + timedelta(hours=2))
                )  # fmt: skip
        return story

    def _split(self, story: Story) -> None:
        first, rate = story.charges[0], MALLS[story.sale.mall][1]
        part = self.dice.randrange(1, first.cents)
        story.charges = [
            replace(
                first, txn=f"{first.txn}{n}", cents=cents, fee=portion(cents, rate), at=first.at + timedelta(seconds=n)
            )
            for n, cents in enumerate((part, first.cents - part))
        ]


Fault = Callable[[Teller, Books], Story]


def pay_without_order(teller: Teller, books: Books) -> Story:
    story = teller.plain()
    books.note("pay_without_order", story.sale.number, story.sale.cents)
    return replace(story, told=False, entries=story.entries if teller.dice.random() < 0.5 else [])


def order_without_payment(teller: Teller, books: Books) -> Story:
    story = teller.plain()
    books.note("order_without_payment", story.sale.number, -story.sale.cents)
    return replace(story, charges=[], entries=story.entries if teller.dice.random() < 0.5 else [])


def cancelled_not_refunded(teller: Teller, books: Books) -> Story:
    story = teller.plain(state="cancelled")
    books.note("cancelled_not_refunded", story.sale.number, story.sale.cents)
    return story


def partial_refund_not_booked(teller: Teller, books: Books) -> Story:
    story = teller.plain(least=2_000)
    teller.refund(story, 555, booked=False)
    books.note("partial_refund_not_booked", story.sale.number, 555)
    return story


def refund_not_at_provider(teller: Teller, books: Books) -> Story:
    story = teller.plain(least=3_000)
    teller.refund(story, 1_111)
    books.note("refund_not_at_provider", story.sale.number, 1_111)
    return replace(story, returns=[])


def duplicate_payment(teller: Teller, books: Books) -> Story:
    story = teller.plain()
    first = story.charges[0]
    story.charges.append(replace(first, txn=first.txn + "8", at=first.at + timedelta(seconds=70)))
    books.note("duplicate_payment", story.sale.number, first.cents)
    return story


def _charged(story: Story, cents: int) -> None:
    first = story.charges[0]
    first.cents, first.fee = cents, portion(cents, MALLS[story.sale.mall][1])


def cent_difference(teller: Teller, books: Books) -> Story:
    story = teller.plain()
    off = teller.dice.choice((-2, -1, 1, 3))
    _charged(story, story.sale.cents + off)
    if teller.dice.random() < 0.5:
        story.entries[0].cents += off
    books.note("cent_difference", story.sale.number, off)
    return story


def amount_wrong(teller: Teller, books: Books) -> Story:
    story = teller.plain(least=3_000)
    off = teller.dice.choice((-1_000, -250, 300, 2_000))
    _charged(story, story.sale.cents + off)
    if teller.dice.random() < 0.5:
        story.entries[0].cents += off
    books.note("amount_wrong", story.sale.number, off)
    return story


def voucher_missing(teller: Teller, books: Books) -> Story:
    story = teller.plain()
    books.note("voucher_missing", story.sale.number, -story.sale.cents)
    return replace(story, entries=[])


def voucher_amount_wrong(teller: Teller, books: Books) -> Story:
    story = teller.plain(least=3_000)
    off = teller.dice.choice((-900, 180, 1))
    story.entries[0].cents += off
    books.note("voucher_amount_wrong", story.sale.number, off)
    return story


def voucher_duplicate(teller: Teller, books: Books) -> Story:
    story = teller.plain()
    first = story.entries[0]
    story.entries.append(replace(first, number=teller.dice.choice((first.number, first.number + "B"))))
    books.note("voucher_duplicate", story.sale.number, first.cents)
    return story


def random_out_trade_no(teller: Teller, books: Books) -> Story:
    story = teller.plain()
    story.charges[0].trade_no = f"{teller.dice.getrandbits(128):032x}"
    books.note("random_out_trade_no", story.sale.number, story.sale.cents)
    return story


def over_refund(teller: Teller, books: Books) -> Story:
    story = teller.plain()
    teller.refund(story, story.sale.cents + 600)
    books.note("over_refund", story.sale.number, -600)
    return story


def fen_yuan_mixup(teller: Teller, books: Books) -> Story:
    story = teller.plain()
    if teller.dice.random() < 0.5:
        story.entries[0].cents *= 100
    else:
        _charged(story, story.sale.cents * 100)
    books.note("fen_yuan_mixup", story.sale.number, story.sale.cents * 99)
    return story


def paid_but_pending(teller: Teller, books: Books) -> Story:
    story = teller.plain(state="pending")
    books.note("paid_but_pending", story.sale.number, story.sale.cents)
    return replace(story, sale=replace(story.sale, paid_at=None), entries=[])


def fee_wrong(teller: Teller, books: Books) -> Story:
    story = teller.plain(least=9_900, mall="shop")
    story.charges[0].fee += 25
    books.note("fee_wrong", story.sale.number, -25)
    return story


FAULTS: Final[Mapping[str, Fault]] = {
    one.__name__: one
    for one in (
        pay_without_order, order_without_payment, cancelled_not_refunded, partial_refund_not_booked,
        refund_not_at_provider, duplicate_payment, cent_difference, amount_wrong, voucher_missing, voucher_amount_wrong,
        voucher_duplicate, random_out_trade_no, over_refund, fen_yuan_mixup, paid_but_pending, fee_wrong,
    )
}  # fmt: skip


def imagine(orders: int, *, seed: int, each: int, fee_back: bool = False, least: int = 990) -> Books:
    """A month of about so many orders with `each` fault of every kind. `fee_back`: a refund returns its share of the fee."""
    teller, books = Teller(seed, least=least), Books()
    stories = [fault(teller, books) for fault in FAULTS.values() for _ in range(each)]
    stories += [teller.sound() for _ in range(max(0, orders - len(stories)))]
    teller.dice.shuffle(stories)
    for story in stories:
        books.sales += [story.sale] if story.told else []
        books.charges += story.charges
        books.returns += story.returns
        books.entries += story.entries
    pay_out(books, teller.dice, each=each, fee_back=fee_back)
    return books


def fee_returned(books: Books) -> dict[str, int]:
    """Of each refund, the share of the fee that comes back with it."""
    fees = {one.txn: one for one in books.charges}
    told: dict[str, int] = {}
    for back in books.returns:
        first = fees.get(back.txn)
        told[back.number] = 0 if first is None else min(portion(back.cents, 60), first.fee) if first.fee else 0
    return told


def pay_out(books: Books, dice: random.Random, *, each: int, fee_back: bool) -> None:
    """Every day's money is paid out on the next; Douyin tells by order and keeps its commission."""
    back = fee_returned(books) if fee_back else {}
    days: dict[tuple[str, date], int] = {}
    for one in books.charges:
        if one.provider != "douyin":
            key = (one.provider, one.at.date())
            days[key] = days.get(key, 0) + one.cents - one.fee
    for gone in books.returns:
        if gone.provider != "douyin":
            key = (gone.provider, gone.at.date())
            days[key] = days.get(key, 0) - gone.cents + back.get(gone.number, 0)
    owed: dict[str, int] = {}
    for (provider, day), cents in sorted(days.items(), key=lambda one: (one[0][0], one[0][1])):
        net = cents + owed.pop(provider, 0)
        if net <= 0:
            owed[provider] = net
            continue
        books.outgoings.append(
            Outgoing(provider, f"{provider[:1].upper()}O{day:%Y%m%d}01", net, day + timedelta(days=1))
        )
    _douyin(books, dice, each=each)
    _arrive(books, dice, each=each)


def _douyin(books: Books, dice: random.Random, *, each: int) -> None:
    parts = []
    for paid in (one for one in books.charges if one.provider == "douyin"):
        taken = portion(paid.cents, COMMISSION)
        day = paid.at.date() + timedelta(days=1)
        parts.append(Outgoing("douyin", f"DYS{day:%Y%m%d}", paid.cents - taken, day, paid.trade_no, paid.cents, taken))
    known = {about for names in books.wrong.values() for about in names}
    sound = [one for one in parts if one.gross > 5_000 and one.order not in known]
    for one in dice.sample(sound, min(each, len(sound) // 30)):
        one.commission += 120
        one.net -= 120
        books.note("commission_wrong", one.order, -120)
    books.outgoings += parts


def sell_abroad(books: Books, *, sales: int, wrong: int, seed: int) -> None:
    """Dollars; each line is rounded by itself, half up or down as this provider does it."""
    dice = random.Random(seed)
    up = dice.choice((5_000, 0))
    for n in range(sales):
        at = midnight_of(START) + timedelta(days=n % DAYS, seconds=dice.randrange(80_000))
        cents, rate = dice.randrange(1_500, 60_000), 72_500 + n % DAYS
        fee = portion(cents, 220)
        net_fen = ((cents - fee) * rate + up) // 10_000
        one = Abroad(
            f"OV-{n:08d}", f"{at:%Y%m%d}33{n:010d}", cents, fee, rate, (cents * rate + up) // 10_000, net_fen, at
        )
        if n < wrong:
            one.net_fen -= 713
            books.note("fx_difference", one.number, -713)
        books.abroad.append(one)


PARTIES: Final = {
    "alipay": "支付宝(中国)网络技术有限公司", "wechatpay": "财付通支付科技有限公司", "douyin": "抖音支付科技有限公司",
}  # fmt: skip


def _arrive(books: Books, dice: random.Random, *, each: int) -> None:
    """Nothing comes on weekends: Monday's line holds three days. Of the last two days nothing has come yet."""
    sums: dict[tuple[str, str, date], int] = {}
    for one in books.outgoings:
        sums[one.provider, one.number, one.day] = sums.get((one.provider, one.number, one.day), 0) + one.net
    last = START + timedelta(days=DAYS)
    lines: dict[tuple[str, date], list[tuple[str, int]]] = {}
    for (provider, number, day), cents in sorted(sums.items()):
        comes = day + timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))
        if comes >= last - timedelta(days=1):
            books.note("timing", number, -cents)
        else:
            lines.setdefault((provider, comes), []).append((number, cents))
    single = [key for key, parts in lines.items() if len(parts) == 1 and parts[0][1] > 30_000]
    short = set(dice.sample(sorted(single), min(2 if each else 0, len(single))))
    for n, (key, parts) in enumerate(sorted(lines.items())):
        total = sum(cents for _, cents in parts)
        if key in short:
            total -= 1_688
            books.note("payout_short", parts[0][0], -1_688)
        memo = " ".join(number for number, _ in parts) if n % 3 == 0 else "结算款"
        books.arrivals.append(Arrival(f"YH{n:07d}", total, key[1], memo, PARTIES[key[0]]))
    for n in range(6):
        day = START + timedelta(days=3 + 4 * n)
        books.arrivals.append(Arrival(f"YH9{n:06d}", -dice.randrange(10_000, 900_000), day, "房租 工资", "物业公司"))
    books.arrivals.append(Arrival("YH99", 1_234, START + timedelta(days=20), "存款利息", "中国工商银行"))
