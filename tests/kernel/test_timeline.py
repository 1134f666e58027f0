"""The timeline: the order of things, words for what has none, and what was known at a moment."""

from typing import Any

from fenghe.kernel.timeline import Story, known_at, label_of, timeline
from fenghe.kernel.titles import Titles
from fenghe.kernel.values import Effect, Observation

TITLES = Titles(
    states={"shipment": {"delivered": "已签收", "info": "信息"}},
    reasons={"shipment": {"in_step": "顺序推进"}},
    carriers={"zto": "中通快递"},
    sources={"zto": "中通推送"},
)


def told(key: str, at: int, **more: Any) -> Observation:
    """An observation."""
    fields: dict[str, Any] = {
        "status": None, "heard_ms": at, "kind": "event", "source": "zto", "message_id": 7, "item": 0, "code": "",
        "text": "",
    }  # fmt: skip
    return Observation(key=key, occurred_ms=at, **(fields | more))


def story(*history: Observation, kind: str = "shipment", **effects: Effect) -> Story:
    """Everything said of one parcel."""
    return Story(kind=kind, label="T1", history=history, effects=effects)


def test_things_stand_in_the_order_they_happened_then_as_we_heard() -> None:
    first = story(told("z", 1000, heard_ms=9000), told("b", 3000), kind="order")
    second = story(told("a", 1000, heard_ms=9000), told("c", 3000, heard_ms=2000))
    assert [one.key for one in timeline([first, second], TITLES)] == ["z", "a", "c", "b"]


def test_a_line_has_both_clocks_its_claim_and_its_effect() -> None:
    (line,) = timeline(
        [story(told("a", 1000, heard_ms=2500, status="delivered", text="放门口"), a=Effect("advanced", "in_step"))],
        TITLES,
    )
    assert (line.occurred_at.timestamp(), line.heard_at.timestamp()) == (1, 2.5)
    assert (line.claimed_title, line.effect_title, line.reason) == ("已签收", "推进", "顺序推进")
    assert (line.source_title, line.text, line.message_id) == ("中通推送", "放门口", "7")


def test_a_silent_word_is_its_own_reason_and_a_gap_in_the_titles_is_seen() -> None:
    lines = timeline(
        [story(told("a", 1), told("b", 2), a=Effect("silent", "info"), b=Effect("odd", "new_word"))], TITLES
    )
    assert [(one.reason, one.effect_title) for one in lines] == [("信息", "不影响状态"), ("new_word", "odd")]


def test_words_are_found_for_what_was_said_without_any() -> None:
    spoken = [
        told("a", 1, kind="handover", facts={"order_no": "26", "carrier": "zto"}),
        told("b", 2, kind="handover", facts={"order_no": "26"}),
        told("c", 3, kind="snapshot", code="status:WAIT"),
        told("d", 4, kind="facts"),
        told("e", 5, kind="ruling", text="电话核实", facts={"operator": "王五", "decision": "keep_ours"}),
        told("f", 6, kind="manual", text="已收到", status="delivered", facts={"operator": "王五"}),
    ]
    lines = timeline([story(*spoken)], TITLES)
    assert [one.text for one in lines] == [
        "商家已发货,交给中通快递(订单 26)",
        "商家已发货(订单 26)",
        "渠道订单快照,状态 WAIT",
        "渠道订单资料,未说状态",
        "王五 裁定:维持我方。电话核实",
        "王五 改为「已签收」。已收到",
    ]
    assert [one.kind for one in lines] == ["event"] * 4 + ["ruling", "manual"]


def test_what_was_known_goes_by_when_we_heard() -> None:
    history = [told("late", 1, heard_ms=50), told("early", 40, heard_ms=45)]
    assert [one.key for one in known_at(history, 45)] == ["early"]
    assert known_at(history, 44) == []


def test_a_subject_is_called_by_its_number() -> None:
    assert (label_of("order", "taobao:26:1"), label_of("shipment", "T:1")) == ("26:1", "T:1")
