"""Orders from files of any layout (订单文件): each message is a row, or a list of rows, as JSON by column name.

Files of a channel's own JSON (the answers of its API) are known by their shape and read by that channel's reader.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from fenghe.connectors.douyin import read as douyin
from fenghe.connectors.jd import read as jd
from fenghe.connectors.order_file.rows import Table, flat, read_row
from fenghe.connectors.pdd import read as pdd
from fenghe.connectors.sales import MAX_ORDERS, check_token, shop_of
from fenghe.connectors.scans import NotReadable, decode_json, reading_or_note, shorten, text_of
from fenghe.connectors.taobao import read as taobao
from fenghe.kernel.connecting import Accepted, Delivery, InboundMessage, Reading, Refused, Unreadable
from fenghe.kernel.layouts import BadLayout, LayoutKey
from fenghe.orders.layouts import Layout, find_layout, parse_layout, shipped_layout, shipped_layouts
from fenghe.orders.snapshot import OrderSnapshot

_CHANNELS: Final = (taobao, pdd, douyin, jd)


class OrderFile:
    """Reads rows by the layout that the source's settings name or hold under `layout`, else by their columns."""

    name = "order_file"
    title = "订单文件"
    kind = "file"

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """Rows may also be posted, with our token."""
        return check_token(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """One snapshot a row; a row with anything unreadable in it is set aside whole."""
        return reading_or_note(lambda: _read(message))


def _read(message: InboundMessage) -> Reading:
    document = decode_json(message.body)
    platform = None if message.config.get("layout") else _platform(document)
    if platform is not None:
        return platform(message)
    rows = document if isinstance(document, list) else [document]
    if len(rows) > MAX_ORDERS:
        raise NotReadable("rows", f"at most {MAX_ORDERS} rows a message", f"{len(rows)}", "too_many")
    told = message.config.get("layout")
    named = LayoutKey(layout_named(told)) if told else None
    snapshots: list[OrderSnapshot] = []
    notes: list[Unreadable] = []
    channel = text_of(message.config.get("channel"))
    for item, fields in enumerate(rows):
        if not isinstance(fields, dict):
            notes.append(Unreadable(item=item, field="row", expected="values by column", got=shorten(text_of(fields))))
            continue
        cells = flat(fields)
        table = _table(named, tuple(cells)) if named else _by_columns(tuple(cells))
        snapshot, faults = read_row(
            cells, table, item=item, shop=shop_of(message), channel=channel, teller=message.source
        )
        notes += faults
        snapshots += [snapshot] if snapshot else []
    return Reading(items=tuple(snapshots), unreadable=tuple(notes))


def _platform(document: Any) -> Callable[[InboundMessage], Reading] | None:
    """The reader of the channel whose own JSON this is; the rows of a table have nothing inside them."""
    first = document[0] if isinstance(document, list) and document else document
    if not isinstance(first, dict) or not any(isinstance(value, dict | list) for value in first.values()):
        return None
    return next((channel.read for channel in _CHANNELS if channel.fits(document)), None)


def layout_named(told: Any) -> Layout:
    """The layout that settings name (a shipped one) or hold as an object. Raises NotReadable."""
    if isinstance(told, str):
        layout = shipped_layout(told)
        if layout is None:
            known = ", ".join(one.name for one in shipped_layouts())
            raise NotReadable("layout", f"the name of a layout: {known}", told, "no_layout")
        return layout
    try:
        return _parsed(msgspec.json.encode(told))
    except BadLayout as problem:
        raise NotReadable(f"layout {problem.path}", problem.expected, "", "bad_layout") from None


@lru_cache(maxsize=64)
def _parsed(body: bytes) -> Layout:
    return parse_layout(body)


@lru_cache(maxsize=256)
def _by_columns(columns: tuple[str, ...]) -> Table:
    found = find_layout(columns, shipped_layouts())
    if not isinstance(found, Layout):
        raise NotReadable("columns", "the columns of a known layout", found.said, "no_layout")
    return Table(found, columns)


@lru_cache(maxsize=256)
def _table(key: LayoutKey[Layout], columns: tuple[str, ...]) -> Table:
    return Table(key.layout, columns)


CONNECTOR = OrderFile()
