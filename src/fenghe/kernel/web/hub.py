"""What a route may ask of the running hub (枢纽): the database, and nothing else."""

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from fenghe.kernel.connecting import Connector

T = TypeVar("T")
P = ParamSpec("P")


class WebHub(Protocol):
    """The part of the hub that routes of rooms rely on."""

    @property
    def pool(self) -> AsyncConnectionPool[AsyncConnection[TupleRow]]:
        """Connections for reads: autocommit off, rows as tuples."""

    async def sync(self, work: Callable[Concatenate[Connection[Any], P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(connection, ...)` in a thread as one transaction: undone when it raises."""


class KernelHub(WebHub, Protocol):
    """What the kernel's own routes rely on beside the database."""

    @property
    def key(self) -> bytes:
        """32 bytes that seal secrets at rest (`fenghe.kernel.secrets.hub_key`)."""

    @property
    def connectors(self) -> Mapping[str, Connector]:
        """Every connector, by name."""
