"""Money from files of any layout (资金文件): each message is one row as JSON by column name; its headers say how it is laid out."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from fenghe.connectors.money_file import camt, mt940
from fenghe.connectors.money_file.cells import BadCell, Readers, readers_of
from fenghe.connectors.money_file.lines import FileTold
from fenghe.connectors.money_file.told import READ, Row
from fenghe.connectors.order_file.rows import flat
from fenghe.connectors.sales import check_token
from fenghe.connectors.scans import NotReadable, decode_json, reading_or_note, text_of
from fenghe.kernel.connecting import Accepted, Delivery, InboundMessage, Reading, Refused, Unreadable
from fenghe.kernel.layouts import Ambiguous, BadLayout, LayoutKey, NoLayout
from fenghe.money.headers import Unit
from fenghe.money.layouts import Kind, Layout, find_layout, parse_layout, shipped_layout, shipped_layouts

KIND: Final = "fenghe-kind"
LAYOUT: Final = "fenghe-layout"
UNIT: Final = "fenghe-unit"
FILE: Final = "fenghe-file"
ACCOUNT: Final = "fenghe-account"
TURN: Final = "fenghe-turn"
"""Headers by which an import says what kind of file a row is from, and what the file as a whole says of it."""

ROW: Final = "row"

BANK: Final = "bank"
"""Who tells a bank's statement of which nothing says more."""

SPECIAL: Final[Mapping[str, Callable[..., Reading]]] = {mt940.LAYOUT: mt940.read_entry, camt.LAYOUT: camt.read_entry}
"""Statements that are no tables."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How the rows of one table are read."""

    layout: Layout
    unit: Unit = ""
    provider: str = ""
    """Who tells where neither the row nor the layout says."""
    told: FileTold = FileTold()


class MoneyFile:
    """Reads rows of payments, refunds, vouchers, pay-outs and statements."""

    name = "money_file"
    title = "资金文件"
    kind = "file"

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """Rows may also be posted, with our token."""
        return check_token(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """The items of a row; a row with anything unreadable in it is set aside whole."""
        return reading_or_note(lambda: _read(message))


def _read(message: InboundMessage) -> Reading:
    fields = decode_json(message.body)
    if not isinstance(fields, dict):
        raise NotReadable(ROW, "values by column", text_of(fields))
    special = SPECIAL.get(message.headers.get(LAYOUT, ""))
    if special is not None:
        provider = text_of(message.config.get("provider")) or BANK
        return special(fields, provider=provider, told=told_by(message.headers))
    return read_fields(cells_of(fields), way_of(message, tuple(cells_of(fields))))


def cells_of(fields: Mapping[str, Any]) -> Mapping[str, str]:
    """A row as column → text; what is nested has a dotted name."""
    return fields if {str}.issuperset(map(type, fields.values())) else flat(fields)


def way_of(message: InboundMessage, columns: tuple[str, ...]) -> Way:
    """How a stored row is read. Raises NotReadable when its layout is not known any more."""
    headers, config = message.headers, message.config
    kind = headers.get(KIND) or text_of(config.get("kind"))
    return Way(
        layout=_layout(headers.get(LAYOUT, ""), kind, columns, config),
        unit=_unit(headers.get(UNIT, "")),
        provider=provider_of_source(message),
        told=told_by(headers),
    )


def provider_of_source(message: InboundMessage) -> str:
    """Who tells, where neither a row nor its layout says."""
    return text_of(message.config.get("provider")) or message.source


def told_by(headers: Mapping[str, str]) -> FileTold:
    """What the file as a whole says of a row."""
    return FileTold(
        digest=headers.get(FILE, ""), account=headers.get(ACCOUNT, ""), turn=int(headers.get(TURN, "") or 0)
    )


def _unit(told: str) -> Unit:
    return "major" if told == "major" else "minor" if told == "minor" else ""


def _layout(name: str, kind: str, columns: tuple[str, ...], config: Mapping[str, Any]) -> Layout:
    declared = config.get("layout")
    if isinstance(declared, Mapping) and name in ("", declared.get("name")):
        return _declared(msgspec.json.encode(declared))
    published = config.get("layouts")
    if isinstance(published, Mapping) and name in published:
        return _declared(msgspec.json.encode(published[name]))
    named = name or (declared if isinstance(declared, str) else "")
    if named:
        layout = shipped_layout(named)
        if layout is None:
            raise NotReadable("layout", "the name of a layout", named, "no_layout")
        return layout
    if kind not in READ:
        raise NotReadable("kind", f"one of {', '.join(READ)}", kind or "nothing", "no_layout")
    return _by_columns(kind, columns)


@lru_cache(maxsize=64)
def _declared(body: bytes) -> Layout:
    try:
        return parse_layout(body)
    except BadLayout as problem:
        raise NotReadable(f"layout {problem.path}", problem.expected, "", "bad_layout") from None


@lru_cache(maxsize=256)
def _by_columns(kind: Kind, columns: tuple[str, ...]) -> Layout:
    found = find_layout(columns, shipped_layouts(kind))
    match found:
        case Layout():
            return found
        case Ambiguous(names=names):
            raise NotReadable("columns", f"the columns of one layout, not of {', '.join(names)}", "", "no_layout")
        case NoLayout():
            raise NotReadable("columns", "the columns of a known layout", "、".join(columns[:30]), "no_layout")


def readers_for(way: Way, columns: tuple[str, ...]) -> Readers:
    """How the fields of rows with these columns are read; made once."""
    return readers_of(LayoutKey(way.layout), columns, way.unit)


def read_fields(cells: Mapping[str, str], way: Way) -> Reading:
    """The items of one row, or the first thing that is wrong with it."""
    try:
        row = Row(cells, readers_for(way, tuple(cells)), provider=way.provider)
        items = READ[way.layout.kind](row, 0, way.told)
    except BadCell as problem:
        return Reading(unreadable=(_note(problem),))
    return Reading(items=items, unreadable=tuple(map(_note, row.notes)) if row.notes else ())


def _note(problem: BadCell) -> Unreadable:
    return Unreadable(item=0, field=problem.column, expected=problem.expected, got=problem.got, code=problem.code)


CONNECTOR = MoneyFile()
