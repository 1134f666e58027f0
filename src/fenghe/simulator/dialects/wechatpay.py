"""WeChat Pay v3 in the sandbox (沙箱微信支付): signed answers and notifications, its paths, its codes, its bills."""

import gzip
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from fenghe.connectors import rsa_signing
from fenghe.connectors.scans import NotReadable, decode_json
from fenghe.connectors.wechatpay import push, signing
from fenghe.kernel.values import CHINA, digest
from fenghe.simulator import bills
from fenghe.simulator.keys import certificate_of, certificate_pem, key_of, private_pem, public_pem
from fenghe.simulator.till import WECHATPAY, Back, Paid, Refusal, Till

APP_ID: Final = "wxd678efh567hg6787"
MCH_ID: Final = "1900000109"
API_V3_KEY: Final = "fenghe-sandbox-api-v3-key-32byte"
PUBLIC_KEY_ID: Final = "PUB_KEY_ID_0119000001092026020500000000000001"
PLATFORM_SERIAL: Final = 0x5157F09EFDC096DE15EBE81A47057A7232F1B8E1
MERCHANT_SERIAL: Final = 0x444F4864EA9B34415B3AD57EB7A7B3C1D0A3B2C9
_AUTHORIZATION: Final = re.compile(r'(\w+)="([^"]*)"')


class Keys:
    """Both sides' keys of one sandbox."""

    def __init__(self, seed: int) -> None:
        self.platform = key_of(f"wechat-platform-{seed}")
        self.merchant = key_of(f"wechat-merchant-{seed}")
        self.certificate = certificate_of(self.platform, name="Tenpay.com sandbox", serial=PLATFORM_SERIAL)

    def secrets(self) -> dict[str, str]:
        """What a merchant fills in at his side."""
        return {
            "mchid": MCH_ID,
            "appid": APP_ID,
            "api_v3_key": API_V3_KEY,
            "merchant_serial": f"{MERCHANT_SERIAL:X}",
            "merchant_key": private_pem(self.merchant),
            "platform_certificates": certificate_pem(self.certificate),
            "public_key_id": PUBLIC_KEY_ID,
            "public_key": public_pem(self.platform),
        }


def signed_headers(keys: Keys, body: bytes, *, wall: int, nonce: str, by_public_key: bool = True) -> dict[str, str]:
    """The headers WeChat puts beside everything it says."""
    signature = rsa_signing.sign(signing.response_text(str(wall), nonce, body), private_pem(keys.platform))
    return {
        "wechatpay-timestamp": str(wall),
        "wechatpay-nonce": nonce,
        "wechatpay-signature": signature,
        "wechatpay-serial": PUBLIC_KEY_ID if by_public_key else f"{PLATFORM_SERIAL:X}",
        "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(CHINA).replace(microsecond=0).isoformat()


def transaction(paid: Paid, till: Till, at: datetime) -> dict[str, Any]:
    """A payment as queries and notifications tell it."""
    done = paid.paid_at is not None and paid.paid_at <= at
    gone = any(one.done(at) for one in till.refunds_of(paid.payment_no))
    state = "REFUND" if gone else "SUCCESS" if done else "CLOSED" if paid.closed_at else "NOTPAY"
    told: dict[str, Any] = {
        "mchid": MCH_ID,
        "appid": APP_ID,
        "out_trade_no": paid.out_trade_no,
        "trade_state": state,
        "trade_state_desc": {"SUCCESS": "支付成功", "REFUND": "转入退款", "CLOSED": "已关闭"}.get(state, "订单未支付"),
    }
    if done:
        told |= {
            "transaction_id": paid.payment_no,
            "trade_type": paid.way,
            "bank_type": "OTHERS",
            "attach": "",
            "success_time": _iso(paid.paid_at or at),
            "payer": {"openid": paid.buyer},
            "amount": {
                "total": paid.amount_minor,
                "payer_total": paid.amount_minor,
                "currency": "CNY",
                "payer_currency": "CNY",
            },
        }
    return told


def refund_told(back: Back, paid: Paid, at: datetime, *, state_field: str) -> dict[str, Any]:
    """A refund; notifications and answers name its state differently."""
    done = back.done(at)
    told: dict[str, Any] = {
        "transaction_id": back.payment_no,
        "out_trade_no": back.out_trade_no,
        "refund_id": back.refund_no,
        "out_refund_no": back.out_refund_no,
        state_field: "SUCCESS" if done else "PROCESSING",
        "user_received_account": "支付用户零钱",
        "amount": {
            "total": paid.amount_minor,
            "refund": back.amount_minor,
            "payer_total": paid.amount_minor,
            "payer_refund": back.amount_minor,
        },
    }
    if done:
        told["success_time"] = _iso(back.done_at)
    if state_field == "status":
        told |= {"create_time": _iso(back.asked_at), "channel": "ORIGINAL", "funds_account": "AVAILABLE"}
        told["amount"]["currency"] = "CNY"
    else:
        told["mchid"] = MCH_ID
    return told


def notice(till: Till, kind: str, number: str, *, at: datetime, turn: int) -> bytes:
    """The sealed body of a notification. A repeat bears the same id and is sealed anew."""
    if kind == "payment":
        paid = till.payments[number]
        told, event, word = transaction(paid, till, paid.paid_at or at), "TRANSACTION.SUCCESS", "支付成功"
        told["trade_state"], told["trade_state_desc"] = "SUCCESS", "支付成功"
    else:
        back = till.refunds[number]
        told = refund_told(back, till.payments[back.payment_no], at, state_field="refund_status")
        event, word = "REFUND.SUCCESS", "退款成功"
    head = {
        "id": digest("notice", kind, number),
        "create_time": _iso(at),
        "event_type": event,
        "summary": word,
        "original_type": "transaction" if kind == "payment" else "refund",
    }
    return push.sealed(head, told, key=API_V3_KEY, nonce=digest(number, str(turn))[:12])


# ── its own gateway ──────────────────────────────────────────────────────────────────────────────────────────────────


def authorized(keys: Keys, method: str, target: str, body: bytes, header: str) -> bool:
    """Is the call signed by our merchant over exactly this path and body?"""
    scheme, _, rest = header.partition(" ")
    told = dict(_AUTHORIZATION.findall(rest))
    wanted = {"mchid": MCH_ID, "serial_no": f"{MERCHANT_SERIAL:X}"}
    if scheme != signing.SCHEMA or any(told.get(name) != value for name, value in wanted.items()):
        return False
    text = signing.request_text(method, target, told.get("timestamp", ""), told.get("nonce_str", ""), body)
    return rsa_signing.signed_by(text, told.get("signature", ""), keys.merchant.public_key())


def answer(
    till: Till, keys: Keys, method: str, target: str, body: bytes, *, now: datetime, base: str
) -> tuple[int, bytes]:
    """(status, body) of a call that is rightly signed."""
    try:
        status, told = _routed(till, keys, method, target, body, now, base)
    except Refusal as problem:
        status, told = problem.status, {"code": problem.code, "message": problem.words}
    return status, b"" if told is None else told if isinstance(told, bytes) else msgspec.json.encode(told)


def _routed(till: Till, keys: Keys, method: str, target: str, body: bytes, now: datetime, base: str) -> tuple[int, Any]:
    parts = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    for wanted, pattern, serve in _ROUTES:
        found = re.fullmatch(pattern, parts.path)
        if wanted == method and found:
            told = _body(body)
            return serve(
                till, keys, {**query, **{k: unquote(v) for k, v in found.groupdict().items()}}, told, now, base
            )
    raise Refusal("RESOURCE_NOT_EXISTS", "没有这个接口", 404)


def _body(body: bytes) -> Mapping[str, Any]:
    if not body:
        return {}
    try:
        told = decode_json(body)
    except NotReadable as problem:
        raise Refusal("PARAM_ERROR", "请求不是 JSON") from problem
    if not isinstance(told, dict):
        raise Refusal("PARAM_ERROR", "请求不是对象")
    return told


def _found(till: Till, named: Mapping[str, str]) -> Paid:
    if named.get("mchid") != MCH_ID:
        raise Refusal("PARAM_ERROR", "mchid 不正确")
    paid = till.find(WECHATPAY, payment_no=named.get("id", ""), out_trade_no=named.get("no", ""))
    if paid is None:
        raise Refusal("ORDER_NOT_EXIST", "订单不存在", 404)
    return paid


def _query(till: Till, _k: Keys, named: Mapping[str, str], _b: Any, now: datetime, _u: str) -> tuple[int, Any]:
    return 200, transaction(_found(till, named), till, now)


def _close(till: Till, _k: Keys, named: Mapping[str, str], _b: Any, now: datetime, _u: str) -> tuple[int, Any]:
    till.close(WECHATPAY, named["no"], now)
    return 204, None


def _prepay(till: Till, _k: Keys, named: Mapping[str, str], told: Any, now: datetime, _u: str) -> tuple[int, Any]:
    amount = told.get("amount") if isinstance(told.get("amount"), dict) else {}
    total = str(amount.get("total", ""))
    if told.get("mchid") != MCH_ID or not told.get("out_trade_no") or not total.isdigit() or not told.get("notify_url"):
        raise Refusal("PARAM_ERROR", "缺少 mchid、out_trade_no、amount.total 或 notify_url")
    paid = till.prepare(
        WECHATPAY,
        out_trade_no=str(told["out_trade_no"]),
        amount_minor=int(total),
        title=str(told.get("description", "")),
        way=named["way"].upper(),
        at=now,
    )
    mark = digest("prepay", paid.payment_no)[:9]
    match named["way"]:
        case "native":
            return 200, {"code_url": f"weixin://wxpay/bizpayurl?pr={mark}"}
        case "h5":
            return 200, {"h5_url": f"https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx{mark}"}
        case _:
            return 200, {"prepay_id": f"wx{mark}"}


def _refund(till: Till, _k: Keys, _n: Any, told: Any, now: datetime, _u: str) -> tuple[int, Any]:
    amount = told.get("amount") if isinstance(told.get("amount"), dict) else {}
    parts = [str(amount.get(name, "")) for name in ("refund", "total")]
    paid = till.find(
        WECHATPAY, payment_no=str(told.get("transaction_id", "")), out_trade_no=str(told.get("out_trade_no", ""))
    )
    if paid is None:
        raise Refusal("RESOURCE_NOT_EXISTS", "订单不存在", 404)
    if not all(part.isdigit() for part in parts) or int(parts[1]) != paid.amount_minor or not told.get("out_refund_no"):
        raise Refusal("PARAM_ERROR", "订单金额或退款单号不正确")
    back, _ = till.refund(paid, request=str(told["out_refund_no"]), amount_minor=int(parts[0]), at=now)
    return 200, refund_told(back, paid, now, state_field="status")


def _refund_query(till: Till, _k: Keys, named: Mapping[str, str], _b: Any, now: datetime, _u: str) -> tuple[int, Any]:
    back = till.refunds.get(f"{WECHATPAY}:{named['no']}")
    if back is None:
        raise Refusal("RESOURCE_NOT_EXISTS", "退款单不存在", 404)
    return 200, refund_told(back, till.payments[back.payment_no], now, state_field="status")


def _certificates(_t: Till, keys: Keys, _n: Any, _b: Any, _a: datetime, _u: str) -> tuple[int, Any]:
    plain = certificate_pem(keys.certificate).encode()
    nonce = digest("certificate")[:12]
    sealed = rsa_signing.seal_box(API_V3_KEY, plain, nonce=nonce, associated_data="certificate")
    box = {"algorithm": "AEAD_AES_256_GCM", "nonce": nonce, "associated_data": "certificate", "ciphertext": sealed}
    one = {
        "serial_no": f"{PLATFORM_SERIAL:X}",
        "effective_time": _iso(keys.certificate.not_valid_before_utc),
        "expire_time": _iso(keys.certificate.not_valid_after_utc),
        "encrypt_certificate": box,
    }
    return 200, {"data": [one]}


def _bill(till: Till, kind: str, day: str, now: datetime) -> bytes:
    try:
        wanted = date.fromisoformat(day)
    except ValueError as problem:
        raise Refusal("PARAM_ERROR", "账单日期不正确") from problem
    if wanted >= now.astimezone(CHINA).date():
        raise Refusal("PARAM_ERROR", "账单日期不能是今天或以后")
    make: Callable[[], bytes | None] = (
        (lambda: bills.wechat_funds(till, wanted, mchid=MCH_ID))
        if kind == "fundflowbill"
        else (lambda: bills.wechat_trade(till, wanted, appid=APP_ID, mchid=MCH_ID))
    )
    text = make()
    if text is None:
        raise Refusal("NO_STATEMENT_EXIST", "账单文件不存在")
    return text


def _bill_link(till: Till, _k: Keys, named: Mapping[str, str], _b: Any, now: datetime, base: str) -> tuple[int, Any]:
    text = _bill(till, named["kind"], named.get("bill_date", ""), now)
    packed = named.get("tar_type", "")
    token = f"{named['kind']}.{named['bill_date']}.{packed}"
    url = f"{base}/v3/billdownload/file?token={token}&tartype={packed.lower()}"
    return 200, {"hash_type": "SHA1", "hash_value": signing.sha1_hex(text), "download_url": url}


def _bill_file(till: Till, _k: Keys, named: Mapping[str, str], _b: Any, now: datetime, _u: str) -> tuple[int, Any]:
    kind, _, rest = named.get("token", "").partition(".")
    day, _, packed = rest.partition(".")
    text = _bill(till, kind, day, now)
    return 200, gzip.compress(text, mtime=0) if packed == "GZIP" else text


_ROUTES: Final[tuple[tuple[str, str, Callable[..., tuple[int, Any]]], ...]] = (
    ("GET", r"/v3/pay/transactions/id/(?P<id>[^/]+)", _query),
    ("GET", r"/v3/pay/transactions/out-trade-no/(?P<no>[^/]+)", _query),
    ("POST", r"/v3/pay/transactions/out-trade-no/(?P<no>[^/]+)/close", _close),
    ("POST", r"/v3/pay/transactions/(?P<way>native|h5|jsapi|app)", _prepay),
    ("POST", r"/v3/refund/domestic/refunds", _refund),
    ("GET", r"/v3/refund/domestic/refunds/(?P<no>[^/]+)", _refund_query),
    ("GET", r"/v3/certificates", _certificates),
    ("GET", r"/v3/bill/(?P<kind>tradebill|fundflowbill)", _bill_link),
    ("GET", r"/v3/billdownload/file", _bill_file),
)
UNSIGNED: Final = "/v3/billdownload/file"
"""Bill files are the one thing WeChat says without a signature."""
