"""What a hub holds (所持), in words that do not depend on when or in which order it heard: to compare hubs by."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import psycopg
from psycopg import Connection

from tests.stories.driving import until

_SUBJECT: Final = "s.kind || ' ' || s.key"
OWN: Final = "id,version,chain_head,history,path,created_at,changed_at"
"""Columns of a subject that depend on how it came to be what it is."""
QUESTIONS: Final[Mapping[str, str]] = {
    "states": (
        f"select {_SUBJECT}, s.state, s.rank, s.held, s.final, (to_jsonb(s) - '{{{OWN}}}'::text[])::text from subject s"
    ),
    "observations": (
        f"select {_SUBJECT}, o.key, o.kind, o.source, o.codes, o.code, o.body, o.status, o.mapping_version, o.occurred_at"
        " from observation o join subject s on s.id = o.subject_id"
    ),
    "audit in effect": (
        f"select {_SUBJECT}, a.from_state, a.to_state, a.source, a.operator, a.ip, a.occurred_at, a.evidence_key,"
        " a.reason, a.rule_version from order_state_audit a join subject s on s.id = a.subject_id"
        " where a.reverses_seq is null and not exists"
        " (select from order_state_audit r where r.subject_id = a.subject_id and r.reverses_seq = a.seq)"
    ),
    "open cases": (
        f"select {_SUBJECT}, split_part(c.key, ':', 3), c.kind, c.severity, c.title, c.ours, c.theirs, c.distance,"
        " c.reason, (c.evidence -> 'keys')::text, c.rule_version"
        " from work_case c join subject s on s.id = c.subject_id where c.status = 'open'"
    ),
    "parcels": (
        "select p.tracking_no, o.key, (to_jsonb(p) - '{subject_id,order_id}'::text[])::text"
        " from shipment p left join subject o on o.id = p.order_id"
    ),
    "orders": "select (to_jsonb(o) - 'subject_id')::text from customer_order o",
}
"""Rows of each are compared as a bag."""

Held = Mapping[str, Counter[tuple[Any, ...]]]


def held(url: str) -> Held:
    """Everything a hub holds."""
    with psycopg.connect(url) as connection:
        return {name: Counter(connection.execute(query.encode()).fetchall()) for name, query in QUESTIONS.items()}


def differences(one: Held, other: Held, *, shown: int = 4) -> list[str]:
    """Where two hubs differ, a few rows of each kind; empty when they hold the same."""
    found = []
    for name in QUESTIONS:
        for sign, extra in (("-", one[name] - other[name]), ("+", other[name] - one[name])):
            found += [f"{name} {sign} {row} ×{times}" for row, times in sorted(extra.items(), key=str)[:shown]]
            if len(extra) > shown:
                found.append(f"{name} {sign} ... {len(extra)} rows")
    return found


def until_settled(url: str, *, seconds: float = 120.0) -> None:
    """Wait until every message is judged and no subject waits for a moment of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        until(lambda: _settled(connection), seconds=seconds, what="everything is judged")


def _settled(connection: Connection[Any]) -> bool:
    row = connection.execute(
        "select exists (select from message_handling where status = 0) or exists (select from subject where due_at is not null)"
    ).fetchone()
    return row is not None and not row[0]


def until_clocks_ran(url: str, *, seconds: float = 120.0) -> None:
    """Wait until every change was looked at for its clocks, and none has a moment of its own behind it."""
    waits = (
        "select exists (select from clock_look) or exists (select from stage_clock where look_at <= clock_timestamp())"
    )
    until(lambda: not ask(url, waits), seconds=seconds, what="every clock has run")


def ask(url: str, query: str, *values: Any) -> Any:
    """The first value of the first row; None when there is no row."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode(), values).fetchone()
    return None if row is None else row[0]


def rows(url: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """All rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query.encode(), values).fetchall()
