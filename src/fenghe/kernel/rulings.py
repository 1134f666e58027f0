"""A person is a source too (人工裁定): their word arrives as a message, with operator, IP and reason, and is judged like any."""

from collections.abc import Mapping
from typing import Any

import msgspec

from fenghe.kernel.connecting import Accepted, Delivery, InboundMessage, Reading, Refused, Unreadable
from fenghe.kernel.values import Observation, digest

SOURCE = "person"


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said about one subject: a decision on disputed evidence, or a state set by hand (客服手动修改)."""

    subject_kind: str
    subject: str
    kind: str
    """`ruling` or `manual`."""
    decision: str
    """accept_theirs, keep_ours, ask_again; `manual` for a state set by hand."""
    keys: tuple[str, ...]
    state: str | None
    reason: str
    operator: str
    ip: str
    said_ms: int


class PersonConnector:
    """Reads rulings; nobody may post them at the door."""

    name = "person"
    title = "人工裁定"
    kind = "person"

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:  # noqa: ARG002
        """Rulings come from signed-in people only."""
        return Refused(reason="not_a_door", status=404)

    def read(self, message: InboundMessage) -> Reading:
        """One ruling a message."""
        try:
            return Reading(items=(msgspec.json.decode(message.body, type=Ruling),))
        except msgspec.MsgspecError as problem:
            return Reading(unreadable=(Unreadable(item=0, field="ruling", expected="a ruling", got=str(problem)),))


def observe_ruling(ruling: Ruling, *, message_id: int, received_ms: int) -> Observation:
    """The observation of a person's word; it counts from the moment it was said."""
    facts: dict[str, Any] = {
        "decision": ruling.decision,
        "keys": list(ruling.keys),
        "operator": ruling.operator,
        "ip": ruling.ip,
        "reason": ruling.reason,
    }
    return Observation(
        key=digest("ruling", ruling.operator, str(ruling.said_ms), ruling.decision, *ruling.keys, ruling.state or ""),
        status=ruling.state,
        occurred_ms=ruling.said_ms,
        heard_ms=received_ms,
        kind=ruling.kind,
        source=SOURCE,
        message_id=message_id,
        item=0,
        code="",
        text=ruling.reason,
        facts=facts,
    )
