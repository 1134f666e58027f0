"""Orders asked for by their number (按单号取订单): the act `order.fetch`, and how an order that came by it is told apart."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.connectors.order_asking import ASKERS
from fenghe.hub.paying import settings_of
from fenghe.kernel.connecting import Answer, InboundMessage, Request
from fenghe.kernel.connections.store import Source
from fenghe.kernel.outbox.sender import Act, Outcome
from fenghe.kernel.outbox.store import Claimed
from fenghe.kernel.values import Observation
from fenghe.money.channel_asking import AUTO_RECOVER, ORDER_FETCH, SEEK, OrderAsked
from fenghe.orders.snapshot import OrderSnapshot


class OrderFetch:
    """The act `order.fetch`."""

    def prepare(self, payload: Mapping[str, Any], source: Source, *, now: datetime, nonce: str) -> Request | Answer:  # noqa: ARG002
        """Signed with the channel's own keys."""
        asker = ASKERS.get(source.connector)
        if asker is None:
            return Answer(body=b"", error=f"连接 {source.title} 不能按单号查询订单", permanent=True)
        return asker.ask(_asked(payload).order_no, settings=settings_of(source), now=now)

    def judge(self, body: bytes, payload: Mapping[str, Any], source: Source) -> Answer:
        """The order that was asked for, or the channel's own word."""
        return ASKERS[source.connector].hear(body, _asked(payload).order_no, settings=settings_of(source))

    def asked(self, payload: Mapping[str, Any]) -> str:
        """The number, and that the order is to be recovered by it."""
        return msgspec.json.encode(_asked(payload)).decode()

    def ended(self, connection: Connection[Any], claimed: Claimed, outcome: Outcome) -> None:
        """Nobody has to be told: the duty reads the outbox and the order book, and loses nothing if we die here."""


def _asked(payload: Mapping[str, Any]) -> OrderAsked:
    return msgspec.convert(dict(payload), OrderAsked)


def marked(snapshot: OrderSnapshot, message: InboundMessage) -> OrderSnapshot:
    """An order that came because somebody asked for it by its number says for what among its facts."""
    if message.headers.get(":act") != ORDER_FETCH:
        return snapshot
    return msgspec.structs.replace(snapshot, facts={**snapshot.facts, "source": _wanted_for(message)})


def _wanted_for(message: InboundMessage) -> str:
    try:
        return msgspec.json.decode(message.headers.get(":asked", ""), type=OrderAsked).source
    except msgspec.DecodeError:
        return AUTO_RECOVER


_WANTED: Final = {AUTO_RECOVER: "自动补偿", SEEK: "凭证寻踪"}


def worded(observation: Observation, snapshot: OrderSnapshot) -> Observation:
    """And in words on its timeline."""
    source = snapshot.facts.get("source")
    if source not in _WANTED:
        return observation
    code = (snapshot.status_code or "").rpartition(":")[2] or "(空)"
    words = f"{_WANTED[source]}按单号向渠道取回的订单（source={source}），状态 {code}"
    return msgspec.structs.replace(observation, text=words)


ACTS: Final[Mapping[str, Act]] = {ORDER_FETCH: OrderFetch()}
