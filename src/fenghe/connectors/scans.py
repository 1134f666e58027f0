"""What every carrier connector needs to turn told scans into tracking events (轨迹): bounded JSON, forms, times, order.

Promises: bad input becomes an `Unreadable` in the sender's terms, never an exception; numbers stay the text they
were told in; nesting and the number of events are bounded.
"""

import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timezone
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import msgspec

from fenghe.kernel.connecting import Reading, Unreadable
from fenghe.kernel.values import CHINA, FIRST_YEAR, LAST_YEAR, BadValue, parse_moment, to_ms
from fenghe.logistics.events import TrackingEvent, clean_tracking_no
from fenghe.logistics.told_order import strays

MAX_DEPTH: Final = 50
MAX_EVENTS: Final = 5_000
MAX_FIELDS: Final = 200
MAX_NOTES: Final = 20
LONGEST_NUMBER: Final = 64
LONGEST_TEXT: Final = 4_000

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class NotReadable(Exception):
    """The message as a whole can't be read; becomes an Unreadable before it leaves the connector."""

    def __init__(self, field: str, expected: str, got: str, code: str = "unreadable") -> None:
        super().__init__(f"{field}: expected {expected}")
        self.note = Unreadable(item=0, field=field, expected=expected, got=shorten(got), code=code)


def shorten(text: str, limit: int = 200) -> str:
    """As much of a text as a person needs to recognise it, storable."""
    return _UNSTORABLE.sub("\ufffd", text[:limit])


def decode_text(body: bytes, field: str = "body") -> str:
    """UTF-8 text, with or without a byte-order mark."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise NotReadable(field, "UTF-8 text", repr(body[problem.start : problem.start + 20])) from None


def decode_json(body: bytes | str, field: str = "body") -> Any:
    """JSON whose numbers stay text (a waybill number of 20 digits is no float); refuses deep nesting."""
    if isinstance(body, bytes) and (quick := _without_numbers(body)) is not None:
        return quick
    text = decode_text(body, field) if isinstance(body, bytes) else body
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise NotReadable(field, f"JSON nested at most {MAX_DEPTH} deep", text, "too_deep") from None
    except ValueError as problem:
        raise NotReadable(field, "JSON", f"{problem}: {shorten(text, 80)}", "not_json") from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _deeper_than(value, MAX_DEPTH):
        raise NotReadable(field, f"JSON nested at most {MAX_DEPTH} deep", text, "too_deep")
    return value


def _without_numbers(body: bytes) -> Any:
    """The same value, several times as fast, of a shallow document all of whose scalars are strings: what most carriers push.

    None when there is a bare number, when it nests deeper, and when anything is wrong with it.
    """
    try:
        return _WORDS.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _refuse_constant(word: str) -> str:
    raise ValueError(f"{word} is not JSON")


_Word = str | bool | None
_Level1 = _Word | list[_Word] | dict[str, _Word]
_Level2 = _Word | list[_Level1] | dict[str, _Level1]
_Level3 = _Word | list[_Level2] | dict[str, _Level2]
_Level4 = _Word | list[_Level3] | dict[str, _Level3]
_WORDS: Final = msgspec.json.Decoder(_Word | list[_Level4] | dict[str, _Level4])
"""Nothing but words, as deep as pushes are. A bare number, or anything deeper, is refused: told some other way, slower."""
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant)


def _deeper_than(value: Any, limit: int) -> bool:
    if limit < 0:
        return True
    if isinstance(value, dict):
        return any(_deeper_than(part, limit - 1) for part in value.values() if isinstance(part, dict | list))
    parts = value if isinstance(value, list) else ()
    return any(_deeper_than(part, limit - 1) for part in parts if isinstance(part, dict | list))


def form_fields(body: bytes) -> list[tuple[str, bytes]]:
    """The fields of a form in sent order, decoded to exact bytes."""
    parts = body.replace(b"+", b" ").split(b"&", MAX_FIELDS)[:MAX_FIELDS]
    return [
        (percent_decoded(name).decode("utf-8", "replace"), percent_decoded(value))
        for name, _, value in (part.partition(b"=") for part in parts)
        if name
    ]


def percent_decoded(value: bytes) -> bytes:
    """The same as unquote_to_bytes, by the C decoder of quoted-printable: Chinese in a form is mostly escapes."""
    if b"%" not in value:
        return value
    if _BAD_ESCAPE.search(value):
        return unquote_to_bytes(value)
    return binascii.a2b_qp(value.replace(b"=", b"=3D").replace(b"%", b"="))


def at_a_glance(field: str) -> Callable[[bytes], str]:
    """What finds a number under this field in JSON without reading it; nothing where it is told in some other way."""
    number = re.compile(rb'"%s"\s*:\s*"([0-9A-Za-z-]{1,64})"' % field.encode())

    def glance(body: bytes) -> str:
        found = number.search(body)
        return found[1].decode() if found else ""

    return glance


def looks_like_json(body: bytes) -> bool:
    """JSON or a form? Decided by the first character, as content types are often wrong."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def text_of(value: Any) -> str:
    """A told scalar as text; nothing for null, objects and lists."""
    if isinstance(value, str):
        return value if value.isprintable() else _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, dict | list) else str(value)


def field_of(told: Mapping[str, Any], *names: str) -> str:
    """The first of these fields that says something, without blanks around it."""
    for name in names:
        value = told.get(name)
        if value is None or value == "":
            continue
        plain = type(value) is str and value.isprintable()
        if text := (value if plain else text_of(value)).strip():
            return text
    return ""


def facts_of(told: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """Those of the named fields that say something, shortened."""
    return {name: shorten(text) for name in names if name in told and (text := text_of(told[name]).strip())}


class Scans:
    """Collects what one message says, in the order it is told; `reading` puts it into event-time order."""

    def __init__(self, *, zone: timezone = CHINA) -> None:
        self.events: list[TrackingEvent] = []
        self.unreadable: list[Unreadable] = []
        self._zone = zone
        self._told = 0

    def add(self, event: TrackingEvent, *, time: str, number_field: str, time_field: str) -> bool:
        """Take an event whose time is still text. False when it could not be read or there are too many."""
        item = self._told
        self._told += 1
        if item >= MAX_EVENTS:
            if item == MAX_EVENTS:
                self.note(item, "events", expected=f"at most {MAX_EVENTS} a message", got="more", code="too_many")
            return False
        number = clean_tracking_no(event.tracking_no)
        if not number or len(number) > LONGEST_NUMBER:
            self.note(
                item, number_field, expected="a waybill number (运单号)", got=event.tracking_no, code="no_tracking_no"
            )
            return False
        try:
            occurred_at = parse_time(time, self._zone) if time.strip() else None
        except BadValue as problem:
            self.note(item, time_field, expected=problem.expected, got=problem.got, code="bad_time")
            return False
        text = event.text[:LONGEST_TEXT]
        self.events.append(
            msgspec.structs.replace(event, tracking_no=number, occurred_at=occurred_at, item=item, text=text)
        )
        return True

    def records(self, value: Any, field: str) -> list[Mapping[str, Any]]:
        """A record or a list of records as a list; what is neither is set aside."""
        if isinstance(value, dict):
            return [value]
        if not isinstance(value, list):
            self.note(0, field, expected="a record or a list of records", got=text_of(value))
            return []
        strangers = [place for place, part in enumerate(value) if not isinstance(part, dict)]
        for place in strangers[:MAX_NOTES]:
            self.note(place, field, expected="a record", got=text_of(value[place]))
        return [part for part in value if isinstance(part, dict)]

    def note(self, item: int, field: str, *, expected: str, got: str, code: str = "unreadable") -> None:
        """Set a part aside for a person."""
        self.unreadable.append(Unreadable(item=item, field=field, expected=expected, got=shorten(got), code=code))

    def reading(self, *, newest_first: bool | None) -> Reading:
        """What was read, oldest first. `newest_first` None: the times tell; it decides only the order of equal
        times.
        """
        return Reading(items=in_time_order(self.events, newest_first=newest_first), unreadable=tuple(self.unreadable))


def parse_time(text: str, zone: timezone) -> datetime:
    """A told time as UTC; also compact digits such as 20260205142300. Raises BadValue."""
    return _parse_time(text.strip(), zone)


@lru_cache(maxsize=16_384)
def _parse_time(text: str, zone: timezone) -> datetime:
    """Remembers the last ones: carriers tell seconds, and a batch has many scans of one second."""
    if len(text) == len("2026-02-05 14:23:00") and text[4] == "-" and text[10:17:3] == " ::":
        try:  # what nearly every carrier sends
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise BadValue(shorten(text), "a time like 2026-02-05 14:23:00") from None
        if FIRST_YEAR < moment.year < LAST_YEAR:
            return moment.replace(tzinfo=zone).astimezone(UTC)
    if re.fullmatch(r"\d{14}|\d{12}|\d{8}", text):
        clock = [text[at : at + 2] for at in range(8, len(text), 2)]
        text = f"{text[:4]}-{text[4:6]}-{text[6:8]}" + (f" {':'.join(clock)}" if clock else "")
    try:
        return parse_moment(text, zone=zone).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as problem:
        if isinstance(problem, BadValue):
            raise
        raise BadValue(shorten(text), "a time like 2026-02-05 14:23:00") from None


def in_time_order(events: Sequence[TrackingEvent], *, newest_first: bool | None) -> tuple[TrackingEvent, ...]:
    """Events oldest first with `item` renumbered; equal times keep the told order, reversed when told newest first.

    One that stood where the told list did not run says so in its facts.
    """
    if len(events) == 1 and events[0].item == 0:
        return (events[0],)
    told_backwards = _newest_first(events) if newest_first is None else newest_first
    marked = _strays_marked(events)
    ordered = sorted(reversed(marked) if told_backwards else marked, key=_moment)
    return tuple(msgspec.structs.replace(event, item=place) for place, event in enumerate(ordered))


def _strays_marked(events: Sequence[TrackingEvent]) -> Sequence[TrackingEvent]:
    """Each parcel's list by itself: one message may tell of many."""
    timed: dict[str, list[tuple[int, int]]] = {}
    for place, one in enumerate(events):
        if one.occurred_at is not None:
            timed.setdefault(one.tracking_no, []).append((place, to_ms(one.occurred_at)))
    found = {rows[at][0] for rows in timed.values() for at in strays([moment for _, moment in rows])}
    if not found:
        return events
    return [
        msgspec.structs.replace(one, facts={**one.facts, "out_of_order": "1"}) if place in found else one
        for place, one in enumerate(events)
    ]


def _moment(event: TrackingEvent) -> datetime:
    """Scans without a time go last: they are the teller's remarks on the whole."""
    return event.occurred_at or datetime.max.replace(tzinfo=UTC)


def _newest_first(events: Sequence[TrackingEvent]) -> bool:
    """Which way the list runs, by its neighbours; a list without a direction is taken as oldest first."""
    times = [event.occurred_at for event in events if event.occurred_at is not None]
    falls = sum(later < earlier for earlier, later in pairwise(times))
    rises = sum(later > earlier for earlier, later in pairwise(times))
    return falls > rises


def reading_or_note(read: Callable[[], Reading]) -> Reading:
    """Run a reader; a message that can't be read as a whole becomes one Unreadable."""
    try:
        return read()
    except NotReadable as problem:
        return Reading(unreadable=(problem.note,))
