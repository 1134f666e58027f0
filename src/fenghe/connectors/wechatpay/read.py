"""What WeChat Pay says of payments and refunds (微信支付归一): notifications, answers of queries, in our words; fen stay fen."""

from collections.abc import Mapping
from typing import Any, Final

from fenghe.connectors.paying import Ask
from fenghe.connectors.sales import Told
from fenghe.connectors.scans import NotReadable, decode_json
from fenghe.connectors.wechatpay.push import PLAIN
from fenghe.kernel.connecting import InboundMessage, Reading, Unreadable
from fenghe.money.events import PaymentState, PaymentTold, RefundState, RefundTold

PROVIDER: Final = "wechatpay"
PAYMENT_STATES: Final[Mapping[str, PaymentState]] = {
    "NOTPAY": PaymentState.AWAITING,
    "USERPAYING": PaymentState.AWAITING,
    "ACCEPT": PaymentState.AWAITING,
    "SUCCESS": PaymentState.SUCCESS,
    "REFUND": PaymentState.SUCCESS,
    "CLOSED": PaymentState.CLOSED,
    "REVOKED": PaymentState.CLOSED,
    "PAYERROR": PaymentState.FAILED,
}
"""REFUND says that some of it went back, perhaps a cent: the money had come."""
REFUND_STATES: Final[Mapping[str, RefundState]] = {
    "PROCESSING": RefundState.PROCESSING,
    "SUCCESS": RefundState.SUCCESS,
    "CLOSED": RefundState.CLOSED,
    "ABNORMAL": RefundState.FAILED,
}
PAID: Final = frozenset({"SUCCESS", "REFUND"})


def read(message: InboundMessage) -> Reading:
    """A notification, or the answer to one of our questions. Raises NotReadable."""
    act = message.headers.get(":act")
    if act is not None:
        return _read_answer(act, message)
    told = decode_json(message.body)
    plain = message.headers.get(PLAIN)
    if plain is None:
        raise NotReadable("resource", "a notification the door could open", "not opened", "not_opened")
    resource = told.get("resource") if isinstance(told, dict) else None
    kind = resource.get("original_type") if isinstance(resource, dict) else None
    return _read_kind(str(kind), decode_json(plain, PLAIN))


def _read_answer(act: str, message: InboundMessage) -> Reading:
    match act:
        case Ask.PAYMENT:
            return _read_kind("transaction", decode_json(message.body))
        case Ask.REFUND | Ask.REFUND_QUERY:
            return _read_kind("refund", decode_json(message.body))
        case _:
            return Reading()


def _read_kind(kind: str, said: Any) -> Reading:
    if not isinstance(said, dict):
        raise NotReadable("resource", "a JSON object", str(said))
    notes: list[Unreadable] = []
    told = Told(said, item=0, notes=notes)
    match kind:
        case "transaction":
            found: PaymentTold | RefundTold | None = payment_of(told)
        case "refund":
            found = refund_of(told)
        case _:
            raise NotReadable("resource.original_type", "transaction or refund", kind, "unknown_kind")
    return Reading(items=() if found is None else (found,), unreadable=tuple(notes))


def payment_of(told: Told) -> PaymentTold | None:
    """A transaction; one that has no number yet is nobody's payment."""
    number, code = told.id("transaction_id"), told.text("trade_state")
    if not number:
        if code in PAID:
            told.note("transaction_id", "the number of a payment that was made", "")
        return None
    amount, paid_at = told.inner("amount"), told.moment("success_time")
    return PaymentTold(
        provider=PROVIDER,
        payment_no=number,
        out_trade_no=told.id("out_trade_no"),
        state=PAYMENT_STATES.get(code),
        status_code=code,
        currency=amount.text("currency") or "CNY",
        amount_minor=amount.fen("total"),
        buyer_paid_minor=amount.fen("payer_total"),
        paid_at=paid_at if code in PAID else None,
        occurred_at=paid_at if code in PAID else None,
        method=told.text("trade_type"),
        buyer=told.inner("payer").text("openid"),
        facts=told.facts("mchid", "appid", "bank_type", "attach", "trade_state_desc"),
    )


def refund_of(told: Told) -> RefundTold | None:
    """A refund. Notifications call its state refund_status, answers status; only a success has a time."""
    number, code = told.id("refund_id"), told.text("refund_status", "status")
    if not number:
        told.note("refund_id", "the number of a refund", "")
        return None
    amount = told.inner("amount")
    done_at = told.moment("success_time") if code == "SUCCESS" else None
    return RefundTold(
        provider=PROVIDER,
        refund_no=number,
        out_refund_no=told.id("out_refund_no"),
        payment_no=told.id("transaction_id"),
        out_trade_no=told.id("out_trade_no"),
        state=REFUND_STATES.get(code),
        status_code=code,
        currency=amount.text("currency") or "CNY",
        amount_minor=amount.fen("refund"),
        refunded_at=done_at,
        occurred_at=done_at,
        facts=told.facts("user_received_account", "channel", "funds_account"),
    )
