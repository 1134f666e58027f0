"""How commands speak (命令输出): tables for people, `--json` for programs, and what each exit status means.

Exit status: 0 done, 2 the input or the call is wrong (said in the user's terms), 1 anything else.
"""

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import msgspec
import psycopg
import structlog
import typer
from rich.console import Console
from rich.table import Table

from fenghe.hub.import_source import ImportRefused
from fenghe.kernel.database.address import NotADatabaseUrl
from fenghe.kernel.database.backup import BackupDamaged, BackupTargetTaken, NotABackup
from fenghe.kernel.database.opening import NoDatabaseHere
from fenghe.kernel.database.place import DataDirUnusable
from fenghe.kernel.database.trouble import DatabaseTrouble
from fenghe.kernel.secrets import BadKey
from fenghe.kernel.web.problems import Problem

DONE: Final = 0
FAILED: Final = 1
CALL_WRONG: Final = 2

DEFAULT_DATA: Final = Path("var/fenghe")
DataDir = Annotated[Path, typer.Option("--data", help="Data directory of the embedded database.", envvar="FENGHE_DATA")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]

_CALLER_CAN_MEND: Final = (
    NotADatabaseUrl, BackupDamaged, BackupTargetTaken, NotABackup, NoDatabaseHere, DataDirUnusable,
)  # fmt: skip


class CallWrong(Exception):
    """The input or the call is wrong; the message says what would be right."""

    def __init__(self, message: str, *, code: str = "call_wrong") -> None:
        super().__init__(message)
        self.code = code


class CannotGoOn(Exception):
    """It cannot be done now, and not because of how it was asked for."""

    def __init__(self, message: str, *, code: str = "failed") -> None:
        super().__init__(message)
        self.code = code


class Voice:
    """What one command says: results on stdout, everything else on stderr."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.out = Console(highlight=False, soft_wrap=True)
        self.err = Console(stderr=True, highlight=False, soft_wrap=True)

    @property
    def shows_progress(self) -> bool:
        """Whether somebody watches."""
        return self.err.is_terminal and not self.as_json

    def result(self, value: Any) -> None:
        """The JSON document, if one is wanted."""
        if self.as_json:
            sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
            sys.stdout.flush()

    def say(self, text: str) -> None:
        """A line of the result for people; never marked up, whatever it contains."""
        if not self.as_json:
            self.out.print(text, markup=False)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], *, numbers_from: int = 1) -> None:
        """A table for people; the columns from `numbers_from` on are numbers."""
        if self.as_json:
            return
        table = Table(header_style="bold")
        for place, head in enumerate(heads):
            table.add_column(head, justify="right" if place >= numbers_from else "left", overflow="fold")
        for row in rows:
            table.add_row(*(_plain(cell) for cell in row))
        self.out.print(table)

    def warn(self, text: str) -> None:
        """A line beside the result."""
        self.err.print(text, markup=False)

    def report(self, text: str) -> None:
        """What the database supervisor is doing, for whoever watches."""
        if self.shows_progress:
            self.err.print(text, markup=False, style="dim")


def _plain(text: str) -> str:
    return text.replace("[", "\\[")


@contextlib.contextmanager
def speaking(as_json: bool) -> Iterator[Voice]:
    """Run a command: what it raises becomes a sentence and an exit status."""
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    voice = Voice(as_json)
    try:
        yield voice
    except (CallWrong, ImportRefused) as problem:
        fail(voice, CALL_WRONG, code=problem.code, message=str(problem))
    except Problem as problem:
        fail(voice, CALL_WRONG, code=problem.code, message=problem.detail)
    except BadKey as problem:
        fail(voice, CALL_WRONG, code="bad_key", message=str(problem))
    except CannotGoOn as problem:
        fail(voice, FAILED, code=problem.code, message=str(problem))
    except DatabaseTrouble as problem:
        status = CALL_WRONG if isinstance(problem, _CALLER_CAN_MEND) else FAILED
        fail(voice, status, code=type(problem).__name__, message=str(problem))
    except psycopg.OperationalError as problem:
        fail(voice, FAILED, code="database_lost", message=f"数据库连接中断：{str(problem).strip()}")
    except KeyboardInterrupt:
        fail(voice, FAILED, code="interrupted", message="已停下。已经存下的都在，再运行一次就接着来。")


def fail(voice: Voice, status: int, *, code: str, message: str, facts: Mapping[str, Any] | None = None) -> NoReturn:
    """Say what is wrong, in JSON too, and leave with the status."""
    voice.result({"error": {"code": code, "message": message}, **(facts or {})})
    voice.warn(message)
    raise typer.Exit(status)
