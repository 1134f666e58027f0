"""Which payment is which order's (凭证绑定), in the words of those who look for the money."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fenghe.money.binding import GRACE, Bound, Claim, OrderSeen, Refused, Verdict, Waits, bind, rulings_of
from fenghe.money.numbers import shape_of
from tests.money.telling import at

NUMBER: Final = "26020520000001"
SHAPES: Final = frozenset({shape_of(NUMBER)})
NOW: Final = at(48)


def claim(n: int = 1, **more: Any) -> Claim:
    told: dict[str, Any] = {
        "id": n,
        "payment_no": f"4200{n}",
        "out_trade_no": NUMBER,
        "order_no": NUMBER,
        "succeeded": True,
        "disputed": False,
        "currency": "CNY",
        "amount_minor": 1990,
        "paid_at": at(n),
    }
    return Claim(**{**told, **more})


def order(**more: Any) -> OrderSeen:
    told: dict[str, Any] = {
        "id": 900,
        "channel": "jd",
        "state": "await_payment",
        "currency": "CNY",
        "due_minor": 1990,
        "refunded_minor": None,
        "paid_at": None,
        "closed_at": None,
    }
    return OrderSeen(**{**told, **more})


def words(verdict: Verdict) -> str:
    match verdict:
        case Bound():
            return "bound"
        case Refused():
            return verdict.cause
        case Waits():
            return f"waits:{verdict.reason}"


def judged(claims: Sequence[Claim], *orders: OrderSeen, now: datetime = NOW) -> list[str]:
    found = bind(claims, orders, shapes=SHAPES, now=now)
    return [words(found[one.id]) for one in claims]


def test_the_order_waited_for_exactly_this() -> None:
    assert bind([claim()], [order()], shapes=SHAPES, now=NOW) == {1: Bound(order_id=900)}
    shipped = order(state="shipped", paid_at=at(1))
    assert judged([claim()], shipped) == ["bound"], "a file from last month finds the order shipped long ago"


def test_no_order_and_a_number_that_is_none() -> None:
    assert judged([claim()]) == ["pay_without_order"]
    assert judged([claim(out_trade_no="pay_8f3a9c", order_no="pay_8f3a9c")]) == ["random_out_trade_no"]
    assert judged([claim(out_trade_no="", order_no="")]) == ["random_out_trade_no"]
    assert judged([claim()], now=at(1) + timedelta(seconds=5)) == ["waits:order_on_its_way"], "it may come in a moment"
    assert judged([claim()], now=at(1) + GRACE) == ["pay_without_order"]


def test_amounts_are_exact_and_each_wrong_one_has_its_name() -> None:
    for amount_minor, word in ((1991, "cent_difference"), (1981, "cent_difference"), (1000, "amount_wrong"),
                               (2990, "amount_wrong"), (199_000, "fen_yuan_mixup")):  # fmt: skip
        assert judged([claim(amount_minor=amount_minor)], order()) == [word]
    assert judged([claim(amount_minor=1990)], order(due_minor=199_000)) == ["fen_yuan_mixup"]
    assert judged([claim(currency="USD")], order()) == ["currency_wrong"]
    assert judged([claim(amount_minor=None)], order()) == ["waits:amount_unknown"]
    assert judged([claim()], order(due_minor=None)) == ["waits:due_unknown"]
    assert judged([claim(amount_minor=0)], order(due_minor=0)) == ["bound"], "a free order costs nothing"


def test_paid_twice_the_first_counts_whatever_came_first() -> None:
    twice = [claim(1), claim(2)]
    assert judged(twice, order()) == ["bound", "duplicate_payment"]
    assert judged(twice[::-1], order()) == ["duplicate_payment", "bound"]
    assert judged([claim(1, amount_minor=500), claim(2)], order()) == ["duplicate_payment", "bound"], (
        "the exact one pays"
    )


def test_parts_that_add_up_are_all_payments() -> None:
    assert judged([claim(1, amount_minor=1000), claim(2, amount_minor=990)], order()) == ["bound", "bound"]
    assert judged([claim(1, amount_minor=1000)], order()) == ["amount_wrong"]
    assert judged([claim(1, amount_minor=1000)], order(state="part_paid")) == ["bound"], "a deposit"
    parts = [claim(1, amount_minor=1000), claim(2, amount_minor=990), claim(3, amount_minor=990)]
    assert judged(parts, order()) == ["bound", "bound", "duplicate_payment"]


def test_paid_after_it_was_cancelled() -> None:
    for state in ("closed_unpaid", "cancelled"):
        assert judged([claim(3)], order(state=state, closed_at=at(2))) == ["late_payment"]
        assert judged([claim(1)], order(state=state, closed_at=at(2))) == ["bound"], (
            "paid, then cancelled: to be refunded"
        )
        assert judged([claim(2)], order(state=state, closed_at=at(2))) == ["bound"], "in the same moment: it was paid"
        assert judged([claim(3)], order(state=state, closed_at=None)) == ["bound"], "nobody knows when it was closed"
        assert judged([claim(3, paid_at=None)], order(state=state, closed_at=at(2))) == ["bound"]
    assert judged([claim(3)], order(state="cancelled", paid_at=at(1), closed_at=at(2))) == ["bound"]


def test_a_channel_that_tells_the_amount_after_refunds() -> None:
    assert judged([claim()], order(due_minor=1490, given_back_minor=500)) == ["bound"]
    assert judged([claim()], order(due_minor=1490, refunded_minor=500)) == ["bound"]
    assert judged([claim()], order(due_minor=1490)) == ["amount_wrong"]


def test_one_number_at_two_channels_is_the_order_that_fits() -> None:
    both = (order(id=1, due_minor=500), order(id=2, channel="pdd"))
    assert bind([claim()], both, shapes=SHAPES, now=NOW) == {1: Bound(order_id=2)}
    assert judged([claim(amount_minor=7)], *both) == ["order_ambiguous"]


def test_a_person_may_decide_about_exactly_this_cause() -> None:
    taken = bind(
        [claim(amount_minor=2500, rulings={"amount_wrong": "accept_theirs"})], [order()], shapes=SHAPES, now=NOW
    )
    assert taken == {1: Bound(order_id=900, by_person=True)}
    kept = bind([claim(amount_minor=2500, rulings={"amount_wrong": "keep_ours"})], [order()], shapes=SHAPES, now=NOW)
    assert isinstance(kept[1], Refused) and kept[1].settled
    other = bind([claim(amount_minor=1991, rulings={"amount_wrong": "keep_ours"})], [order()], shapes=SHAPES, now=NOW)
    assert isinstance(other[1], Refused) and not other[1].settled, "another cause is another question"
    nobody = bind([claim(rulings={"pay_without_order": "accept_theirs"})], [], shapes=SHAPES, now=NOW)
    assert isinstance(nobody[1], Refused), "there is no order that it could be made the payment of"
    assert rulings_of(
        [("keep_ours", ["binding:x", "k"]), ("ask_again", ["binding:x"]), ("accept_theirs", ["binding:x"])]
    ) == {"x": "accept_theirs"}


claims = st.builds(
    claim,
    st.just(0),
    succeeded=st.booleans(),
    disputed=st.sampled_from([False, False, True]),
    amount_minor=st.sampled_from([None, 995, 1990, 1991, 199_000]),
    currency=st.sampled_from(["CNY", "CNY", "CNY", "USD"]),
    paid_at=st.sampled_from([None, at(1), at(2), at(3)]),
)
orders = st.builds(
    order,
    state=st.sampled_from(["await_payment", "part_paid", "shipped", "cancelled", "closed_unpaid", "closed_refunded"]),
    due_minor=st.sampled_from([None, 0, 1990]),
    paid_at=st.sampled_from([None, at(1)]),
    closed_at=st.sampled_from([None, at(2)]),
    given_back_minor=st.sampled_from([0, 995]),
)


@given(st.lists(claims, max_size=5), st.lists(orders, max_size=2), st.data())
def test_the_set_decides_and_never_more_is_taken_than_was_due(
    told: list[Claim], known: list[OrderSeen], data: st.DataObject
) -> None:
    numbered = [replace(one, id=n, payment_no=f"42{n}") for n, one in enumerate(told)]
    seen = [replace(one, id=900 + n) for n, one in enumerate(known)]
    found = bind(numbered, seen, shapes=SHAPES, now=NOW)
    assert found == bind(data.draw(st.permutations(numbered)), data.draw(st.permutations(seen)), shapes=SHAPES, now=NOW)
    assert set(found) == {one.id for one in numbered}
    taken = [one for one in numbered if isinstance(found[one.id], Bound)]
    assert all(one.succeeded and not one.disputed and one.currency == "CNY" for one in taken)
    if taken:
        verdict = found[taken[0].id]
        assert isinstance(verdict, Bound)
        due = next(one for one in seen if one.id == verdict.order_id)
        total = sum(one.amount_minor or 0 for one in taken)
        assert total in {(due.due_minor or 0), (due.due_minor or 0) + due.given_back_minor} or due.state == "part_paid"
