"""Orders (订单) on the real database: snapshots in any order and any number end the same, and no road runs backwards unasked."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import Connection

from fenghe.hub import rooms
from fenghe.hub.declared import Declared
from fenghe.kernel.audit import store as audit
from fenghe.kernel.database.address import Database
from fenghe.kernel.judging import engine
from fenghe.kernel.judging.contract import Told
from fenghe.kernel.values import Observation, digest
from fenghe.orders.mapping import RANK, OrderState
from fenghe.orders.rule import SHIPPED
from tests.invariants.test_engine_order import DECISIONS, batches
from tests.stories.driving import own_database
from tests.stories.holding import OWN

_numbers = itertools.count(1)
RULES: Final = rooms.rules(Declared())
START: Final = 1_770_000_000_000
NOW: Final = START + 400 * 3_600_000
STATES: Final = [str(state) for state in OrderState]


@st.composite
def snapshots(draw: st.DrawFn) -> Observation:
    """What a channel says of an order at some moment; as full or as bare as it pleases."""
    kind = draw(st.sampled_from(["snapshot"] * 6 + ["facts", "manual"]))
    status = draw(st.sampled_from(STATES) if kind == "manual" else st.none() | st.sampled_from(STATES))
    occurred = START + draw(st.integers(0, 6)) * 3_600_000
    facts: dict[str, Any] = {"order_no": "1", "channel": "taobao"}
    facts |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "shop": st.sampled_from(["甲店", "乙店"]),
                "paid_minor": st.integers(0, 3),
                "currency": st.just("CNY"),
                "parcels": st.just(["731"]),
                "lines": st.lists(
                    st.fixed_dictionaries(
                        {"line_no": st.sampled_from(["1", "2"]), "title": st.sampled_from(["甲", "乙"])}
                    ),
                    max_size=2,
                ),
            },
        )
    )
    return Observation(
        key=digest(kind, str(status), str(occurred), repr(facts)),
        status=status if kind != "facts" else None,
        occurred_ms=occurred,
        heard_ms=occurred,
        kind=kind,
        source="taobao",
        message_id=1,
        item=0,
        code="x" if draw(st.booleans()) else "",
        text="",
        facts=facts,
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Observation]:
    """Snapshots, and now and then a person's ruling on some of them."""
    said = draw(st.lists(snapshots(), min_size=1, max_size=10, unique_by=lambda one: one.key))
    for _ in range(draw(st.integers(0, 1))):
        named = draw(st.lists(st.sampled_from([one.key for one in said]), min_size=1, max_size=3, unique=True))
        at = START + draw(st.integers(0, 8)) * 3_600_000
        facts = {"decision": draw(st.sampled_from(DECISIONS)), "keys": named, "operator": "kefu", "ip": "10.1.2.3"}
        said.append(
            Observation(
                key=digest("ruling", str(at), repr(facts)),
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
        )
    return said


@pytest.fixture(scope="module")
def connection(cluster: Database, migrated_template: Database) -> Iterator[Connection[Any]]:
    """The application's, on a database of this module's own."""
    with own_database(cluster) as database, psycopg.connect(database.app_url, autocommit=True) as connection:
        yield connection


def judge(connection: Connection[Any], subject: str, batch: Sequence[Observation]) -> engine.Judged:
    """One batch in one transaction."""
    told = [Told(kind="order", subject=subject, codes="taobao", mapping_version=0, observation=one) for one in batch]
    with connection.transaction():
        return engine.judge(connection, told, rules=RULES, bodies={1: b""}, now_ms=NOW)


def what_is_held(connection: Connection[Any], subject: str) -> dict[str, Any]:
    """The order's rows, without what differs by name, number and moment of writing."""
    questions = {
        "subject": f"select state, rank, (to_jsonb(s) - '{{{OWN},key}}'::text[])::text from subject s where id = %s",
        "audit": (
            "select from_state, to_state, source, operator, ip, occurred_at, evidence_key, reason from order_state_audit a"
            " where subject_id = %s and reverses_seq is null and not exists (select from order_state_audit r"
            " where r.subject_id = a.subject_id and r.reverses_seq = a.seq)"
        ),
        "cases": (
            "select split_part(key, ':', 3), kind, severity, ours, theirs, reason, evidence -> 'keys' from work_case"
            " where status = 'open' and subject_id = %s"
        ),
        "observations": "select key, kind, source, code, status, occurred_at from observation where subject_id = %s",
        "order": "select (to_jsonb(o) - '{subject_id,order_no}'::text[])::text from customer_order o where subject_id = %s",
    }
    row = connection.execute("select id from subject where key = %s", (subject,)).fetchone()
    assert row is not None
    return {name: Counter(map(repr, connection.execute(query.encode(), row))) for name, query in questions.items()}


@settings(max_examples=80, deadline=None)
@given(history=histories(), data=st.data())
def test_any_arrival_leaves_the_same_order(
    connection: Connection[Any], history: list[Observation], data: st.DataObject
) -> None:
    one, other = f"taobao:{next(_numbers)}", f"taobao:{next(_numbers)}"
    judge(connection, one, history)
    for batch in batches(data, history):
        judge(connection, other, batch)
    assert what_is_held(connection, one) == what_is_held(connection, other)
    for subject in (one, other):
        again = judge(connection, subject, history)
        assert (again.changed, again.audit_rows, again.observations) == (0, 0, 0)
    assert audit.verify(connection).bad is None


@settings(max_examples=300, deadline=None)
@given(history=st.lists(snapshots(), min_size=1, max_size=10, unique_by=lambda one: one.key))
def test_no_channel_takes_back_a_shipped_order_by_itself(history: list[Observation]) -> None:
    projection, _ = RULES["order"].project(history, NOW)
    by_key = {one.key: one for one in history}
    reached, held = -1, None
    for step in projection.steps:
        assert step.from_state == held and step.to_state != held
        told = by_key[step.key]
        assert told.status not in (None, OrderState.ORDER_UNKNOWN) and told.kind != "facts"
        rank = RANK.get(OrderState(step.to_state))
        if told.kind == "snapshot" and rank is not None and reached >= SHIPPED:
            assert rank >= SHIPPED, "only a person takes a shipped order back"
        reached, held = max(reached, rank or -1), step.to_state
    assert projection.state == (held or "unknown")
    assert set(projection.effects) == set(by_key)
