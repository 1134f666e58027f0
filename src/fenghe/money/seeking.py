"""Searching for what a chain lacks (凭证寻踪): whom to ask about which gap, and what an answer amounts to. Pure.

Promises: nobody is asked for what he cannot know, and nobody twice in one search; who could not be asked is said, with the reason;
an answer that says `there is none` is told apart from one that says nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from fenghe.kernel.values import CHINA
from fenghe.money.asking import Ask, Wish
from fenghe.money.channel_asking import Channel, channels_for
from fenghe.money.compensation import NO_SUCH_ORDER
from fenghe.money.numbers import clean_number
from fenghe.money.trace import Gap

FRESH: Final = timedelta(minutes=5)
"""The same search again within this shows the former one."""
DEADLINE: Final = timedelta(minutes=10)
"""What was not answered by then is said to be late; the question itself goes on and its answer joins the chain when it comes."""
MOST_OF_PERSON: Final = 12
MOST_OF_CHAIN: Final = 8
SPAN: Final = timedelta(minutes=10)
"""So many searches of one person, and about one chain, within this."""
MOST_QUESTIONS: Final = 24
MOST_PARCELS: Final = 5
MOST_BILL_DAYS: Final = 3
SHORTEST: Final = 6
"""A number shorter than this is in every file."""
BILL_HOUR: Final = 10
BILLS_KEPT: Final = timedelta(days=90)

_ABSENT: Final = re.compile(
    r"（(?:ORDER_NOT_EXIST|ORDERNOTEXIST|RESOURCE_NOT_EXISTS|REFUND_NOT_EXISTS?|ACQ\.TRADE_NOT_EXIST|TRADE_NOT_EXIST"
    r"|NO_STATEMENT_EXIST|isp\.bill_not_exist|BILL_NOT_EXIST)）"
)
"""How providers say that there is none: WeChat Pay v3 and Alipay, each in the code at the end of its words."""


class Payer(msgspec.Struct, frozen=True, kw_only=True):
    """A payment connection. `collects_for`: the channels whose orders are paid by it; none: any."""

    id: str
    title: str
    provider: str
    collects_for: tuple[str, ...] = ()
    prefix: str = ""


class OrderFact(msgspec.Struct, frozen=True, kw_only=True):
    """An order of the chain, as far as somebody has to be told of it. `payment_no`: as the channel told it with the order."""

    order_no: str
    channel: str
    payment_no: str = ""
    paid_on: date | None = None


class PaymentFact(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of the chain. `source`: who told of it."""

    payment_no: str
    provider: str
    out_trade_no: str
    order_no: str
    paid_on: date | None = None
    source: str = ""


class RefundFact(msgspec.Struct, frozen=True, kw_only=True):
    """A refund of the chain that has not come to its end."""

    refund_no: str
    out_refund_no: str
    payment_no: str
    out_trade_no: str
    provider: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a chain and of who can be asked. `number`: what was entered, where nobody knows a chain of it."""

    number: str
    orders: tuple[OrderFact, ...] = ()
    payments: tuple[PaymentFact, ...] = ()
    refunds: tuple[RefundFact, ...] = ()
    parcels: tuple[str, ...] = ()
    """Parcels that are still on the way."""
    payers: tuple[Payer, ...] = ()
    channels: tuple[Channel, ...] = ()
    titles: Mapping[str, str] = {}
    numbers: tuple[str, ...] = ()
    """Every number by which a file may mention the chain."""

    @property
    def unknown(self) -> bool:
        """Whether nobody knows the number."""
        return not (self.orders or self.payments or self.parcels or self.refunds)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to ask. `who`: provider, channel, carrier, bill, files; `problem`: why it cannot be asked."""

    who: str
    words: str
    source: str = ""
    act: str = ""
    payload: Mapping[str, Any] = {}
    parcel: str = ""
    problem: str = ""


def plan(gaps: Sequence[Gap], facts: Facts, *, now: datetime) -> list[Question]:
    """Whom to ask about these gaps, each once; about a number that nobody knows, everybody who might."""
    if facts.unknown:
        return _about_unknown(facts)[: MOST_QUESTIONS - 1] + _files(facts)
    asked: list[Question] = []
    for search in dict.fromkeys(gap.search for gap in gaps):
        codes = {gap.code for gap in gaps if gap.search == search}
        asked += _of_search(search, codes, facts, now)
    seen = dict.fromkeys((one.who, one.source, one.words) for one in asked)
    unique = [next(one for one in asked if (one.who, one.source, one.words) == name) for name in seen]
    return unique[: MOST_QUESTIONS - 1] + (_files(facts) if any(gap.search for gap in gaps) else [])


def _of_search(search: str, codes: set[str], facts: Facts, now: datetime) -> list[Question]:
    match search:
        case "payment.query":
            return [*_payments_of_orders(facts), *_bills(facts, now)]
        case "refund.query":
            return [*_refunds(facts), *_known_payments(facts), *_orders(facts), *_bills(facts, now)]
        case "order.query" if "order" in codes:
            return [*_missing_orders(facts), *_orders(facts)]
        case "order.query":
            return _orders(facts)
        case "track.query":
            return _parcels(facts)
        case "bill":
            return [*_bills(facts, now), *_known_payments(facts)]
        case _:
            return []


# ── providers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _payments_of_orders(facts: Facts) -> list[Question]:
    """The payment of each order, at whoever collects for its channel."""
    found = []
    for order in facts.orders:
        own = [one for one in facts.payers if order.channel in one.collects_for]
        number = order.payment_no
        found += [_payment(one, number, "" if number else one.prefix + order.order_no) for one in own or facts.payers]
    return found or [
        _nobody("provider", "向支付机构查询支付单", "没有可以查询的支付连接,请在「连接」页添加微信支付或支付宝")
    ]


def _known_payments(facts: Facts) -> list[Question]:
    """What became of each payment that is known: a refund, a closing."""
    return [
        _payment(payer, one.payment_no, one.out_trade_no)
        for one in facts.payments
        if (payer := _payer(facts, one.provider, one.source)) is not None
    ]


def _payment(payer: Payer, payment_no: str, out_trade_no: str) -> Question:
    named = f"支付流水号 {payment_no}" if payment_no else f"商户单号 {out_trade_no}"
    wish = Wish(payment_no=payment_no, out_trade_no=out_trade_no)
    return Question(
        who="provider", source=payer.id, act=Ask.PAYMENT, payload=_told(wish), words=f"向{payer.title}查询{named}"
    )


def _refunds(facts: Facts) -> list[Question]:
    found = []
    for one in facts.refunds:
        payer = _payer(facts, one.provider, "")
        if payer is not None:
            request = one.out_refund_no or one.refund_no
            wish = Wish(out_refund_no=request, payment_no=one.payment_no, out_trade_no=one.out_trade_no)
            found.append(
                Question(
                    who="provider", source=payer.id, act=Ask.REFUND_QUERY, payload=_told(wish),
                    words=f"向{payer.title}查询退款 {request}",
                )
            )  # fmt: skip
    return found


def _payer(facts: Facts, provider: str, source: str) -> Payer | None:
    own = [one for one in facts.payers if one.provider == provider]
    return next((one for one in own if one.id == source), own[0] if own else None)


def _told(wish: Wish) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(wish).items() if value not in ("", 0, None)}


def _bills(facts: Facts, now: datetime) -> list[Question]:
    """The trade bill of each day on which the chain's money moved, fetched again."""
    days: dict[tuple[str, date], None] = {}
    for one in facts.payments:
        payer = _payer(facts, one.provider, one.source)
        if payer is not None and one.paid_on is not None:
            days[(payer.id, one.paid_on)] = None
    for order in facts.orders if not facts.payments else ():
        for payer in facts.payers:
            if order.paid_on is not None and order.channel in payer.collects_for:
                days[(payer.id, order.paid_on)] = None
    titles = {one.id: one.title for one in facts.payers}
    return [_bill(source, titles[source], day, now) for source, day in list(days)[:MOST_BILL_DAYS]]


def _bill(source: str, title: str, day: date, now: datetime) -> Question:
    words = f"向{title}取 {day.isoformat()} 的交易账单"
    local = now.astimezone(CHINA)
    if local.date() <= day or (local.date() == day + timedelta(days=1) and local.hour < BILL_HOUR):
        return _nobody("bill", words, "当天的账单次日 10 点以后才有", source=source)
    if local.date() - day > BILLS_KEPT:
        return _nobody("bill", words, "支付机构只保留三个月的账单,请从商户后台下载后导入", source=source)
    wish = Wish(bill_day=day, bill_type="trade")
    return Question(who="bill", source=source, act=Ask.BILL_LINK, payload=_told(wish), words=words)


# ── channels, carriers, files ────────────────────────────────────────────────────────────────────────────────────────


def _orders(facts: Facts) -> list[Question]:
    """Each order anew, at its own channel."""
    found = []
    for order in facts.orders:
        words = f"向渠道查询订单 {order.order_no}"
        own = [one for one in facts.channels if one.connector == order.channel]
        able = channels_for(order.order_no, own, trade_numbers=(), collected=(order.channel,))
        if able:
            found += [_order(facts, source, order.order_no) for source in able]
        elif own:
            found.append(_nobody("channel", words, "这个渠道的连接没有填写应用密钥", source=own[0].id))
        else:
            found.append(_nobody("channel", words, f"没有渠道 {order.channel} 的连接"))
    return found


def _missing_orders(facts: Facts) -> list[Question]:
    """Orders that only their payments name, at whichever channel may have them."""
    known = {one.order_no for one in facts.orders}
    found = []
    for one in facts.payments:
        if one.order_no and one.order_no not in known:
            collected = next((payer.collects_for for payer in facts.payers if payer.id == one.source), ())
            able = channels_for(one.order_no, facts.channels, trade_numbers=(one.out_trade_no,), collected=collected)
            found += [_order(facts, source, one.order_no) for source in able]
            if not able:
                found.append(_nobody("channel", f"向渠道查询订单 {one.order_no}", NO_CHANNEL))
    return found


NO_CHANNEL: Final = "没有能按单号查询订单的渠道连接,请在「连接」页填写渠道的应用密钥"


def _order(facts: Facts, source: str, order_no: str) -> Question:
    title = facts.titles.get(source, source)
    return Question(who="channel", source=source, payload={"order_no": order_no}, words=f"向{title}查询订单 {order_no}")


def _parcels(facts: Facts) -> list[Question]:
    return [
        Question(who="carrier", parcel=number, words=f"向承运商查询运单 {number}")
        for number in facts.parcels[:MOST_PARCELS]
    ]


def _about_unknown(facts: Facts) -> list[Question]:
    """A number nobody knows: a payment at each provider, an order at each channel."""
    number = facts.number
    found = [_payment(payer, "", number) for payer in facts.payers]
    found += [_payment(payer, number, "") for payer in facts.payers if len(number) >= 20 and number.isdigit()]
    able = channels_for(number, facts.channels, trade_numbers=(number,), collected=())
    found += [_order(facts, source, number) for source in able]
    if not facts.payers:
        found.append(_nobody("provider", f"向支付机构查询 {number}", "没有可以查询的支付连接"))
    if not able:
        found.append(_nobody("channel", f"向渠道查询订单 {number}", NO_CHANNEL))
    return found


def _files(facts: Facts) -> list[Question]:
    words = "在账单行、凭证、未导入的文件和收到的报文里找这条链的编号"
    if not facts.numbers:
        return [_nobody("files", words, f"编号都短于 {SHORTEST} 位,到处都有,不在文件里找")]
    return [Question(who="files", words=words)]


def _nobody(who: str, words: str, problem: str, *, source: str = "") -> Question:
    return Question(who=who, words=words, problem=problem, source=source)


# ── what answers amount to ───────────────────────────────────────────────────────────────────────────────────────────


def says_none(error: str) -> bool:
    """Whether an error is the word of whoever was asked that there is no such thing."""
    return error.startswith(NO_SUCH_ORDER) or _ABSENT.search(error) is not None


def mentionable(numbers: Iterable[str]) -> tuple[str, ...]:
    """Numbers by which a file may be searched: cleaned, long enough to mean something."""
    return tuple(dict.fromkeys(one for told in numbers if len(one := clean_number(told)) >= SHORTEST))


def mentions(text: bytes, number: str) -> bool:
    """Whether a text holds the number as a number of its own, a channel's prefix before it or not, and not within a longer one."""
    told = number.encode()
    return re.search(rb"(?<![0-9A-Za-z])(?:T\d{2,6}N?P)?" + re.escape(told) + rb"(?![0-9A-Za-z])", text) is not None
