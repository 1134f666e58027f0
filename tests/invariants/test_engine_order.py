"""Law 3 on the real database: batches, repeats and readings in any order leave the same rows, and a second reading none."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from fenghe.hub import rooms
from fenghe.hub.declared import Declared
from fenghe.kernel.audit import store as audit
from fenghe.kernel.database.address import Database
from fenghe.kernel.judging import engine
from fenghe.kernel.judging.contract import Told
from fenghe.kernel.judging.decide import cases_due
from fenghe.kernel.values import Observation, digest
from tests.invariants.test_fuse_order import NOW, observations
from tests.stories.driving import own_database
from tests.stories.holding import OWN

_numbers = itertools.count(1)
RULES: Final = rooms.rules(Declared())
DECISIONS: Final = ("accept_theirs", "keep_ours", "ask_again")


@st.composite
def histories(draw: st.DrawFn) -> list[Observation]:
    """What carriers, a seller and people say of one parcel; rulings name evidence that may or may not be in dispute."""
    said = draw(st.lists(observations(), min_size=1, max_size=12, unique_by=lambda one: one.key))
    for n in range(draw(st.integers(0, 2))):
        named = draw(st.lists(st.sampled_from([one.key for one in said]), min_size=1, max_size=3, unique=True))
        at = max(one.occurred_ms for one in said) - draw(st.integers(0, 30)) * 3_600_000
        facts = {"decision": draw(st.sampled_from(DECISIONS)), "keys": named, "operator": "kefu", "ip": "10.1.2.3"}
        said.append(_ruling(n, at, facts))
    return said


def _ruling(n: int, at: int, facts: dict[str, Any]) -> Observation:
    return Observation(
        key=digest("ruling", str(n), str(at), str(facts)),
        status=None,
        occurred_ms=at,
        heard_ms=at,
        kind="ruling",
        source="person",
        message_id=1,
        item=0,
        code="",
        text="",
        facts=facts,
    )


@pytest.fixture(scope="module")
def connection(cluster: Database, migrated_template: Database) -> Iterator[Connection[Any]]:
    """The application's, on a database of this module's own."""
    with own_database(cluster) as database, psycopg.connect(database.app_url, autocommit=True) as connection:
        yield connection


def judge(connection: Connection[Any], subject: str, batch: Sequence[Observation]) -> engine.Judged:
    """One batch in one transaction."""
    told = [Told(kind="shipment", subject=subject, codes="x", mapping_version=0, observation=one) for one in batch]
    with connection.transaction():
        return engine.judge(connection, told, rules=RULES, bodies={1: b""}, now_ms=NOW)


def what_is_held(connection: Connection[Any], subject: str) -> dict[str, Any]:
    """The subject's rows, without what differs by name, number and moment of writing."""
    questions = {
        "subject": f"select state, rank, (to_jsonb(s) - '{{{OWN},key}}'::text[])::text from subject s where id = %s",
        "audit": (
            "select from_state, to_state, source, operator, ip, occurred_at, evidence_key, reason from order_state_audit a"
            " where subject_id = %s and reverses_seq is null and not exists (select from order_state_audit r"
            " where r.subject_id = a.subject_id and r.reverses_seq = a.seq)"
        ),
        "cases": (
            "select split_part(key, ':', 3), kind, severity, replace(title, %s, 'PARCEL'), ours, theirs, distance, reason,"
            " evidence -> 'keys', rule_version from work_case where status = 'open' and subject_id = %s"
        ),
        "observations": "select key, kind, source, code, status, occurred_at from observation where subject_id = %s",
        "parcel": "select (to_jsonb(p) - '{subject_id,tracking_no}'::text[])::text from shipment p where subject_id = %s",
    }
    row = connection.execute("select id from subject where key = %s", (subject,)).fetchone()
    assert row is not None
    return {
        name: sorted(
            connection.execute(query.encode(), (subject, *row) if name == "cases" else row).fetchall(), key=repr
        )
        for name, query in questions.items()
    }


def batches(data: st.DataObject, history: Sequence[Observation]) -> list[list[Observation]]:
    """The history in any order, some of it repeated, in batches of any size."""
    arriving = list(data.draw(st.permutations(history)))
    arriving += data.draw(st.lists(st.sampled_from(history), max_size=4))
    found: list[list[Observation]] = []
    while arriving:
        size = data.draw(st.integers(1, len(arriving)))
        found.append(arriving[:size])
        arriving = arriving[size:]
    return found


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(), data=st.data())
def test_any_arrival_leaves_the_same_rows(
    connection: Connection[Any], history: list[Observation], data: st.DataObject
) -> None:
    one, other = f"P{next(_numbers)}", f"P{next(_numbers)}"
    judge(connection, one, history)
    for batch in batches(data, history):
        judge(connection, other, batch)
    assert what_is_held(connection, one) == what_is_held(connection, other)
    for subject in (one, other):
        again = judge(connection, subject, history)
        assert (again.changed, again.audit_rows, again.observations) == (0, 0, 0)
    assert audit.verify(connection).bad is None


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(), data=st.data())
def test_the_rows_are_what_the_rule_says_of_the_whole(
    connection: Connection[Any], history: list[Observation], data: st.DataObject
) -> None:
    subject = f"P{next(_numbers)}"
    for batch in batches(data, history):
        judge(connection, subject, batch)
    projection, version = RULES["shipment"].project(history, NOW)
    rows = what_is_held(connection, subject)
    assert rows["subject"][0][:2] == (projection.state, projection.rank)
    assert len(rows["observations"]) == len(history)
    steps = Counter((step.from_state, step.to_state, step.key, step.reason) for step in projection.steps)
    assert Counter((row[0], row[1], row[6], row[7]) for row in rows["audit"]) == steps
    due = {key: (d.ours, d.theirs, d.distance, list(d.evidence)) for key, d in cases_due(projection, NOW).items()}
    assert {row[0]: (row[4], row[5], row[6], row[8]) for row in rows["cases"]} == due
    assert all(row[9] == version for row in rows["cases"])


FULLNESS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"order_no": "B200000001"},
    {"carrier": "zto"},
    {"order_no": "A100000001", "carrier": "sf"},
    {"carrier": "sf", "location": "杭州"},
)


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(range(len(FULLNESS)), 2)))
def test_a_scan_told_by_two_tellers_with_different_fullness(
    connection: Connection[Any], first: int, second: int
) -> None:
    """A push names the order, a query of the same scan does not: which came first must not decide whose parcel it is."""
    template = _ruling(0, NOW - 90 * 3_600_000, {})
    handed = {"order_key": "taobao:A100000001", "order_no": "A100000001", "carrier": "zto"}
    handover = msgspec.structs.replace(template, key=digest("h"), kind="handover", status="handed_over", facts=handed)
    later = template.occurred_ms + 3_600_000
    scan = msgspec.structs.replace(
        template, key=digest("s"), kind="event", status="picked_up", occurred_ms=later, code="c"
    )
    told = [handover, *(msgspec.structs.replace(scan, facts=FULLNESS[place]) for place in (first, second))]
    one, other = f"P{next(_numbers)}", f"P{next(_numbers)}"
    for place in (0, 1, 2):
        judge(connection, one, [told[place]])
    for place in (2, 1, 0):
        judge(connection, other, [told[place]])
    assert what_is_held(connection, one) == what_is_held(connection, other)
