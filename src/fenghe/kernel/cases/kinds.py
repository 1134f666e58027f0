"""What a case says and what may be decided (工单说明): plain sentences and the decisions that fit each kind. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from fenghe.kernel.timeline import DECISIONS, TimelineItem
from fenghe.kernel.titles import Titles
from fenghe.kernel.values import CHINA

SEVERITIES: Final = {1: "low", 2: "medium", 3: "high"}
SEVERITY_NUMBERS: Final = {word: number for number, word in SEVERITIES.items()}

RULINGS: Final = ("accept_theirs", "keep_ours", "ask_again")
_NEVER_THEIRS: Final = frozenset({"reused_number"})
"""Evidence of another parcel that once bore the number says nothing of this one: it cannot be made ours."""

_FEWER: Final[Mapping[str, tuple[str, ...]]] = {
    "silent": ("ask_again",),
    "answer_differs": ("ask_again",),
    "cannot_ask": (),
    "no_push": (),
    "number_differs": (),
    "not_shipped": (),
}
"""Kinds without two sides to choose between: only evidence (or what is set right elsewhere) ends them."""
_OF_MANY: Final = frozenset({"money"})
"""A case that stands for a list of differences is settled in that list, one by one, and closes with the last."""

_LOG: Final = {
    "opened": "发现分歧,建立工单",
    "raised": "由人从核查结果建立工单",
    "noticed": "系统发现,建立工单",
    "noticed_again": "情况有变,已更新",
    "evidence": "有新的证据",
    "unassigned": "取消负责人",
    "resolved": "已解决",
    "self_closed": "证据补齐,自动关闭",
}

_NOTICED: Final = ("stage_done", "stage_void", "promise_moved", "heard_again", "switched_off")
"""What closes a noticed case by itself; DECISIONS has the words."""


def decisions(kind: str, status: str) -> tuple[str, ...]:
    """What a person may decide on a case of this kind in this state."""
    if status != "open" or kind.partition(".")[0] in _OF_MANY:
        return ()
    reason = kind.partition(".")[2]
    if kind.startswith("callback."):
        return ("settled",)  # raised by a person about what was told: no two sides to choose between
    if reason in _FEWER:
        return _FEWER[reason]
    if reason.startswith("promise_") or kind.startswith("source."):
        return ()  # nobody's word settles these: they close by themselves when what they wait for happens
    return tuple(one for one in RULINGS if not (one == "accept_theirs" and reason in _NEVER_THEIRS))


def moment_words(moment: datetime) -> str:
    """A moment as people in China write it."""
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def log_words(body: str) -> str:
    """A log entry in plain words; `assigned:王五` and the like carry what they are about behind the colon."""
    word, _, rest = body.partition(":")
    match word:
        case "resolved":
            return f"已解决:{DECISIONS.get(rest, rest)}"
        case "ruling":
            decision, _, reason = rest.partition(":")
            return f"裁定「{DECISIONS.get(decision, decision)}」,理由:{reason}"
        case "self_closed" if rest in _NOTICED:
            return f"{DECISIONS[rest]},自动关闭"
        case "assigned":
            return f"指派给 {rest}"
        case "due":
            return f"到期时间改为 {moment_words(datetime.fromisoformat(rest))}" if rest else "取消到期时间"
        case _:
            return _LOG.get(word, body)


def settled_words(case: Mapping[str, Any]) -> str:
    """Who settled a case, when and how; for the sentence on it and for whoever comes second."""
    when = moment_words(case["closed_at"]) if case["closed_at"] else ""
    if case["status"] == "self_closed" and case["resolution"] in _NOTICED:
        return f"{DECISIONS[case['resolution']]},系统已于 {when} 自动关闭"
    if case["status"] == "self_closed":
        return f"后来的证据补上了缺口,系统已于 {when} 自动关闭"
    who = case["resolver"] or case["resolved_by"] or "系统"
    return f"{who} 已于 {when} 裁定「{DECISIONS.get(case['resolution'] or '', case['resolution'] or '')}」"


def explanation(
    case: Mapping[str, Any],
    *,
    ours: Sequence[TimelineItem],
    theirs: Sequence[TimelineItem],
    policy: Mapping[str, Any],
    titles: Titles,
) -> str:
    """Why nothing was overwritten, as one would say it to a colleague."""
    if told := case.get("evidence", {}).get("told"):
        return str(told) if case["status"] == "open" else f"{str(told).rstrip('。')}。{settled_words(case)}。"
    kind = case["subject_kind"] or ""
    our_side = f"我方为「{titles.state(kind, case['ours']) or '无记录'}」{_told_by(ours)}"
    teller = theirs[-1].source_title if theirs else "对方"
    their_side = f"{teller}说「{titles.state(kind, case['theirs']) or '无记录'}」{_told_at(theirs)}"
    end = "等待人工裁定" if case["status"] == "open" else settled_words(case)
    return f"{our_side},{their_side},{_why(case, policy, titles)},因此没有覆盖,{end}。"


def _told_by(items: Sequence[TimelineItem]) -> str:
    return f"(来自 {items[-1].source_title},{moment_words(items[-1].occurred_at)})" if items else ""


def _told_at(items: Sequence[TimelineItem]) -> str:
    return f"({moment_words(items[-1].occurred_at)})" if items else ""


def _why(case: Mapping[str, Any], policy: Mapping[str, Any], titles: Titles) -> str:
    reason, apart = case["reason"], case["distance"]
    match reason:
        case "distance" if apart is not None and "distance" in policy:
            return f"相差 {apart} 个节点,超过阈值 {policy['distance']}"
        case "age" if apart is not None and "age_hours" in policy:
            return f"相差 {apart} 个节点,分歧已超过 {policy['age_hours']} 小时"
        case _:
            return titles.reason(case["subject_kind"] or "", reason)
