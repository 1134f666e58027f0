"""Import of statements (账单导入): the whole file is looked at first, then stored row by row, and may be killed anywhere.

A row of a provider that numbers its movements is known by number, kind, amount and time, whatever else an export adds to it;
any other row by what stands in it and by its turn among equal ones of the file. So overlapping files hold each line once.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from psycopg import Connection

from fenghe.hub import import_source, store_statements
from fenghe.hub.import_rows import FileReport, Kept, Row, Steps, batches, count, identity, keep
from fenghe.hub.import_source import Plan
from fenghe.hub.statement_survey import Surveyed, part_headers, said_of, statement_rows, survey_statement
from fenghe.hub.store_turns import Turns
from fenghe.kernel.connecting import Reading
from fenghe.kernel.intake import Broken, Record
from fenghe.kernel.intake.grid import Part, open_parts
from fenghe.kernel.people.person import Actor
from fenghe.kernel.values import digest
from fenghe.money.events import LineTold

KIND: Final = "statement"


def import_statement(
    connection: Connection[Any], path: Path, plan: Plan, *, report: FileReport, actor: Actor, steps: Steps
) -> None:
    """Read one file of statements into the inbox. Raises FileRefused and NotThisFile before anything is stored."""
    surveyed = {told.digest: told for told in survey_statement(path, plan)}
    import_source.ensure(connection, plan, actor)
    steps.begun()
    for told in surveyed.values():
        report.checks += told.checks
        report.notes += told.notes
    for part in open_parts(path):
        _import_part(connection, part, surveyed[part.digest], plan=plan, report=report, actor=actor, steps=steps)


def _import_part(
    connection: Connection[Any],
    part: Part,
    told: Surveyed,
    *,
    plan: Plan,
    report: FileReport,
    actor: Actor,
    steps: Steps,
) -> None:
    file = store_statements.begin(connection, source=plan.source, told=told, by=actor.person)
    rows = _rows(connection, part, told, plan=plan)
    passed = 0
    for batch in batches(rows):
        fresh = passed + len(batch) > file.read

        def funnel(same: Connection[Any], kept: Kept) -> None:
            store_statements.count(same, file.id, kept)

        also = funnel if fresh and not file.finished else None
        kept = keep(connection, plan.source, batch, look=lambda _: None, also=also)
        passed += len(batch)
        count(report, kept)
        steps.note(report.read, batch[-1].told.line)
        steps.taken(kept)
    store_statements.finish(connection, file.id)


def _rows(connection: Connection[Any], part: Part, told: Surveyed, *, plan: Plan) -> Iterator[Row]:
    """Every row with its identity; rows without a number of their own are told apart by their turn."""
    headers = part_headers(told)
    numbered = bool(told.found and told.found.layout.numbered)
    shadow = Surveyed(where=part.where, digest=part.digest, layout=told.layout)
    rows = (
        Row(_identity(one, reading, numbered=numbered), one, headers, said_of(one, reading))
        for one, reading in statement_rows(part, plan, into=shadow, known=told)
    )
    return rows if numbered else Turns(connection).apart(rows)


def _identity(told: Record | Broken, reading: Reading, *, numbered: bool) -> bytes:
    line = next((item for item in reading.items if isinstance(item, LineTold)), None)
    if isinstance(told, Broken) or line is None or not numbered or not line.line_no:
        return bytes.fromhex(digest(KIND, identity(told)))
    amounts = (line.net_minor, line.gross_minor, line.occurred_at and line.occurred_at.isoformat(), line.booked_on)
    return bytes.fromhex(
        digest(
            KIND, line.provider, line.ledger, line.account, line.line_no, line.payment_no, line.out_trade_no,
            line.order_no, line.refund_no, line.kind, line.currency, *(str(one) for one in amounts),
        )
    )  # fmt: skip
