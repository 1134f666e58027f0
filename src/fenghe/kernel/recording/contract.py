"""What a room gives for facts that have no state (记录): how rows are kept. Pure contract.

A payment has a state and is judged. A line of a bank statement, a finance voucher, a pay-out simply is: it is recorded in
the transaction that marks its message as judged, once per (message, item), whatever is replayed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from psycopg import Connection


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """One fact as read from a message. `fact` is the room's own item; `kind` names the recorder that keeps it."""

    kind: str
    source: str
    message_id: int
    item: int
    heard_ms: int
    fact: Any


class Recorder(Protocol):
    """One room's keeping of one kind of fact."""

    @property
    def kind(self) -> str:
        """`statement_line`, `finance_voucher` ..."""

    def save(self, connection: Connection[Any], facts: Sequence[Noted]) -> int:
        """Write facts set-wise in the caller's transaction; returns how many are new.

        A fact known by (message, item) changes nothing.
        """


Recorders = Mapping[str, Recorder]
