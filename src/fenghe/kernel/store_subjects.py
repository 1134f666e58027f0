"""Subjects as the screens read them (对象查询): what we hold, the road to it, and everything that was said."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.judging.decide import Booked
from fenghe.kernel.store_reading import Row, fetch
from fenghe.kernel.timeline import label_of
from fenghe.kernel.values import Observation, with_texts

_history: Final = msgspec.json.Decoder(list[Observation])
_path: Final = msgspec.json.Decoder(list[Booked])

COLUMNS: Final = "id, kind, key, state, rank, held, final, version, history, path, due_at"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """One subject with its whole history."""

    id: int
    kind: str
    key: str
    state: str
    rank: int | None
    held: str | None
    final: bool
    version: int
    history: list[Observation]
    path: list[Booked]
    due_at: datetime | None

    @property
    def label(self) -> str:
        """What a person calls it."""
        return label_of(self.kind, self.key)


def known_of(row: Row) -> Known:
    """A row of COLUMNS."""
    return Known(
        **{name: row[name] for name in ("id", "kind", "key", "state", "rank", "held", "final", "version", "due_at")},
        history=_history.decode(row["history"]),
        path=_path.decode(row["path"]),
    )


def subjects(connection: Connection[Any], ids: Iterable[int]) -> dict[int, Known]:
    """These subjects by id; what does not exist is left out."""
    rows = fetch(connection, f"select {COLUMNS} from subject where id = any(%(ids)s)", {"ids": list(ids)})
    return {known.id: known for known in _told_in_full(connection, map(known_of, rows))}


def order_with_parcels(connection: Connection[Any], order_id: int) -> list[Known]:
    """An order and all its parcels, the order first."""
    rows = fetch(
        connection,
        f"select {COLUMNS} from subject where id = %(id)s or id in (select subject_id from shipment where order_id ="
        " %(id)s)"
        " order by (id <> %(id)s), id",
        {"id": order_id},
    )
    return _told_in_full(connection, map(known_of, rows))


def _told_in_full(connection: Connection[Any], knowns: Iterable[Known]) -> list[Known]:
    """With the texts, which histories leave to the table of observations; one statement for all."""
    found = list(knowns)
    rows = fetch(
        connection,
        "select subject_id, jsonb_object_agg(key, body) as texts from observation where subject_id = any(%(ids)s)"
        " and body <> '' group by subject_id",
        {"ids": [known.id for known in found]},
    )
    texts = {row["subject_id"]: row["texts"] for row in rows}
    return [
        msgspec.structs.replace(known, history=with_texts(known.history, texts.get(known.id, {}))) for known in found
    ]


def ids_of_numbers(connection: Connection[Any], numbers: Sequence[str]) -> list[int]:
    """The orders and parcels that bear one of these numbers, and the parcels of these orders."""
    rows = fetch(
        connection,
        "with found as (select subject_id from customer_order where order_no = any(%(numbers)s)) select subject_id"
        " from found"
        " union select subject_id from shipment where tracking_no = any(%(upper)s)"
        " union select p.subject_id from found f join shipment p on p.order_id = f.subject_id",
        {"numbers": list(numbers), "upper": [number.upper() for number in numbers]},
    )
    return [row["subject_id"] for row in rows]


def source_titles(connection: Connection[Any]) -> dict[str, str]:
    """What each connection is called."""
    return {row["id"]: row["title"] for row in fetch(connection, "select id, title from source")}
