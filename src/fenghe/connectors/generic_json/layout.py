"""A carrier declared without code (自定义承运商): where in its JSON the parcels, events and their parts are.

Promises: a declaration that can't work is refused in the user's words before it is used.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from fenghe.connectors.generic_json.paths import Path
from fenghe.connectors.scans import parse_time, shorten
from fenghe.kernel.values import CHINA, BadValue

ORDERS: Final = {"yes": True, "no": False, "auto": None}
PATHS: Final = ("parcels", "events", "number", "code", "text", "order_no", "forwarded_to")


class JsonLayout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where things are. `parcels` from the whole message, `events` from a parcel, the rest from an event (see paths).

    `time` may be several paths (date and clock) that are joined. `time_format` as in strptime when the time is
    unusual; `zone` (`+08:00` or `Asia/Shanghai`) for times that don't say theirs. `codes` is the code list the
    mapper keeps for it.
    """

    carrier: str
    codes: str
    parcels: str = ""
    events: str = ""
    number: str = "^.tracking_number"
    code: str = ""
    text: str = ""
    time: str | tuple[str, ...] = ""
    time_format: str = ""
    zone: str = "+08:00"
    newest_first: str = "auto"
    location: str | tuple[str, ...] = ""
    order_no: str = ""
    forwarded_to: str = ""


def layout_of(config: Mapping[str, Any]) -> JsonLayout | list[str]:
    """The layout in a source's settings (under `layout`), or what is wrong with it."""
    told = config.get("layout")
    if not isinstance(told, Mapping):
        return ["没有声明 layout:请说明轨迹在报文的哪里(parcels、events、number、code、time ...)"]
    try:
        layout = msgspec.convert(dict(told), JsonLayout)
    except msgspec.ValidationError as problem:
        return [f"layout 写法不对:{problem}"]
    return list(problems(layout)) or layout


@lru_cache(maxsize=256)
def problems(layout: JsonLayout) -> tuple[str, ...]:
    """What is wrong with a layout, in the user's words; empty when nothing is."""
    listed = [getattr(layout, name) for name in PATHS]
    listed += [*_several(layout.time), *_several(layout.location)]
    found = [problem for path in listed if path and (problem := Path.problem(path))]
    if not layout.carrier.strip() or not layout.codes.strip():
        found.append("carrier(承运商)和 codes(码表名)不能为空")
    if not layout.code and not layout.text:
        found.append("code(状态码)和 text(描述)至少要有一个")
    if layout.newest_first not in ORDERS:
        found.append(f"newest_first 应为 yes、no 或 auto,现在是 {layout.newest_first!r}")
    try:
        zone_of(layout.zone)
    except BadValue as problem:
        found.append(f"zone {problem.got!r} 不是时区;写法如 +08:00 或 Asia/Shanghai")
    return tuple(found)


def _several(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def zone_of(text: str) -> tzinfo:
    """A zone by offset or name. Raises BadValue."""
    sign, rest = text[:1], text[1:].replace(":", "")
    if sign in ("+", "-") and len(rest) == 4 and rest.isdigit() and int(rest[:2]) < 15 and int(rest[2:]) < 60:
        offset = timedelta(hours=int(rest[:2]), minutes=int(rest[2:]))
        return timezone(offset if sign == "+" else -offset)
    if text in ("", "Asia/Shanghai"):
        return CHINA
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadValue(text, "a time zone like +08:00 or Asia/Shanghai") from None


class Reader:
    """A layout ready to read with."""

    def __init__(self, layout: JsonLayout) -> None:
        self.layout = layout
        self.zone = zone_of(layout.zone)
        self.paths = {name: Path(getattr(layout, name)) for name in PATHS if getattr(layout, name)}
        self._time = tuple(Path(part) for part in _several(layout.time) if part)
        self._location = tuple(Path(part) for part in _several(layout.location) if part)

    def part(self, name: str, event: Any, *, parcel: Any, whole: Any) -> str:
        """One part of an event, "" where the layout does not say where it is."""
        path = self.paths.get(name)
        return path.text(event, parcel, whole) if path else ""

    def location(self, event: Any, parcel: Any, whole: Any) -> str:
        """The place, joined from its parts."""
        return ", ".join(filter(None, (path.text(event, parcel, whole) for path in self._location)))

    def time(self, event: Any, parcel: Any, whole: Any) -> str:
        """When, as ISO text in UTC; "" when not told. Raises BadValue."""
        parts = [text for path in self._time if (text := path.text(event, parcel, whole))]
        if not parts:
            return ""
        if self.layout.time_format:
            return self._by_format(" ".join(parts))
        text = "".join(parts) if all(part.isdigit() for part in parts) else " ".join(parts)
        return self._in_zone(text)

    def _by_format(self, text: str) -> str:
        try:
            moment = datetime.strptime(text, self.layout.time_format)  # noqa: DTZ007 the layout's zone is put on below
        except ValueError:
            raise BadValue(shorten(text), f"a time written like {self.layout.time_format}") from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC).isoformat()

    def _in_zone(self, text: str) -> str:
        if isinstance(self.zone, timezone):
            return parse_time(text, self.zone).isoformat()
        naive, other = parse_time(text, UTC), parse_time(text, CHINA)
        if naive == other:
            return naive.isoformat()
        return naive.replace(tzinfo=self.zone).astimezone(UTC).isoformat()


@lru_cache(maxsize=256)
def reader_of(layout: JsonLayout) -> Reader:
    """The layout's reader, built once."""
    return Reader(layout)
