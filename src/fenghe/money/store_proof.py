"""The proof of vouchers (凭证证明): each with the path from its hash to the sealed root, for whoever has only this file."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import Connection

from fenghe.money.ledger_chain import canonical, inclusion_path
from fenghe.money.store_verify import QUERY, Kept, kept


def proof_of(connection: Connection[Any], vouchers: Sequence[int]) -> dict[str, Any]:
    """The content of proof.json for these vouchers; what is not sealed yet is left out and counted."""
    rows = [
        kept(row)
        for row in connection.execute(f"{QUERY} where v.id = any(%s) order by v.id".encode(), (list(vouchers),))
    ]
    seals: dict[str, dict[str, Any]] = {}
    proven = []
    for one in rows:
        seal = _seal_of(connection, one.id)
        if seal is not None:
            leaves, told = seal
            seals[told["hash"]] = told
            proven.append(_proven(one, leaves, told["hash"]))
    return {
        "format": "fenghe voucher proof v1",
        "vouchers": proven,
        "seals": list(seals.values()),
        "unsealed": len(rows) - len(proven),
    }


def _proven(one: Kept, leaves: Sequence[tuple[int, bytes]], seal: str) -> dict[str, Any]:
    place = next(place for place, (leaf_id, _) in enumerate(leaves) if leaf_id == one.id)
    path = inclusion_path([leaf for _, leaf in leaves], place)
    return {
        "content": msgspec.json.decode(canonical(one.voucher)),
        "previous": one.previous.hex(),
        "hash": one.hash.hex(),
        "seal": seal,
        "path": [[step.side, step.hash] for step in path],
    }


def _seal_of(connection: Connection[Any], voucher_id: int) -> tuple[list[tuple[int, bytes]], dict[str, Any]] | None:
    """(the leaves under the seal that covers a voucher, the seal as told), None while it is not sealed."""
    row = connection.execute(
        "select first_id, last_id, rows, root, prev_hash, hash from ledger_seal where last_id >= %s order by last_id limit 1",
        (voucher_id,),
    ).fetchone()
    if row is None:
        return None
    leaves = connection.execute(
        "select id, hash from ledger_voucher where id between %s and %s order by id", (row[0], row[1])
    ).fetchall()
    told = {
        "first_id": row[0],
        "last_id": row[1],
        "rows": row[2],
        "root": bytes(row[3]).hex(),
        "previous": bytes(row[4]).hex(),
        "hash": bytes(row[5]).hex(),
    }
    return [(leaf[0], bytes(leaf[1])) for leaf in leaves], told
