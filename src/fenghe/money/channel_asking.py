"""Whom to ask for an order by its number (按单号问渠道): the act's name and question, and which connections may know. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

ORDER_FETCH: Final = "order.fetch"
AUTO_RECOVER: Final = "auto_recover"
"""How an order is marked that came because its money had come without it."""

SEEK: Final = "seek"
"""How an order is marked that a search asked for."""

KEYS: Final = {"taobao": "app_key", "pdd": "client_id", "douyin": "app_key", "jd": "app_key"}
"""Channels that can be asked, and the setting without which theirs cannot."""
_TAOBAO: Final = re.compile(r"T\d{2,6}N?P")
_PDD: Final = re.compile(r"\d{6}-\d{9,18}")


class OrderAsked(msgspec.Struct, frozen=True, kw_only=True):
    """The question, as it is kept beside its answer."""

    order_no: str
    source: str = AUTO_RECOVER
    compensation: str = ""


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A channel's connection."""

    id: str
    connector: str
    config: Mapping[str, Any]


def channels_for(
    order_no: str, sources: Sequence[Channel], *, trade_numbers: Iterable[str], collected: Collection[str]
) -> tuple[str, ...]:
    """Connections to be asked for an order, the likeliest first: by what its payment's number says, then by who collects for it.

    A number that only one channel writes is asked there alone; a channel without keys is not asked.
    """
    able = [one for one in sources if one.config.get(KEYS.get(one.connector, "")) not in (None, "")]
    if any(_TAOBAO.match(number) for number in trade_numbers):
        return tuple(one.id for one in able if one.connector == "taobao")
    if _PDD.fullmatch(order_no):
        return tuple(one.id for one in able if one.connector == "pdd")
    able = [one for one in able if one.connector != "pdd"]
    own = [one for one in able if one.connector in collected]
    return tuple(one.id for one in (*own, *(one for one in able if one not in own)))
