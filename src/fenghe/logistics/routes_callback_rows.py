"""A callback audit as the screens, files and commands are told it (核查内容): audits, findings, and the cells of an export."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from fenghe.kernel.timeline import EFFECTS
from fenghe.kernel.titles import Titles
from fenghe.kernel.values import from_ms
from fenghe.kernel.web.exporting import Cell
from fenghe.logistics.callbacks import KINDS, ORDER_KINDS, Located
from fenghe.logistics.store_callback_audits import BY_ITSELF, Audit

LEVELS: Final = {1: "low", 2: "medium", 3: "high"}
LEVEL_TITLES: Final = {1: "低", 2: "中", 3: "高"}
NOT_IMPORTED: Final = "仅核查,未导入"
EXPORTED: Final = (
    "问题", "级别", "运单号", "订单号", "承运商", "连接", "字段", "对方说法", "我方记录", "说明", "怎么处理的", "依据规则",
    "状态码", "时间", "报文号", "文件与行", "工单号",
)  # fmt: skip
RULES: Final[Mapping[str, str]] = {
    "status_mapping": "状态映射",
    "empty_status": "空状态不改变任何状态",
    "empty_trace": "空列表不是证据",
    "own_creation": "更新不早于创建",
    "order_creation": "轨迹不早于订单",
    "foreign_order": "单号与订单相符",
    "two_orders": "一个运单号一个订单",
    "other_number": "信封与轨迹同一单号",
    "one_message": "一条消息不自相矛盾",
    "signed_is_forward": "转单不是签收",
    "carriers_named": "一个单号一家承运商",
    "carriers_in_texts": "一个单号一家承运商",
    "number_form": "单号写法与承运商相符",
    "long_pause": "单号复用",
    "before_order": "单号复用",
    "watch_ended": "未到终态不停止跟踪",
    "silence": "静默上限",
    "never_heard": "静默上限",
    "list": "列表按时间排列",
    "arrival": "先到的不晚于后到的",
    "same_bytes": "同样的报文只算一次",
    "told_before": "同样的内容只算一次",
    "twice_in_list": "同样的轨迹只算一次",
    "future_time": "发生不晚于收到",
    "no_time": "轨迹要有时间",
    "moves_after_delivered": "熔断:签收之后",
    "signed_after_forward": "熔断:转单之后",
    "after_final": "熔断:终态之后",
    "cancelled_after_handover": "熔断:发货之后",
}
FUSE_RULES: Final = frozenset(
    {
        "moves_after_delivered",
        "signed_after_forward",
        "after_final",
        "cancelled_after_handover",
        "before_order",
        "foreign_order",
    }
)
"""Rules whose thresholds a person may edit on the fuse's page."""


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """One audit in the list of audits."""

    id: str
    about: str
    origin: str
    since: datetime | None
    until: datetime | None
    source: str
    file_name: str
    by_itself: bool
    asked_by: str
    asked_at: datetime
    status: str
    started_at: datetime | None
    finished_at: datetime | None
    read: int
    audited: int
    unreadable: int
    pending: int
    subjects: int
    found: int
    kept: int
    reasons: Mapping[str, int]
    problem: str | None


class KindCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many findings of one kind there are here."""

    kind: str
    title: str
    found: int


class FindingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One finding. `done`: what the fuse did with the word; `link`: where its rule can be seen or changed."""

    id: str
    key: str
    kind: str
    kind_title: str
    severity: str
    at: datetime
    number: str
    order_no: str
    carrier: str
    carrier_title: str
    source: str
    source_title: str
    codes: str
    code: str
    field: str
    theirs: str
    ours: str
    words: str
    rule: str
    rule_title: str
    done: str
    link: str
    message_id: str | None
    where: str
    shipment_id: str | None
    order_id: str | None
    case_id: str | None
    case_status: str | None


def audit_row(audit: Audit) -> AuditRow:
    """An audit in the screens' words."""
    told = {name: getattr(audit, name) for name in AuditRow.__struct_fields__ if name not in ("id", "by_itself")}
    return AuditRow(id=str(audit.id), by_itself=audit.asked_by == BY_ITSELF, **told)


def kind_counts(about: str, counts: Mapping[str, int]) -> list[KindCount]:
    """Every kind in its order, also those of which there are none."""
    kinds = KINDS if about == "tracking" else ORDER_KINDS
    return [KindCount(kind=kind, title=title, found=counts.get(kind, 0)) for kind, title in kinds.items()]


def finding_row(row: Mapping[str, Any], titles: Titles, *, about: str, from_file: bool) -> FindingRow:
    """A stored finding in the screens' words."""
    return FindingRow(
        id=str(row["n"]),
        **{
            name: row[name]
            for name in (
                "key", "kind", "at", "number", "order_no", "carrier", "source", "codes", "code", "field", "theirs", "ours",
                "words", "rule",
            )
        },
        kind_title=kind_title(row["kind"]),
        severity=LEVELS[row["severity"]],
        carrier_title=titles.carrier(row["carrier"]),
        source_title=row["source_title"] or row["source"],
        rule_title=RULES.get(row["rule"], kind_title(row["rule"])),
        done=done_words(row["effect"], row["effect_reason"], titles, from_file=from_file),
        link=link_of(row["kind"], row["rule"], codes=row["codes"], code=row["code"], carrier=row["carrier"]),
        message_id=None if row["message_id"] is None else str(row["message_id"]),
        where=row["origin"],
        shipment_id=str(row["subject_id"]) if row["subject_id"] is not None and about == "tracking" else None,
        order_id=None if row["order_id"] is None else str(row["order_id"]),
        case_id=None if row["case_id"] is None else str(row["case_id"]),
        case_status=row["case_status"],
    )  # fmt: skip


def kind_title(kind: str) -> str:
    """What a kind is called."""
    return KINDS.get(kind) or ORDER_KINDS.get(kind) or kind


def done_words(effect: str, reason: str, titles: Titles, *, from_file: bool) -> str:
    """What was done with the word: 存疑(相差超过允许的节点数)."""
    words = EFFECTS.get(effect, "")
    if words and reason:
        words += f"({titles.reason('shipment', reason)})"
    if from_file:
        return f"{NOT_IMPORTED};若导入:{words}" if words else NOT_IMPORTED
    return words


def link_of(kind: str, rule: str, *, codes: str, code: str, carrier: str) -> str:
    """The screen where the rule stands: the mapper with the code, or the fuse's thresholds; "" where nothing is to be edited."""
    if kind in ("unknown_code", "empty_status") and codes:
        return f"/mapping/{codes}" + (f"?code={code}" if code else "")
    return f"/policies/{carrier or 'default'}" if rule in FUSE_RULES else ""


def exported(row: FindingRow) -> Sequence[Cell]:
    """A finding as the cells of a file."""
    return (
        row.kind_title, LEVEL_TITLES[next(n for n, word in LEVELS.items() if word == row.severity)], row.number, row.order_no,
        row.carrier_title, row.source_title, row.field, row.theirs, row.ours, row.words, row.done, row.rule_title, row.code,
        row.at, row.message_id, row.where, row.case_id,
    )  # fmt: skip


def located_row(one: Located, titles: Titles, *, n: int, about: str, from_file: bool) -> FindingRow:
    """A finding that was just made, as a stored one would be told."""
    found = one.finding
    told = {
        **msgspec.structs.asdict(found), "n": n, "at": from_ms(found.at_ms), "origin": found.where,
        "subject_id": one.subject_id, "order_id": one.order_id, "source_title": titles.source(found.source),
        "case_id": None, "case_status": None,
    }  # fmt: skip
    return finding_row(told, titles, about=about, from_file=from_file)
