"""What every channel connector needs to make snapshots (订单快照) of told orders: exact amounts, whole ids, UTC.

Promises: bad input becomes an `Unreadable` in the sender's terms and leaves the field unsaid, never an exception and
never a guess; ids stay the text they were told in; the number of orders and of lines is bounded.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timezone
from typing import Any, Final, TypeVar

from fenghe.connectors.scans import NotReadable, decode_json, parse_time, reading_or_note, shorten, text_of
from fenghe.connectors.signing import same
from fenghe.kernel.connecting import Accepted, Delivery, InboundMessage, Reading, Refused, Unreadable
from fenghe.kernel.values import CHINA, BadValue, minor_digits
from fenghe.orders.snapshot import OrderSnapshot, Parcel

Value = TypeVar("Value")

MAX_ORDERS: Final = 5_000
MAX_LINES: Final = 1_000
LONGEST_ID: Final = 128
LONGEST_TEXT: Final = 4_000
LARGEST_MINOR: Final = 10**15
"""No order costs ten thousand milliards; more is two amounts run together."""

TOKEN_HEADER: Final = "x-fenghe-token"

_AMOUNT = re.compile(r"(?P<sign>[+-]?)(?P<whole>\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.(?P<part>\d{1,15}))?")
_PLAIN = re.compile(r"\d{1,13}\.\d\d")
"""Nearly every amount there is."""
_BELOW = re.compile(r"\([^()+-]+\)")
"""As accountants write what is below nothing."""
_SHORTENED = re.compile(r"[+-]?\d(?:\.\d+)?[eE]\+\d+")
_MARKS = re.compile(r"^(?:CNY|RMB|R\$|[¥￥$])\s*|\s*(?:CNY|RMB|元)$")
_ID_EDGES = " \t\r\n`'\"\u3000\xa0\ufeff"


def check_token(delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
    """For what platforms do not push: a middleware posts the API's own answers with our token in a header."""
    token = secrets.get("token", "")
    told = delivery.headers.get(TOKEN_HEADER)
    if not token:
        return Refused(reason="token_not_set")
    if not told:
        return Refused(reason="signature_missing")
    return Accepted() if same(told, token) else Refused(reason="signature_wrong")


def minor_units(text: str, currency: str = "CNY", *, unit: str = "major", decimal: str = ".") -> int:
    """An amount's text as whole minor units, exactly. Raises BadValue for anything that is not one amount."""
    if unit == "major" and decimal == "." and _PLAIN.fullmatch(text) and minor_digits(currency) == 2:
        return int(text.replace(".", ""))
    plain = _MARKS.sub("", text.strip())
    if _BELOW.fullmatch(plain):
        return -minor_units(plain[1:-1], currency, unit=unit, decimal=decimal)
    if decimal == ",":
        plain = plain.translate(str.maketrans(",.", ".,"))
    digits = minor_digits(currency) if unit == "major" else 0
    example = "1234.50" if digits else "123450"
    found = _AMOUNT.fullmatch(plain)
    part = ((found and found["part"]) or "").rstrip("0")
    if found is None or len(part) > digits or (unit == "minor" and found["part"]):
        raise BadValue(shorten(text), f"an amount in {currency} with at most {digits} decimals, like {example}")
    amount = int(found["whole"].replace(",", "") + part.ljust(digits, "0"))
    if amount > LARGEST_MINOR:
        raise BadValue(shorten(text), "an amount that an order can have")
    return -amount if found["sign"] == "-" else amount


def whole_id(text: str) -> str:
    """A number of an order or of goods without what spreadsheets hang on it. Raises BadValue if digits are lost."""
    plain = text.strip(_ID_EDGES).removeprefix("=").strip(_ID_EDGES)
    if _SHORTENED.fullmatch(plain):
        raise BadValue(shorten(text), "the whole number; a spreadsheet has shortened it, export the column as text")
    if len(plain) > LONGEST_ID:
        raise BadValue(shorten(text), f"a number of at most {LONGEST_ID} characters")
    return plain


def count(text: str) -> int:
    """How many pieces. Raises BadValue."""
    found = re.fullmatch(r"(\d{1,9})(?:\.0+)?", text.strip())
    if found is None:
        raise BadValue(shorten(text), "a number of pieces, like 2")
    return int(found[1])


class Told:
    """One order or line as it was told; every reading of a field is exact, or unsaid with a note in `notes`."""

    def __init__(self, value: Mapping[str, Any], *, item: int, notes: list[Unreadable], path: str = "") -> None:
        self.value = value
        self.item = item
        self.notes = notes
        self._path = path

    def inner(self, name: str) -> "Told":
        """An object inside; nothing is in it where there is none."""
        value = self.value.get(name)
        return self._at(value if isinstance(value, dict) else {}, name)

    def each(self, *names: str) -> list["Told"]:
        """The objects of a list under the first name, or under one name in another (TOP wraps lists twice)."""
        value: Any = self.value
        for name in names:
            value = value.get(name) if isinstance(value, dict) else value
        if value is None or value == "":
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.note(names[0], "a list of objects", text_of(value) or type(value).__name__)
            return []
        if len(value) > MAX_LINES:
            self.note(names[0], f"at most {MAX_LINES} entries", f"{len(value)}")
        return [self._at(one, f"{names[0]}.{place}") for place, one in enumerate(value[:MAX_LINES])]

    def _at(self, value: Mapping[str, Any], name: str) -> "Told":
        return Told(value, item=self.item, notes=self.notes, path=f"{self._path}{name}.")

    def text(self, *names: str) -> str:
        """The first of these fields that says something."""
        return self._said(names)[1][:LONGEST_TEXT]

    def id(self, *names: str) -> str:
        """An id as text; 0 and -1 are how platforms say that there is none."""
        found = self._read(names, whole_id)
        return "" if found is None or found in ("0", "-1") else found

    def yuan(self, *names: str) -> int | None:
        """An amount told in yuan, as fen."""
        return self._read(names, minor_units)

    def fen(self, *names: str) -> int | None:
        """An amount told in fen."""
        return self._read(names, lambda text: minor_units(text, unit="minor"))

    def count(self, *names: str) -> int | None:
        """How many pieces."""
        return self._read(names, count)

    def moment(self, *names: str, zone: timezone = CHINA) -> datetime | None:
        """A time as UTC; 0 and year 0 are how platforms say that there is none."""
        name, text = self._said(names)
        if not text or text.startswith(("0000-", "1970-01-01", "0001-")) or set(text) <= set("0-"):
            return None
        return self._tried(name, text, lambda told: parse_time(told, zone).astimezone(UTC))

    def code(self, name: str) -> str | None:
        """A code with the name of its field, as the code lists have it."""
        text = self.text(name)
        return f"{name}:{text}" if text else None

    def facts(self, *names: str) -> dict[str, str]:
        """Those of the fields that say something."""
        return {name: text for name in names if (text := self.text(name))}

    def note(self, name: str, expected: str, got: str, *, code: str = "unreadable") -> None:
        """Set a field aside for a person."""
        note = Unreadable(item=self.item, field=f"{self._path}{name}", expected=expected, got=shorten(got), code=code)
        self.notes.append(note)

    def _said(self, names: Iterable[str]) -> tuple[str, str]:
        for name in names:
            if text := text_of(self.value.get(name)).strip():
                return name, text
        return "", ""

    def _read(self, names: Iterable[str], reader: Callable[[str], Value]) -> Value | None:
        name, text = self._said(names)
        return self._tried(name, text, reader) if text else None

    def _tried(self, name: str, text: str, reader: Callable[[str], Value]) -> Value | None:
        try:
            return reader(text)
        except BadValue as problem:
            self.note(name, problem.expected, problem.got)
            return None


HINT: Final = "hint_only"
"""Code of a message that only says that something changed: ask the channel's API for the order."""


def read_orders(
    message: InboundMessage,
    unwrap: Callable[[Any], list[Any]],
    read_one: Callable[[Told, InboundMessage], OrderSnapshot | None],
) -> Reading:
    """Read every order of a message; `unwrap` finds them in the document, `read_one` notes what it cannot read."""
    return reading_or_note(lambda: _read_orders(message, unwrap, read_one))


def _read_orders(
    message: InboundMessage,
    unwrap: Callable[[Any], list[Any]],
    read_one: Callable[[Told, InboundMessage], OrderSnapshot | None],
) -> Reading:
    told = unwrap(decode_json(message.body))
    if len(told) > MAX_ORDERS:
        raise NotReadable("orders", f"at most {MAX_ORDERS} orders a message", f"{len(told)}", "too_many")
    notes: list[Unreadable] = []
    snapshots: list[OrderSnapshot] = []
    for item, value in enumerate(told):
        if not isinstance(value, dict):
            notes.append(Unreadable(item=item, field="orders", expected="an order", got=shorten(text_of(value))))
        elif snapshot := read_one(Told(value, item=item, notes=notes), message):
            snapshots.append(snapshot)
    return Reading(items=tuple(snapshots), unreadable=tuple(notes))


def refuse_error(document: Any, *, code: str = "code", text: str = "msg") -> None:
    """An API's error answer is no order: say what the platform said. Raises NotReadable."""
    error = document.get("error_response") if isinstance(document, dict) else None
    if isinstance(error, dict):
        said = " ".join(text_of(error.get(name)) for name in (code, text, "sub_code", "sub_msg") if error.get(name))
        raise NotReadable("error_response", "orders", said, "api_error")


def shop_of(message: InboundMessage, told: str = "") -> str:
    """The shop the source is set up for, else the one the message names."""
    configured = message.config.get("shop")
    return configured if isinstance(configured, str) and configured else told


def joined(parts: Iterable[str], mark: str = " ") -> str:
    """The parts that say something, one after another."""
    return mark.join(part for part in parts if part)


def distinct(parcels: Iterable[Parcel]) -> tuple[Parcel, ...]:
    """Each tracking number once, as it was told first."""
    seen: dict[str, Parcel] = {}
    for parcel in parcels:
        seen.setdefault(parcel.tracking_no, parcel)
    return tuple(seen.values())
