"""Whom a search asks (凭证寻踪), which numbers make one chain, and when a text mentions a number: the pure rules."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.money.channel_asking import Channel
from fenghe.money.seeking import Facts, OrderFact, Payer, PaymentFact, RefundFact, mentions, plan, says_none
from fenghe.money.trace import Gap
from fenghe.money.trace_numbers import Bearer, Tie, chains, chosen

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
WECHAT = Payer(id="wx", title="微信支付", provider="wechatpay", collects_for=("douyin",))
ALIPAY = Payer(id="ali", title="支付宝", provider="alipay", collects_for=("taobao",), prefix="T200P")
SHOPS = tuple(Channel(id=one, connector=one, config={"app_key": "k"}) for one in ("taobao", "douyin", "jd"))
ORDER = OrderFact(order_no="6930000001", channel="taobao", paid_on=date(2026, 2, 20))
PAYMENT = PaymentFact(
    payment_no="42001", provider="wechatpay", out_trade_no="6930000002", order_no="6930000002", source="wx",
    paid_on=date(2026, 2, 20),
)  # fmt: skip


def facts(**more: object) -> Facts:
    told: dict[str, object] = {"number": "6930000001", "payers": (WECHAT, ALIPAY), "channels": SHOPS}
    return Facts(**{**told, "numbers": ("6930000001",), **more})  # type: ignore[arg-type]


def gap(code: str, search: str) -> Gap:
    return Gap(code=code, beside="order:1", words="", search=search)


def asked(gaps: list[Gap], told: Facts, now: datetime = NOW) -> list[tuple[str, str, str]]:
    return [(one.who, one.source, "no" if one.problem else "yes") for one in plan(gaps, told, now=now)]


def test_a_missing_payment_is_asked_for_at_whoever_collects_for_the_channel() -> None:
    told = plan([gap("payment", "payment.query")], facts(orders=(ORDER,)), now=NOW)
    assert [(one.who, one.source) for one in told] == [("provider", "ali"), ("bill", "ali"), ("files", "")]
    assert told[0].payload == {"out_trade_no": "T200P6930000001", "currency": "CNY", "way": "native"}
    known = ORDER.__class__(order_no="6930000001", channel="taobao", payment_no="2026022022001")
    told = plan([gap("payment", "payment.query")], facts(orders=(known,)), now=NOW)
    assert told[0].payload["payment_no"] == "2026022022001" and "out_trade_no" not in told[0].payload


def test_a_missing_order_is_asked_for_at_every_channel_that_may_have_it() -> None:
    told = asked([gap("order", "order.query")], facts(payments=(PAYMENT,)))
    assert told == [
        ("channel", "douyin", "yes"),
        ("channel", "taobao", "yes"),
        ("channel", "jd", "yes"),
        ("files", "", "yes"),
    ]
    nobody = facts(payments=(PAYMENT,), channels=(Channel(id="x", connector="taobao", config={}),))
    assert asked([gap("order", "order.query")], nobody)[0] == ("channel", "", "no")


def test_a_refund_is_asked_about_everywhere_it_may_be_known() -> None:
    back = RefundFact(
        refund_no="5", out_refund_no="R5", payment_no="42001", out_trade_no="6930000002", provider="wechatpay"
    )
    order = OrderFact(order_no="6930000002", channel="douyin")
    told = asked([gap("refund", "refund.query")], facts(orders=(order,), payments=(PAYMENT,), refunds=(back,)))
    assert told == [
        ("provider", "wx", "yes"), ("provider", "wx", "yes"), ("channel", "douyin", "yes"), ("bill", "wx", "yes"),
        ("files", "", "yes"),
    ]  # fmt: skip


def test_a_bill_is_asked_for_only_when_there_is_one() -> None:
    def bill(now: datetime) -> str:
        return plan([gap("statement", "bill")], facts(payments=(PAYMENT,)), now=now)[0].problem

    assert "次日" in bill(datetime(2026, 2, 20, 15, tzinfo=UTC))
    assert "次日" in bill(datetime(2026, 2, 21, 1, 59, tzinfo=UTC))
    assert bill(datetime(2026, 2, 21, 2, 1, tzinfo=UTC)) == ""
    assert "三个月" in bill(datetime(2026, 6, 1, tzinfo=UTC))


def test_a_number_that_nobody_knows_is_asked_about_everywhere() -> None:
    told = plan([], facts(number="2026022022001000000000000001", numbers=("2026022022001000000000000001",)), now=NOW)
    assert [one.who for one in told] == ["provider"] * 4 + ["channel"] * 3 + ["files"]
    assert plan([], facts(number="12", numbers=()), now=NOW)[-1].problem


@given(st.lists(st.sampled_from(("payment.query", "refund.query", "order.query", "track.query", "bill", "files", ""))))
def test_nobody_is_asked_the_same_twice(searches: list[str]) -> None:
    told = plan(
        [gap(f"g{n}", search) for n, search in enumerate(searches)],
        facts(orders=(ORDER, ORDER), payments=(PAYMENT,), parcels=("SF1", "SF1")), now=NOW,
    )  # fmt: skip
    names = [(one.who, one.source, one.words) for one in told]
    assert len(names) == len(set(names)) and len(names) <= 24
    assert (len(names) > 0) >= any(searches)


@pytest.mark.parametrize(
    ("error", "none"),
    [
        ("订单不存在（ORDER_NOT_EXIST）", True),
        ("交易不存在（ACQ.TRADE_NOT_EXIST）", True),
        ("渠道没有这个订单：交易订单不存在（15 isv.trade-not-exist）", True),
        ("系统繁忙（SYSTEM_ERROR）", False),
        ("查询失败：没有这个接口（RESOURCE）", False),
    ],
)
def test_that_there_is_none_is_said_in_a_code(error: str, none: bool) -> None:
    assert says_none(error) is none


@given(
    st.text("0123456789AB", min_size=6, max_size=12),
    st.text("0123456789AB ,`'\t\"", max_size=20),
    st.text("0A`, '", max_size=9),
)
def test_a_number_is_mentioned_only_as_a_number_of_its_own(number: str, before: str, after: str) -> None:
    text = f"{before}{number}{after}"
    whole = (not before or not before[-1].isalnum()) and (not after or not after[0].isalnum())
    if whole:
        assert mentions(text.encode(), number)
    assert not mentions(f"9{number}".encode(), number)
    assert not mentions(f"{number}9".encode(), number)
    assert mentions(f"`T200P{number}\t,x".encode(), number)


# ── which chain ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_rows_hang_together_by_orders_payments_and_payouts() -> None:
    rows = [
        Bearer(kind="voucher", id=1, order_no="A1"),
        Bearer(kind="payment", id=2, payment_no="P1"),
        Bearer(kind="voucher", id=3, order_no="B2"),
        Bearer(kind="line", id=4),
    ]
    found = chains(rows, [Tie("P1", "A1")])
    assert [(one.bearer.name, one.numbers.orders, one.numbers.payments) for one in found] == [
        ("payment:2", {"A1"}, {"P1"}), ("voucher:3", {"B2"}, set()), ("line:4", set(), set()),
    ]  # fmt: skip
    assert chosen(found, "") is None and chosen(found, "voucher:3") is found[1] and chosen(found, "voucher:9") is None
    assert [one.numbers.key for one in found] == ["order_no:A1", "order_no:B2", "line:4"]


def test_two_orders_of_one_number_are_two_chains() -> None:
    rows = [
        Bearer(kind="order", id=1, order_no="A1", title="taobao"),
        Bearer(kind="order", id=2, order_no="A1", title="jd"),
        Bearer(kind="payment", id=3, order_no="A1", payment_no="P1"),
    ]
    found = chains(rows, [])
    assert [(one.bearer.title, one.numbers.order_ids) for one in found] == [("taobao", {1}), ("jd", {2})]
    assert [one.numbers.key for one in found] == ["order:1", "order:2"]


_BEARERS = st.lists(
    st.builds(
        Bearer, kind=st.sampled_from(("voucher", "line", "refund", "payment")), id=st.integers(1, 60),
        order_no=st.sampled_from(("", "A", "B", "C")), payment_no=st.sampled_from(("", "P", "Q")),
    ),
    max_size=12, unique_by=lambda one: one.name,
)  # fmt: skip


@given(_BEARERS, st.lists(st.builds(Tie, st.sampled_from("PQR"), st.sampled_from("ABC")), max_size=4), st.randoms())
def test_every_row_is_in_one_chain_whatever_their_order(rows: list[Bearer], ties: list[Tie], random: object) -> None:
    found = chains(rows, ties)
    named = [name for one in found for name in one.numbers.rows]
    assert sorted(named) == sorted(one.name for one in rows)
    numbers = [number for one in found for number in (*one.numbers.orders, *one.numbers.payments)]
    assert len(numbers) == len(set(numbers)), "no number is in two chains"
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert [one.numbers.key for one in chains(shuffled, ties)] == [one.numbers.key for one in found]
