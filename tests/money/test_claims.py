"""What a payment's and a refund's claims amount to (资金研判), in the words of those who keep the books."""

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.judging.decide import merge
from fenghe.kernel.values import Observation, Projection
from fenghe.money.events import PaymentState as P
from fenghe.money.events import RefundState as R
from fenghe.money.payment_rule import ROAD, PaymentRow, fold_payment, project_payment
from fenghe.money.refund_rule import fold_refund, project_refund
from tests.money.telling import NUMBER, at, heard_payment, heard_refund, ruling

SUBJECT = f"wechatpay:{NUMBER}"


def judged(*history: Observation) -> tuple[Projection, PaymentRow]:
    projection = project_payment(history)
    return projection, fold_payment(SUBJECT, history, projection)


def standing(projection: Projection) -> list[str]:
    return [one.reason for one in projection.disputes if one.closed_by is None]


def test_paid_is_never_unsaid_by_a_late_waiting_word() -> None:
    projection, row = judged(heard_payment(P.SUCCESS, 1), heard_payment(P.AWAITING, 5))
    assert (projection.state, row.succeeded, projection.final) == (P.SUCCESS, True, True)
    assert [effect.reason for effect in projection.effects.values()] == ["told_by_provider", "late_word"]
    assert not projection.disputes


def test_closed_after_paid_is_refunded_in_full_and_not_unpaid() -> None:
    projection, row = judged(heard_payment(P.SUCCESS, 1), heard_payment(P.CLOSED, 9))
    assert (projection.state, row.succeeded, row.paid_at) == (P.SUCCESS, True, at(1))
    assert [effect.reason for effect in projection.effects.values()] == ["told_by_provider", "refunded_in_full"]


def test_closed_unpaid_brought_no_money() -> None:
    projection, row = judged(heard_payment(P.AWAITING, 1), heard_payment(P.CLOSED, 2))
    assert (projection.state, row.succeeded, row.paid_at) == (P.CLOSED, False, None)


def test_the_same_word_from_notification_query_and_bill_is_one_word_with_all_its_facts() -> None:
    notice, bill = heard_payment(P.SUCCESS, 1, buyer="o1"), heard_payment(P.SUCCESS, 1, fee_minor=12)
    history, _ = merge([], [notice, bill])
    assert len(history) == 1
    row = fold_payment(SUBJECT, history, project_payment(history))
    assert (row.buyer, row.fee_minor, row.amount_minor) == ("o1", 12, 1990)


def test_two_amounts_for_one_payment_are_put_to_a_person_who_decides() -> None:
    first, second = heard_payment(P.SUCCESS, 1), heard_payment(P.SUCCESS, 2, amount_minor=199_000)
    projection, row = judged(first, second)
    assert (standing(projection), row.amount_minor) == (["amounts_differ"], 1990)
    assert (projection.disputes[0].ours, projection.disputes[0].theirs) == ("19.90 CNY", "1990.00 CNY")
    for decision, amount_minor in (("keep_ours", 1990), ("accept_theirs", 199_000)):
        projection, row = judged(first, second, ruling(decision, second.key))
        assert (standing(projection), row.amount_minor) == ([], amount_minor)
    projection, _ = judged(first, second, ruling("ask_again", second.key))
    assert standing(projection) == ["amounts_differ"]
    third = heard_payment(P.SUCCESS, 3, amount_minor=5)
    projection, _ = judged(first, second, third, ruling("keep_ours", second.key))
    assert standing(projection) == ["amounts_differ"], "a third amount is a new contradiction"


def test_another_order_for_the_same_payment_is_a_dispute_and_the_ruling_moves_the_order() -> None:
    first = heard_payment(P.SUCCESS, 1)
    second = heard_payment(P.SUCCESS, 1, out_trade_no="TB20260222000000000018")
    ours, theirs = sorted((first, second), key=lambda one: one.key)
    projection, row = judged(first, second)
    assert standing(projection) == ["numbers_differ"] and row.order_no == ours.facts["order_no"]
    _, row = judged(first, second, ruling("accept_theirs", theirs.key))
    assert (row.out_trade_no, row.order_no) == (theirs.facts["out_trade_no"], theirs.facts["order_no"])


def test_failed_after_success_is_a_dispute_and_only_a_person_takes_money_back() -> None:
    paid, failed = heard_payment(P.SUCCESS, 1), heard_payment(P.FAILED, 2)
    projection, row = judged(paid, failed)
    assert (projection.state, row.succeeded, standing(projection)) == (P.SUCCESS, True, ["denied_after_success"])
    projection, row = judged(paid, failed, ruling("accept_theirs", failed.key))
    assert (projection.state, row.succeeded, standing(projection)) == (P.FAILED, False, [])
    projection, row = judged(paid, failed, ruling("keep_ours", failed.key))
    assert (projection.state, row.succeeded, standing(projection)) == (P.SUCCESS, True, [])
    projection, _ = judged(heard_payment(P.FAILED, 0.5), paid)
    assert (projection.state, standing(projection)) == (P.SUCCESS, []), "a first try may fail"


def test_a_code_without_meaning_is_a_finding_and_no_money() -> None:
    strange = heard_payment(None, 1, status_code="GLIMMERING")
    projection, row = judged(strange)
    assert (projection.state, row.succeeded, standing(projection)) == ("unknown", False, ["unmapped_code"])
    projection, _ = judged(strange, heard_payment(P.SUCCESS, 2))
    assert standing(projection) == []


def test_a_refund_that_went_back_and_is_then_called_closed_is_a_dispute() -> None:
    history = [heard_refund(R.PROCESSING, 0), heard_refund(R.SUCCESS, 1), heard_refund(R.CLOSED, 2)]
    projection = project_refund(history)
    row = fold_refund("wechatpay:5030000001", history, projection)
    assert (projection.state, row.succeeded, row.amount_minor, row.refunded_at) == (R.SUCCESS, True, 500, at(1))
    assert standing(projection) == ["denied_after_success"]
    assert project_refund([heard_refund(R.FAILED, 1), heard_refund(R.SUCCESS, 2)]).state == R.SUCCESS


claims = st.builds(
    heard_payment,
    st.sampled_from([*P, None]),
    st.sampled_from([None, 0, 1, 2, 3]),
    amount_minor=st.sampled_from([None, 1990, 199_000]),
    out_trade_no=st.sampled_from(["", "TB20260222000000000017", "pay_x"]),
    currency=st.sampled_from(["CNY", "USD"]),
    fee_minor=st.sampled_from([None, 12]),
    status_code=st.sampled_from(["", "SUCCESS", "X"]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Observation]:
    told = draw(st.lists(claims, min_size=1, max_size=8))
    keys = [one.key for one in told]
    for n in range(draw(st.integers(0, 2))):
        named = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=2, unique=True))
        decision = draw(st.sampled_from(["accept_theirs", "keep_ours", "ask_again"]))
        told.append(ruling(decision, *named, hours=20 + n))
    return told


def outcome(history: Sequence[Observation]) -> tuple[object, ...]:
    projection = project_payment(history)
    return projection, fold_payment(SUBJECT, history, projection)


@given(histories(), st.randoms(use_true_random=False), st.data())
def test_any_order_and_any_repetition_come_to_the_same(
    told: list[Observation], chance: random.Random, data: st.DataObject
) -> None:
    once, _ = merge([], told)
    shuffled = [*told, *data.draw(st.lists(st.sampled_from(told), max_size=5))]
    chance.shuffle(shuffled)
    again: list[Observation] = []
    while shuffled:
        cut = data.draw(st.integers(1, len(shuffled)))
        again, _ = merge(again, shuffled[:cut])
        shuffled = shuffled[cut:]
    assert outcome(sorted(once, key=lambda one: one.key)) == outcome(sorted(again, key=lambda one: one.key))
    assert outcome(once)[1] == outcome(again)[1]


@given(st.lists(claims, min_size=1, max_size=8))
def test_without_a_person_money_that_came_stays_and_the_road_is_unbroken(told: list[Observation]) -> None:
    history, _ = merge([], told)
    projection = project_payment(history)
    row = fold_payment(SUBJECT, history, projection)
    assert row.succeeded == any(one.status == P.SUCCESS for one in history)
    held = None
    for step in projection.steps:
        assert step.from_state == held and ROAD.ranks[step.to_state] > ROAD.ranks.get(held or "", -1)
        held = step.to_state
    assert projection.state == (held or "unknown")
    assert set(projection.effects) == {one.key for one in history}
    told_of = {one.facts.get("amount_minor") for one in history if one.status == P.SUCCESS} - {None}
    assert ("amounts_differ" in standing(projection)) == (len(told_of) > 1)
