"""What Alipay says of payments and refunds (支付宝归一): notifications and answers in our words; yuan become fen exactly."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fenghe.connectors.alipay.push import notice_fields
from fenghe.connectors.paying import Ask
from fenghe.connectors.sales import Told
from fenghe.connectors.scans import NotReadable, decode_json, field_of
from fenghe.kernel.connecting import InboundMessage, Reading, Unreadable
from fenghe.money.events import PaymentState, PaymentTold, RefundState, RefundTold

PROVIDER: Final = "alipay"
STATES: Final[Mapping[str, PaymentState]] = {
    "WAIT_BUYER_PAY": PaymentState.AWAITING,
    "TRADE_SUCCESS": PaymentState.SUCCESS,
    "TRADE_FINISHED": PaymentState.SUCCESS,
    "TRADE_CLOSED": PaymentState.CLOSED,
}
ANSWERS: Final = {
    Ask.PAYMENT: "alipay_trade_query_response",
    Ask.CLOSE: "alipay_trade_close_response",
    Ask.LINK: "alipay_trade_precreate_response",
    Ask.REFUND: "alipay_trade_refund_response",
    Ask.REFUND_QUERY: "alipay_trade_fastpay_refund_query_response",
    Ask.BILL_LINK: "alipay_data_dataservice_bill_downloadurl_query_response",
}


def read(message: InboundMessage) -> Reading:
    """A notification, or the answer to one of our questions. Raises NotReadable."""
    act = message.headers.get(":act")
    notes: list[Unreadable] = []
    if act is None:
        fields = notice_fields(message.body)
        if fields is None:
            raise NotReadable("body", "the form of a notification", message.body[:80].decode("utf-8", "replace"))
        return Reading(items=tuple(_noticed(Told(fields, item=0, notes=notes))), unreadable=tuple(notes))
    if act not in ANSWERS:
        return Reading()
    said = answer_object(message.body, ANSWERS[Ask(act)])
    told = Told(said, item=0, notes=notes)
    asked = decode_json(message.headers.get(":asked", "{}"), ":asked")
    return Reading(items=tuple(_answered(Ask(act), told, Told(asked, item=0, notes=[]))), unreadable=tuple(notes))


def answer_object(body: bytes, name: str) -> Mapping[str, Any]:
    """The inner object of an answer. Raises NotReadable."""
    told = decode_json(body)
    said = told.get(name) if isinstance(told, dict) else None
    if not isinstance(said, dict):
        raise NotReadable(name, "the answer's object", str(told)[:80])
    return said


def _noticed(told: Told) -> Iterator[PaymentTold | RefundTold]:
    """The payment, and the refund that made Alipay speak."""
    yield from _payment(told, paid_fields=("gmt_payment",))
    request = told.id("out_biz_no")
    if told.text("gmt_refund") and request:
        done_at = told.moment("gmt_refund")
        yield RefundTold(
            provider=PROVIDER,
            refund_no=request,
            out_refund_no=request,
            payment_no=told.id("trade_no"),
            out_trade_no=told.id("out_trade_no"),
            state=RefundState.SUCCESS,
            status_code="gmt_refund",
            amount_minor=None,  # refund_fee is all that was refunded so far, not this refund
            refunded_at=done_at,
            occurred_at=done_at,
            item=1,
            facts=told.facts("refund_fee"),
        )


def _payment(told: Told, *, paid_fields: tuple[str, ...]) -> Iterator[PaymentTold]:
    number, code = told.id("trade_no"), told.text("trade_status")
    if not number:
        told.note("trade_no", "the number of a trade", "")
        return
    state, paid_at = STATES.get(code), told.moment(*paid_fields)
    if code == "TRADE_CLOSED" and (paid_at is not None or told.text("gmt_refund", "refund_fee")):
        state = PaymentState.SUCCESS  # it was paid, and all of it went back
    paid = state is PaymentState.SUCCESS
    yield PaymentTold(
        provider=PROVIDER,
        payment_no=number,
        out_trade_no=told.id("out_trade_no"),
        state=state,
        status_code=code,
        amount_minor=told.yuan("total_amount"),
        buyer_paid_minor=told.yuan("buyer_pay_amount"),
        paid_at=paid_at if paid else None,
        occurred_at=paid_at if paid else told.moment("gmt_close") if state is PaymentState.CLOSED else None,
        method=_purse(told),
        buyer=told.text("buyer_id", "buyer_user_id", "buyer_open_id", "buyer_logon_id"),
        facts=told.facts(
            "app_id", "seller_id", "receipt_amount", "refund_fee", "gmt_refund", "passback_params", "store_id"
        ),
    )


def _purse(told: Told) -> str:
    """Where the money came from, as Alipay lists it in JSON inside the form."""
    listed = told.text("fund_bill_list")
    try:
        parts = decode_json(listed) if listed else []
    except NotReadable:
        return ""
    names = [field_of(part, "fundChannel", "fund_channel") for part in parts if isinstance(part, dict)]
    return "+".join(dict.fromkeys(name for name in names if name))


def _answered(act: Ask, told: Told, asked: Told) -> Iterator[PaymentTold | RefundTold]:
    match act:
        case Ask.PAYMENT:
            yield from _payment(told, paid_fields=("send_pay_date",))
        case Ask.REFUND:
            yield _refunded(told, asked)
        case Ask.REFUND_QUERY if told.id("out_request_no") or told.text("refund_status"):
            yield _refund_found(told, asked)
        case _:
            return


def _refunded(told: Told, asked: Told) -> RefundTold:
    """The answer to our own refund: fund_change Y says that money moved now; N says nothing, and is asked about again."""
    moved = told.text("fund_change") == "Y"
    done_at = told.moment("gmt_refund_pay") if moved else None
    return _refund(
        told,
        asked,
        state=RefundState.SUCCESS if moved else RefundState.PROCESSING,
        code=f"fund_change={told.text('fund_change')}",
        amount_minor=asked.fen("amount_minor"),
        done_at=done_at,
    )


def _refund_found(told: Told, asked: Told) -> RefundTold:
    code = told.text("refund_status")
    done = code == "REFUND_SUCCESS"
    return _refund(
        told,
        asked,
        state=RefundState.SUCCESS if done else None if code else RefundState.PROCESSING,
        code=code,
        amount_minor=told.yuan("refund_amount"),
        done_at=told.moment("gmt_refund_pay") if done else None,
    )


def _refund(
    told: Told, asked: Told, *, state: RefundState | None, code: str, amount_minor: int | None, done_at: Any
) -> RefundTold:
    request = told.id("out_request_no") or asked.id("out_refund_no")
    return RefundTold(
        provider=PROVIDER,
        refund_no=request,
        out_refund_no=request,
        payment_no=told.id("trade_no") or asked.id("payment_no"),
        out_trade_no=told.id("out_trade_no") or asked.id("out_trade_no"),
        state=state,
        status_code=code,
        amount_minor=amount_minor,
        refunded_at=done_at,
        occurred_at=done_at,
        facts=told.facts("refund_fee", "refund_reason", "error_code"),
    )
