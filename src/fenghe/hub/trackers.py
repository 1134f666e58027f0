"""Who can be asked about a parcel (轨迹查询接线): the connectors' queries, and their answers read as messages.

A push and the answer of a query are different texts of the same carrier: a message that came in as an answer says so in
its headers (`:act`, `:asked`) and is read as one.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from fenghe.connectors import kuaidi100, sf, zto
from fenghe.connectors.asking import Tracker, Wanted
from fenghe.connectors.generic_json.query import DeclaredQuery
from fenghe.kernel.connecting import Accepted, Connector, Delivery, InboundMessage, Reading, Refused, Unreadable
from fenghe.logistics.events import clean_tracking_no

TRACK_QUERY: Final = "track.query"
TRACKERS: Final[Mapping[str, Tracker]] = {"zto": zto.TRACKER, "sf": sf.TRACKER, "kuaidi100": kuaidi100.TRACKER}
ANY_CARRIER: Final = "kuaidi100"
DECLARED: Final = "generic_json"


def tracker_of(connector: str, config: Mapping[str, Any]) -> Tracker | None:
    """How this source is asked; None when it can't be."""
    if connector == DECLARED:
        return DeclaredQuery(config) if config.get("query_url") else None
    return TRACKERS.get(connector)


_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "zto": ("app_key", "app_secret"),
    "sf": ("partner_id", "checkword"),
    "kuaidi100": ("customer", "key"),
}


def lacking(connector: str, settings: Mapping[str, str]) -> list[str]:
    """What a source still needs to be asked: one that was only set up to receive pushes is not."""
    return [name for name in _NEEDS.get(connector, ()) if not settings.get(name)]


def asked_json(wanted: Sequence[Wanted]) -> str:
    """What was asked, as it is kept beside the answer; without the receiver's digits."""
    return msgspec.json.encode([msgspec.structs.replace(one, phone_tail="") for one in wanted]).decode()


class Answering:
    """A connector that also reads the answers of its own query."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self.name = connector.name
        self.title = connector.title
        self.kind = connector.kind

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """Answers never come by the door."""
        return self._connector.check(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """An answer by the tracker, anything else by the connector."""
        tracker = tracker_of(message.connector, message.config)
        if message.headers.get(":act") != TRACK_QUERY or tracker is None:
            return self._connector.read(message)
        try:
            wanted = msgspec.json.decode(message.headers.get(":asked", "[]"), type=list[Wanted])
        except msgspec.MsgspecError as problem:
            note = Unreadable(item=0, field=":asked", expected="what was asked for", got=str(problem))
            return Reading(unreadable=(note,))
        heard = tracker.hear(message.body, wanted, settings=settings_of(message.config, {}))
        if heard.error is None:
            return _told_of(heard.reading, message.headers.get(":told"))
        note = Unreadable(item=0, field="answer", expected="轨迹", got=f"{heard.error} {heard.said}"[:200])
        return Reading(unreadable=(note,))


def _told_of(reading: Reading, told: str | None) -> Reading:
    """The part of an answer about many parcels that is about those of which it says something new."""
    if told is None:
        return reading
    numbers = {clean_tracking_no(number) for number in msgspec.json.decode(told, type=list[str])}
    kept = tuple(item for item in reading.items if getattr(item, "tracking_no", None) in numbers)
    return msgspec.structs.replace(reading, items=kept)


def with_answers(connectors: Mapping[str, Connector]) -> dict[str, Connector]:
    """The same connectors; those that can be asked also read what is answered."""
    asked = {*TRACKERS, DECLARED}
    return {name: Answering(one) if name in asked else one for name, one in connectors.items()}


def settings_of(config: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, str]:
    """What a query is built with: the plain settings and the secrets, as text."""
    plain = {name: str(value) for name, value in config.items() if isinstance(value, str | int) and value != ""}
    return {**plain, **secrets}
