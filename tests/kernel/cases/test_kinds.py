"""What a case says: the sentence for each reason and end, the decisions that fit, the log in plain words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fenghe.hub.titles import titles
from fenghe.kernel.cases.kinds import decisions, explanation, log_words, settled_words
from fenghe.kernel.timeline import Story, TimelineItem, timeline
from fenghe.kernel.values import Effect, Observation, to_ms
from fenghe.logistics.fuse import REASONS

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
TITLES = titles().named({"qianniu": "千牛", "zto": "中通"})
CASE: dict[str, Any] = {
    "subject_kind": "shipment", "status": "open", "ours": "handed_over", "theirs": "await_pickup", "distance": 3,
    "reason": "distance", "closed_at": None, "resolver": None, "resolved_by": None, "resolution": None,
}  # fmt: skip
POLICY = {"distance": 2, "age_hours": 24}


def said(source: str) -> list[TimelineItem]:
    """One side's evidence."""
    one = Observation(
        key="k", status="delivered", occurred_ms=to_ms(NOW), heard_ms=to_ms(NOW), kind="event", source=source,
        message_id=1, item=0, code="", text="",
    )  # fmt: skip
    return timeline([Story(kind="shipment", label="T", history=[one], effects={"k": Effect("held", "")})], TITLES)


def tell(**changed: Any) -> str:
    """The sentence."""
    return explanation(CASE | changed, ours=said("qianniu"), theirs=said("zto"), policy=POLICY, titles=TITLES)


def test_the_seeds_example_reads_like_a_colleague() -> None:
    assert tell() == (
        "我方为「已发货」(来自 千牛,2026-11-20 10:00),中通说「待揽收」(2026-11-20 10:00),相差 3 个节点,"
        "超过阈值 2,因此没有覆盖,等待人工裁定。"
    )


def test_each_reason_and_each_end_has_its_words() -> None:
    assert "相差 1 个节点,分歧已超过 24 小时" in tell(reason="age", distance=1)
    for reason, words in REASONS.items():
        assert ("节点" in tell(reason=reason)) if reason in ("distance", "age") else (words in tell(reason=reason))
    settled = {"status": "resolved", "closed_at": NOW, "resolution": "keep_ours", "resolved_by": "wang"}
    assert tell(**settled).endswith("wang 已于 2026-11-20 10:00 裁定「维持我方」。")
    assert tell(**settled, resolver="王五").endswith("王五 已于 2026-11-20 10:00 裁定「维持我方」。")
    closed = CASE | {"status": "self_closed", "closed_at": NOW}
    assert settled_words(closed) == "后来的证据补上了缺口,系统已于 2026-11-20 10:00 自动关闭"


def test_without_evidence_or_thresholds_nothing_is_made_up() -> None:
    told = explanation(CASE | {"ours": None}, ours=[], theirs=[], policy={}, titles=TITLES)
    assert told == "我方为「无记录」,对方说「待揽收」,相差超过允许的节点数,因此没有覆盖,等待人工裁定。"


def test_decisions_fit_the_kind_and_end_with_the_case() -> None:
    assert decisions("shipment.distance", "open") == ("accept_theirs", "keep_ours", "ask_again")
    assert decisions("shipment.reused_number", "open") == ("keep_ours", "ask_again")
    assert decisions("shipment.distance", "resolved") == decisions("shipment.distance", "self_closed") == ()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("opened", "发现分歧,建立工单"),
        ("evidence", "有新的证据"),
        ("resolved:accept_theirs", "已解决:以对方为准"),
        ("self_closed:evidence", "证据补齐,自动关闭"),
        ("ruling:ask_again:再等等:明天", "裁定「重新询问」,理由:再等等:明天"),
        ("assigned:王五", "指派给 王五"),
        ("unassigned", "取消负责人"),
        ("due:2026-11-20T02:00:00+00:00", "到期时间改为 2026-11-20 10:00"),
        ("due:", "取消到期时间"),
        ("something new", "something new"),
    ],
)
def test_the_log_is_told_in_plain_words(body: str, words: str) -> None:
    assert log_words(body) == words
