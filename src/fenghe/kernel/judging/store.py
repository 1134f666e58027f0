"""Subjects, observations and cases of a batch, read and written set-wise (COPY and UPDATE ... FROM), never row by row."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.judging.contract import Told
from fenghe.kernel.judging.decide import Booked
from fenghe.kernel.store_copy import MOMENT, copy_values, since_2000, storable
from fenghe.kernel.values import Observation

_history = msgspec.json.Decoder(list[Observation])
_path = msgspec.json.Decoder(list[Booked])
_names = msgspec.json.Decoder(list[str])
_encode = msgspec.json.Encoder().encode


class Held(msgspec.Struct, kw_only=True):
    """A subject as locked for judging."""

    id: int
    kind: str
    key: str
    version: int
    chain_head: bytes | None
    history: list[Observation]
    path: list[Booked]
    open_cases: list[str]


class Change(msgspec.Struct, kw_only=True):
    """A subject as it is to be written."""

    id: int
    state: str
    rank: int | None
    held: str | None
    final: bool
    version: int
    chain_head: bytes | None
    history: Sequence[Observation]
    path: Sequence[Booked]
    open_cases: Sequence[str]
    due_ms: int | None
    told_ms: int | None
    told_count: int


MANY = 1000
"""So many rows are worth a look at them, before they are joined with a big table."""
SELECT_SUBJECTS = (
    "select id, kind, key, version, chain_head, history, path, open_cases from subject"
    " where (kind, key) in (select * from unnest(%b::text[], %b::text[])) order by kind, key for update"
)


def lock_subjects(
    connection: Connection[Any], names: Iterable[tuple[str, str]], *, wait: bool = True
) -> dict[tuple[str, str], Held]:
    """Lock the named subjects, creating those nobody has told of. Without `wait`, those another worker holds are not in it.

    Two workers never wait for each other in a ring: all new ones are made first and in one order, then the others are locked
    in that order, so whoever waits while making holds no lock yet.
    """
    ordered = sorted(set(names))
    known = connection.execute(
        "select kind, key from subject where (kind, key) in (select * from unnest(%b::text[], %b::text[]))",
        _columns(ordered),
    )
    held = _make(connection, sorted(set(ordered).difference(known)))
    others = [name for name in ordered if name not in held]
    if others:
        statement = SELECT_SUBJECTS if wait else SELECT_SUBJECTS + " skip locked"
        rows = connection.execute(statement, _columns(others)).fetchall()
        held |= {(one.kind, one.key): one for one in map(_as_held, rows)}
    return held


def _columns(names: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [name[0] for name in names], [name[1] for name in names]


def _make(connection: Connection[Any], names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Held]:
    """Make these subjects; those that another worker makes at the same time are not in it."""
    if not names:
        return {}
    made = connection.execute(
        "insert into subject (kind, key) select * from unnest(%b::text[], %b::text[]) t(k, n) order by k, n"
        " on conflict (kind, key) do nothing returning kind, key, id",
        _columns(names),
    )
    return {
        (kind, key): Held(id=id_, kind=kind, key=key, version=0, chain_head=None, history=[], path=[], open_cases=[])
        for kind, key, id_ in made
    }


def claim_due(connection: Connection[Any], *, limit: int) -> list[Held]:
    """Lock subjects whose time has come; those another worker holds are left to it."""
    cursor = connection.execute(
        "select id, kind, key, version, chain_head, history, path, open_cases from subject"
        " where due_at <= now() order by due_at limit %s for update skip locked",
        (limit,),
    )
    return [_as_held(row) for row in cursor]


def put_off_next(connection: Connection[Any]) -> int | None:
    """Move the due time of the subject that is due next by an hour."""
    row = connection.execute(
        "update subject set due_at = now() + interval '1 hour' where id = (select id from subject where due_at <= now()"
        " order by due_at limit 1 for update skip locked) returning id"
    ).fetchone()
    return int(row[0]) if row else None


def _as_held(row: tuple[Any, ...]) -> Held:
    return Held(
        id=row[0],
        kind=row[1],
        key=row[2],
        version=row[3],
        chain_head=row[4],
        history=_history.decode(row[5]),
        path=_path.decode(row[6]),
        open_cases=_names.decode(row[7]),
    )


_OBSERVATION = {
    "subject_id": "int8",
    "key": "text",
    "message_id": "int8",
    "item": "int4",
    "source": "text",
    "kind": "text",
    "codes": "text",
    "code": "text",
    "body": "text",
    "status": "text",
    "mapping_version": "int4",
    "occurred_at": MOMENT,
    "heard_at": MOMENT,
}


def write_observations(
    connection: Connection[Any], fresh: Sequence[tuple[int, Told]], known: Sequence[tuple[int, Told]]
) -> None:
    """Add observations told for the first time; `known` ones have a new meaning only."""
    copy_values(connection, "observation", [_observation_columns(*one) for one in fresh], columns=_OBSERVATION)
    if known:
        connection.execute(
            "update observation o set status = n.status, mapping_version = n.version"
            " from unnest(%s::bigint[], %s::text[], %s::text[], %s::int[]) n(subject_id, key, status, version)"
            " where o.subject_id = n.subject_id and o.key = n.key",
            (
                [subject_id for subject_id, _ in known],
                [told.observation.key for _, told in known],
                [told.observation.status for _, told in known],
                [told.mapping_version for _, told in known],
            ),
        )


def _observation_columns(subject_id: int, told: Told) -> tuple[Any, ...]:
    one = told.observation
    return (
        subject_id,
        one.key,
        one.message_id,
        one.item,
        one.source,
        one.kind,
        told.codes,
        storable(one.code),
        storable(one.text),
        one.status,
        told.mapping_version,
        since_2000(one.occurred_ms),
        since_2000(one.heard_ms),
    )


_CHANGED = {
    "id": "int8",
    "state": "text",
    "rank": "int2",
    "held": "text",
    "final": "bool",
    "version": "int4",
    "chain_head": "bytea",
    "history": "text",
    "path": "text",
    "open_cases": "text",
    "due_at": MOMENT,
    "told_at": MOMENT,
    "told_count": "int4",
}


def write_subjects(connection: Connection[Any], changes: Sequence[Change]) -> None:
    """Write every changed subject in one statement, and note that its clocks have to be read again."""
    if not changes:
        return
    connection.execute(
        "create temp table if not exists changed_subject (id bigint, state text, rank smallint, held text, final boolean,"
        " version int, chain_head bytea, history text, path text, open_cases text, due_at timestamptz,"
        " told_at timestamptz, told_count int) on commit delete rows"
    )
    copy_values(connection, "changed_subject", [_subject_columns(change) for change in changes], columns=_CHANGED)
    if len(changes) >= MANY:
        connection.execute("analyze changed_subject (id)")  # otherwise every subject there is is read to find these
    connection.execute(
        "update subject s set state = c.state, rank = c.rank, held = c.held, final = c.final, version = c.version,"
        " chain_head = c.chain_head, history = c.history, path = c.path, open_cases = c.open_cases, due_at = c.due_at,"
        " told_at = c.told_at, told_count = c.told_count, changed_at = now() from changed_subject c where s.id = c.id"
    )
    connection.execute("insert into clock_look (subject_id) select id from changed_subject")


def _subject_columns(change: Change) -> tuple[Any, ...]:
    return (
        change.id,
        change.state,
        change.rank,
        change.held,
        change.final,
        change.version,
        change.chain_head,
        _encode(change.history).decode(),
        _encode(change.path).decode(),
        _encode(change.open_cases).decode() if change.open_cases else "[]",
        since_2000(change.due_ms),
        since_2000(change.told_ms),
        change.told_count,
    )


def payload_digests(connection: Connection[Any], message_ids: Sequence[int]) -> dict[int, str]:
    """SHA-256 (hex) of the stored bytes of messages read in earlier batches."""
    if not message_ids:
        return {}
    cursor = connection.execute(
        "select id, encode(sha256(body), 'hex') from inbound_message where id = any(%s)", (list(message_ids),)
    )
    return dict(cursor.fetchall())


def open_cases(connection: Connection[Any], cases: Sequence[Mapping[str, Any]]) -> None:
    """Open cases or, when their key is known, bring their evidence up to date; a self-closed one opens again."""
    if not cases:
        return
    connection.execute(
        "with told as (select * from jsonb_to_recordset(%s::jsonb) as t(key text, kind text, severity smallint,"
        " subject_id bigint, title text, ours text, theirs text, distance smallint, reason text, evidence jsonb,"
        " rule_version text, due_hours int)), written as (insert into work_case (key, kind, severity, subject_id, title,"
        " ours, theirs, distance, reason, evidence, rule_version, due_at) select key, kind, severity, subject_id, title, ours,"
        " theirs, distance, reason, evidence, rule_version, now() + due_hours * interval '1 hour' from told"
        " on conflict (key) do update set status = 'open', title = excluded.title, ours = excluded.ours,"
        " theirs = excluded.theirs, distance = excluded.distance,"
        " evidence = excluded.evidence, closed_at = null, resolution = null, resolved_by = null, changed_at = now()"
        " where work_case.status <> 'open' or (work_case.ours, work_case.theirs, work_case.distance, work_case.evidence -> 'keys')"
        " is distinct from (excluded.ours, excluded.theirs, excluded.distance, excluded.evidence -> 'keys')"
        " returning id, key, (xmax = 0) as fresh)"
        " insert into case_entry (case_id, author, kind, body) select id, 'fenghe', 'log', case when fresh then 'opened'"
        " else 'evidence' end from written",
        (orjson.dumps(list(cases)).decode(),),
    )


def close_cases(connection: Connection[Any], closings: Sequence[Mapping[str, Any]]) -> None:
    """Close open cases by key: `status` resolved (by a person) or self_closed (by evidence), with what settled them."""
    if not closings:
        return
    connection.execute(
        "with told as (select * from jsonb_to_recordset(%s::jsonb) as t(key text, status text, resolution text,"
        " resolved_by text, closed_by text)), closed as (update work_case c set status = t.status, resolution = t.resolution,"
        " resolved_by = t.resolved_by, closed_at = now(), changed_at = now(),"
        " evidence = c.evidence || jsonb_build_object('closed_by', t.closed_by) from told t"
        " where c.key = t.key and c.status = 'open' returning c.id, t.status, t.resolution, t.resolved_by)"
        " insert into case_entry (case_id, author, kind, body) select id, coalesce(resolved_by, 'fenghe'), 'log',"
        " status || ':' || coalesce(resolution, '') from closed",
        (orjson.dumps(list(closings)).decode(),),
    )
