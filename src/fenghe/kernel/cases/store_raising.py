"""Cases that a person raises from something found (转工单), and settles by saying what was done. Nothing here changes a state."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.cases.store import already_settled, find_case
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.store_reading import find
from fenghe.kernel.web.problems import not_found

SETTLED: Final = "settled"


class Raised(msgspec.Struct, frozen=True, kw_only=True):
    """A case to be raised. `key` is what it is about: raised twice it is one case. `told`: why, in a sentence."""

    key: str
    kind: str
    severity: int
    title: str
    told: str
    ours: str
    theirs: str
    rule: str
    due: timedelta
    subject_id: int | None = None
    evidence: Sequence[str] = ()
    message_id: int | None = None


def raise_case(connection: Connection[Any], case: Raised, *, actor: Actor) -> tuple[int, bool]:
    """(id, was it new); a case that was settled stays so: what it is about has been looked at."""
    row = find(
        connection,
        "with written as (insert into work_case (key, kind, severity, subject_id, title, ours, theirs, reason, evidence,"
        " rule_version, due_at) values (%(key)s, %(kind)s, %(severity)s, %(subject)s, %(title)s, %(ours)s, %(theirs)s,"
        " split_part(%(kind)s, '.', 2), %(evidence)s::jsonb, %(rule)s, now() + %(due)s) on conflict (key) do nothing"
        " returning id), noted as (insert into case_entry (case_id, author, kind, body) select id, %(by)s, 'log', 'raised'"
        " from written) select id, true as fresh from written union all select id, false from work_case where key = %(key)s"
        " limit 1",
        {
            "key": case.key,
            "kind": case.kind,
            "severity": case.severity,
            "subject": case.subject_id,
            "title": case.title,
            "ours": case.ours,
            "theirs": case.theirs,
            "evidence": orjson.dumps(
                {"keys": list(case.evidence), "told": case.told, "message_id": case.message_id}
            ).decode(),
            "rule": case.rule,
            "due": case.due,
            "by": actor.person,
        },
    )
    if row is None:  # written by somebody else at this moment, and not yet to be seen by this statement
        row = find(connection, "select id, false as fresh from work_case where key = %(key)s", {"key": case.key})
    if row is None:
        raise LookupError(f"case {case.key} is not there after raising it")
    if row["fresh"]:
        log_access(connection, actor, action="case.raise.done", target=f"case {row['id']} {case.key}")
    return int(row["id"]), bool(row["fresh"])


def settle_case(connection: Connection[Any], case_id: int, *, reason: str, actor: Actor) -> None:
    """Close a raised case with what was done about it. Raises Problem: not found, settled meanwhile."""
    connection.execute("select from work_case where id = %s for update", (case_id,))
    case = find_case(connection, case_id, shops=None)
    if case is None:
        raise not_found(f"工单 {case_id}")
    if case["status"] != "open":
        raise already_settled(case)
    connection.execute(
        "update work_case set status = 'resolved', resolution = %s, resolved_by = %s, closed_at = now(), changed_at = now()"
        " where id = %s",
        (SETTLED, actor.person, case_id),
    )
    connection.execute(
        "insert into case_entry (case_id, author, kind, body) values (%s, %s, 'log', %s)",
        (case_id, actor.person, f"ruling:{SETTLED}:{reason}"),
    )
    log_access(connection, actor, action="case.settle.done", target=f"case {case_id}")
