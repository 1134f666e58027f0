"""Pages of a list (分页): what was asked for, bounded, and what is answered. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Generic, TypeVar

import msgspec

from fenghe.kernel.web.problems import bad_field

T = TypeVar("T")

DEFAULT_SIZE: Final = 20
MAX_SIZE: Final = 100
MAX_ROWS_DEEP: Final = 100_000
"""How far a list may be turned page by page; deeper, the database would count rows nobody reads."""
MAX_IDS: Final = 1_000


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """Which page of a list is wanted, and in which order."""

    page: int
    size: int
    sort: str
    """A name from the list's own choice, never free text."""
    descending: bool

    @property
    def offset(self) -> int:
        """Rows before this page."""
        return (self.page - 1) * self.size


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list. `tabs` is left out where a list has none."""

    items: Sequence[T]
    total: int
    page: int
    size: int
    tabs: Mapping[str, int] | msgspec.UnsetType = msgspec.UNSET


def page_of(items: Sequence[T], *, total: int, paging: Paging, tabs: Mapping[str, int] | None = None) -> Page[T]:
    """Put a page together."""
    return Page(
        items=items, total=total, page=paging.page, size=paging.size, tabs=msgspec.UNSET if tabs is None else tabs
    )


def read_paging(*, page: int, size: int, sort: str | None, sorts: Collection[str], default: str) -> Paging:
    """Check what was asked for; `sort` and `default` are a name of `sorts`, with "-" before it for descending."""
    wanted = sort or default
    name = wanted.removeprefix("-")
    if name not in sorts:
        raise bad_field("sort", f"不能按 {name} 排序，可用的有 {'、'.join(sorted(sorts))}")
    if not 1 <= size <= MAX_SIZE:
        raise bad_field("size", f"每页条数应为 1 到 {MAX_SIZE}")
    if page < 1:
        raise bad_field("page", "页码从 1 开始")
    if page * size > MAX_ROWS_DEEP:
        raise bad_field("page", f"只能翻到第 {MAX_ROWS_DEEP:,} 条，请缩小筛选范围")
    return Paging(page=page, size=size, sort=name, descending=wanted.startswith("-"))


def read_ids(text: str | None) -> tuple[int, ...] | None:
    """`ids=1,2,3` of a list or an export; None when it was not asked for."""
    if text is None or not text.strip():
        return None
    words = [word.strip() for word in text.split(",") if word.strip()]
    if len(words) > MAX_IDS:
        raise bad_field("ids", f"一次最多选 {MAX_IDS} 条")
    return tuple(read_id(word, "ids") for word in words)


def read_id(text: str, field: str = "id") -> int:
    """An id as the screens write it: decimal digits of a bigint."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise bad_field(field, f"编号 {text[:40]} 不是有效的编号")
    return int(text)
