"""Alipay in the sandbox (沙箱支付宝): the gateway's one form, signed answers and notifications, its codes, its bills."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from fenghe.connectors import rsa_signing
from fenghe.connectors.alipay import signing
from fenghe.connectors.alipay.push import notice_fields
from fenghe.connectors.scans import NotReadable, decode_json
from fenghe.kernel.values import CHINA, digest
from fenghe.simulator import bills
from fenghe.simulator.keys import key_of, private_pem, public_pem
from fenghe.simulator.till import ALIPAY, Paid, Refusal, Till

APP_ID: Final = "2021000122672388"
SELLER_ID: Final = "2088721003236442"
Told = dict[str, Any]


class Keys:
    """Both sides' keys of one sandbox."""

    def __init__(self, seed: int) -> None:
        self.alipay = key_of(f"alipay-{seed}")
        self.app = key_of(f"alipay-app-{seed}")

    def secrets(self) -> dict[str, str]:
        """What a merchant fills in at his side."""
        return {
            "app_id": APP_ID,
            "seller_id": SELLER_ID,
            "app_key": private_pem(self.app),
            "alipay_public_key": public_pem(self.alipay),
        }


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def notice(till: Till, keys: Keys, kind: str, number: str, *, at: datetime, turn: int) -> bytes:
    """The signed form of a notification; a repeat differs in notify_time only."""
    paid = till.payments[number if kind == "payment" else till.refunds[number].payment_no]
    told = _noticed(paid)
    told["notify_time"] = _clock(at) if not turn else f"{_clock(at)[:-2]}{turn % 60:02d}"
    if kind == "refund":
        back = till.refunds[number]
        gone = sum(one.amount_minor for one in till.refunds_of(paid.payment_no) if one.done_at <= back.done_at)
        told |= {
            "out_biz_no": back.out_refund_no,
            "refund_fee": bills.yuan(gone),
            "gmt_refund": f"{_clock(back.done_at)}.000",
            "notify_id": digest("notice", number),
        }
        if gone >= paid.amount_minor:
            told |= {"trade_status": "TRADE_CLOSED", "gmt_close": _clock(back.done_at)}
    told["sign"] = rsa_signing.sign(signing.notice_text(told), private_pem(keys.alipay))
    told["sign_type"] = "RSA2"
    return urlencode(told).encode()


def _noticed(paid: Paid) -> dict[str, str]:
    total = bills.yuan(paid.amount_minor)
    told = {
        "notify_type": "trade_status_sync",
        "notify_id": digest("notice", paid.payment_no),
        "app_id": APP_ID,
        "auth_app_id": APP_ID,
        "charset": "utf-8",
        "version": "1.0",
        "trade_no": paid.payment_no,
        "out_trade_no": paid.out_trade_no,
        "buyer_id": paid.buyer,
        "buyer_logon_id": "185****0000",
        "seller_id": SELLER_ID,
        "trade_status": "TRADE_SUCCESS" if paid.paid_at else "WAIT_BUYER_PAY",
        "total_amount": total,
        "subject": paid.title,
        "gmt_create": _clock(paid.created_at),
    }
    if paid.paid_at:
        told |= dict.fromkeys(("receipt_amount", "invoice_amount", "buyer_pay_amount"), total)
        told |= {
            "gmt_payment": _clock(paid.paid_at),
            "point_amount": "0.00",
            "fund_bill_list": f'[{{"amount":"{total}","fundChannel":"ALIPAYACCOUNT"}}]',
        }
    return told


# ── its own gateway ──────────────────────────────────────────────────────────────────────────────────────────────────


def answer(till: Till, keys: Keys, query: Mapping[str, str], body: bytes, *, now: datetime, base: str) -> bytes:
    """The signed answer to a call of the gateway; a call that is not ours gets Alipay's error."""
    params = {**query, **(notice_fields(body) or {})}
    method = params.get("method", "")
    name = f"{method.replace('.', '_')}_response"
    signed = {key: value for key, value in params.items() if key != "sign"}
    ours = params.get("app_id") == APP_ID and params.get("sign_type") == "RSA2"
    if not ours or not rsa_signing.signed_by(
        signing.request_text(signed), params.get("sign", ""), keys.app.public_key()
    ):
        return msgspec.json.encode(
            {"error_response": {"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature"}}
        )
    told = _served(till, method, params.get("biz_content", ""), now, base)
    text = msgspec.json.encode(told).decode().replace("/", "\\/")
    sign = rsa_signing.sign(text.encode(), private_pem(keys.alipay))
    return f'{{"{name}":{text},"sign":"{sign}"}}'.encode()


def _served(till: Till, method: str, content: str, now: datetime, base: str) -> Told:
    serve = _METHODS.get(method)
    if serve is None:
        return {
            "code": "40002",
            "msg": "Invalid Arguments",
            "sub_code": "isv.invalid-method",
            "sub_msg": "不存在的方法名",
        }
    try:
        wish = decode_json(content or "{}")
        told = serve(till, wish if isinstance(wish, dict) else {}, now, base)
    except NotReadable:
        return {"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-parameter", "sub_msg": "参数无效"}
    except Refusal as problem:
        return {"code": "40004", "msg": "Business Failed", "sub_code": problem.code, "sub_msg": problem.words}
    return {"code": "10000", "msg": "Success", **told}


def _paid(till: Till, wish: Mapping[str, Any]) -> Paid:
    found = till.find(
        ALIPAY, payment_no=str(wish.get("trade_no") or ""), out_trade_no=str(wish.get("out_trade_no") or "")
    )
    if found is None:
        raise Refusal("ACQ.TRADE_NOT_EXIST", "交易不存在")
    return found


def _query(till: Till, wish: Mapping[str, Any], now: datetime, _base: str) -> Told:
    paid = _paid(till, wish)
    done = paid.paid_at is not None and paid.paid_at <= now
    gone = sum(one.amount_minor for one in till.refunds_of(paid.payment_no) if one.done(now))
    closed = paid.closed_at is not None or (done and gone >= paid.amount_minor)
    told: Told = {
        "trade_no": paid.payment_no,
        "out_trade_no": paid.out_trade_no,
        "buyer_logon_id": "185****0000",
        "buyer_user_id": paid.buyer,
        "trade_status": "TRADE_CLOSED" if closed else "TRADE_SUCCESS" if done else "WAIT_BUYER_PAY",
        "total_amount": bills.yuan(paid.amount_minor),
        "receipt_amount": bills.yuan(paid.amount_minor if done else 0),
        "buyer_pay_amount": bills.yuan(paid.amount_minor if done else 0),
    }
    if done and paid.paid_at is not None:
        told["send_pay_date"] = _clock(paid.paid_at)
    return told


def _close(till: Till, wish: Mapping[str, Any], now: datetime, _base: str) -> Told:
    paid = _paid(till, wish)
    try:
        till.close(ALIPAY, paid.out_trade_no, now)
    except Refusal as problem:
        raise Refusal("ACQ.TRADE_STATUS_ERROR", "交易状态不合法") from problem
    return {"trade_no": paid.payment_no, "out_trade_no": paid.out_trade_no}


def _precreate(till: Till, wish: Mapping[str, Any], now: datetime, _base: str) -> Told:
    fen = _fen(wish.get("total_amount"))
    try:
        paid = till.prepare(
            ALIPAY,
            out_trade_no=str(wish.get("out_trade_no", "")),
            amount_minor=fen,
            title=str(wish.get("subject", "")),
            way="NATIVE",
            at=now,
        )
    except Refusal as problem:
        code = {"ORDERPAID": "ACQ.TRADE_HAS_SUCCESS", "ORDER_CLOSED": "ACQ.TRADE_HAS_CLOSE"}.get(problem.code)
        raise Refusal(code or "ACQ.CONTEXT_INCONSISTENT", problem.words) from problem
    return {"out_trade_no": paid.out_trade_no, "qr_code": f"https://qr.alipay.com/bax{digest(paid.payment_no)[:20]}"}


def _fen(told: Any) -> int:
    try:
        amount = Decimal(str(told)).scaleb(2)
    except InvalidOperation as problem:
        raise Refusal("ACQ.INVALID_PARAMETER", "金额无效") from problem
    if amount != amount.to_integral_value() or amount <= 0:
        raise Refusal("ACQ.INVALID_PARAMETER", "金额无效")
    return int(amount)


def _refund(till: Till, wish: Mapping[str, Any], now: datetime, _base: str) -> Told:
    paid = _paid(till, wish)
    request = str(wish.get("out_request_no") or paid.out_trade_no)
    try:
        back, fresh = till.refund(paid, request=request, amount_minor=_fen(wish.get("refund_amount")), at=now)
    except Refusal as problem:
        code = {"NOT_ENOUGH": "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "ORDER_NOT_PAID": "ACQ.TRADE_NOT_ALLOW_REFUND"}
        raise Refusal(code.get(problem.code, "ACQ.DISCORDANT_REPEAT_REQUEST"), problem.words) from problem
    gone = sum(one.amount_minor for one in till.refunds_of(paid.payment_no))
    return {
        "trade_no": paid.payment_no,
        "out_trade_no": paid.out_trade_no,
        "buyer_logon_id": "185****0000",
        "fund_change": "Y" if fresh else "N",
        "refund_fee": bills.yuan(gone),
        "gmt_refund_pay": _clock(back.done_at),
    }


def _refund_query(till: Till, wish: Mapping[str, Any], now: datetime, _base: str) -> Told:
    paid = _paid(till, wish)
    back = till.refunds.get(f"{ALIPAY}:{wish.get('out_request_no')}")
    if back is None or back.payment_no != paid.payment_no:
        return {}
    told = {
        "trade_no": paid.payment_no,
        "out_trade_no": paid.out_trade_no,
        "out_request_no": back.out_refund_no,
        "total_amount": bills.yuan(paid.amount_minor),
        "refund_amount": bills.yuan(back.amount_minor),
    }
    if back.done(now):
        told |= {"refund_status": "REFUND_SUCCESS", "gmt_refund_pay": _clock(back.done_at)}
    return told


def _bill_link(till: Till, wish: Mapping[str, Any], now: datetime, base: str) -> Told:
    kind, day = str(wish.get("bill_type")), str(wish.get("bill_date"))
    if bill_file(till, kind, day, now=now) is None:
        raise Refusal("isp.bill_not_exist", "账单不存在")
    return {"bill_download_url": f"{base}/alipay-bill?bill_type={kind}&bill_date={day}"}


def bill_file(till: Till, kind: str, day: str, *, now: datetime) -> bytes | None:
    """The ZIP of a day that is over."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        return None
    if wanted >= now.astimezone(CHINA).date() or kind not in ("trade", "signcustomer"):
        return None
    make = bills.alipay_trade if kind == "trade" else bills.alipay_funds
    return make(till, wanted, seller=SELLER_ID)


_METHODS: Final[Mapping[str, Callable[[Till, Mapping[str, Any], datetime, str], Told]]] = {
    "alipay.trade.query": _query,
    "alipay.trade.close": _close,
    "alipay.trade.precreate": _precreate,
    "alipay.trade.refund": _refund,
    "alipay.trade.fastpay.refund.query": _refund_query,
    "alipay.data.dataservice.bill.downloadurl.query": _bill_link,
}
