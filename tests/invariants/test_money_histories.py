"""Payments and refunds (支付单、退款单) on the real database: claims in any order and any batches end in the same rows."""

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
from fenghe.kernel.values import Observation
from fenghe.money.events import PaymentState, RefundState
from tests.invariants.test_engine_order import batches
from tests.money.telling import heard_payment, heard_refund, ruling
from tests.stories.driving import own_database
from tests.stories.holding import OWN

_numbers = itertools.count(1)
RULES: Final = rooms.rules(Declared())
NOW: Final = 1_790_000_000_000
AMOUNTS: Final = st.sampled_from([None, 500, 1990])
HOURS: Final = st.sampled_from([0, 1, 2, 3])
payments = st.builds(
    heard_payment,
    st.sampled_from([*PaymentState, None]),
    HOURS,
    amount_minor=AMOUNTS,
    out_trade_no=st.sampled_from(["", "T200P1234567890123456", "坏号"]),
    fee_minor=AMOUNTS,
)
refunds = st.builds(
    heard_refund,
    st.sampled_from([*RefundState, None]),
    HOURS,
    amount_minor=AMOUNTS,
    payment_no=st.sampled_from(["", "42001"]),
    out_refund_no=st.sampled_from(["", "R1"]),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[str, list[Observation]]:
    """Claims of one kind and now and then a ruling."""
    kind, claims = draw(st.sampled_from([("payment", payments), ("refund", refunds)]))
    told = draw(st.lists(claims, min_size=1, max_size=8))
    if draw(st.booleans()):
        keys = draw(st.lists(st.sampled_from([one.key for one in told]), min_size=1, max_size=2, unique=True))
        told.append(ruling(draw(st.sampled_from(["accept_theirs", "keep_ours", "ask_again"])), *keys))
    return kind, told


@pytest.fixture(scope="module")
def connection(cluster: Database, migrated_template: Database) -> Iterator[Connection[Any]]:
    """The application's, on a database of this module's own."""
    with own_database(cluster) as database, psycopg.connect(database.app_url, autocommit=True) as connection:
        yield connection


def judge(connection: Connection[Any], kind: str, subject: str, batch: Sequence[Observation]) -> engine.Judged:
    """One batch in one transaction."""
    told = [Told(kind=kind, subject=subject, codes="wechatpay", mapping_version=0, observation=one) for one in batch]
    with connection.transaction():
        return engine.judge(connection, told, rules=RULES, bodies={1: b""}, now_ms=NOW)


def what_is_held(connection: Connection[Any], kind: str, subject: str) -> dict[str, Any]:
    """Its rows, without what differs by name, number and moment of writing."""
    own = "{subject_id,payment_no,refund_no,changed_at,bind_due_at,ask_due_at}"
    questions = {
        "subject": f"select state, rank, (to_jsonb(s) - '{{{OWN},key}}'::text[])::text from subject s where id = %s",
        "audit": (
            "select from_state, to_state, source, occurred_at, evidence_key, reason from order_state_audit a"
            " where subject_id = %s and reverses_seq is null and not exists (select from order_state_audit r"
            " where r.subject_id = a.subject_id and r.reverses_seq = a.seq)"
        ),
        "cases": (
            "select kind, severity, ours, theirs, reason, evidence -> 'keys' from work_case"
            " where status = 'open' and subject_id = %s"
        ),
        "observations": "select key, kind, source, code, status, occurred_at from observation where subject_id = %s",
        "row": f"select (to_jsonb(t) - '{own}'::text[])::text from {kind} t where subject_id = %s",
    }
    row = connection.execute("select id from subject where kind = %s and key = %s", (kind, subject)).fetchone()
    assert row is not None
    return {name: Counter(map(repr, connection.execute(query.encode(), row))) for name, query in questions.items()}


@settings(max_examples=80, deadline=None)
@given(told=histories(), data=st.data())
def test_any_arrival_leaves_the_same_money(
    connection: Connection[Any], told: tuple[str, list[Observation]], data: st.DataObject
) -> None:
    kind, history = told
    one, other = f"wechatpay:{next(_numbers)}", f"wechatpay:{next(_numbers)}"
    judge(connection, kind, one, history)
    for batch in batches(data, history):
        judge(connection, kind, other, batch)
    assert what_is_held(connection, kind, one) == what_is_held(connection, kind, other)
    for subject in (one, other):
        again = judge(connection, kind, subject, history)
        assert (again.changed, again.audit_rows, again.observations) == (0, 0, 0)
    assert audit.verify(connection).bad is None
