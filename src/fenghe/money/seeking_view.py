"""A search as people are told of it (寻踪结果): who was asked what, when, and the answer in plain words. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

WHO: Final[Mapping[str, str]] = {
    "provider": "支付机构", "channel": "销售渠道", "carrier": "承运商", "bill": "账单", "files": "文件与报文",
}  # fmt: skip
STATUS: Final[Mapping[str, str]] = {
    "waiting": "进行中", "found": "有新证据", "nothing": "没有", "failed": "没问成", "not_asked": "没有问", "late": "还没答复",
}  # fmt: skip


class SearchQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Who was asked what, when, and the answer in plain words. `evidence`: how much it attached to the chain."""

    who: str
    who_title: str
    source: str
    source_title: str
    words: str
    status: str
    status_title: str
    answer: str
    message_id: str | None
    evidence: int
    asked_at: datetime
    answered_at: datetime | None


class SearchGap(msgspec.Struct, frozen=True, kw_only=True):
    """A gap the search was about, and whether it is closed."""

    name: str
    words: str
    closed: bool


class SearchView(msgspec.Struct, frozen=True, kw_only=True):
    """One search: who began it about what, whom it asked, and which gaps it closed."""

    id: str
    number: str
    which: str
    gap: str
    words: str
    status: str
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    gaps: Sequence[SearchGap]
    closed: int
    questions: Sequence[SearchQuestion]
    how: str = ""
    """Of a wish: begun, joined (one is under way), former (the same was made minutes ago)."""


def view_of(row: Mapping[str, Any], how: str = "") -> SearchView:
    """One search as the screens are told it."""
    done = row["gaps_after"] is not None
    still = {one["name"] for one in row["gaps_after"] or ()}
    gaps = [
        SearchGap(name=one["name"], words=one["words"], closed=done and one["name"] not in still)
        for one in row["gaps_before"]
    ]
    return SearchView(
        id=str(row["id"]),
        number=row["number"],
        which=row["which"],
        gap=row["scope"],
        words=row["scope_words"],
        status=row["status"],
        asked_by=row["asked_by"],
        asked_at=row["asked_at"],
        finished_at=row["finished_at"],
        gaps=gaps,
        closed=sum(one.closed for one in gaps),
        questions=[_question(one) for one in row["questions"]],
        how=how,
    )


def _question(row: Mapping[str, Any]) -> SearchQuestion:
    return SearchQuestion(
        who=row["who"],
        who_title=WHO[row["who"]],
        source=row["source"],
        source_title=row["source_title"],
        words=row["words"],
        status=row["status"],
        status_title=STATUS[row["status"]],
        answer=row["answer"],
        message_id=None if row["message_id"] is None else str(row["message_id"]),
        evidence=row["evidence"],
        asked_at=row["asked_at"],
        answered_at=row["answered_at"],
    )
