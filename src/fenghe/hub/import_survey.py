"""A look at a file before anything of it is stored (导入预检): can it be opened whole, and are its columns known?"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from fenghe.connectors import order_file
from fenghe.connectors.order_file.rows import flat
from fenghe.hub.import_source import Plan, read_row
from fenghe.kernel.intake import Record, open_records
from fenghe.kernel.layouts import Ambiguous, NoLayout
from fenghe.orders.layouts import Layout, find_layout, missing_columns, shipped_layouts

SAMPLE: Final = 50
"""Rows looked at of each table. In JSON the first few may be of another make."""
MANY_PARTS: Final = (b"PK", b"\xd0\xcf", b"\x1f\x8b")
"""Archives and workbooks: what is wrong with one may show only at its end, so they are walked whole first."""
STRANGE: Final = frozenset({"no_layout", "not_recognised"})
MOST_COLUMNS: Final = 30


class NotThisFile(Exception):
    """文件不是这一类。"""

    code: ClassVar[str] = "not_this_file"

    def __init__(self, **facts: object) -> None:
        super().__init__(" ".join((type(self).__doc__ or "").split()).format(**facts))


class NoFile(NotThisFile):
    """没有 {name} 这个文件，请检查路径。"""

    code = "no_file"


class KnownElsewhere(NotThisFile):
    """{name} 已在 {day} 以来源 {sources} 导入过（内容逐字节相同）：再以来源 {source} 导入会把每一行记成另一家的。
    请用 --source {first}；确实是另一家的，请加 --anyway。"""

    code = "known_elsewhere"


class LayoutUnknown(NotThisFile):
    """{name} 的列是 {columns}，不是任何已知布局{nearest}。已知布局：{known}。请用
    --mapping 指定一个，或为这种文件写一个布局（.json）。"""

    code = "no_layout"


class LayoutUnclear(NotThisFile):
    """{name} 的列是 {columns}，同时符合几种布局：{names}。请用 --mapping 指定其中一个。"""

    code = "layout_unclear"


class LayoutUnfit(NotThisFile):
    """{name} 的列是 {columns}，不符合布局 {layout}：还缺 {missing}。"""

    code = "layout_unfit"


class NoTracking(NotThisFile):
    """{name} 的列是 {columns}，认不出物流轨迹：应有 运单号、时间、状态或内容 列，或为承运商的原始报文（JSON）。"""

    code = "no_tracking"


def survey(path: Path, plan: Plan) -> None:
    """Raise FileRefused or NotThisFile when the file as a whole cannot be taken. Nothing is stored yet."""
    if not path.is_file():
        raise NoFile(name=path)
    with path.open("rb") as stream:
        whole = stream.read(4).startswith(MANY_PARTS)
    samples: dict[str, list[Record]] = {}
    for seen, told in enumerate(open_records(path, shape=plan.shape), start=1):
        if isinstance(told, Record):
            sample = samples.setdefault(told.where, [])
            if len(sample) < SAMPLE:
                sample.append(told)
        if seen >= SAMPLE and not whole:
            break
    for where, sample in samples.items():
        _check(where, sample, plan)


def _check(where: str, sample: Sequence[Record], plan: Plan) -> None:
    columns = _columns(sample)
    if plan.layout is not None:
        if missing := missing_columns(plan.layout, columns):
            raise LayoutUnfit(name=where, columns=_listed(columns), layout=plan.layout.name, missing="、".join(missing))
        return
    if not all(_is_strange(record, plan) for record in sample):
        return
    if plan.connector.name == order_file.CONNECTOR.name:
        raise _without_layout(where, columns)
    raise NoTracking(name=where, columns=_listed(columns))


def _is_strange(record: Record, plan: Plan) -> bool:
    reading = read_row(record.body, plan)
    strange = all(one.code in STRANGE for one in reading.unreadable)
    return not reading.items and bool(reading.unreadable) and strange


def _columns(sample: Sequence[Record]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for record in sample:
        if isinstance(record.fields, Mapping):
            names |= dict.fromkeys(flat(record.fields))
    return tuple(names)


def _without_layout(where: str, columns: Sequence[str]) -> NotThisFile:
    listed = _listed(columns)
    match find_layout(columns, shipped_layouts()):
        case Ambiguous(names=names):
            return LayoutUnclear(name=where, columns=listed, names="、".join(names))
        case NoLayout(nearest=nearest, missing=missing) if nearest:
            near = f"；最接近的是 {nearest}，还缺 {'、'.join(missing)}"
        case NoLayout() | Layout():
            near = ""
    known = "、".join(f"{one.name}（{one.title}）" for one in shipped_layouts())
    return LayoutUnknown(name=where, columns=listed, nearest=near, known=known)


def _listed(columns: Sequence[str]) -> str:
    return "、".join(columns[:MOST_COLUMNS]) + ("…" if len(columns) > MOST_COLUMNS else "") or "（没有列名）"
