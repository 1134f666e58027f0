"""Where an import belongs (导入来源): the kind of file, the source it is told by, and how its rows are read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import msgspec
from psycopg import Connection

from fenghe.connectors import money_file, order_file, tracking_file
from fenghe.hub import money_plan, store_importing
from fenghe.kernel.connecting import Connector, InboundMessage, Reading
from fenghe.kernel.connections.store import LARGEST_CONFIG, SOURCE_ID, NewSource, create_source
from fenghe.kernel.intake import Shape
from fenghe.kernel.layouts import BadLayout
from fenghe.kernel.people.person import Actor
from fenghe.kernel.web.problems import Problem
from fenghe.logistics.events import CARRIERS
from fenghe.logistics.mapping import shipped_code_lists
from fenghe.money.layouts import Kind as MoneyKind
from fenghe.money.layouts import Layout as MoneyLayout
from fenghe.money.layouts import parse_layout as parse_money_layout
from fenghe.orders.layouts import Layout, parse_layout, shipped_layout, shipped_layouts

KINDS: Final[Mapping[str, Connector | None]] = {
    "orders": order_file.CONNECTOR,
    "order-events": order_file.CONNECTOR,
    "tracking": tracking_file.CONNECTOR,
    "payments": money_file.CONNECTOR,
    "refunds": money_file.CONNECTOR,
    "vouchers": money_file.CONNECTOR,
    "statement": money_file.CONNECTOR,
    "payouts": money_file.CONNECTOR,
    "skus": None,
    "listings": None,
    "stock": None,
    "prices": None,
}
"""What may be imported and who reads it; None: not yet in this version."""

READABLE: Final = tuple(kind for kind, connector in KINDS.items() if connector is not None)


class ImportRefused(Exception):
    """这次导入的写法有误。"""

    code: ClassVar[str] = "call_wrong"

    def __init__(self, **facts: object) -> None:
        super().__init__(" ".join((type(self).__doc__ or "").split()).format(**facts))


class UnknownKind(ImportRefused):
    """没有 {kind} 这一类文件，可导入的有 {known}。"""

    code = "unknown_kind"


class NotYet(ImportRefused):
    """{kind}：本版本尚不支持（not yet in this version）；现在可导入的有 {known}。"""

    code = "not_yet"


class BadSourceName(ImportRefused):
    """来源名 {source} 不可用：应为 1 到 63 位小写字母、数字、点、下划线或短横，以字母或数字开头，如 tmall-2026。"""

    code = "bad_source"


class OtherConnector(ImportRefused):
    """来源 {source} 属于「{found}」，不能用来导入 {kind}；请用 --source 另起一个名字。"""

    code = "other_connector"


class SourceDisabled(ImportRefused):
    """来源 {source} 已停用；请先在「连接」页启用它，或换一个来源名。"""

    code = "source_disabled"


class OtherMapping(ImportRefused):
    """来源 {source} {found}，不能再改用 {wanted}；请用 --source 另起一个名字。"""

    code = "other_mapping"


class UnknownMapping(ImportRefused):
    """没有名为 {mapping} 的{what}；已知的有 {known}。"""

    code = "unknown_mapping"


class BadMapping(ImportRefused):
    """布局文件 {mapping} 有误：{place} 处应为 {expected}。"""

    code = "bad_mapping"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to import. `mapping`: a layout's name or file for orders, a code list for tracking."""

    kind: str
    source: str
    mapping: str | None = None


class Plan(msgspec.Struct, kw_only=True):
    """How files of this wish are read. `exists`: the source is in the database."""

    kind: str
    source: str
    title: str
    connector: Connector
    config: Mapping[str, Any]
    shape: Shape
    layout: Layout | None
    exists: bool
    money: MoneyKind | None = None
    """The kind again, where it is one of money."""
    money_layout: MoneyLayout | None = None
    """The one layout that files of money are to be read by; None: each file's columns tell."""
    layouts: tuple[MoneyLayout, ...] = ()
    """What files of money may be recognised by."""


def plan_import(connection: Connection[Any], wish: Wish) -> Plan:
    """Check the wish against what is there; raises ImportRefused in the user's words. Nothing is written."""
    connector = _connector(wish.kind)
    source = wish.source.strip().lower()
    if not SOURCE_ID.fullmatch(source):
        raise BadSourceName(source=wish.source)
    found = store_importing.find_source(connection, source)
    if found is not None and found.connector != connector.name:
        raise OtherConnector(source=source, found=found.connector, kind=wish.kind)
    if found is not None and not found.enabled:
        raise SourceDisabled(source=source)
    if connector.name == money_file.CONNECTOR.name:
        return _money_plan(connection, wish, source, found)
    wanted = _config(connector, wish.mapping, source)
    if found is not None and wish.mapping is not None:
        _same_mapping(source, found.config, wanted)
    config = wanted if found is None else found.config
    layout = _layout(config.get("layout"))
    return Plan(
        kind=wish.kind,
        source=source,
        title=wish.source.strip(),
        connector=connector,
        config=config,
        shape=_shape(layout),
        layout=layout,
        exists=found is not None,
    )


def _money_plan(connection: Connection[Any], wish: Wish, source: str, found: store_importing.Known | None) -> Plan:
    """A named layout is noted with each row; one that the user wrote belongs to the source, which then reads nothing else."""
    kind: MoneyKind = next(one for one in money_plan.KINDS if one == wish.kind)
    layout: MoneyLayout | None = None
    config: Mapping[str, Any] = {} if found is None else found.config
    try:
        if wish.mapping is not None and wish.mapping.endswith(".json"):
            wanted = {"layout": money_plan.written_layout(Path(wish.mapping), kind)}
            if found is not None:
                _same_mapping(source, found.config, wanted)
            config = wanted
        elif wish.mapping is not None:
            if config.get("layout"):
                _same_mapping(source, config, {"layout": wish.mapping})
            layout = money_plan.named_layout(connection, wish.mapping, kind)
    except money_plan.MappingRefused as problem:
        raise _mapping_refused(problem) from None
    own = config.get("layout")
    if isinstance(own, Mapping):
        layout = parse_money_layout(msgspec.json.encode(own))
    return Plan(
        kind=wish.kind, source=source, title=wish.source.strip(), connector=money_file.CONNECTOR, config=config,
        shape=money_shape(layout), layout=None, exists=found is not None, money=kind, money_layout=layout,
        layouts=money_plan.known_layouts(connection, kind),
    )  # fmt: skip


def _mapping_refused(problem: money_plan.MappingRefused) -> ImportRefused:
    refused = ImportRefused()
    refused.args = problem.args
    refused.__dict__["code"] = problem.code
    return refused


def money_shape(layout: MoneyLayout | None) -> Shape:
    """What a layout of money says of how its file is read."""
    if layout is None:
        return Shape()
    return Shape(
        header_has=layout.header_has,
        skip_prefixes=layout.skip_prefixes,
        sheet=layout.sheet,
        short_rows=layout.short_rows,
    )


def _connector(kind: str) -> Connector:
    known = "、".join(READABLE)
    if kind not in KINDS:
        raise UnknownKind(kind=kind, known=known)
    connector = KINDS[kind]
    if connector is None:
        raise NotYet(kind=kind, known=known)
    return connector


def _config(connector: Connector, mapping: str | None, source: str) -> dict[str, Any]:
    if mapping is None:
        return {}
    if connector.name == tracking_file.CONNECTOR.name:
        if mapping not in shipped_code_lists():
            raise UnknownMapping(mapping=mapping, what="状态码表", known="、".join(shipped_code_lists()))
        return {"codes": mapping, **({"carrier": mapping} if mapping in CARRIERS else {})}
    if mapping.endswith(".json"):
        return _declared(Path(mapping), source)
    if shipped_layout(mapping) is None:
        known = "、".join(one.name for one in shipped_layouts())
        raise UnknownMapping(mapping=mapping, what="布局（或用 .json 结尾的布局文件）", known=known)
    return {"layout": mapping}


def _declared(path: Path, source: str) -> dict[str, Any]:
    """A layout that the user wrote; where it names no channel, the source is one."""
    try:
        if path.stat().st_size > LARGEST_CONFIG // 2:
            raise BadMapping(mapping=path, place="$", expected=f"最多 {LARGEST_CONFIG // 2048} KB 的布局")
        body = path.read_bytes()
        layout = parse_layout(body)
    except OSError as problem:
        raise BadMapping(mapping=path, place="$", expected=f"可读的文件（{problem.strerror}）") from None
    except BadLayout as problem:
        raise BadMapping(mapping=path, place=problem.path, expected=problem.expected) from None
    told = {"layout": msgspec.json.decode(body)}
    return told if layout.channel else {**told, "channel": source}


def _same_mapping(source: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    names = ("layout", "codes")
    now, new = ({name: told[name] for name in names if name in told} for told in (found, wanted))
    if now != new:
        has = f"已定为 {_named(now)}" if now else "按列名自动识别布局"
        raise OtherMapping(source=source, found=has, wanted=_named(new))


def _named(told: Mapping[str, Any]) -> str:
    value = next(iter(told.values()), "")
    return str(value.get("name", "自定义布局")) if isinstance(value, Mapping) else str(value)


def _layout(told: Any) -> Layout | None:
    if told is None:
        return None
    return shipped_layout(told) if isinstance(told, str) else parse_layout(msgspec.json.encode(told))


def _shape(layout: Layout | None) -> Shape:
    if layout is None:
        return Shape()
    return Shape(
        header_has=layout.header_has,
        skip_prefixes=layout.skip_prefixes,
        sheet=layout.sheet,
        short_rows=layout.short_rows,
    )


def read_row(body: bytes, plan: Plan) -> Reading:
    """A row as the worker is going to read it."""
    return plan.connector.read(
        InboundMessage(
            id=0,
            source=plan.source,
            connector=plan.connector.name,
            received_ms=0,
            headers={},
            body=body,
            config=plan.config,
        )
    )


def ensure(connection: Connection[Any], plan: Plan, actor: Actor) -> None:
    """Make the source on its first use; two imports that begin at once agree on one."""
    if plan.exists:
        return
    wish = NewSource(id=plan.source, connector=plan.connector.name, title=plan.title[:60], config=dict(plan.config))
    try:
        with connection.transaction():
            create_source(connection, wish, kind=plan.connector.kind, key=b"", actor=actor)
    except Problem as problem:
        if problem.code != "source_taken":
            raise
        found = store_importing.find_source(connection, plan.source)
        if found is None or found.connector != plan.connector.name or found.config != plan.config:
            raise OtherConnector(source=plan.source, found="另一个同时开始的导入", kind=plan.kind) from None
    plan.exists = True
