"""What people do to breaks (差异处理): owners, decisions, comments, and rulings that two people make. Every act is on record."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.web.problems import Problem, bad_field, conflict, not_found
from fenghe.money.sheet import Edit, Refused, read_back

ACTS: Final = ("match", "unmatch", "force")
_DOCUMENTS: Final = {
    "payment": "select 1 from payment where subject_id = %s",
    "refund": "select 1 from refund where subject_id = %s",
    "voucher": "select 1 from finance_voucher where id = %s",
}


def sheet_secret(connection: Connection[Any]) -> bytes:
    """What rows of exported sheets are signed with; made once, on this database."""
    row = connection.execute("select secret from recon_secret").fetchone()
    if row is None:
        connection.execute(
            "insert into recon_secret (secret) values (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"
            " on conflict do nothing"
        )
        row = connection.execute("select secret from recon_secret").fetchone()
    assert row is not None
    return bytes(row[0])


def owners(connection: Connection[Any]) -> list[str]:
    """Names of the people who may own a break."""
    return [row[0] for row in connection.execute("select name from person where active order by name")]


def standing(connection: Connection[Any], keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The breaks of these keys as they stand."""
    cursor = connection.execute(
        "select b.key, b.status, b.amount_minor, b.last_run, b.decision, b.comment, p.name as owner from recon_break b"
        " left join person p on p.id = b.owner_id where b.key = any(%s)",
        (list(keys),),
    )
    names = [column.name for column in cursor.description or ()]
    return {row[0]: dict(zip(names, row, strict=True)) for row in cursor}


def apply_edits(connection: Connection[Any], edits: Sequence[Edit], *, actor: Actor) -> int:
    """Make the changes in the caller's transaction; each is an event of its break."""
    if not edits:
        return 0
    told = [
        {"key": one.key, **{name: after for name, (_, after) in one.changes.items()}, "changes": one.changes}
        for one in edits
    ]
    row = connection.execute(
        "with told as (select * from jsonb_to_recordset(%(told)s::jsonb) as t(key text, owner text, decision text, comment text,"
        " changes jsonb)), changed as (update recon_break b set"
        " owner_id = case when t.owner is null then b.owner_id else (select p.id from person p where p.name = t.owner and p.active"
        " order by p.id limit 1) end, decision = coalesce(t.decision, b.decision), comment = coalesce(t.comment, b.comment)"
        " from told t where b.key = t.key returning b.id, t.changes), events as (insert into recon_event (break_id, at, author,"
        " event, body) select c.id, now(), %(by)s, f.key, jsonb_build_object('before', f.value -> 0, 'after', f.value -> 1)"
        " from changed c, jsonb_each(c.changes) f returning 1) select count(*) from changed",
        {"told": orjson.dumps(told).decode(), "by": actor.person},
    ).fetchone()
    count = int(row[0]) if row else 0
    log_access(connection, actor, action="break.edit.done", target=f"{count} breaks")
    return count


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a sheet that came back would change, which of its rows are refused, and how many breaks it did change."""

    rows: int
    edits: Sequence[Edit]
    refused: Sequence[Refused]
    changed: int


def take_back(
    connection: Connection[Any], rows: Sequence[tuple[int, dict[str, str]]], *, apply: bool, actor: Actor
) -> Taken:
    """Read a sheet against the breaks as they stand, and make its changes if they are to be made."""
    keys = [row.get("差异编号", "").strip() for _, row in rows]
    wanted, refused = read_back(
        sheet_secret(connection), rows, standing=standing(connection, keys), owners=owners(connection)
    )
    changed = apply_edits(connection, wanted, actor=actor) if apply else 0
    return Taken(rows=len(rows), edits=wanted, refused=refused, changed=changed)


def edit(connection: Connection[Any], asked: Sequence[int], changes: dict[str, str], *, actor: Actor) -> int:
    """Set owner, decision or comment of these breaks; those that have it already are left alone. Returns how many changed."""
    keys = [row[0] for row in connection.execute("select key from recon_break where id = any(%s)", (list(asked),))]
    edits = []
    for key, known in standing(connection, keys).items():
        told = {name: (known[name] or "", after) for name, after in changes.items() if (known[name] or "") != after}
        edits += [Edit(line=0, key=key, changes=told)] if told else []
    return apply_edits(connection, edits, actor=actor)


def propose(connection: Connection[Any], *, act: str, body: dict[str, Any], reason: str, actor: Actor) -> int:
    """Propose a ruling: match or unmatch a document {kind, id, order_no}, or accept a difference {key}."""
    if act not in ACTS:
        raise bad_field("act", f"应为 {'、'.join(ACTS)}")
    if not reason.strip():
        raise bad_field("reason", "请写明理由")
    scope, told = _force(connection, body) if act == "force" else _document(connection, act, body)
    row = connection.execute(
        "insert into recon_ruling (act, scope_key, body, reason, proposed_by) values (%s, %s, %s::jsonb, %s, %s) returning id",
        (act, scope, orjson.dumps(told).decode(), reason.strip(), actor.person),
    ).fetchone()
    assert row is not None
    log_access(connection, actor, action=f"ruling.{act}.proposed", target=f"ruling {row[0]} {scope}")
    return int(row[0])


def _force(connection: Connection[Any], body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    row = connection.execute(
        "select scope_key, amount_minor from recon_break where key = %s and status = 'open'",
        (str(body.get("key", "")),),
    ).fetchone()
    if row is None:
        raise not_found("这笔未结的差异")
    return row[0], {"key": body["key"], "amount_minor": row[1]}


def _document(connection: Connection[Any], act: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    kind, number = str(body.get("kind", "")), body.get("id")
    if kind not in _DOCUMENTS or not isinstance(number, int):
        raise bad_field("kind", f"应为 {'、'.join(_DOCUMENTS)} 之一，并给出它的 id")
    if connection.execute(_DOCUMENTS[kind].encode(), (number,)).fetchone() is None:
        raise not_found(f"{kind} {number}")
    order_no = str(body.get("order_no", "")).strip()
    if act == "match" and not order_no:
        raise bad_field("order_no", "请给出要匹配到的订单号")
    scope = f"order:{order_no}" if act == "match" else f"order:?{kind[0]}{number}"
    return scope, {"kind": kind, "id": number, "order_no": order_no}


def decide(connection: Connection[Any], ruling_id: int, *, approve: bool, actor: Actor) -> None:
    """A second person approves or rejects; the next run goes by what is approved."""
    row = connection.execute(
        "select proposed_by, status from recon_ruling where id = %s for update", (ruling_id,)
    ).fetchone()
    if row is None:
        raise not_found(f"裁定 {ruling_id}")
    if row[1] != "proposed":
        raise conflict("这项裁定已经有结果了，请刷新。", code="ruling_settled")
    if row[0] == actor.person:
        raise Problem(403, "自己提出的裁定要由另一个人批准。", code="second_person_needed")
    status = "approved" if approve else "rejected"
    connection.execute(
        "update recon_ruling set status = %s, decided_by = %s, decided_at = now() where id = %s",
        (status, actor.person, ruling_id),
    )
    log_access(connection, actor, action=f"ruling.decide.{status}", target=f"ruling {ruling_id}")


def list_rulings(connection: Connection[Any], *, status: str = "") -> list[dict[str, Any]]:
    """Rulings, the newest first, with the break that an acceptance is of."""
    cursor = connection.execute(
        "select r.id, r.act, r.scope_key, r.body, r.reason, r.status, r.proposed_by, r.proposed_at, r.decided_by, r.decided_at,"
        " b.id as break_id, b.cause, b.currency, coalesce((r.body ->> 'amount_minor')::bigint, b.amount_minor) as amount_minor,"
        " coalesce(nullif(b.order_no, ''), b.payment_no) as number from recon_ruling r left join recon_break b"
        " on r.act = 'force' and b.key = r.body ->> 'key' where %(status)s = '' or r.status = %(status)s"
        " order by r.id desc limit 500",
        {"status": status},
    )
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]
