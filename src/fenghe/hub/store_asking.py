"""SQL of asking a carrier again (再次查询): the parcel, whom we could ask, and the case's log."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import Connection


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """What we know of a parcel that a carrier may want to be told."""

    carrier: str
    order_no: str
    phone: str


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """An enabled source that might be asked."""

    id: str
    connector: str
    title: str
    config: dict[str, Any]


def find_parcel(connection: Connection[Any], number: str) -> Parcel | None:
    """The parcel of this number, with its order's receiver."""
    row = connection.execute(
        "select coalesce(s.carrier, ''), coalesce(o.order_no, ''), coalesce(o.receiver_phone, '') from shipment s"
        " left join customer_order o on o.subject_id = s.order_id where s.tracking_no = %s",
        (number,),
    ).fetchone()
    return None if row is None else Parcel(carrier=row[0], order_no=row[1], phone=row[2])


def find_askers(connection: Connection[Any], connectors: Sequence[str]) -> list[Asker]:
    """Enabled sources of these connectors, the oldest first."""
    rows = connection.execute(
        "select id, connector, title, config from source where enabled and connector = any(%s) order by created_at, id",
        (list(connectors),),
    )
    return [Asker(id=row[0], connector=row[1], title=row[2], config=row[3]) for row in rows]


def log_case(connection: Connection[Any], case_id: int, body: str) -> None:
    """A line in the case's log, said by the system."""
    connection.execute(
        "insert into case_entry (case_id, author, kind, body) values (%s, 'fenghe', 'log', %s)", (case_id, body)
    )
