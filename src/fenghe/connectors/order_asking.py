"""How a channel is asked for one order by its number (按单号问渠道): the signed call, and what the answer amounts to. Pure.

Promises: an answer counts only when it tells the very order that was asked for; that there is no such order is a word of its
own, said by the platform, never guessed from an empty answer or an error of another kind.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, cast

import msgspec

from fenghe.connectors import douyin, pdd, taobao
from fenghe.connectors.douyin import api as douyin_api
from fenghe.connectors.pdd import api as pdd_api
from fenghe.connectors.scans import NotReadable, decode_json, text_of
from fenghe.connectors.taobao import api as taobao_api
from fenghe.connectors.taobao.api import SignMethod
from fenghe.kernel.connecting import Answer, Connector, InboundMessage, Request
from fenghe.money.compensation import NO_SUCH_ORDER
from fenghe.orders.snapshot import OrderSnapshot

Settings = Mapping[str, str]


class OrderAsker(msgspec.Struct, frozen=True, kw_only=True):
    """One channel. `needs`: settings without which it cannot be asked; `absent`: its codes for an order it does not have."""

    connector: Connector
    needs: tuple[str, ...]
    build: Callable[[Settings, str, datetime], Request]
    absent: frozenset[str]
    busy: frozenset[str]

    def ask(self, order_no: str, *, settings: Settings, now: datetime) -> Request | Answer:
        """The signed call; an Answer with what is missing."""
        missing = [name for name in self.needs if not settings.get(name)]
        if missing:
            return _refused(f"{self.connector.title}连接缺少 {'、'.join(missing)}，不能查询订单")
        return self.build(settings, order_no, now)

    def hear(self, body: bytes, order_no: str) -> Answer:
        """An answer that tells the order; else why not, in the platform's words."""
        try:
            told = decode_json(body)
        except NotReadable as problem:
            return Answer(body=body, error=f"渠道的答复不是 JSON：{problem}"[:200])
        codes, said = _error(told)
        if codes:
            return self._refusal(body, codes, said)
        message = InboundMessage(
            id=0, source="", connector=self.connector.name, received_ms=0, headers={}, body=body, config={}
        )
        found = [one for one in self.connector.read(message).items if isinstance(one, OrderSnapshot)]
        if [one.order_no for one in found] == [order_no]:
            return Answer(body=body)
        return Answer(body=body, error="渠道的答复里不是所问的订单", permanent=True)

    def _refusal(self, body: bytes, codes: list[str], said: str) -> Answer:
        words = f"{said}（{' '.join(codes)}）"[:300]
        if self.absent & set(codes):
            return Answer(body=body, error=f"{NO_SUCH_ORDER}：{words}", permanent=True)
        again = bool(self.busy & set(codes)) or any(code.startswith("isp.") for code in codes)
        return Answer(body=body, error=words, permanent=not again, retry_after_seconds=60.0 if again else None)


def _refused(words: str) -> Answer:
    return Answer(body=b"", error=words, permanent=True)


def _error(told: Any) -> tuple[list[str], str]:
    """(the platform's codes, its words) of an error answer; no codes: none."""
    if not isinstance(told, Mapping):
        return ["not_an_object"], "渠道的答复不是对象"
    error = told.get("error_response")
    if not isinstance(error, Mapping):
        code = text_of(told.get("code"))
        if code in ("", "0", "10000"):
            return [], ""
        error = told
    codes = [text_of(error.get(name)) for name in ("code", "error_code", "sub_code") if error.get(name)]
    words = [text_of(error.get(name)) for name in ("sub_msg", "msg", "error_msg") if error.get(name)]
    return codes or ["error"], words[0] if words else "渠道报错"


def _taobao(settings: Settings, order_no: str, now: datetime) -> Request:
    account = taobao_api.Account(
        app_key=settings["app_key"],
        app_secret=settings["app_secret"],
        session=settings.get("session", ""),
        sign_method=cast("SignMethod", settings.get("sign_method") or "hmac-sha256"),
        url=settings.get("base_url") or taobao_api.GATEWAY,
    )
    return taobao_api.trade(account, order_no, now=now)


def _pdd(settings: Settings, order_no: str, now: datetime) -> Request:
    account = pdd_api.Account(
        client_id=settings["client_id"],
        client_secret=settings["client_secret"],
        access_token=settings.get("access_token", ""),
        url=settings.get("base_url") or pdd_api.GATEWAY,
    )
    return pdd_api.order(account, order_no, now=now)


def _douyin(settings: Settings, order_no: str, now: datetime) -> Request:
    account = douyin_api.Account(
        app_key=settings["app_key"],
        app_secret=settings["app_secret"],
        access_token=settings.get("access_token", ""),
        url=settings.get("base_url") or douyin_api.GATEWAY,
    )
    return douyin_api.order(account, order_no, now=now)


ASKERS: Final[Mapping[str, OrderAsker]] = {
    "taobao": OrderAsker(
        connector=taobao.CONNECTOR,
        needs=("app_key", "app_secret"),
        build=_taobao,
        absent=frozenset({"isv.trade-not-exist", "isv.invalid-parameter:tid", "isv.trade-not-found"}),
        busy=frozenset({"7"}),
    ),
    "pdd": OrderAsker(
        connector=pdd.CONNECTOR,
        needs=("client_id", "client_secret"),
        build=_pdd,
        absent=frozenset({"50100", "order_not_exist", "isv.order-not-exist"}),
        busy=frozenset({"50001", "52001"}),
    ),
    "douyin": OrderAsker(
        connector=douyin.CONNECTOR,
        needs=("app_key", "app_secret"),
        build=_douyin,
        absent=frozenset({"isv.order-not-exist", "isv.business-failed:order-not-exist"}),
        busy=frozenset({"20000"}),
    ),
}
