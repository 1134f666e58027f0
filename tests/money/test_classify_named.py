"""Each cause by the smallest book that shows it, and each thing that is no fault: due, paid, given back, booked, booked back."""

import msgspec
import pytest

from fenghe.money.causes import MEANINGS
from fenghe.money.chain import Chain, Coverage, MoneyDoc, OrderDoc, VoucherDoc
from fenghe.money.classify import classify
from fenghe.money.numbers import shape_of
from fenghe.money.policy import Policy

SHAPES = frozenset({shape_of("TB202602010000000001")})
NONE: tuple[int, ...] = ()


def book(
    order: tuple[str, int, int] | None,
    paid: tuple[int, ...] = NONE,
    back: tuple[int, ...] = NONE,
    booked: tuple[int, ...] = NONE,
    booked_back: tuple[int, ...] = NONE,
    *,
    number: str = "TB202602010000000002",
) -> Chain:
    """A chain: the order as (kind, due, refunded), and amounts."""
    orders = (
        (OrderDoc(id=1, order_no=number, kind=order[0], due_minor=order[1], refunded_minor=order[2]),) if order else ()
    )

    def money(kind: str, amounts: tuple[int, ...]) -> tuple[MoneyDoc, ...]:
        return tuple(
            MoneyDoc(kind=kind, id=at, number=f"{kind}{at}", order_no=number, out_trade_no=number, amount_minor=amount)
            for at, amount in enumerate(amounts)
        )

    def vouchers(kind: str, amounts: tuple[int, ...]) -> tuple[VoucherDoc, ...]:
        return tuple(
            VoucherDoc(
                id=at + (50 if kind == "refund" else 0),
                number=f"V{kind}{at}",
                kind=kind,
                order_no=number,
                amount_minor=amount,
            )
            for at, amount in enumerate(amounts)
        )

    return Chain(
        order_no=number, orders=orders, payments=money("payment", paid), refunds=money("refund", back),
        vouchers=(*vouchers("order", booked), *vouchers("refund", booked_back)),
    )  # fmt: skip


LIVE, CANCELLED, CLOSED, PENDING = (
    ("live", 1000, 0),
    ("cancelled", 1000, 0),
    ("closed_refunded", 1000, 0),
    ("awaiting", 1000, 0),
)
FAULTS = [
    (book(None, (1000,)), {"pay_without_order": 1000}),
    (book(None, (1000,), number="9f1c2ab04d5e66718293a4b5c6d7e8f9"), {"random_out_trade_no": 1000}),
    (book(None, (1000,), (400,)), {"pay_without_order": 600}),
    (book(LIVE), {"order_without_payment": -1000}),
    (book(LIVE, booked=(1000,)), {"order_without_payment": -1000}),
    (book(CANCELLED, (1000,), NONE, (1000,)), {"cancelled_not_refunded": 1000}),
    (book(CANCELLED, (1000,), (300,), (1000,), (300,)), {"cancelled_not_refunded": 700}),
    (book(CANCELLED, (1000,), NONE, (1000,), (1000,)), {"refund_not_at_provider": 1000}),
    (book(CLOSED, (1000,), NONE, (1000,)), {"refund_not_at_provider": 1000}),
    (book(LIVE, (1000,), (300,), (1000,)), {"partial_refund_not_booked": 300}),
    (book(CANCELLED, (1000,), (1000,), (1000,)), {"voucher_missing": 1000}),
    (book(LIVE, (1000,), NONE, (1000,), (300,)), {"refund_not_at_provider": 300}),
    (book(LIVE, (1000, 1000), NONE, (1000,)), {"duplicate_payment": 1000}),
    (book(LIVE, (400, 600, 600), NONE, (1000,)), {"duplicate_payment": 600}),
    (book(LIVE, (1001,), NONE, (1000,)), {"cent_difference": 1}),
    (book(LIVE, (999,), NONE, (999,)), {"cent_difference": -1}),
    (book(LIVE, (900,), NONE, (1000,)), {"amount_wrong": -100}),
    (book(LIVE, (900,), NONE, (900,)), {"amount_wrong": -100}),
    (book(LIVE, (900,)), {"amount_wrong": -100, "voucher_missing": -900}),
    (book(LIVE, (1000,)), {"voucher_missing": -1000}),
    (book(LIVE, (1000,), NONE, (990,)), {"voucher_amount_wrong": -10}),
    (book(LIVE, (1000,), (300,), (1000,), (250,)), {"voucher_amount_wrong": 50}),
    (book(LIVE, (1000,), NONE, (1000, 1000)), {"voucher_duplicate": 1000}),
    (book(LIVE, (1000,), (300,), (1000,), (300, 300)), {"voucher_duplicate": -300}),
    (book(LIVE, (1000,), (1200,), (1000,), (1200,)), {"over_refund": -200}),
    (book(LIVE, (100_000,), NONE, (1000,)), {"fen_yuan_mixup": 99_000}),
    (book(LIVE, (1000,), NONE, (10,)), {"fen_yuan_mixup": -990}),
    (book(PENDING, (1000,)), {"paid_but_pending": 1000}),
    (book(PENDING, NONE, NONE, (1000,)), {"voucher_without_source": 1000}),
    (book(("closed_unpaid", 1000, 0), (1000,)), {"cancelled_not_refunded": 1000}),
    (book(None, NONE, NONE, (1000,)), {"voucher_without_source": 1000}),
]
RIGHT = [
    book(LIVE, (1000,), NONE, (1000,)),
    book(LIVE, (400, 600), NONE, (1000,)),
    book(LIVE, (400, 600), NONE, (400, 600)),
    book(LIVE, (1000,), (300,), (1000,), (300,)),
    book(LIVE, (1000,), (100, 200), (1000,), (300,)),
    book(("live", 700, 0), (1000,), (300,), (1000,), (300,)),
    book(LIVE, (1000,), (300,), (700,)),
    book(LIVE, (1000, 1000), (1000,), (1000,)),
    book(("live", 0, 0)),
    book(PENDING),
    book(CANCELLED),
    book(CANCELLED, (1000,), (1000,), (1000,), (1000,)),
    book(CANCELLED, (1000,), (1000,)),
    book(CLOSED, (1000,), (1000,), (1000,), (1000,)),
    book(("part_paid", 1000, 0), (200,), NONE, (200,)),
    book(None, (1000,), (1000,)),
    book(("unknown", 1000, 0), (1000,), NONE, (1000,)),
]


@pytest.mark.parametrize(("chain", "causes"), FAULTS)
def test_a_fault_has_its_name_and_amount(chain: Chain, causes: dict[str, int]) -> None:
    outcome = classify(chain, Policy(shapes=SHAPES))
    assert {str(one.cause): one.amount_minor for one in outcome.differences} == causes
    assert all(one.documents for one in outcome.differences)
    assert all({document.side for document in one.documents} == {"ours", "theirs"} for one in outcome.differences)


def test_a_channels_prefix_does_not_make_a_number_random() -> None:
    number = "TB202602010000000002"
    payment = MoneyDoc(
        kind="payment", id=1, number="p1", order_no=number, out_trade_no=f"T200P{number}", amount_minor=1000
    )
    told = classify(Chain(order_no=number, payments=(payment,)), Policy(shapes=SHAPES))
    assert [str(one.cause) for one in told.differences] == ["pay_without_order"]


@pytest.mark.parametrize("chain", RIGHT)
def test_what_is_no_fault_makes_no_break(chain: Chain) -> None:
    assert classify(chain, Policy(shapes=SHAPES)).differences == ()


def test_cash_on_delivery_is_awaited_and_no_fault() -> None:
    chain = book(LIVE)
    awaited = msgspec.structs.replace(
        chain, orders=tuple(msgspec.structs.replace(one, on_delivery=True) for one in chain.orders)
    )
    told = classify(awaited, Policy(shapes=SHAPES)).differences
    assert {str(one.cause): one.amount_minor for one in told} == {"cash_on_delivery": -1000}
    assert not MEANINGS[told[0].cause].fault


def test_a_leg_without_a_source_makes_no_break() -> None:
    paid = book(LIVE, (1000,))
    assert classify(paid, Policy(coverage=Coverage(vouchers=False))).differences == ()
    assert classify(book(LIVE, NONE, NONE, (1000,)), Policy(coverage=Coverage(payments=False))).differences == ()
    told = book(("live", 1000, 300), (1000,), NONE, (1000,), (300,))
    assert classify(told, Policy(coverage=Coverage(refunds=False))).differences == ()
    assert classify(book(None, (1000,), NONE, (1000,)), Policy(coverage=Coverage(orders=False))).differences == ()
