"""What repairs a break (自动补偿), over random facts: exact or nothing, never more than is left, never twice for one document."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.money.causes import Cause
from fenghe.money.channel_asking import Channel, channels_for
from fenghe.money.compensation import (
    CHANGED,
    NO_CHANNEL,
    NO_PROVIDER,
    WHICH,
    Back,
    BreakSeen,
    Facts,
    Money,
    Nothing,
    Proposal,
    propose,
    still_due,
    words,
)
from fenghe.money.compensation_policy import BY_PERSON, KIND_OF, MOVES_MONEY, NAMES, SHIPPED, Kind, problems

AT = datetime(2026, 2, 5, 4, 0, tzinfo=UTC)
amounts = st.integers(1, 100_000)


def money(n: int, amount: int, *, back: int = 0, **more: Any) -> Money:
    told: dict[str, Any] = {
        "payment_no": f"P{n}", "provider": "wechatpay", "out_trade_no": "A1", "currency": "CNY", "amount_minor": amount,
        "back_minor": back, "paid_at": AT + timedelta(minutes=n), "refusal": "", "source": "wx",
    }  # fmt: skip
    return Money(**{**told, **more})


def back_of(one: Money) -> Back:
    return Back(
        refund_no=f"R{one.payment_no}", provider=one.provider, payment_no=one.payment_no, currency=one.currency,
        amount_minor=one.back_minor, succeeded=True,
    )  # fmt: skip


def seen(cause: str, amount: int, facts: Facts, *, field: str = "refund", missing: str = "") -> BreakSeen:
    documents = [{"kind": "payment", "number": one.payment_no} for one in facts.payments]
    documents += [{"kind": "refund", "number": one.refund_no} for one in facts.refunds]
    documents += [{"kind": "missing:refund_voucher", "number": missing}] if missing else []
    return BreakSeen(
        key="k", cause=cause, field=field, order_no="A1", currency="CNY", amount_minor=amount, documents=documents
    )


@st.composite
def paid(draw: st.DrawFn, state: str) -> Facts:
    """An order with some payments, of some of which something went back."""
    payments = []
    for n, amount in enumerate(draw(st.lists(amounts, min_size=1, max_size=5))):
        payments.append(money(n, amount, back=draw(st.integers(0, amount))))
    refunds = tuple(back_of(one) for one in payments if one.back_minor)
    return Facts(states=(state,) if state else (), payments=tuple(payments), refunds=refunds, channels=("tb",))


def told(found: tuple[Proposal, ...] | Nothing) -> tuple[Proposal, ...]:
    assert not isinstance(found, Nothing), found
    return found


def left(facts: Facts) -> int:
    return sum(one.left for one in facts.payments)


@given(paid("cancelled"), st.data())
def test_refunds_add_up_to_the_break_and_no_payment_gives_more_than_it_has(facts: Facts, data: st.DataObject) -> None:
    amount = data.draw(st.integers(1, max(1, left(facts) + 3)))
    found = propose(seen(Cause.CANCELLED_NOT_REFUNDED, amount, facts), facts)
    if amount > left(facts):
        assert found == Nothing(words=CHANGED)
        return
    parts = told(found)
    assert sum(one.amount_minor for one in parts) == amount
    room = {one.payment_no: one.left for one in facts.payments}
    assert all(0 < one.amount_minor <= room[one.target] for one in parts)
    assert len({one.target for one in parts}) == len(parts) == len({one.plan["out_refund_no"] for one in parts})
    assert all(
        one.moves_money and still_due(one, seen(Cause.CANCELLED_NOT_REFUNDED, amount, facts), facts) for one in parts
    )


@given(paid("cancelled"))
def test_whoever_asks_again_names_the_same_refund(facts: Facts) -> None:
    if not left(facts):
        return
    asked = seen(Cause.CANCELLED_NOT_REFUNDED, left(facts), facts)
    turned = msgspec.structs.replace(facts, payments=facts.payments[::-1], refunds=facts.refunds[::-1])
    assert propose(asked, facts) == propose(asked, turned)


@given(
    paid("cancelled"), st.sampled_from(["another refund", "another payment", "order is live again", "order is gone"])
)
def test_what_the_documents_no_longer_bear_out_is_not_done(facts: Facts, news: str) -> None:
    if not left(facts):
        return
    asked = seen(Cause.CANCELLED_NOT_REFUNDED, left(facts), facts)
    proposal = told(propose(asked, facts))[0]
    extra = money(9, 500, back=100)
    match news:
        case "another refund":
            now = msgspec.structs.replace(facts, refunds=(*facts.refunds, back_of(extra)))
        case "another payment":
            now = msgspec.structs.replace(facts, payments=(*facts.payments, extra))
        case "order is live again":
            now = msgspec.structs.replace(facts, states=("shipped",))
        case _:
            now = msgspec.structs.replace(facts, states=())
    assert not still_due(proposal, asked, now)


@given(amounts, st.lists(amounts, min_size=1, max_size=3), st.booleans())
def test_one_payment_always_stays_with_its_order(due: int, spare: list[int], refused: bool) -> None:
    why = Cause.DUPLICATE_PAYMENT if refused else ""
    payments = (money(0, due), *(money(n + 1, amount, refusal=why) for n, amount in enumerate(spare)))
    facts = Facts(states=("shipped",), payments=payments)
    parts = told(propose(seen(Cause.DUPLICATE_PAYMENT, sum(spare), facts, field="payment"), facts))
    assert sum(one.amount_minor for one in parts) == sum(spare) and len(parts) < len(payments)
    assert not refused or {one.target for one in parts} == {one.payment_no for one in payments[1:]}
    whole = seen(Cause.DUPLICATE_PAYMENT, due + sum(spare), facts, field="payment")
    assert propose(whole, facts) == Nothing(words=WHICH)


def test_an_order_is_rebuilt_first_and_refunded_only_when_no_channel_has_it() -> None:
    facts = Facts(payments=(money(1, 500),), channels=("tb", "dy"))
    asked = seen(Cause.PAY_WITHOUT_ORDER, 500, facts, field="order")
    (one,) = told(propose(asked, facts))
    assert one.kind is Kind.REBUILD_ORDER and one.plan["channels"] == ["tb", "dy"] and not one.moves_money
    (refund,) = told(propose(asked, msgspec.structs.replace(facts, absent=True)))
    assert refund.kind is Kind.REFUND_PAYMENT and refund.amount_minor == 500
    assert propose(asked, msgspec.structs.replace(facts, states=("shipped",))) == Nothing(words=CHANGED)
    assert propose(asked, msgspec.structs.replace(facts, channels=())) == Nothing(words=NO_CHANNEL)
    nobody = Facts(payments=(money(1, 500, source=None),), absent=True)
    assert propose(asked, nobody) == Nothing(words=NO_PROVIDER)


def test_a_refund_is_booked_with_its_own_amount_once() -> None:
    paid_one = money(1, 500, back=120)
    facts = Facts(states=("shipped",), payments=(paid_one,), refunds=(back_of(paid_one),))
    asked = seen(Cause.PARTIAL_REFUND_NOT_BOOKED, 120, facts, field="refund_voucher", missing="RP1")
    (one,) = told(propose(asked, facts))
    assert (one.kind, one.amount_minor, one.target) == (Kind.BOOK_REFUND, 120, "RP1")
    assert isinstance(propose(asked, msgspec.structs.replace(facts, booked=frozenset({"RP1"}))), Nothing)
    assert isinstance(propose(msgspec.structs.replace(asked, amount_minor=121), facts), Nothing)
    assert isinstance(propose(asked, msgspec.structs.replace(facts, refunds=())), Nothing)
    ours = msgspec.structs.replace(asked, cause=Cause.VOUCHER_MISSING)
    assert told(propose(ours, facts))[0].kind is Kind.BOOK_REFUND
    assert isinstance(propose(msgspec.structs.replace(ours, field="voucher"), facts), Nothing)


def test_what_was_paid_too_much_goes_back_from_the_last_payment() -> None:
    facts = Facts(states=("shipped",), payments=(money(1, 500), money(2, 700)))
    (one,) = told(propose(seen(Cause.AMOUNT_WRONG, 200, facts, field="amount"), facts))
    assert (one.target, one.amount_minor) == ("P2", 200)
    assert isinstance(propose(seen(Cause.AMOUNT_WRONG, -200, facts, field="amount"), facts), Nothing)
    some = msgspec.structs.replace(facts, payments=(money(1, 500), money(2, 700, back=1)))
    assert isinstance(propose(seen(Cause.AMOUNT_WRONG, 200, some, field="amount"), some), Nothing)


def test_what_was_promised_back_waits_for_what_is_under_way() -> None:
    facts = Facts(states=("shipped",), payments=(money(1, 500, back=100),))
    (one,) = told(propose(seen(Cause.REFUND_NOT_AT_PROVIDER, 300, facts), facts))
    assert one.amount_minor == 300
    going = msgspec.structs.replace(back_of(money(1, 500, back=100)), succeeded=False)
    assert isinstance(
        propose(seen(Cause.REFUND_NOT_AT_PROVIDER, 300, facts), msgspec.structs.replace(facts, refunds=(going,))),
        Nothing,
    )


@given(paid("shipped"), st.sampled_from([one for one in Cause if one not in KIND_OF]))
def test_about_other_breaks_nothing_is_done(facts: Facts, cause: Cause) -> None:
    assert isinstance(propose(seen(cause, 100, facts), facts), Nothing)


@given(paid("cancelled"))
def test_other_currencies_are_left_alone(facts: Facts) -> None:
    asked = msgspec.structs.replace(seen(Cause.CANCELLED_NOT_REFUNDED, 1, facts), currency="USD")
    assert propose(asked, facts) == Nothing(words=CHANGED)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_what_moves_money_or_books_is_never_automatic(name: str) -> None:
    body = {"mode": "automatic", "most_per_day": 1, "most_minor_per_day": 1}
    alone = KIND_OF[Cause(name)] not in BY_PERSON
    assert (not problems(name, body)) is alone
    assert SHIPPED[Cause(name)].mode != "automatic" or alone
    assert MOVES_MONEY <= BY_PERSON
    assert problems(name, {**body, "mode": "propose", "most_per_day": -1})
    assert problems(name, {**body, "mode": "propose", "most_minor_per_day": -1})
    assert problems(name, {"mode": "perhaps"}) and problems("nothing", body)


def test_a_channel_is_asked_that_can_know_the_number() -> None:
    able = {"app_key": "k", "client_id": "c"}
    shops = [Channel(id=name, connector=name, config=able) for name in ("pdd", "douyin", "taobao")]
    mute = Channel(id="mute", connector="taobao", config={})
    jd = Channel(id="jd", connector="jd", config=able)
    every = [mute, jd, *shops]

    def ask(number: str, trade: str = "", collected: tuple[str, ...] = ()) -> tuple[str, ...]:
        return channels_for(number, every, trade_numbers=[trade], collected=collected)

    assert ask("123", "T200P123") == ("taobao",)
    assert ask("260205-123456789012345") == ("pdd",)
    assert ask("6930", collected=("taobao",)) == ("taobao", "jd", "douyin")
    assert ask("6930") == ("jd", "douyin", "taobao")


@pytest.mark.parametrize(
    "cause", [Cause.CANCELLED_NOT_REFUNDED, Cause.PAY_WITHOUT_ORDER, Cause.PARTIAL_REFUND_NOT_BOOKED]
)
def test_what_will_be_done_is_said_in_full(cause: Cause) -> None:
    one = money(1, 500, back=120)
    state = ("cancelled",) if cause is Cause.CANCELLED_NOT_REFUNDED else ()
    facts = Facts(states=state, payments=(one,), refunds=(back_of(one),), channels=("tb",))
    amount, field = (120, "refund_voucher") if cause is Cause.PARTIAL_REFUND_NOT_BOOKED else (380, "refund")
    missing = "RP1" if amount == 120 else ""
    (proposal,) = told(propose(seen(cause, amount, facts, field=field, missing=missing), facts))
    said = words(proposal.kind, proposal.plan, "3.80 CNY")
    assert "3.80 CNY" in said and all(str(value) in said for value in (proposal.target,))
