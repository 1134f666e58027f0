"""The server's log file (数据库日志): bounded in size, and read back when the server does not start."""

import os
import shutil
from pathlib import Path
from typing import Final

LARGEST_BYTES: Final = 10 << 20
KEPT: Final = 3
TAIL_BYTES: Final = 16 << 10


def open_log(log: Path) -> int:
    """A descriptor for the server's output. Appending, so that emptying the file below a running server is safe."""
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)


def rotate(log: Path, *, largest_bytes: int = LARGEST_BYTES) -> bool:
    """Move a log that has grown too large into `.1`, the older ones on, and empty it. True if it was moved.

    The server keeps its file open, so the file is copied and emptied; a line written between the two is lost, an
    acceptable price for a server that needs no pipe to us and so outlives us long enough to stop in order.
    """
    if not log.exists() or log.stat().st_size < largest_bytes:
        return False
    for number in range(KEPT - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    shutil.copy2(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)
    return True


def size(log: Path) -> int:
    """Where the next line will be written."""
    return log.stat().st_size if log.exists() else 0


def tail(log: Path, *, after: int = 0, lines: int = 12) -> str:
    """The last lines written after an offset, for an error message or a word of progress."""
    with log.open("rb") as file:
        file.seek(max(after, size(log) - TAIL_BYTES))
        text = file.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:])
