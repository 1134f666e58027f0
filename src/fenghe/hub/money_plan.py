"""How files of money are to be read (资金导入方案): a layout by name, published or shipped, or one that the user wrote."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.connections.store import LARGEST_CONFIG
from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.layouts import BadLayout
from fenghe.money.layouts import Kind, Layout, parse_layout, shipped_layout, shipped_layouts

STATEMENT_LAYOUT: Final = "statement_layout"
"""Declarations of this kind are layouts that a user made on the screen."""

KINDS: Final[tuple[Kind, ...]] = ("payments", "refunds", "vouchers", "payouts", "statement")


class MappingRefused(Exception):
    """这个布局不能用。"""

    code: ClassVar[str] = "unknown_mapping"

    def __init__(self, **facts: object) -> None:
        super().__init__(" ".join((type(self).__doc__ or "").split()).format(**facts))


class NoSuchLayout(MappingRefused):
    """没有名为 {mapping} 的布局（或用 .json 结尾的布局文件）；已知的有 {known}。"""


class OtherKind(MappingRefused):
    """布局 {mapping} 是给 {found} 用的，不能用来导入 {kind}。"""


class BadLayoutFile(MappingRefused):
    """布局文件 {mapping} 有误：{place} 处应为 {expected}。"""

    code = "bad_mapping"


def published_layouts(connection: Connection[Any]) -> dict[str, Layout]:
    """The layouts that users made and published, by name."""
    bodies = {one.name: one.body for one in declarations.in_force(connection) if one.kind == STATEMENT_LAYOUT}
    return {name: parse_layout(body) for name, body in bodies.items() if body is not None}


def known_layouts(connection: Connection[Any], kind: Kind) -> tuple[Layout, ...]:
    """Every layout of a kind that a file may be recognised by; a user's lies over a shipped one of its name."""
    own = {name: layout for name, layout in published_layouts(connection).items() if layout.kind == kind}
    return (*own.values(), *(layout for layout in shipped_layouts(kind) if layout.name not in own))


def named_layout(connection: Connection[Any], mapping: str, kind: Kind) -> Layout:
    """The layout of this name. Raises MappingRefused."""
    layout = published_layouts(connection).get(mapping) or shipped_layout(mapping)
    if layout is None:
        known = "、".join(one.name for one in known_layouts(connection, kind))
        raise NoSuchLayout(mapping=mapping, known=known)
    return _of_kind(layout, mapping, kind)


def written_layout(path: Path, kind: Kind) -> Mapping[str, Any]:
    """A layout that the user wrote, as it is kept with the source. Raises MappingRefused."""
    try:
        if path.stat().st_size > LARGEST_CONFIG // 2:
            raise BadLayoutFile(mapping=path, place="$", expected=f"最多 {LARGEST_CONFIG // 2048} KB 的布局")
        body = path.read_bytes()
        layout = parse_layout(body)
    except OSError as problem:
        raise BadLayoutFile(mapping=path, place="$", expected=f"可读的文件（{problem.strerror}）") from None
    except BadLayout as problem:
        raise BadLayoutFile(mapping=path, place=problem.path, expected=problem.expected) from None
    _of_kind(layout, str(path), kind)
    told: Mapping[str, Any] = msgspec.json.decode(body)
    return told


def _of_kind(layout: Layout, mapping: str, kind: Kind) -> Layout:
    if layout.kind != kind:
        raise OtherKind(mapping=mapping, found=layout.kind, kind=kind)
    return layout
