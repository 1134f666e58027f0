"""The providers' HTTP face in the sandbox (沙箱收款接口): WeChat Pay at /v3/…, Alipay at /gateway.do, bills beside them."""

import time
from collections import Counter
from urllib.parse import parse_qsl

from fenghe.connectors.alipay.push import notice_fields
from fenghe.kernel.values import digest
from fenghe.simulator.app import App, Receive, Scope, Send
from fenghe.simulator.clock import Clock, StoppedClock
from fenghe.simulator.dialects import alipay, wechatpay
from fenghe.simulator.till import Till

MAX_BODY = 1_000_000


class TillGateway:
    """Both providers over one till; counts their calls. Signatures bear the wall's time, contents the sandbox's."""

    def __init__(self, till: Till, clock: Clock | None = None) -> None:
        self.till = till
        self.clock = clock or StoppedClock(till.now)
        self.wechat_keys = wechatpay.Keys(till.seed)
        self.alipay_keys = alipay.Keys(till.seed)
        self.calls: Counter[str] = Counter()

    def secrets(self, provider: str) -> dict[str, str]:
        """What a merchant fills in for this provider."""
        return (self.wechat_keys if provider == "wechatpay" else self.alipay_keys).secrets()

    def wechat(self, asked: wechatpay.Asked, base: str) -> tuple[int, bytes, dict[str, str]]:
        """A call of WeChat Pay: refused unsigned, answered signed."""
        self.calls["wechatpay"] += 1
        if wechatpay.authorized(self.wechat_keys, asked):
            status, told = wechatpay.answer(self.till, self.wechat_keys, asked, now=self.clock.now(), base=base)
        else:
            status, told = 401, '{"code":"SIGN_ERROR","message":"错误的签名，验签失败"}'.encode()
        if asked.target.startswith(wechatpay.UNSIGNED):
            return status, told, {"content-type": "application/x-gzip"} if status == 200 else {}
        nonce = digest("answer", str(self.calls["wechatpay"]))
        return status, told, wechatpay.signed_headers(self.wechat_keys, told, wall=int(time.time()), nonce=nonce)

    def alipay(self, query: str, body: bytes, base: str) -> bytes:
        """A call of Alipay's gateway."""
        self.calls["alipay"] += 1
        told = dict(parse_qsl(query, keep_blank_values=True))
        params = {**told, **(notice_fields(body) or {})}
        return alipay.answer(self.till, self.alipay_keys, params, now=self.clock.now(), base=base)

    def alipay_bill(self, query: str) -> bytes | None:
        """A bill's ZIP."""
        told = dict(parse_qsl(query))
        return alipay.bill_file(self.till, told.get("bill_type", ""), told.get("bill_date", ""), now=self.clock.now())


def build_till_app(gateway: TillGateway) -> App:
    """The ASGI app of a till."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
        elif scope["type"] == "http":
            await _serve(gateway, scope, receive, send)

    return app


async def _serve(gateway: TillGateway, scope: Scope, receive: Receive, send: Send) -> None:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope["query_string"].decode("latin-1")
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    base = f"http://{headers.get('host', '127.0.0.1')}"
    body = await body_of(receive)
    if path.startswith("/v3/"):
        target = path + (f"?{query}" if query else "")
        authorization = headers.get("authorization", "")
        asked = wechatpay.Asked(method=scope["method"], target=target, body=body, authorization=authorization)
        status, told, more = gateway.wechat(asked, base)
        await answer_http(send, status, told, headers=more)
    elif path == "/gateway.do":
        await answer_http(send, 200, gateway.alipay(query, body, base))
    elif path == "/alipay-bill" and (bill := gateway.alipay_bill(query)) is not None:
        await answer_http(send, 200, bill, headers={"content-type": "application/zip"})
    else:
        await answer_http(send, 404, b'{"error":"no such gateway"}')


async def live(receive: Receive, send: Send) -> None:
    """Say that we are up, and down when asked to."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def body_of(receive: Receive) -> bytes:
    """The request's body, up to a bound."""
    body = b""
    while len(body) <= MAX_BODY:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body


async def answer_http(send: Send, status: int, body: bytes, *, headers: dict[str, str] | None = None) -> None:
    """Send one answer."""
    told = {"content-type": "application/json; charset=utf-8", **(headers or {})}
    if status != 204:
        told["content-length"] = str(len(body))
    raw = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
