"""The contract as a file (接口说明落盘): every route's schema, written without a database.

`python -m fenghe.api.dump` writes docs/openapi.json anew.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from litestar import Router
from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from fenghe import __version__
from fenghe.api.app import build_api
from fenghe.api.openapi import schema_of
from fenghe.hub import routing
from fenghe.kernel.connecting import Connector
from fenghe.kernel.secrets import KEY_BYTES

T = TypeVar("T")
P = ParamSpec("P")


FILE: Final = Path(__file__).parents[3] / "docs" / "openapi.json"


def schema() -> bytes:
    """The schema of every route there is."""
    return schema_of(build_api(Unplugged(routing.routers(), __version__)))


class Unplugged:
    """A hub that only has routes; whatever asks it for the database is a bug."""

    key = bytes(KEY_BYTES)
    connectors: Mapping[str, Connector] = {}

    def __init__(self, routers: Sequence[Router], version: str) -> None:
        self.routers = routers
        self.version = version

    @property
    def pool(self) -> AsyncConnectionPool[AsyncConnection[TupleRow]]:
        """None here."""
        raise LookupError("a hub without a database was asked for one")

    async def sync(self, work: Callable[Concatenate[Connection[Any], P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """None here."""
        raise LookupError(f"a hub without a database was asked for {work} {args} {kwargs}")


if __name__ == "__main__":
    FILE.write_bytes(schema())
