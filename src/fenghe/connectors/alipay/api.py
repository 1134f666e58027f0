"""Calls to Alipay's gateway (支付宝接口): one address, one form, the method names the call; answers judged by their exact text.

Promises: a refund asked for twice (the same out_request_no) is one refund; an answer without Alipay's signature counts for
nothing; a page for the buyer is a signed address that nobody has to be asked for.
"""

import zipfile
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from fenghe.connectors import rsa_signing
from fenghe.connectors.alipay import signing
from fenghe.connectors.alipay.read import ANSWERS
from fenghe.connectors.paying import MOST_BILL_BYTES, Ask, Wish, refused, same_house
from fenghe.connectors.rsa_signing import BadKey
from fenghe.connectors.scans import NotReadable, decode_json, field_of, shorten
from fenghe.kernel.connecting import Answer, Request
from fenghe.kernel.values import CHINA

GATEWAY: Final = "https://openapi.alipay.com/gateway.do"
METHODS: Final = {
    Ask.PAYMENT: "alipay.trade.query",
    Ask.CLOSE: "alipay.trade.close",
    Ask.LINK: "alipay.trade.precreate",
    Ask.REFUND: "alipay.trade.refund",
    Ask.REFUND_QUERY: "alipay.trade.fastpay.refund.query",
    Ask.BILL_LINK: "alipay.data.dataservice.bill.downloadurl.query",
}
PAGES: Final = {
    "page": ("alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"),
    "h5": ("alipay.trade.wap.pay", "QUICK_WAP_WAY"),
}
"""The buyer's own browser makes these calls; the product code Alipay wants with each."""
BUSY: Final = frozenset(
    {"20000", "isp.unknow-error", "aop.ACQ.SYSTEM_ERROR", "ACQ.SYSTEM_ERROR", "ACQ.CONCURRENT_OPERATION_CONFLICT"}
)
GOOD: Final = "10000"


class AlipayCalls:
    """Everything a merchant's app asks of Alipay."""

    def ask(
        self,
        act: Ask,
        wish: Wish,
        *,
        settings: Mapping[str, str],
        now: datetime,
        nonce: str,  # noqa: ARG002
    ) -> Request | Answer:
        """The signed call."""
        missing = [name for name in ("app_id", "app_key") if not settings.get(name)]
        if missing:
            return refused(f"支付宝连接缺少 {'、'.join(missing)}")
        gateway = settings.get("base_url", GATEWAY)
        if act is Ask.BILL:
            if not same_house(wish.url, settings.get("bill_host") or gateway):
                return refused(f"账单下载地址不是支付宝的：{shorten(wish.url, 100)}")
            return Request(url=wish.url, body=b"", headers={}, method="GET", most_bytes=MOST_BILL_BYTES)
        if act not in METHODS:
            return refused("支付宝没有这种调用")
        try:
            params = _params(METHODS[act], _content(act, wish), settings, now)
            signed = signing.signed_request(params, settings["app_key"])
        except (BadKey, ValueError):
            return refused("支付宝连接的应用私钥或证书读不出来")
        headers = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
        return Request(url=f"{gateway}?charset=utf-8", body=urlencode(signed).encode(), headers=headers)

    def hear(self, act: Ask, wish: Wish, answer: Answer, *, settings: Mapping[str, str], now: datetime) -> Answer:  # noqa: ARG002
        """The signature over the answer's exact text, then Alipay's own code."""
        if answer.error is not None:
            return answer
        if act is Ask.BILL:
            return _checked_bill(answer)
        try:
            told = decode_json(answer.body)
        except NotReadable as problem:
            return msgspec.structs.replace(answer, error=f"应答不是 JSON：{problem}"[:200])
        problem_words = _distrust(ANSWERS[act], answer.body, told, settings)
        if problem_words is not None:
            return msgspec.structs.replace(answer, error=problem_words)
        return _explained(answer, told[ANSWERS[act]])

    def link_of(self, wish: Wish, body: bytes) -> str:  # noqa: ARG002
        """The text of the QR code."""
        return _field(body, ANSWERS[Ask.LINK], "qr_code")

    def bill_of(self, wish: Wish, body: bytes) -> Wish | None:
        """Where the ZIP lies; the address lives for seconds only."""
        url = _field(body, ANSWERS[Ask.BILL_LINK], "bill_download_url")
        return msgspec.structs.replace(wish, url=url, archive="zip") if url else None


def page_url(wish: Wish, *, settings: Mapping[str, str], now: datetime) -> str:
    """The address a buyer opens to pay (page or h5): signed here, valid until it expires. Raises BadKey."""
    method, product = PAGES[wish.way]
    content = {**_order_content(wish), "product_code": product}
    params = _params(method, content, settings, now)
    return (
        f"{settings.get('base_url', GATEWAY)}?{urlencode(signing.signed_request(params, settings.get('app_key', '')))}"
    )


def _params(method: str, content: Mapping[str, Any], settings: Mapping[str, str], now: datetime) -> dict[str, str]:
    params = {
        "app_id": settings.get("app_id", ""),
        "method": method,
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": f"{now.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        "version": "1.0",
        "biz_content": msgspec.json.encode(content).decode(),
    }
    for name in ("notify_url", "return_url", "app_auth_token"):
        if settings.get(name):
            params[name] = settings[name]
    if settings.get("app_cert"):
        params["app_cert_sn"] = signing.cert_serial(settings["app_cert"])
        params["alipay_root_cert_sn"] = signing.root_serial(settings.get("alipay_root_cert", ""))
    return params


def _content(act: Ask, wish: Wish) -> dict[str, Any]:
    trade = {"trade_no": wish.payment_no} if wish.payment_no else {"out_trade_no": wish.out_trade_no}
    match act:
        case Ask.LINK:
            return _order_content(wish)
        case Ask.REFUND:
            told = {**trade, "refund_amount": _yuan(wish.amount_minor), "out_request_no": wish.out_refund_no}
            return {**told, "refund_reason": wish.reason[:256]} if wish.reason else told
        case Ask.REFUND_QUERY:
            return {**trade, "out_request_no": wish.out_refund_no, "query_options": ["gmt_refund_pay"]}
        case Ask.BILL_LINK:
            kind = "signcustomer" if wish.bill_type == "funds" else "trade"
            return {"bill_type": kind, "bill_date": "" if wish.bill_day is None else wish.bill_day.isoformat()}
        case _:
            return dict(trade)


def _order_content(wish: Wish) -> dict[str, Any]:
    content = {
        "out_trade_no": wish.out_trade_no,
        "total_amount": _yuan(wish.amount_minor),
        "subject": wish.title[:128] or f"订单 {wish.order_no}",
    }
    if wish.expires_at is not None:
        content["time_expire"] = f"{wish.expires_at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
    return content


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _distrust(name: str, body: bytes, told: Any, settings: Mapping[str, str]) -> str | None:
    """Why an answer counts for nothing; None when its text is Alipay's."""
    if not isinstance(told, dict) or not isinstance(told.get(name), dict):
        error = told.get("error_response") if isinstance(told, dict) else None
        said = field_of(error, "sub_msg", "msg", "code") if isinstance(error, dict) else ""
        return f"支付宝没有给出应答：{said or '内容不认识'}"[:200]
    text = signing.answer_text(body.decode("utf-8", "replace"), name)
    try:
        key = signing.alipay_key(settings)
    except BadKey:
        return "支付宝公钥读不出来，无法核对应答"
    if text is None or not rsa_signing.signed_by(text.encode(), field_of(told, "sign"), key):
        return "应答的签名不对，不予采信"
    return None


def _explained(answer: Answer, said: Mapping[str, Any]) -> Answer:
    code, sub = field_of(said, "code"), field_of(said, "sub_code")
    if code == GOOD:
        return answer
    words = f"{field_of(said, 'sub_msg', 'msg')}（{sub or code}）"
    return msgspec.structs.replace(answer, error=words[:300], permanent=code not in BUSY and sub not in BUSY)


def _field(body: bytes, answer: str, name: str) -> str:
    try:
        told = decode_json(body)
    except NotReadable:
        return ""
    said = told.get(answer) if isinstance(told, dict) else None
    return field_of(said, name) if isinstance(said, dict) else ""


def _checked_bill(answer: Answer) -> Answer:
    """A ZIP whose members are whole."""
    try:
        with zipfile.ZipFile(BytesIO(answer.body)) as archive:
            whole = sum(one.file_size for one in archive.infolist()) <= MOST_BILL_BYTES and archive.testzip() is None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        whole = False
    return answer if whole else msgspec.structs.replace(answer, error="账单文件不是完整的 ZIP", permanent=False)
