"""The judge engine (研判引擎): takes what a batch told, writes state, audit, cases and room rows in the caller's transaction.

Promises: the end is a function of the set of observations, not of their arrival; everything a batch decides commits or
none of it; nothing is written for what was already known.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import msgspec
from psycopg import Connection

from fenghe.kernel.audit import store as audit
from fenghe.kernel.audit.chain import GENESIS, AuditRow, row_hash
from fenghe.kernel.judging import store
from fenghe.kernel.judging.contract import Rule, Rules, Told
from fenghe.kernel.judging.decide import Entry, HistoryFull, book, cases_due, gravest, merge
from fenghe.kernel.values import Dispute, Observation, Projection


class Judged(msgspec.Struct, kw_only=True):
    """What a batch came to. `overfull`: messages whose subject holds too much already, to be set aside.

    `left`: messages that had no effect because another worker holds a subject they are about.
    """

    subjects: int = 0
    changed: int = 0
    observations: int = 0
    audit_rows: int = 0
    cases_opened: int = 0
    cases_closed: int = 0
    overfull: set[int] = msgspec.field(default_factory=set)
    left: set[int] = msgspec.field(default_factory=set)


class _Batch(msgspec.Struct, kw_only=True):
    """Everything one transaction is going to write."""

    now_ms: int
    changes: list[store.Change] = msgspec.field(default_factory=list)
    entries: list[tuple[store.Held, Entry, Observation, str]] = msgspec.field(default_factory=list)
    fresh: list[tuple[int, Told]] = msgspec.field(default_factory=list)
    known: list[tuple[int, Told]] = msgspec.field(default_factory=list)
    opened: list[dict[str, Any]] = msgspec.field(default_factory=list)
    closed: list[dict[str, Any]] = msgspec.field(default_factory=list)
    rows: dict[str, list[tuple[int, tuple[Any, ...]]]] = msgspec.field(default_factory=lambda: defaultdict(list))
    overfull: set[int] = msgspec.field(default_factory=set)


def judge(
    connection: Connection[Any],
    told: Sequence[Told],
    *,
    rules: Rules,
    bodies: Mapping[int, bytes],
    now_ms: int,
    wait: bool = True,
) -> Judged:
    """Judge what a batch of messages told. `bodies` holds the bytes of the batch's own messages.

    Without `wait` a message about a subject that another worker holds is left whole: none of its words counts.
    """
    by_subject = _by_subject(told)
    held = store.lock_subjects(connection, by_subject, wait=wait)
    left = {one.observation.message_id for name, said in by_subject.items() if name not in held for one in said}
    if left:
        by_subject = _by_subject([one for one in told if one.observation.message_id not in left])
    batch = _Batch(now_ms=now_ms)
    for name, said in by_subject.items():
        _consider(batch, held[name], said, rules[name[0]])
    judged = _write(connection, batch, rules=rules, bodies=bodies, subjects=len(by_subject))
    judged.left = left
    return judged


def _by_subject(told: Iterable[Told]) -> dict[tuple[str, str], list[Told]]:
    by_subject: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for one in told:
        by_subject[(one.kind, one.subject)].append(one)
    return by_subject


def judge_due(connection: Connection[Any], *, rules: Rules, now_ms: int, limit: int = 1000) -> Judged:
    """Look again at subjects whose time has come: an age threshold, a settled jump, a changed policy."""
    held = store.claim_due(connection, limit=limit)
    batch = _Batch(now_ms=now_ms)
    for subject in held:
        _project(batch, subject, subject.history, rules[subject.kind])
    return _write(connection, batch, rules=rules, bodies={}, subjects=len(held))


def put_off_next(connection: Connection[Any]) -> int | None:
    """The subject that is due next breaks its rule: look at it again in an hour. Returns which."""
    return store.put_off_next(connection)


def _consider(batch: _Batch, held: store.Held, said: Sequence[Told], rule: Rule) -> None:
    try:
        history, changed = merge(held.history, (one.observation for one in said))
    except HistoryFull:
        batch.overfull |= {one.observation.message_id for one in said}
        return
    if not changed:
        return
    before = {one.key for one in held.history}
    by_key = {one.observation.key: one for one in said}
    for one in changed:
        (batch.known if one.key in before else batch.fresh).append((held.id, by_key[one.key]))
    _project(batch, held, history, rule)


def _project(batch: _Batch, held: store.Held, history: Sequence[Observation], rule: Rule) -> None:
    projection, version = rule.project(history, batch.now_ms)
    path, entries = book(held.path, projection.steps, held.version)
    if entries:
        evidence = {one.key: one for one in (*history, *held.history)}
        batch.entries.extend((held, entry, evidence[entry.step.key], version) for entry in entries)
    wanted = cases_due(projection, batch.now_ms)
    _open_cases(batch, held, wanted, rule, version)
    _close_cases(batch, held, projection, wanted, history)
    told_ms, count = _told(history, projection)
    batch.changes.append(
        store.Change(
            id=held.id,
            state=projection.state,
            rank=projection.rank,
            held=gravest(projection, batch.now_ms),
            final=projection.final,
            version=held.version + len(entries),
            chain_head=held.chain_head,
            history=history,
            path=path,
            open_cases=sorted(wanted),
            due_ms=projection.due_ms,
            told_ms=told_ms,
            told_count=count,
        )
    )
    if not (held.history and rule.same_row(held.history, history)):
        batch.rows[held.kind].append((held.id, rule.row(held.key, history, projection)))


def _told(history: Sequence[Observation], projection: Projection) -> tuple[int | None, int]:
    """(when the newest word that counts was said, how many words there are) of what outside parties told."""
    newest, count = None, 0
    for one in history:
        if one.kind in ("event", "snapshot"):
            count += 1
            if (newest is None or one.occurred_ms > newest) and projection.effects[one.key].effect != "excluded":
                newest = one.occurred_ms
    return newest, count


def _case_key(held: store.Held, dispute_key: str) -> str:
    return f"{held.kind}:{held.id}:{dispute_key}"


def _open_cases(batch: _Batch, held: store.Held, wanted: Mapping[str, Dispute], rule: Rule, version: str) -> None:
    for key, dispute in wanted.items():
        draft = rule.case(held.key, dispute)
        batch.opened.append(
            {
                "key": _case_key(held, key),
                "kind": draft.kind,
                "severity": draft.severity,
                "subject_id": held.id,
                "title": draft.title,
                "ours": dispute.ours,
                "theirs": dispute.theirs,
                "distance": dispute.distance,
                "reason": dispute.reason,
                "evidence": {"keys": dispute.evidence},
                "rule_version": version,
                "due_hours": draft.due_hours,
                "known": key in held.open_cases,
            }
        )


def _close_cases(
    batch: _Batch,
    held: store.Held,
    projection: Projection,
    wanted: Mapping[str, Dispute],
    history: Sequence[Observation],
) -> None:
    if not held.open_cases:
        return
    disputes = {dispute.key: dispute for dispute in projection.disputes}
    said = {one.key: one for one in history}
    for key in held.open_cases:
        if key in wanted:
            continue
        closed_by = disputes[key].closed_by if key in disputes else None
        settler = said.get(closed_by) if closed_by else None
        by_person = settler is not None and settler.kind in ("ruling", "manual")
        batch.closed.append(
            {
                "key": _case_key(held, key),
                "status": "resolved" if by_person else "self_closed",
                "resolution": settler.facts.get("decision", "manual") if by_person and settler else "evidence",
                "resolved_by": settler.facts.get("operator") if by_person and settler else None,
                "closed_by": closed_by,
            }
        )


def _write(
    connection: Connection[Any], batch: _Batch, *, rules: Rules, bodies: Mapping[int, bytes], subjects: int
) -> Judged:
    heads = _write_audit(connection, batch, bodies)
    for change in batch.changes:
        change.chain_head = heads.get(change.id, change.chain_head)
    store.write_observations(connection, batch.fresh, batch.known)
    store.write_subjects(connection, batch.changes)
    for kind, rows in batch.rows.items():
        rules[kind].save(connection, rows)
    store.open_cases(connection, batch.opened)
    store.close_cases(connection, batch.closed)
    return Judged(
        subjects=subjects,
        changed=len(batch.changes),
        observations=len(batch.fresh),
        audit_rows=len(batch.entries),
        cases_opened=sum(1 for case in batch.opened if not case["known"]),
        cases_closed=len(batch.closed),
        overfull=batch.overfull,
    )


def _write_audit(connection: Connection[Any], batch: _Batch, bodies: Mapping[int, bytes]) -> dict[int, bytes]:
    """Chain and write the batch's audit rows; returns each touched subject's new head."""
    digests = _digests(connection, {told.message_id for _, _, told, _ in batch.entries}, bodies)
    heads: dict[int, bytes] = {}
    rows = []
    for held, entry, told, version in batch.entries:
        row = _audit_row(held.id, entry, told, version, now_ms=batch.now_ms, payload=digests.get(told.message_id))
        previous = heads.get(held.id) or held.chain_head or GENESIS
        heads[held.id] = row_hash(previous, row)
        rows.append((row, previous, heads[held.id]))
    audit.append(connection, rows)
    return heads


def _digests(connection: Connection[Any], messages: Set[int], bodies: Mapping[int, bytes]) -> dict[int, str]:
    """SHA-256 (hex) of the bytes of these messages: the batch's own, and those of earlier ones."""
    own = {one: hashlib.sha256(bodies[one]).hexdigest() for one in messages & bodies.keys()}
    return {**own, **store.payload_digests(connection, sorted(messages - bodies.keys()))}


def _audit_row(
    subject_id: int, entry: Entry, told: Observation, version: str, *, now_ms: int, payload: str | None
) -> AuditRow:
    step, back = entry.step, entry.reverses_seq is not None
    return AuditRow(
        subject_id=subject_id,
        seq=entry.seq,
        from_state=step.to_state if back else step.from_state,
        to_state=(step.from_state or "unknown") if back else step.to_state,
        source=told.source,
        operator=told.facts.get("operator"),
        ip=told.facts.get("ip"),
        occurred_ms=step.occurred_ms,
        recorded_ms=now_ms,
        reason="reversed" if back else step.reason,
        message_id=told.message_id,
        evidence_key=step.key,
        payload_digest=payload,
        reverses_seq=entry.reverses_seq,
        rule_version=version,
    )
