"""The break queue as a sheet (差异表往返): signed rows out, a person's words back in, and what they would change. Pure.

A row's signature covers its key and the break as it stood: a row mixed up, made up, or overtaken by a later run is refused
by its line, never guessed at. Only owner, decision and comment are read back; the rest of a row is for the eye.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from fenghe.kernel.values import Money
from fenghe.money.causes import title_of

HEADINGS: Final = (
    "行签名", "差异编号", "原因", "代码", "订单号", "支付单号", "渠道", "支付机构", "日期", "币种", "我方", "对方", "差额",
    "说明", "状态", "负责人", "处理意见", "备注",
)  # fmt: skip
DECISIONS: Final = {
    "": "",
    "待查": "investigate",
    "已联系渠道": "asked_provider",
    "已联系买家": "asked_buyer",
    "待补凭证": "to_book",
    "待退款": "to_refund",
    "建议接受": "accept",
}
"""What a person may decide in the sheet; 建议接受 still needs the ruling of two."""
DECISION_TITLES: Final = {code: word for word, code in DECISIONS.items()}
LONGEST_COMMENT: Final = 2_000


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """What one row of a sheet wants changed: field → (before, after)."""

    line: int
    key: str
    changes: dict[str, tuple[str, str]]


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is not taken, and why, in the user's words."""

    line: int
    field: str
    reason: str


def sign(secret: bytes, one: Mapping[str, Any]) -> str:
    """The signature of a break as it stands."""
    told = f"{one['key']}|{one['status']}|{one['amount_minor']}|{one['last_run']}"
    return hmac.new(secret, told.encode(), hashlib.sha256).hexdigest()[:24]


def cells(secret: bytes, one: Mapping[str, Any]) -> tuple[Any, ...]:
    """A break as a row of the sheet."""

    def money(name: str) -> Money | None:
        return None if one[name] is None else Money(one["currency"], one[name])

    return (
        sign(secret, one), one["key"], title_of(one["cause"]), one["cause"], one["order_no"], one["payment_no"], one["channel"],
        one["provider"], one["day"], one["currency"], money("ours_minor"), money("theirs_minor"), money("amount_minor"),
        one["note"], "未结" if one["status"] == "open" else "已结", one["owner"] or "", DECISION_TITLES.get(one["decision"], ""),
        one["comment"],
    )  # fmt: skip


def read_back(
    secret: bytes,
    rows: Iterable[tuple[int, Mapping[str, str]]],
    *,
    standing: Mapping[str, Mapping[str, Any]],
    owners: Sequence[str],
) -> tuple[list[Edit], list[Refused]]:
    """What a sheet would change in the breaks as they stand now, and the rows that are refused."""
    edits, refused = [], []
    seen: set[str] = set()
    for line, row in rows:
        told = _row(secret, line, row, standing=standing, owners=owners, seen=seen)
        if isinstance(told, Refused):
            refused.append(told)
        elif told.changes:
            edits.append(told)
    return edits, refused


def _row(
    secret: bytes,
    line: int,
    row: Mapping[str, str],
    *,
    standing: Mapping[str, Mapping[str, Any]],
    owners: Sequence[str],
    seen: set[str],
) -> Edit | Refused:
    key, signature = row.get("差异编号", "").strip(), row.get("行签名", "").strip()
    known = standing.get(key)
    if known is None:
        return Refused(line=line, field="差异编号", reason=f"没有编号为 {key or '（空）'} 的差异")
    if key in seen:
        return Refused(line=line, field="差异编号", reason="同一差异在表里出现了两次")
    seen.add(key)
    if not hmac.compare_digest(signature, sign(secret, known)):
        return Refused(
            line=line, field="行签名", reason="行签名对不上：这一行被改动过，或差异在导出之后有了变化，请重新导出"
        )
    owner, decision = row.get("负责人", "").strip(), row.get("处理意见", "").strip()
    comment = row.get("备注", "").strip()
    if owner and owner not in owners:
        return Refused(line=line, field="负责人", reason=f"没有叫 {owner} 的人员，或其账号已停用")
    if decision not in DECISIONS:
        return Refused(
            line=line, field="处理意见", reason=f"处理意见应为 {'、'.join(word for word in DECISIONS if word)}"
        )
    if len(comment) > LONGEST_COMMENT:
        return Refused(line=line, field="备注", reason=f"备注最长 {LONGEST_COMMENT} 个字")
    wanted = {"owner": owner, "decision": DECISIONS[decision], "comment": comment}
    before = {"owner": known["owner"] or "", "decision": known["decision"], "comment": known["comment"]}
    changes = {name: (before[name], after) for name, after in wanted.items() if before[name] != after}
    return Edit(line=line, key=key, changes=changes)
