"""SWIFT MT940 and MT942 statements (MT940 对账单): lines of text to entries, and an entry to a line of a statement.

Why not a library: see docs/decisions/0010. Each entry keeps its own text, its account and its statement's number.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

import msgspec

from fenghe.connectors.money_file.lines import FileTold
from fenghe.connectors.sales import minor_units
from fenghe.kernel.connecting import Reading, Unreadable
from fenghe.kernel.values import BadValue
from fenghe.money.events import LineTold
from fenghe.money.numbers import order_no_of
from fenghe.money.remarks import order_no_in

LAYOUT: Final = "mt940"

_TAG: Final = re.compile(r"^:(\d{2}[A-Z]?):(.*)$")
_ENTRY: Final = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4})?(?P<mark>R[CD]|E[CD]|[CD])(?P<funds>[A-Z])?\s*(?P<amount>\d[\d,]{0,17})"
    r"(?P<type>[A-Z][A-Z0-9]{3})(?P<reference>[^\n]*)(?:\n(?P<extra>[\s\S]*))?"
)
_BALANCE: Final = re.compile(r"(?P<mark>[CD])(?P<day>\d{6})(?P<currency>[A-Z]{3})(?P<amount>[\d,]+)")
_PART: Final = re.compile(r"\?(\d\d)")
_SIGNS: Final[Mapping[str, int]] = {"C": 1, "D": -1, "RC": -1, "RD": 1, "EC": 1, "ED": -1}
"""Reversals turn: a reversed credit takes the money back."""
_FEES: Final = ("NCHG", "NCOM", "NMSF")
NO_REFERENCE: Final = frozenset({"NONREF", "NOREF", "N", "KREF+", "EREF+", ""})


class NotMt940(ValueError):
    """The text is no whole statement; `line` is where, `expected` what would be right."""

    def __init__(self, line: int, expected: str, got: str) -> None:
        super().__init__(f"line {line}: expected {expected}, got {got}")
        self.line = line
        self.expected = expected
        self.got = got


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """A balance as the bank states it."""

    day: date
    currency: str
    amount_minor: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One booking as told: `fields` is what is kept of it."""

    line: int
    fields: dict[str, str]


class Statement(msgspec.Struct, kw_only=True):
    """One statement of a file."""

    line: int
    reference: str = ""
    account: str = ""
    number: str = ""
    opening: Balance | None = None
    closing: Balance | None = None
    entries: list[Entry] = msgspec.field(default_factory=list)


def read_statements(lines: Iterable[tuple[int, str]]) -> list[Statement]:
    """Every statement of a text. Raises NotMt940 where it is cut or no MT940 at all."""
    found: list[Statement] = []
    entry: Entry | None = None
    for number, tag, value in _tags(lines):
        if tag == "20":
            _check_closed(found, number)
            found.append(Statement(line=number, reference=value.strip()))
            entry = None
            continue
        if not found:
            raise NotMt940(number, "a statement that begins with :20:", f":{tag}:")
        entry = _take(found[-1], entry, number, tag, value)
    if not found:
        raise NotMt940(1, "a statement that begins with :20:", "none")
    _check_closed(found, found[-1].line)
    return found


def _take(told: Statement, entry: Entry | None, number: int, tag: str, value: str) -> Entry | None:
    match tag:
        case "25" | "25P":
            told.account = value.split("\n", maxsplit=1)[0].strip()
        case "28C" | "28":
            told.number = value.strip()
        case "60F" | "60M":
            told.opening = _balance(number, value)
        case "62F" | "62M":
            told.closing = _balance(number, value)
            return None
        case "61":
            if told.opening is None:
                raise NotMt940(number, "an opening balance (:60F:) before the bookings", ":61:")
            fields = {"account": told.account, "statement": told.number, "currency": told.opening.currency, "61": value}
            entry = Entry(line=number, fields=fields)
            told.entries.append(entry)
        case "86" if entry is not None:
            before = entry.fields.get("86")
            entry.fields["86"] = value if before is None else f"{before}\n{value}"
        case _:
            pass
    return entry


def _check_closed(found: list[Statement], line: int) -> None:
    if not found:
        return
    last = found[-1]
    if last.opening is None:
        raise NotMt940(last.line, "an opening balance (:60F:)", f"statement {last.reference} without one")
    if last.closing is None:
        raise NotMt940(line, "a closing balance (:62F:)", f"statement {last.reference} cut off before it")


def _tags(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str, str]]:
    """(line, tag, value with its further lines)."""
    at, tag, value = 0, "", list[str]()
    header = 0
    for number, raw in lines:
        line = raw.rstrip("\r\n")
        header = number if line.startswith("{1:") else header
        line = line[line.rindex("{4:") + 3 :] if "{4:" in line and line.startswith("{1:") else line
        found = _TAG.match(line)
        if found or line.strip() in ("-", "-}") or re.match(r"-(?:}|X+$)", line):
            if tag:
                yield at, tag, "\n".join(value).rstrip()
            at, tag, value = (number, found[1], [found[2]]) if found else (0, "", [])
            header = 0 if tag == "20" else header
        elif tag:
            value.append(line)
    if tag:
        yield at, tag, "\n".join(value).rstrip()
    if header:
        raise NotMt940(header, "a statement (:20:) in the message", "the end of the file")


def _balance(line: int, value: str) -> Balance:
    found = _BALANCE.match(value.strip())
    day = _day(found["day"]) if found else None
    if found is None or day is None:
        raise NotMt940(line, "a balance like C260205CNY1234,56", value[:60])
    try:
        amount = minor_units(_decimal(found["amount"]), found["currency"], decimal=",")
    except BadValue as problem:
        raise NotMt940(line, problem.expected, problem.got) from None
    return Balance(day=day, currency=found["currency"], amount_minor=amount if found["mark"] == "C" else -amount)


def _decimal(text: str) -> str:
    """`6800,` and `,45` are amounts too; leading zeros are only padding."""
    whole, _, part = text.partition(",")
    return f"{whole.lstrip('0') or '0'},{part or '0'}"


def _day(text: str) -> date | None:
    """YYMMDD; None where it is no day."""
    try:
        return date(_year(int(text[:2])), int(text[2:4]), int(text[4:6]))
    except ValueError:
        return None


def _year(two_digits: int) -> int:
    return 2000 + two_digits if two_digits < 80 else 1900 + two_digits


def _value_day(text: str) -> date | None:
    """The value day; banks that count thirty days a month write 30 February for its last day."""
    year, month, day = _year(int(text[:2])), int(text[2:4]), int(text[4:6])
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return None
    last = monthrange(year, month)[1]
    if day > last and not (day == 30 and month == 2):
        return None
    return date(year, month, min(day, last))


def _entry_day(text: str | None, value: date) -> date | None:
    """The booking day MMDD, in the year that is nearest to the value day."""
    if text is None:
        return value
    days = []
    for year in (value.year - 1, value.year, value.year + 1):
        try:
            days.append(date(year, int(text[:2]), int(text[2:])))
        except ValueError:
            continue
    return min(days, key=lambda day: abs((day - value).days), default=None)


def read_entry(fields: Mapping[str, str], *, provider: str, told: FileTold) -> Reading:
    """One booking as a line of a statement, or what is wrong with it."""
    found = _ENTRY.fullmatch(fields.get("61", ""))
    if found is None:
        return _unreadable("a booking like 2602050205C1234,56NTRFNONREF", fields.get("61", ""), "unreadable")
    value = _value_day(found["value"])
    booked = _entry_day(found["entry"], value) if value else None
    if value is None or booked is None:
        return _unreadable("a day of the calendar", found["value"] + (found["entry"] or ""), "bad_time")
    currency = fields.get("currency", "")
    try:
        amount = minor_units(_decimal(found["amount"]), currency, decimal=",")
    except BadValue as problem:
        return _unreadable(problem.expected, problem.got, "unreadable")
    own, _, bank = found["reference"].partition("//")
    own, name = _own_reference(own)
    words = _words(fields.get("86", ""))
    summary = " ".join(part for part in (words.text, (found["extra"] or "").strip()) if part)[:2_000]
    line = LineTold(
        provider=provider,
        account=fields.get("account", ""),
        ledger="bank",
        kind=_kind(found["mark"], found["type"]),
        booked_on=booked,
        line_no=bank.strip(),
        batch_no=own,
        order_no=order_no_in(summary) or order_no_of(words.end_to_end),
        currency=currency,
        net_minor=_SIGNS[found["mark"]] * amount,
        counterparty=words.name or name,
        summary=summary,
        file_digest=told.digest,
    )
    return Reading(items=(line,))


def _own_reference(told: str) -> tuple[str, str]:
    """The customer's reference, and the name that some banks put behind it."""
    number, *names = re.split(r"\s{2,}", told.strip())
    return "" if number in NO_REFERENCE else number, " ".join(names)


def _unreadable(expected: str, got: str, code: str) -> Reading:
    return Reading(unreadable=(Unreadable(item=0, field="61", expected=expected, got=got[:200], code=code),))


def _kind(mark: str, code: str) -> str:
    if mark.startswith("R"):
        return "adjustment"
    return "fee" if code in _FEES else "transfer" if code == "NTRF" else "other"


class _Words(msgspec.Struct, frozen=True, kw_only=True):
    text: str = ""
    name: str = ""
    end_to_end: str = ""


def _words(told: str) -> _Words:
    """The remittance in words; where it has numbered parts (?20 text, ?32 name), put together from them."""
    joined = told.replace("\n", "")
    if not _PART.search(joined):
        return _Words(text=" ".join(told.split()))
    pieces = _PART.split(joined)
    parts = [(int(number), text) for number, text in zip(pieces[1::2], pieces[2::2], strict=False)]
    text = "".join(text for number, text in parts if 20 <= number <= 29 or 60 <= number <= 63)
    kind = " ".join(text for number, text in parts if number == 0)
    name = "".join(text for number, text in parts if number in (32, 33)).strip()
    reference = re.search(r"EREF\+([^ +]+)", text)
    return _Words(
        text=" ".join(f"{kind} {text}".split()),
        name=" ".join(name.split()),
        end_to_end=reference[1] if reference else "",
    )
