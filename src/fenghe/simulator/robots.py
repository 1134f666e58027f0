"""Group robots in the sandbox (沙箱机器人): DingTalk, WeCom, Feishu, Aliyun SMS and a webhook on loopback, real signatures checked.

Each answers as its platform does: HTTP 200 with a code, also for a wrong signature or for too many messages. What was
taken can be looked at as the group would see it, under `/robots`.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from fenghe.connectors.robots import aliyun_sms, dingtalk, feishu, webhook
from fenghe.connectors.scans import NotReadable, decode_json
from fenghe.connectors.signing import same
from fenghe.simulator.dialects.words import Reply, to_bytes
from fenghe.simulator.robots_page import page

SECRETS: Final[Mapping[str, Mapping[str, str]]] = {
    "dingtalk": {"access_token": "demo-dingtalk-token", "secret": "SECdemo0dingtalk0secret"},
    "wecom": {"key": "11111111-2222-3333-4444-555555555555"},
    "feishu": {"token": "demo-feishu-token", "secret": "demo-feishu-secret"},
    "sms": {"access_key_id": "demo-key-id", "access_key_secret": "demo-key-secret"},
    "webhook": {"secret": "demo-webhook-secret"},
}
"""What the sandbox's robots are configured with."""

STALE_SECONDS: Final = 3600
MINUTE: Final = 60.0
MOST_KEPT: Final = 1_000
PER_MINUTE: Final = {"dingtalk": 20, "wecom": 20, "feishu": 100}
DEAF_SECONDS: Final = {"dingtalk": 600.0}


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A message a robot took, as it arrived."""

    at: float
    platform: str
    title: str
    text: str
    body: bytes
    key: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request: path behind the platform's name, query, headers in lower case, body."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Hall:
    """All robots, what they took, and how they misbehave. `clock` gives seconds; `fault` may answer in their stead."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.taken: deque[Taken] = deque(maxlen=MOST_KEPT)
        self.asked: list[tuple[float, str]] = []
        self.fault: Callable[[str, Asked], Reply | None] = lambda _platform, _asked: None
        self._times: dict[str, deque[float]] = {}
        self._deaf: dict[str, float] = {}

    def reply(self, platform: str, asked: Asked) -> Reply:
        """The platform's answer."""
        self.asked.append((self.clock(), platform))
        answer = _ANSWERS.get(platform)
        if answer is None:
            return Reply(status=404, body=b'{"error":"no such robot"}')
        fault = self.fault(platform, asked)
        return fault if fault is not None else answer(self, asked)

    def take(self, platform: str, *, title: str, text: str, body: bytes, key: str = "") -> None:
        """Keep a message."""
        self.taken.append(Taken(at=self.clock(), platform=platform, title=title, text=text, body=body, key=key))

    def too_fast(self, platform: str) -> bool:
        """Whether this message is one too many; a deaf robot stays deaf for its time."""
        now, times = self.clock(), self._times.setdefault(platform, deque())
        if self._deaf.get(platform, 0.0) > now:
            return True
        while times and times[0] <= now - MINUTE:
            times.popleft()
        if len(times) >= PER_MINUTE[platform]:
            self._deaf[platform] = now + DEAF_SECONDS.get(platform, 0.0)
            return True
        times.append(now)
        return False


def _json(told: object, status: int = 200) -> Reply:
    return Reply(body=to_bytes(told), status=status)


def _object(body: bytes) -> dict[str, Any]:
    try:
        told = decode_json(body)
    except NotReadable:
        return {}
    return told if isinstance(told, dict) else {}


def _fresh(hall: Hall, timestamp: str, *, per_second: int) -> bool:
    return timestamp.isdigit() and abs(hall.clock() - int(timestamp) / per_second) <= STALE_SECONDS


def _dingtalk(hall: Hall, asked: Asked) -> Reply:
    secrets = SECRETS["dingtalk"]
    if asked.query.get("access_token") != secrets["access_token"]:
        return _json({"errcode": 300005, "errmsg": "token is not exist"})
    timestamp = asked.query.get("timestamp", "")
    if not _fresh(hall, timestamp, per_second=1000):
        return _json({"errcode": 310000, "errmsg": "invalid timestamp, more: [https://ding-doc.dingtalk.com]"})
    if not same(asked.query.get("sign"), dingtalk.sign(timestamp, secrets["secret"])):
        return _json({"errcode": 310000, "errmsg": "sign not match, more: [https://ding-doc.dingtalk.com]"})
    told = _object(asked.body)
    markdown = told.get("markdown") or {}
    if told.get("msgtype") != "markdown" or not markdown.get("title") or not markdown.get("text"):
        return _json({"errcode": 40035, "errmsg": "缺少参数 markdown"})
    if hall.too_fast("dingtalk"):
        return _json({"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"})
    hall.take("dingtalk", title=markdown["title"], text=markdown["text"], body=asked.body)
    return _json({"errcode": 0, "errmsg": "ok"})


def _wecom(hall: Hall, asked: Asked) -> Reply:
    if asked.query.get("key") != SECRETS["wecom"]["key"]:
        return _json({"errcode": 93000, "errmsg": "invalid webhook url, hint: [1], from ip: 127.0.0.1"})
    text = (_object(asked.body).get("markdown") or {}).get("content", "")
    if not text or len(text.encode()) > 4096:
        return _json({"errcode": 40058, "errmsg": "markdown.content exceed max length 4096. invalid Request Parameter"})
    if hall.too_fast("wecom"):
        return _json({"errcode": 45009, "errmsg": "api freq out of limit"})
    hall.take("wecom", title="", text=text, body=asked.body)
    return _json({"errcode": 0, "errmsg": "ok"})


def _feishu(hall: Hall, asked: Asked) -> Reply:
    secrets, told = SECRETS["feishu"], _object(asked.body)
    if asked.path.rpartition("/")[2] != secrets["token"]:
        return _json(
            {"code": 19001, "msg": "param invalid: incoming webhook access token invalid", "data": {}}, status=400
        )
    timestamp = str(told.get("timestamp", ""))
    signed = same(str(told.get("sign", "")), feishu.sign(timestamp, secrets["secret"]))
    if not signed or not _fresh(hall, timestamp, per_second=1):
        return _json(
            {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time", "data": {}}
        )
    if hall.too_fast("feishu"):
        return _json({"code": 11232, "msg": "create message trigger rate limit", "data": {}})
    card = told.get("card") or {}
    title = ((card.get("header") or {}).get("title") or {}).get("content", "")
    text = "\n".join(str(one.get("content", "")) for one in card.get("elements", ()))
    if told.get("msg_type") != "interactive" or not text:
        return _json({"code": 9499, "msg": "Bad Request", "data": {}})
    hall.take("feishu", title=title, text=text, body=asked.body)
    return _json({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})


def _sms(hall: Hall, asked: Asked) -> Reply:
    fields = dict(parse_qsl(asked.body.decode("utf-8", "replace"), keep_blank_values=True))
    told = fields.pop("Signature", "")
    if fields.get("AccessKeyId") != SECRETS["sms"]["access_key_id"]:
        return _json(
            {"Code": "InvalidAccessKeyId.NotFound", "Message": "Specified access key is not found."}, status=404
        )
    if not same(told, aliyun_sms.sign(fields, SECRETS["sms"]["access_key_secret"])):
        return _json({"Code": "SignatureDoesNotMatch", "Message": "Specified signature is not matched."}, status=400)
    if not fields.get("TemplateCode", "").startswith("SMS_"):
        return _json({"Code": "isv.SMS_TEMPLATE_ILLEGAL", "Message": "模板不合法"})
    text = f"【{fields.get('SignName', '')}】{fields.get('TemplateParam', '')} → {fields.get('PhoneNumbers', '')}"
    hall.take("sms", title="", text=text, body=asked.body, key=fields.get("OutId", ""))
    return _json({"Code": "OK", "Message": "OK", "BizId": "900619746936498440^0", "RequestId": "F655A8D5"})


def _webhook(hall: Hall, asked: Asked) -> Reply:
    timestamp = asked.headers.get("x-fenghe-timestamp", "")
    right = webhook.sign(timestamp, asked.body, SECRETS["webhook"]["secret"])
    if not same(asked.headers.get("x-fenghe-signature"), right) or not _fresh(hall, timestamp, per_second=1):
        return _json({"ok": False}, status=401)
    told = _object(asked.body)
    hall.take("webhook", title=str(told.get("title", "")), text=str(told.get("markdown", "")), body=asked.body,
              key=asked.headers.get("idempotency-key", ""))  # fmt: skip
    return _json({"ok": True})


_ANSWERS: Final[Mapping[str, Callable[[Hall, Asked], Reply]]] = {
    "dingtalk": _dingtalk,
    "wecom": _wecom,
    "feishu": _feishu,
    "sms": _sms,
    "webhook": _webhook,
}


def build_robots(hall: Hall) -> Any:
    """The ASGI app of a hall: POST /PLATFORM/... as the platform's own paths, GET /robots for people."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["method"] == "GET":
            await _answer(send, Reply(body=page(list(hall.taken)).encode()), "text/html; charset=utf-8")
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        platform, _, rest = str(scope["path"]).strip("/").partition("/")
        asked = Asked(
            path=rest,
            query=dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True)),
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
        )
        await _answer(send, hall.reply(platform, asked), "application/json; charset=utf-8")

    return app


async def _answer(send: Any, reply: Reply, media_type: str) -> None:
    headers = [(b"content-type", media_type.encode()), (b"content-length", str(len(reply.body)).encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
