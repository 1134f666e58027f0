"""The dry run as a rule: what is the same changes nothing, and what it foretells is what the engine would do."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fenghe.kernel.judging.decide import cases_due, merge
from fenghe.kernel.values import Observation, digest
from fenghe.logistics.dry_run import (
    Difference,
    Judge,
    Move,
    Outcome,
    codes_read_otherwise,
    reread,
    summarize,
    try_mapping,
    try_policy,
)
from fenghe.logistics.fuse import project
from fenghe.logistics.mapping import MappingRule, compile_mapping, map_status
from fenghe.logistics.policy import HOUR_MS, FusePolicy
from fenghe.logistics.scale import State

START = 1_770_000_000_000
NOW = START + 400 * HOUR_MS
CODES = ["A", "B", "C", ""]
TEXTS = ["", "已揽收", "正在派件", "已签收", "已转邮政,新单号:9876543210123,已签收"]
STATES = [str(state) for state in State]


def judge_by(policy: FusePolicy) -> Judge:
    """The fuse under one policy."""

    def judge(history: object) -> Outcome:
        projection = project(history, policy=policy, now_ms=NOW)  # type: ignore[arg-type]
        return Outcome(projection.state, frozenset(cases_due(projection, NOW)))

    return judge


def told(code: str, hours: int, *, text: str = "", status: str | None = None, kind: str = "event") -> Observation:
    """One observation; its key says whose code list it is of."""
    occurred = START + hours * HOUR_MS
    return Observation(
        key=digest(kind, code, text, str(occurred)),
        status="handed_over" if kind == "handover" else status,
        occurred_ms=occurred,
        heard_ms=occurred,
        kind=kind,
        source="s",
        message_id=1,
        item=0,
        code=code,
        text=text,
        facts={},
    )


def rule(value: str, state: str, *, match: str = "code", when: str = "") -> MappingRule:
    """One row of a mapping of list `x`."""
    return MappingRule(codes="x", match=match, value=value, state=state, when=when)


histories = st.lists(
    st.builds(
        told,
        st.sampled_from(CODES),
        st.integers(0, 150),
        text=st.sampled_from(TEXTS),
        status=st.none() | st.sampled_from(STATES),
        kind=st.sampled_from(["event"] * 6 + ["handover"]),
    ),
    max_size=10,
    unique_by=lambda one: one.key,
)
rule_lists = st.lists(
    st.builds(rule, st.sampled_from(CODES[:3]), st.sampled_from(STATES), when=st.sampled_from(["", "", "签收", "派件"]))
    | st.builds(rule, st.sampled_from(["揽收", "派件", "签收"]), st.sampled_from(STATES), match=st.just("text")),
    max_size=7,
)
policies = st.builds(
    FusePolicy,
    distance=st.integers(0, 9),
    age_hours=st.integers(1, 200),
    settle_seconds=st.integers(0, 3600),
    reuse_hours=st.integers(1, 200),
    life_days=st.integers(7, 30),
)


def scans(history: list[Observation]) -> frozenset[str]:
    """Every scan of it belongs to the code list."""
    return frozenset(one.key for one in history if one.kind == "event")


@settings(max_examples=150, deadline=None)
@given(history=histories, rules=rule_lists, policy=policies)
def test_a_mapping_that_reads_the_same_changes_nothing(
    history: list[Observation], rules: list[MappingRule], policy: FusePolicy
) -> None:
    one, other = compile_mapping("x", rules), compile_mapping("x", list(rules))
    judge = judge_by(policy)
    assert try_mapping(history, keys=scans(history), before=one, after=other, judge=judge) is None
    assert codes_read_otherwise(rules, list(rules)) == []


@settings(max_examples=150, deadline=None)
@given(history=histories, policy=policies)
def test_the_same_thresholds_change_nothing(history: list[Observation], policy: FusePolicy) -> None:
    assert try_policy(history, before=judge_by(policy), after=judge_by(msgspec.structs.replace(policy))) is None


@settings(max_examples=250, deadline=None)
@given(history=histories, before=rule_lists, after=rule_lists, policy=policies)
def test_what_is_foretold_is_what_a_replay_comes_to(
    history: list[Observation], before: list[MappingRule], after: list[MappingRule], policy: FusePolicy
) -> None:
    """As the engine does it: the scans are told again with their new meaning and merged into the history."""
    old, new, judge = compile_mapping("x", before), compile_mapping("x", after), judge_by(policy)
    held = reread(history, scans(history), old)
    again = [
        msgspec.structs.replace(one, status=map_status(new, code=one.code or None, text=one.text))
        for one in history
        if one.kind == "event"
    ]
    replayed, fresh = merge(held, again)
    said = try_mapping(history, keys=scans(history), before=old, after=new, judge=judge)
    was, now = judge(held), judge(replayed)
    if said is None:
        assert (was, fresh) == (now, [])
    else:
        assert (said.before, said.after, said.reread) == (was.state, now.state, len(fresh))
        assert (said.opened, said.closed) == (now.cases - was.cases, was.cases - now.cases)


@settings(max_examples=300, deadline=None)
@given(before=rule_lists, after=rule_lists, code=st.sampled_from(CODES), text=st.sampled_from(TEXTS))
def test_every_code_that_is_read_otherwise_is_named(
    before: list[MappingRule], after: list[MappingRule], code: str, text: str
) -> None:
    old, new = (map_status(compile_mapping("x", rules), code=code or None, text=text) for rules in (before, after))
    if old != new:
        assert code in codes_read_otherwise(before, after)


@settings(max_examples=100, deadline=None)
@given(history=histories, rules=rule_lists, data=st.data())
def test_scans_of_other_code_lists_keep_their_meaning(
    history: list[Observation], rules: list[MappingRule], data: st.DataObject
) -> None:
    ours = frozenset(data.draw(st.sets(st.sampled_from([one.key for one in history])))) if history else frozenset()
    for one, other in zip(history, reread(history, ours, compile_mapping("x", rules)), strict=True):
        assert msgspec.structs.replace(other, status=one.status) == one
        assert one.key in ours or one == other


def test_the_waiting_signature_is_read_once_its_code_is_mapped() -> None:
    history = [told("收件", 1, status="picked_up"), told("ZT_05", 5), told("ZT_07", 8)]
    keys = frozenset(one.key for one in history)
    known = [rule("收件", "picked_up")]
    mapped = [*known, rule("ZT_05", "out_for_delivery"), rule("ZT_07", "delivered")]
    found = try_mapping(
        history,
        keys=keys,
        before=compile_mapping("x", known),
        after=compile_mapping("x", mapped),
        judge=judge_by(FusePolicy(distance=3)),
    )
    assert found == Difference(before="picked_up", after="delivered", reread=2)
    assert found.matters
    assert codes_read_otherwise(known, mapped) == ["ZT_05", "ZT_07"]


def test_a_jump_that_the_mapping_makes_is_foretold_as_a_case() -> None:
    history = [told("", 0, kind="handover"), told("ZT_01", 2)]
    found = try_mapping(
        history,
        keys=frozenset({history[1].key}),
        before=compile_mapping("x", []),
        after=compile_mapping("x", [rule("ZT_01", "await_pickup")]),
        judge=judge_by(FusePolicy()),
    )
    assert found == Difference(before="handed_over", after="handed_over", opened=frozenset({"distance#0"}), reread=1)


def test_a_wider_threshold_closes_the_case_and_a_narrower_opens_it() -> None:
    history = [told("", 0, kind="handover"), told("ZT_01", 2, status="await_pickup")]
    strict, wide = judge_by(FusePolicy(distance=2)), judge_by(FusePolicy(distance=3, age_hours=720))
    narrowed, widened = try_policy(history, before=wide, after=strict), try_policy(history, before=strict, after=wide)
    assert narrowed is not None and narrowed.opened == {"distance#0"}
    assert widened is not None and widened.closed == {"distance#0"}


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ([rule("揽", "info", match="text"), rule("收", "picked_up", match="text")], "reversed", [""]),
        ([rule("A", "info", when="揽"), rule("A", "picked_up", when="收")], "reversed", ["A"]),
        ([rule("A", "picked_up"), rule("A", "info")], "first only", []),
        ([rule("A", "picked_up"), rule("B", "info")], "reversed", []),
    ],
)
def test_order_is_part_of_the_meaning_where_several_rules_fit(
    before: list[MappingRule], after: str, named: list[str]
) -> None:
    other = before[::-1] if after == "reversed" else before[:1]
    assert codes_read_otherwise(before, other) == named


def test_the_summary_counts_each_parcel_once() -> None:
    told_of = [
        Difference(before="unknown", after="delivered", reread=2),
        Difference(before="unknown", after="delivered", opened=frozenset({"age#0"}), reread=1),
        Difference(before="in_transit", after="in_transit", closed=frozenset({"distance#0", "age#0"}), reread=1),
        Difference(before="delivered", after="delivered", reread=4),
    ]
    summary = summarize(told_of)
    assert (summary.reread, summary.changed, summary.opened, summary.closed) == (8, 3, 1, 2)
    assert summary.moves == (Move("unknown", "delivered", 2),)
