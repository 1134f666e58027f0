"""Table pulse: the screens' topics and the workers' signs of life; written outside the judging transaction."""

import os
import socket
from collections.abc import Sequence
from typing import Any

from psycopg import Connection


def beat(connection: Connection[Any], topics: Sequence[str]) -> None:
    """Note that these topics changed; at most one write a second and topic, so workers do not queue for it."""
    connection.execute(
        "insert into pulse (name) select unnest(%s::text[]) on conflict (name) do update set at = now()"
        " where pulse.at < now() - interval '1 second'",
        (sorted(topics),),
    )


def alive(connection: Connection[Any]) -> None:
    """This worker lives."""
    connection.execute(
        "insert into pulse (name) values (%s) on conflict (name) do update set at = now()",
        (f"worker:{socket.gethostname()}:{os.getpid()}",),
    )


def source_settings(connection: Connection[Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Connector and settings (no secrets) of every source."""
    return {row[0]: (row[1], row[2]) for row in connection.execute("select id, connector, config from source")}
