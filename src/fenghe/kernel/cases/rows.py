"""A case as the screens are told it (工单内容): the row of the queue, and the page with both sides' evidence. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from fenghe.kernel.cases.kinds import SEVERITIES, decisions, explanation, log_words
from fenghe.kernel.judging.decide import Booked
from fenghe.kernel.timeline import DECISIONS, Story, TimelineItem, item_of, label_of
from fenghe.kernel.titles import Titles


class Owner(msgspec.Struct, frozen=True):
    """Whose case it is."""

    id: str
    name: str


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case in the queue."""

    id: str
    kind: str
    kind_title: str
    severity: str
    status: str
    title: str
    subject_kind: str | None
    subject_id: str | None
    subject_label: str
    order_id: str | None
    order_no: str | None
    owner: Owner | None
    due_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    resolution: str | None
    resolution_title: str | None
    resolved_by: str | None
    ours: str | None
    ours_title: str | None
    theirs: str | None
    theirs_title: str | None
    distance: int | None
    reason: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides."""

    ours: Sequence[TimelineItem]
    theirs: Sequence[TimelineItem]


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """The policy that judged."""

    version: str
    distance: int | None = None
    age_hours: int | None = None


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said."""

    id: str
    at: datetime
    author: str
    text: str


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to the case."""

    at: datetime
    who: str
    what: str


class CaseDetail(CaseRow, frozen=True, kw_only=True):
    """A case's page."""

    evidence: Evidence
    explanation: str
    policy: Thresholds
    comments: Sequence[Comment]
    log: Sequence[LogEntry]
    decisions: Sequence[str]
    raw_message_id: str | None


def case_row(row: Mapping[str, Any], titles: Titles) -> CaseRow:
    """A row of `cases.store` in the screens' words."""
    return CaseRow(**_fields(row, titles))


def _fields(row: Mapping[str, Any], titles: Titles) -> dict[str, Any]:
    kind = row["subject_kind"] or ""
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "kind_title": titles.case_kind(row["kind"]),
        "severity": SEVERITIES[row["severity"]],
        "subject_kind": row["subject_kind"],
        "subject_id": _text(row["subject_id"]),
        "subject_label": label_of(kind, row["key"]) if row["key"] else "",
        "order_id": _text(row["order_id"]),
        "owner": Owner(str(row["owner_id"]), row["owner_name"] or "") if row["owner_id"] is not None else None,
        "resolution_title": DECISIONS.get(row["resolution"], row["resolution"]) if row["resolution"] else None,
        "resolved_by": row["resolver"] or row["resolved_by"],
        "ours_title": titles.state(kind, row["ours"]),
        "theirs_title": titles.state(kind, row["theirs"]),
        "reason": titles.reason(kind, row["reason"]),
        **{
            name: row[name]
            for name in (
                "status", "title", "order_no", "due_at", "opened_at", "closed_at", "resolution", "ours",
                "theirs", "distance",
            )
        },
    }  # fmt: skip


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def case_detail(
    row: Mapping[str, Any],
    entries: Sequence[Mapping[str, Any]],
    *,
    story: Story | None,
    path: Sequence[Booked],
    policy: Mapping[str, Any],
    titles: Titles,
) -> CaseDetail:
    """The case's page; `story` and `path` are its subject's."""
    evidence = evidence_of(row, story, path=path, titles=titles)
    return CaseDetail(
        **_fields(row, titles),
        evidence=evidence,
        explanation=explanation(row, ours=evidence.ours, theirs=evidence.theirs, policy=policy, titles=titles),
        policy=Thresholds(
            version=row["rule_version"], distance=policy.get("distance"), age_hours=policy.get("age_hours")
        ),
        comments=[
            Comment(id=str(one["id"]), at=one["at"], author=one["author"], text=one["body"])
            for one in entries
            if one["kind"] == "comment"
        ],
        log=[
            LogEntry(
                at=one["at"], who="系统" if one["author"] == "fenghe" else one["author"], what=log_words(one["body"])
            )
            for one in entries
            if one["kind"] == "log"
        ],
        decisions=decisions(row["kind"], row["status"]),
        raw_message_id=evidence.theirs[-1].message_id if evidence.theirs else _text(row["evidence"].get("message_id")),
    )


def evidence_of(row: Mapping[str, Any], story: Story | None, *, path: Sequence[Booked], titles: Titles) -> Evidence:
    """Theirs: what the dispute names. Ours: what brought the state we hold, and the seller's word of the hand-over."""
    if story is None:
        return Evidence(ours=(), theirs=())
    told = sorted(story.history, key=lambda one: (one.occurred_ms, one.heard_ms, one.key))
    disputed = {str(key) for key in row["evidence"].get("keys", ())}
    brought = [booked.step.key for booked in path if booked.step.to_state == row["ours"]][-1:]
    ours = [one for one in told if one.key in brought or (one.kind == "handover" and one.key not in disputed)]
    return Evidence(
        ours=[item_of(one, story, titles) for one in ours],
        theirs=[item_of(one, story, titles) for one in told if one.key in disputed],
    )
