"""Connectors and rooms put together (接线): items read from a message become observations of the right subjects."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from fenghe.connectors import (
    alipay,
    douyin,
    generic_json,
    jd,
    kuaidi100,
    money_file,
    order_file,
    pdd,
    sf,
    taobao,
    tracking_file,
    wechatpay,
    zto,
)
from fenghe.hub import fetching
from fenghe.hub.contracts import SUBSCRIBERS, ContractRecorder, PushRecorder, with_replies
from fenghe.hub.declared import Declared
from fenghe.hub.trackers import with_answers
from fenghe.kernel.connecting import Connector, InboundMessage, named
from fenghe.kernel.judging.contract import Rule, Told
from fenghe.kernel.recording.contract import Noted, Recorder
from fenghe.kernel.rulings import PersonConnector, Ruling, observe_ruling
from fenghe.logistics.contract import ContractReply, PushHeard
from fenghe.logistics.events import TrackingEvent
from fenghe.logistics.observing import Handover, observe_event, observe_handover
from fenghe.logistics.rule import ShipmentRule
from fenghe.money import store_facts
from fenghe.money.events import LineTold, PaymentTold, PayoutTold, RefundTold, VoucherTold
from fenghe.money.observing import PAYMENT, REFUND, Teller, observe_payment, observe_refund, payment_key, refund_key
from fenghe.money.rule import PaymentRule, RefundRule
from fenghe.orders.mapping import OrderState, shipped_order_rules
from fenghe.orders.observing import observe_snapshot, order_key
from fenghe.orders.rule import OrderRule
from fenghe.orders.snapshot import OrderSnapshot


def connectors() -> dict[str, Connector]:
    """Every connector there is, by name."""
    modules = (
        *(zto, sf, kuaidi100, generic_json, tracking_file, taobao, pdd, douyin, jd, order_file),
        *(money_file, wechatpay, alipay),
    )
    return with_replies(with_answers(named([PersonConnector(), *(module.CONNECTOR for module in modules)])))


def rules(declared: Declared) -> dict[str, Rule]:
    """Every room's rule, by the kind of subject it judges."""
    return {
        "shipment": ShipmentRule(declared.policy),
        "order": OrderRule(),
        PAYMENT: PaymentRule(),
        REFUND: RefundRule(),
    }


def recorders() -> dict[str, Recorder]:
    """Every room's keeping of facts that are not judged, by kind."""
    contracts = {one.kind: one for one in (ContractRecorder(), PushRecorder())}
    return {**store_facts.recorders(), **contracts}


def observe(item: Any, message: InboundMessage, declared: Declared) -> Iterable[Told | Noted]:
    """What one item tells and about whom, or a fact to be kept as it is."""
    return _OBSERVERS[type(item)](item, message, declared)


def _observe_tracking(event: TrackingEvent, message: InboundMessage, declared: Declared) -> Sequence[Told | Noted]:
    mapping, version = declared.mapping(event.codes)
    number, observation = observe_event(
        event, mapping, source=message.source, message_id=message.id, received_ms=message.received_ms
    )
    told = Told(kind="shipment", subject=number, codes=event.codes, mapping_version=version, observation=observation)
    if declared.subscribed and message.connector in SUBSCRIBERS and ":act" not in message.headers:
        return told, _noted(PushRecorder.kind, PushHeard(tracking_no=number), message)
    return (told,)


def _observe_reply(reply: ContractReply, message: InboundMessage, declared: Declared) -> Iterator[Noted]:  # noqa: ARG001
    yield _noted(ContractRecorder.kind, reply, message)


def _noted(kind: str, fact: Any, message: InboundMessage) -> Noted:
    return Noted(
        kind=kind, source=message.source, message_id=message.id, item=0, heard_ms=message.received_ms, fact=fact
    )


def _observe_order(snapshot: OrderSnapshot, message: InboundMessage, declared: Declared) -> Iterator[Told]:  # noqa: ARG001
    common: dict[str, Any] = {"source": message.source, "message_id": message.id, "received_ms": message.received_ms}
    snapshot = fetching.marked(snapshot, message)
    observation = fetching.worded(observe_snapshot(snapshot, order_state(snapshot), **common), snapshot)
    subject = order_key(snapshot)
    yield Told(kind="order", subject=subject, codes=snapshot.codes, mapping_version=0, observation=observation)
    for parcel in snapshot.parcels:
        word = Handover(
            tracking_no=parcel.tracking_no,
            carrier_name=parcel.carrier_name,
            order_key=subject,
            order_no=snapshot.order_no,
            order_created_at=snapshot.created_at,
            shipped_at=parcel.shipped_at or snapshot.shipped_at or snapshot.modified_at,
            item=snapshot.item,
        )
        number, handover = observe_handover(word, **common)
        yield Told(kind="shipment", subject=number, codes="handover", mapping_version=0, observation=handover)


def order_state(snapshot: OrderSnapshot) -> OrderState | None:
    """The channel's status in our words, None while nobody has said what it means."""
    if snapshot.status_state is not None:
        return OrderState(snapshot.status_state)
    return shipped_order_rules(snapshot.codes).get(snapshot.status_code) if snapshot.status_code else None


def _observe_person(ruling: Ruling, message: InboundMessage, declared: Declared) -> Iterator[Told]:  # noqa: ARG001
    observation = observe_ruling(ruling, message_id=message.id, received_ms=message.received_ms)
    yield Told(
        kind=ruling.subject_kind, subject=ruling.subject, codes="person", mapping_version=0, observation=observation
    )


def _observe_payment(told: PaymentTold, message: InboundMessage, declared: Declared) -> Iterator[Told]:  # noqa: ARG001
    observation = observe_payment(told, _teller(message))
    yield Told(kind=PAYMENT, subject=payment_key(told), codes=told.provider, mapping_version=0, observation=observation)


def _observe_refund(told: RefundTold, message: InboundMessage, declared: Declared) -> Iterator[Told]:  # noqa: ARG001
    observation = observe_refund(told, _teller(message))
    yield Told(kind=REFUND, subject=refund_key(told), codes=told.provider, mapping_version=0, observation=observation)


def _note(kind: str) -> Callable[[Any, InboundMessage, Declared], Iterator[Noted]]:
    """A fact that is recorded as it was told."""

    def note(fact: Any, message: InboundMessage, declared: Declared) -> Iterator[Noted]:  # noqa: ARG001
        common: dict[str, Any] = {"source": message.source, "message_id": message.id, "heard_ms": message.received_ms}
        yield Noted(kind=kind, item=fact.item, fact=fact, **common)

    return note


def _teller(message: InboundMessage) -> Teller:
    return Teller(source=message.source, message_id=message.id, received_ms=message.received_ms)


_OBSERVERS: Final[Mapping[type, Callable[[Any, InboundMessage, Declared], Iterable[Told | Noted]]]] = {
    TrackingEvent: _observe_tracking,
    OrderSnapshot: _observe_order,
    PaymentTold: _observe_payment,
    RefundTold: _observe_refund,
    VoucherTold: _note(store_facts.VOUCHER),
    PayoutTold: _note(store_facts.PAYOUT),
    LineTold: _note(store_facts.LINE),
    Ruling: _observe_person,
    ContractReply: _observe_reply,
}
