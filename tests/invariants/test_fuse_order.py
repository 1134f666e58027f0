"""Law 3: judge the history, not the arrival. Any order and any repetition of the same messages ends the same."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from fenghe.kernel.judging.decide import Booked, book, cases_due, merge
from fenghe.kernel.values import Observation, Step, digest
from fenghe.logistics.fuse import project
from fenghe.logistics.policy import HOUR_MS, FusePolicy
from fenghe.logistics.scale import RANK, SILENT, State

START = 1_770_000_000_000
NOW = START + 400 * HOUR_MS


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    kind = draw(st.sampled_from(["event"] * 8 + ["handover", "manual"]))
    status = draw(st.none() | st.sampled_from([str(state) for state in State])) if kind != "handover" else "handed_over"
    if kind == "manual" and status is None:
        status = "in_transit"
    occurred = START + draw(st.integers(0, 200)) * HOUR_MS
    facts = draw(
        st.sampled_from([{}, {}, {}, {"order_no": "A"}, {"order_no": "B"}, {"carrier": "zto"}, {"carrier": "sf"}])
    )
    return Observation(
        key=digest(kind, str(status), str(occurred), str(facts)),
        status=status,
        occurred_ms=occurred,
        heard_ms=occurred + draw(st.integers(0, 50)) * 60_000,
        kind=kind,
        source="s",
        message_id=1,
        item=0,
        code="x",
        text="",
        facts=facts,
    )


histories = st.lists(observations(), max_size=14, unique_by=lambda one: one.key)


def _run(arrivals: list[list[Observation]]) -> tuple[list[Observation], list[Booked], list[Step]]:
    """Judge batch after batch as the engine does; returns history, road and the effective audit (reversed rows gone)."""
    history: list[Observation] = []
    path: list[Booked] = []
    rows: dict[int, Step] = {}
    for batch in arrivals:
        history, _ = merge(history, batch)
        projection = project(history, policy=FusePolicy(), now_ms=NOW)
        path, entries = book(path, projection.steps, _version(rows))
        for entry in entries:
            rows[entry.seq] = entry.step
            if entry.reverses_seq is not None:
                rows[entry.reverses_seq] = rows[entry.seq] = _GONE
    return history, path, [step for step in rows.values() if step is not _GONE]


_GONE = Step(None, "gone", "", 0, "")


def _version(rows: dict[int, Step]) -> int:
    return max(rows, default=0)


@settings(max_examples=150, deadline=None)
@given(history=histories, data=st.data())
def test_any_arrival_ends_the_same(history: list[Observation], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(history))
    repeated = [one for one in shuffled for _ in range(data.draw(st.integers(1, 2)))]
    _, path_in_order, audit_in_order = _run([[one] for one in history])
    _, path_shuffled, audit_shuffled = _run([[one] for one in repeated])
    _, path_at_once, audit_at_once = _run([history])
    assert [b.step for b in path_in_order] == [b.step for b in path_shuffled] == [b.step for b in path_at_once]
    wanted = sorted(map(msgspec.to_builtins, audit_at_once), key=str)
    assert sorted(map(msgspec.to_builtins, audit_in_order), key=str) == wanted
    assert sorted(map(msgspec.to_builtins, audit_shuffled), key=str) == wanted


@settings(max_examples=120, deadline=None)
@given(history=histories, data=st.data())
def test_cases_are_those_of_the_history(history: list[Observation], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(history))
    one = project(history, policy=FusePolicy(), now_ms=NOW)
    other = project(shuffled, policy=FusePolicy(), now_ms=NOW)
    assert cases_due(one, NOW) == cases_due(other, NOW)
    assert one == other


@settings(max_examples=120, deadline=None)
@given(history=histories)
def test_no_carrier_word_jumps_over_more_nodes_than_allowed(history: list[Observation]) -> None:
    by_key = {one.key: one for one in history}
    projection = project(history, policy=FusePolicy(), now_ms=NOW)
    for step in projection.steps:
        told = by_key[step.key]
        assert told.status is not None and State(told.status) not in SILENT
        if told.kind != "event" or step.reason != "in_step" or State(step.to_state) not in RANK:
            continue
        seen = {
            RANK[State(s.to_state)]
            for s in projection.steps
            if s.occurred_ms <= step.occurred_ms and s is not step and State(s.to_state) in RANK
        }
        assert any(0 <= RANK[State(step.to_state)] - rank <= FusePolicy().distance for rank in seen | {4, -1})


@settings(max_examples=200, deadline=None)
@given(history=histories)
def test_the_road_is_unbroken(history: list[Observation]) -> None:
    projection = project(history, policy=FusePolicy(), now_ms=NOW)
    held = None
    for step in projection.steps:
        assert step.from_state == held and step.to_state != held
        held = step.to_state
    assert projection.state == (held or "unknown")
    assert set(projection.effects) == {one.key for one in history}
