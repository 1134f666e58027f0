"""How a channel is asked for one order by its number (按单号问渠道): the signed call, and what the answer amounts to. Pure.

Promises: an answer counts only when it tells the very order that was asked for; that there is no such order is a word of its
own, said by the platform in a code of its own (`order_answers`), never guessed from an empty answer or an error of another kind.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, cast

import msgspec

from fenghe.connectors import douyin, jd, pdd, taobao
from fenghe.connectors.douyin import api as douyin_api
from fenghe.connectors.jd import api as jd_api
from fenghe.connectors.order_answers import meaning_of
from fenghe.connectors.pdd import api as pdd_api
from fenghe.connectors.scans import NotReadable, decode_json, text_of
from fenghe.connectors.taobao import api as taobao_api
from fenghe.connectors.taobao.api import SignMethod
from fenghe.kernel.connecting import Answer, Connector, InboundMessage, Request
from fenghe.money.compensation import NO_SUCH_ORDER
from fenghe.orders.snapshot import OrderSnapshot

Settings = Mapping[str, str]

UNKNOWN: Final = "是不是没有这个订单，渠道没有说清；核对过渠道后台的人可以在「补偿审批」里说明"
NOT_SAID: Final = f"渠道的答复里没有所问的订单；{UNKNOWN}"


class OrderAsker(msgspec.Struct, frozen=True, kw_only=True):
    """One channel. `needs`: settings without which it cannot be asked; `faults`: the codes and words of an error answer."""

    connector: Connector
    needs: tuple[str, ...]
    build: Callable[[Settings, str, datetime], Request]
    faults: Callable[[Any], tuple[list[str], str]]

    def ask(self, order_no: str, *, settings: Settings, now: datetime) -> Request | Answer:
        """The signed call; an Answer with what is missing."""
        missing = [name for name in self.needs if not settings.get(name)]
        if missing:
            return _refused(f"{self.connector.title}连接缺少 {'、'.join(missing)}，不能查询订单")
        return self.build(settings, order_no, now)

    def hear(self, body: bytes, order_no: str, *, settings: Settings) -> Answer:
        """An answer that tells the order; else why not, in the platform's words."""
        try:
            told = decode_json(body)
        except NotReadable as problem:
            return Answer(body=body, error=f"渠道的答复不是 JSON：{problem}"[:200])
        codes, said = self.faults(told)
        if codes:
            return self._refusal(body, codes, said, settings)
        message = InboundMessage(
            id=0, source="", connector=self.connector.name, received_ms=0, headers={}, body=body, config={}
        )
        found = [one for one in self.connector.read(message).items if isinstance(one, OrderSnapshot)]
        if [one.order_no for one in found] == [order_no]:
            return Answer(body=body)
        return Answer(body=body, error=NOT_SAID, permanent=True)

    def _refusal(self, body: bytes, codes: list[str], said: str, settings: Settings) -> Answer:
        words = f"{said}（{' '.join(dict.fromkeys(codes))}）"[:300]
        match meaning_of(self.connector.name, codes, settings=settings):
            case "absent":
                return Answer(body=body, error=f"{NO_SUCH_ORDER}：{words}", permanent=True)
            case "busy":
                return Answer(body=body, error=words, retry_after_seconds=60.0)
            case "elsewhere" | "unknown":
                return Answer(body=body, error=f"{words}；{UNKNOWN}", permanent=True)


def _refused(words: str) -> Answer:
    return Answer(body=b"", error=words, permanent=True)


def _faults(told: Any) -> tuple[list[str], str]:
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
    words = [text_of(error.get(name)) for name in ("sub_msg", "msg", "error_msg", "zh_desc") if error.get(name)]
    return codes or ["error"], words[0] if words else "渠道报错"


def _jd_faults(told: Any) -> tuple[list[str], str]:
    """JD's errors come as its gateway's, or inside the answer as an `apiResult` without success."""
    codes, said = _faults(told)
    if codes:
        return codes, said
    root = next((one for name, one in told.items() if name.startswith("jingdong_") and isinstance(one, Mapping)), {})
    codes, said = _faults(root)
    detail = root.get("orderDetailInfo")
    result = detail.get("apiResult") if isinstance(detail, Mapping) else None
    if codes or not isinstance(result, Mapping) or text_of(result.get("success")).lower() == "true":
        return codes, said
    told_codes = [text_of(result.get(name)) for name in ("numberCode", "englishErrCode") if result.get(name)]
    return [f"apiResult:{code}" for code in told_codes] or ["apiResult"], text_of(
        result.get("chineseErrCode")
    ) or "渠道报错"


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


def _jd(settings: Settings, order_no: str, now: datetime) -> Request:
    account = jd_api.Account(
        app_key=settings["app_key"],
        app_secret=settings["app_secret"],
        access_token=settings.get("access_token", ""),
        url=settings.get("base_url") or jd_api.GATEWAY,
    )
    return jd_api.order(account, order_no, now=now)


_KEYS: Final = ("app_key", "app_secret")
ASKERS: Final[Mapping[str, OrderAsker]] = {
    "taobao": OrderAsker(connector=taobao.CONNECTOR, needs=_KEYS, build=_taobao, faults=_faults),
    "pdd": OrderAsker(connector=pdd.CONNECTOR, needs=("client_id", "client_secret"), build=_pdd, faults=_faults),
    "douyin": OrderAsker(connector=douyin.CONNECTOR, needs=_KEYS, build=_douyin, faults=_faults),
    "jd": OrderAsker(connector=jd.CONNECTOR, needs=_KEYS, build=_jd, faults=_jd_faults),
}
