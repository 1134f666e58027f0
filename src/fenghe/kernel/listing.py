"""Lists as screens ask for them (列表查询): filters from the address, many numbers in one box, bounded counts. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar

import msgspec

from fenghe.kernel.values import CHINA, BadValue, parse_moment
from fenghe.kernel.web.paging import Page, Paging
from fenghe.kernel.web.problems import Problem, bad_field, conflict

T = TypeVar("T")
F = TypeVar("F", bound=msgspec.Struct)

MAX_NUMBERS: Final = 500
"""Numbers one search box takes."""

MAX_BULK: Final = 2_000
"""Rows one bulk action may touch: more is no longer something a person has looked at."""

_BETWEEN: Final = re.compile(r"[\s,,、;;]+")
_WRAPPING: Final = "`'\"=\t "
_DAY_ONLY: Final = re.compile(r"\d{4}[-/.]?\d{1,2}[-/.]?\d{1,2}")
_FIELD: Final = re.compile(r"\$\.(\w+)")


class Listing(Page[T], Generic[T], frozen=True, kw_only=True):
    """A page whose counts may have stopped counting: `capped` says so of the total, `capped_tabs` of the tabs."""

    capped: bool = False
    capped_tabs: Sequence[str] = ()


class BulkFailure(msgspec.Struct, frozen=True):
    """One row a bulk action did not change, and why."""

    id: str
    reason: str


class BulkResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a bulk action came to."""

    matched: int
    changed: int
    failed: Sequence[BulkFailure] = ()


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows a list and its tabs have. A count goes one past its limit and no further."""

    total: int
    limit: int
    tabs: Mapping[str, int] = {}
    tab: str = ""
    """The tab that is shown; "" where the list is no tab of its own."""
    at_least: Collection[str] = ()
    """Tabs of which only the newest rows were looked at: there may be more."""


def listing(items: Sequence[T], *, counts: Counts, paging: Paging) -> Listing[T]:
    """Put a page together; a count past its limit is told as the limit, and that it stopped there."""
    total, capped = min(counts.total, counts.limit), counts.tab in counts.at_least or counts.total > counts.limit
    if capped and items:
        # What is on the screen is there, and after a full page there may be another.
        total = max(total, paging.offset + len(items) + (len(items) == paging.size))
    tabs = {name: min(count, counts.limit) for name, count in counts.tabs.items()}
    over = [name for name, count in counts.tabs.items() if name in counts.at_least or count > counts.limit]
    if counts.tab:
        tabs[counts.tab] = total
    return Listing(
        items=items, total=total, page=paging.page, size=paging.size, tabs=tabs, capped=capped, capped_tabs=over
    )


def read_filter(kind: type[F], asked: Iterable[tuple[str, Any]]) -> F:
    """A filter from an address's parameters; unknown names are passed over, a name said twice means either value."""
    known = set(kind.__struct_fields__)
    said: dict[str, str] = {}
    for name, value in asked:
        if name in known and str(value).strip():
            said[name] = f"{said[name]},{value}" if name in said else str(value)
    try:
        return msgspec.convert(said, kind, strict=False)
    except msgspec.ValidationError as problem:
        field = _FIELD.search(str(problem))
        name = field[1] if field else "filter"
        raise bad_field(name, f"筛选条件 {name} 的值 {said.get(name, '')} 不对") from None


def words_of(text: str) -> list[str]:
    """`a,b` as a list; nothing said is an empty list."""
    return [word for part in text.split(",") if (word := part.strip())]


def numbers_of(text: str) -> list[str]:
    """Every number pasted into a search box, in any layout a spreadsheet gives, each once."""
    found = [word for part in _BETWEEN.split(text) if (word := part.strip(_WRAPPING))]
    numbers = list(dict.fromkeys(found))
    if len(numbers) > MAX_NUMBERS:
        raise bad_field("q", f"一次最多查 {MAX_NUMBERS} 个单号,现在有 {len(numbers)} 个")
    return numbers


def moment_from(text: str, field: str) -> datetime | None:
    """The beginning of a span: a time, or the first moment of a day in China."""
    return _moment(text, field) if text else None


def moment_to(text: str, field: str) -> datetime | None:
    """The end of a span, not part of it: a time, or the last moment of a day in China."""
    if not text:
        return None
    moment = _moment(text, field)
    return moment + timedelta(days=1) if _DAY_ONLY.fullmatch(text.strip()) else moment


def _moment(text: str, field: str) -> datetime:
    try:
        return parse_moment(text, zone=CHINA).astimezone(UTC)
    except BadValue as problem:
        raise bad_field(field, f"{problem.got} 不是时间,应像 2026-02-05 或 2026-02-05T14:23:00Z") from None


def check_expected(found: int, expected: int | None, *, at_most: int = MAX_BULK) -> None:
    """A bulk action is for exactly the rows the person was told of."""
    if found > at_most:
        raise Problem(
            422,
            f"筛选出的数据超过 {at_most} 条,一次操作不能这么多。请缩小筛选范围,分几次处理。",
            code="too_many",
        )
    if expected is not None and found != expected:
        raise conflict(
            f"您确认时是 {expected} 条,现在符合条件的有 {found} 条。请刷新列表,核对后再操作。", code="count_changed"
        )
