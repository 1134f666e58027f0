"""Auditing what is stored (核查收件箱): a window of messages, one bounded slice after another.

Promises: a slice that is repeated finds the same; what was said outside the window is background, never a finding of it.
"""

from collections.abc import Sequence
from typing import Any, Final

from psycopg import Connection

from fenghe.hub import rooms
from fenghe.hub.callback_subjects import Audited, findings_of, orders_named, stored_order, stored_parcel
from fenghe.hub.declared import Declared
from fenghe.kernel.connecting import Connector, InboundMessage, Unreadable
from fenghe.kernel.judging.contract import Told
from fenghe.kernel.values import to_ms
from fenghe.logistics import store_callbacks as store
from fenghe.logistics.callbacks import SEVERITY, Finding, Located, finding_key
from fenghe.logistics.callbacks_orders import audit_order
from fenghe.logistics.store_callbacks import Message, Window

SLICE: Final = 300
"""Parcels or orders of one slice; messages come in slices of a thousand."""
MESSAGES: Final = 1_000
NOTES: Final = 5
"""Faults told of one message."""
NO_RECORD: Final = ("查询无", "无记录", "查无", "不存在", "已过期", "已经过期")
"""An answer in these words says something of the number, not of the call."""


def audit_slice(
    connection: Connection[Any],
    window: Window,
    ids: Sequence[int],
    *,
    audited: Audited,
    tells: dict[str, frozenset[str]],
) -> list[Located]:
    """What is wrong with these parcels or orders, as far as it was heard in the window."""
    found = (
        _parcels(connection, window, ids, audited)
        if window.about == "tracking"
        else _orders(connection, window, ids, tells)
    )
    since, until = to_ms(window.since), to_ms(window.until)
    return [one for one in found if since <= one.finding.at_ms < until]


def _parcels(connection: Connection[Any], window: Window, ids: Sequence[int], audited: Audited) -> list[Located]:
    held = store.parcels(connection, ids)
    named = {name for one in held for name in orders_named(one.history) if name != one.order_no}
    parcels_of = store.parcels_of_orders(connection, sorted(named)) if named else {}
    in_rows = store.sources_in_rows(connection)
    until_ms = to_ms(window.until)
    found: list[Located] = []
    for one in held:
        own = {name: parcels_of[name] for name in orders_named(one.history) if name in parcels_of}
        parcel = stored_parcel(one, until_ms=until_ms, in_rows=in_rows, parcels_of=own)
        found += [
            Located(finding=finding, subject_id=one.id, order_id=one.order_id)
            for finding in findings_of(parcel, audited)
            if finding.kind != "duplicate"  # a stored claim is kept once; repeated messages are looked at as messages
            and (not window.source or finding.source in ("", window.source))
        ]
    return found


def _orders(
    connection: Connection[Any], window: Window, ids: Sequence[int], tells: dict[str, frozenset[str]]
) -> list[Located]:
    until_ms = to_ms(window.until)
    return [
        Located(finding=finding, subject_id=one.id, order_id=one.id)
        for one in store.orders(connection, ids)
        for finding in audit_order(
            stored_order(one, until_ms=until_ms, tells=tells.get(one.channel, frozenset())), now_ms=until_ms
        )
    ]


class Rereader:
    """Reads a message again, only to learn which parcel it spoke of."""

    def __init__(self, declared: Declared) -> None:
        self._declared = declared
        self._connectors: dict[str, Connector] = rooms.connectors()

    def number_of(self, message: Message) -> str:
        """The first parcel's number, "" when it names none."""
        connector = self._connectors.get(message.connector)
        if connector is None or message.body is None:
            return ""
        told = InboundMessage(
            id=message.id,
            source=message.source,
            connector=message.connector,
            received_ms=to_ms(message.received_at),
            headers=message.headers,
            body=message.body,
            config=message.config,
        )
        items = connector.read(told).items[:1]
        words = [word for item in items for word in rooms.observe(item, told, self._declared)]
        return next((word.subject for word in words if isinstance(word, Told) and word.kind == "shipment"), "")


def messages_slice(
    connection: Connection[Any], window: Window, *, after: int, rereader: Rereader
) -> tuple[list[Located], int | None]:
    """(what is wrong with the next messages themselves, where to go on; None at the end)."""
    rows = store.messages_after(connection, window, after=after, limit=MESSAGES)
    numbers = {one.id: one.number or "" for one in rows}
    if window.about == "tracking":
        numbers |= {one.id: rereader.number_of(one) for one in rows if not one.is_new and one.status == 1}
    places = store.shipments_of(connection, sorted({number for number in numbers.values() if number}))
    found = []
    for one in rows:
        parcel, order = places.get(numbers[one.id], (one.subject_id, None))
        found += [Located(finding=f, subject_id=parcel, order_id=order) for f in _of_message(one, numbers[one.id])]
    return found, rows[-1].id if len(rows) == MESSAGES else None


def _of_message(message: Message, number: str) -> list[Finding]:
    found = [_not_read(message, number, note) for note in (message.finding or ())[:NOTES]]
    if message.repeats:
        found.append(
            _about(
                message, number, "duplicate", rule="same_bytes", theirs=f"又来了 {message.repeats} 次", ours="只存一份",
                words=f"同样的内容又推送了 {message.repeats} 次;已计数,未再次采信",
            )
        )  # fmt: skip
    elif not message.is_new and message.status == 1 and not message.finding:
        found.append(
            _about(
                message, number, "duplicate", rule="told_before", theirs="(没有新内容)", ours="此前已收到过",
                words="这条消息的内容此前都已收到过,没有带来新轨迹;已计数,未再次采信",
            )
        )  # fmt: skip
    return found


def _not_read(message: Message, number: str, note: dict[str, Any]) -> Finding:
    told = Unreadable(**{name: note.get(name, "") for name in ("item", "field", "expected", "got", "code")})
    place: dict[str, Any] = {
        "number": number, "source": message.source, "at_ms": to_ms(message.received_at), "message_id": message.id,
        "where": message.origin or "",
    }  # fmt: skip
    return nothing_told(told, **place) or unreadable_finding(
        told,
        **place,
        ours="已搁置,等人处理" if message.status == 2 else "这一部分未采信,其余已研判",
    )


def nothing_told(
    note: Unreadable, *, number: str, source: str, at_ms: int, where: str, message_id: int | None = None
) -> Finding | None:
    """An answer without a single scan says that there is none: a finding of its own, None for anything else."""
    unheard = any(word in note.got for word in NO_RECORD)
    if not (note.code == "no_evidence" or (note.code == "error_answer" and unheard)):
        return None
    kind, rule = ("history_stops", "watch_ended") if unheard else ("empty_status", "empty_trace")
    return Finding(
        key=finding_key(kind, number, where or str(message_id), rule),
        kind=kind,
        severity=SEVERITY[kind],
        number=number,
        field="轨迹",
        theirs=note.got or "(空列表)",
        ours="没有轨迹可研判",
        words=f"查询方说「{note.got}」,没有任何轨迹" if unheard else "这条消息里没有任何轨迹,不说明包裹的任何状态",
        rule=rule,
        at_ms=at_ms,
        source=source,
        message_id=message_id,
        where=where,
    )


def unreadable_finding(
    note: Unreadable, *, number: str, source: str, at_ms: int, message_id: int | None, where: str, ours: str
) -> Finding:
    """Something that could not be read, in the sender's terms."""
    return Finding(
        key=finding_key("unreadable", number, str(message_id or where), str(note.item), note.field, note.got),
        kind="unreadable",
        severity=SEVERITY["unreadable"],
        number=number,
        field=note.field,
        theirs=note.got or "(空)",
        ours=ours,
        words=f"{note.field or '内容'} 应为 {note.expected},收到 {note.got or '空'}",
        rule=note.code,
        at_ms=at_ms,
        source=source,
        message_id=message_id,
        where=where,
    )


def _about(message: Message, number: str, kind: str, *, rule: str, theirs: str, ours: str, words: str) -> Finding:
    return Finding(
        key=finding_key(kind, number, str(message.id)),
        kind=kind,
        severity=SEVERITY[kind],
        number=number,
        field="整条消息",
        theirs=theirs,
        ours=ours,
        words=words,
        rule=rule,
        at_ms=to_ms(message.received_at),
        source=message.source,
        message_id=message.id,
        where=message.origin or "",
    )
