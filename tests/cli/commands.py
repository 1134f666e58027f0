"""How tests run commands: as somebody at a terminal does, and look at what is left in the database."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import psycopg
from typer.testing import CliRunner, Result

from fenghe.cli.main import app
from fenghe.kernel.database.address import Database

ROOT: Final = Path(__file__).resolve().parents[2]

LEFT: Final = (
    "select (select count(*) from inbound_message), (select count(*) from observation),"
    " (select count(*) from order_state_audit), (select count(*) from work_case), (select count(*) from source),"
    " (select md5(string_agg(kind || key || state || version || coalesce(encode(chain_head, 'hex'), ''), ','"
    "  order by id)) from subject), (select count(*) from message_handling where status = 0)"
)
"""Everything that a second import must not change."""


class Commands:
    """`fenghe ...` on one database, and questions to it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def __call__(self, *arguments: str | Path, status: int = 0, typed: str | None = None) -> Result:
        """Run a command; it must leave with `status`."""
        result = CliRunner().invoke(app, [str(one) for one in arguments], input=typed, catch_exceptions=False)
        assert result.exit_code == status, result.output
        return result

    def json(self, *arguments: str | Path, status: int = 0) -> dict[str, Any]:
        """Run a command with --json; its output is one document and nothing else."""
        document: dict[str, Any] = json.loads(self(*arguments, "--json", status=status).stdout)
        return document

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the application sees."""
        with psycopg.connect(self.database.app_url, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def left(self) -> tuple[Any, ...]:
        """What an import left."""
        return self.rows(LEFT)[0]

    def as_superuser(self, statement: str) -> None:
        """What somebody with the server's own rights can do: triggers do not stop him."""
        with psycopg.connect(str(self.database.superuser_url), autocommit=True) as connection:
            connection.execute("set session_replication_role = replica")
            assert connection.execute(statement.encode()).rowcount != 0


def in_its_own_process(
    *arguments: str | Path, data: Path, environment: Mapping[str, str] | None = None, **more: Any
) -> subprocess.Popen[str]:
    """`fenghe ... --data DATA` as its own process, on its own embedded database or on the one `environment` names."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FENGHE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "fenghe.cli.main", *(str(one) for one in arguments), "--data", str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        env={**environ, "PYTHONPATH": str(ROOT / "src"), **(environment or {})},
        **more,
    )
