"""Values every room speaks in: money, moments, digests and observations (观测). Pure; safe for rules to import."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

import msgspec

CHINA: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Where a seller's times without an offset are read: China has no summer time, so a fixed offset is exact."""

EXPONENTS: Final = {"JPY": 0, "KRW": 0, "VND": 0, "BHD": 3, "KWD": 3}
"""ISO 4217 minor digits of the currencies that do not have two."""


class Money(msgspec.Struct, frozen=True, order=True):
    """An exact amount: integer minor units (分) of one currency (ISO 4217)."""

    currency: str
    amount_minor: int


class BadValue(ValueError):
    """A field's text is not what the field needs; `expected` says in plain words what would be."""

    def __init__(self, got: str, expected: str) -> None:
        super().__init__(f"{got!r}: expected {expected}")
        self.got = got
        self.expected = expected


def minor_digits(currency: str) -> int:
    """How many decimals the currency's minor unit has."""
    return EXPONENTS.get(currency, 2)


FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100
"""Years outside are not moments an order can have."""

_MOMENT = re.compile(r"^\d{4}[-/.]?\d{1,2}[-/.]?\d{1,2}")


def parse_moment(value: str | int | float, *, zone: timezone = CHINA) -> datetime:
    """Read a point in time (Unix seconds or milliseconds, ISO 8601, `2026-02-05 14:23:00` or a spreadsheet's 46058.5 in
    `zone`) as UTC.

    Raises BadValue when it is not one; years outside 2000..2100 are not moments an order can have.
    """
    if isinstance(value, int | float) or re.fullmatch(r"\d{10}|\d{13}", value.strip()):
        number = float(value)
        moment = datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
    else:
        moment = _parse_moment_text(value.strip(), zone)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise BadValue(str(value), "a time between the years 2000 and 2100")
    return moment


_SERIAL: Final = re.compile(r"[3-7]\d{4}(?:\.\d{1,12})?")
_SERIAL_BEGINS: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's clock knows no zone


def _from_serial(text: str, zone: timezone) -> datetime:
    """A spreadsheet's day number, with the part of the day after the point, to the second."""
    seconds = int((Decimal(text) * 86_400).to_integral_value())
    return (_SERIAL_BEGINS + timedelta(seconds=seconds)).replace(tzinfo=zone).astimezone(UTC)


def _parse_moment_text(text: str, zone: timezone) -> datetime:
    if _SERIAL.fullmatch(text):
        return _from_serial(text, zone)
    if not _MOMENT.match(text):
        raise BadValue(text, "a time like 2026-02-05 14:23:00")
    parts = re.split(r"[-/.]", text, maxsplit=2)
    if len(parts) == 3 and "T" not in text[:8]:
        day, _, rest = parts[2].partition(" ")
        if len(day) <= 2:
            text = f"{parts[0]}-{int(parts[1]):02d}-{int(day):02d}" + (f" {rest.strip()}" if rest else "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadValue(text, "a time like 2026-02-05 14:23:00") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def digest(*parts: str | bytes) -> str:
    """A short stable name (24 hex digits of SHA-256) for a thing told by its parts; the separator cannot occur in text."""
    try:
        told = "\x1f".join(parts).encode()  # type: ignore[arg-type]  # nearly always it is text alone
    except TypeError:
        told = b"\x1f".join([part.encode() if isinstance(part, str) else part for part in parts])
    return hashlib.sha256(told + b"\x1f").hexdigest()[:24]


LONGEST_WORD = 200


def short_word(word: str) -> str:
    """A code or name as it can be looked up: an endless one keeps its beginning and is told apart by its digest."""
    return word if len(word) <= LONGEST_WORD else f"{word[:150]}…{digest(word)}"


class Observation(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One claim (观测) by one source about one subject, ready to be judged.

    `key` is the claim's identity within its subject: the same claim told again has the same key. `status` is the claim in
    our words, None while nobody has mapped `code`. Times are UTC milliseconds since 1970; `heard_ms` is when it reached us.
    """

    key: str
    status: str | None
    occurred_ms: int
    heard_ms: int
    kind: str
    source: str
    message_id: int
    item: int
    code: str
    text: str
    facts: Mapping[str, Any] = {}


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DAY_MS: Final = 86_400_000
MILLISECOND: Final = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """UTC milliseconds since 1970."""
    since = moment - EPOCH
    return since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def from_ms(milliseconds: int) -> datetime:
    """The moment of `to_ms`."""
    return EPOCH + milliseconds * MILLISECOND


def moment_of(told: Observation, moments: Mapping[str, int]) -> int:
    """When an observation counts: its own time, and a ruling never before the evidence it rules on.

    `moments` holds the times of the history by key. A carrier's clock may run ahead of the person who rules.
    """
    if told.kind != "ruling":
        return told.occurred_ms
    return max(told.occurred_ms, *(moments.get(key, 0) for key in told.facts.get("keys", ())), 0)


def with_texts(history: Iterable[Observation], texts: Mapping[str, str]) -> list[Observation]:
    """The history with what was said word for word; the stored one leaves texts to the table of observations."""
    return [msgspec.structs.replace(one, text=texts[one.key]) if texts.get(one.key) else one for one in history]


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One change of state on a subject's road: from, to, the observation that moved it, when it happened, and why."""

    from_state: str | None
    to_state: str
    key: str
    occurred_ms: int
    reason: str


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A disagreement (分歧) between what we hold and what is said; nothing is overwritten while it stands.

    `key` names it within its subject and stays the same however the evidence arrived. `opens_ms` is when a person is to be
    asked (None: never by itself). `closed_by` is the observation that settled it, None while it stands.
    """

    key: str
    reason: str
    ours: str | None
    theirs: str | None
    distance: int | None
    severity: int
    evidence: tuple[str, ...]
    opens_ms: int | None
    closed_by: str | None = None


class Effect(msgspec.Struct, frozen=True):
    """What one observation did to its subject, and why: the line the timeline shows."""

    effect: str
    """advanced, confirmed, ignored, held, unmapped, silent, excluded"""
    reason: str


class Projection(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule makes of a whole history: state, the road to it, what is disputed, and when to look again."""

    state: str
    rank: int | None
    final: bool
    steps: tuple[Step, ...]
    disputes: tuple[Dispute, ...]
    effects: Mapping[str, Effect]
    due_ms: int | None
