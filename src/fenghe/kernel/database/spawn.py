"""Start one of PostgreSQL's programs as our child (子进程), under the server's user, ending when we end."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from fenghe.kernel.database.account import Account

LAUNCHER: Final = Path(__file__).with_name("launch.py")
KEPT_VARIABLES: Final = ("PATH", "TZ", "LD_LIBRARY_PATH", "TMPDIR", "HOME")
"""All that the programs inherit: a stray PGHOST, PGOPTIONS or LC_ALL must not reach them."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """A clean environment for PostgreSQL's programs."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, "LC_ALL": "C", **(extra or {})}


def spawn(
    command: Sequence[str],
    *,
    account: Account,
    descriptors: Sequence[int],
    output: int,
) -> subprocess.Popen[bytes]:
    """Run `command` in its own session: a Ctrl-C at the terminal reaches the hub alone, which stops it in order.

    The system ties the child to the *thread* that starts it: call this only from a thread that outlives the child.
    """
    user, group = (account.user_id, account.group_id) if account.switch else (-1, -1)
    numbers = (os.getpid(), int(signal.SIGINT), user, group)
    launcher = [sys.executable, "-I", "-S", str(LAUNCHER), *(str(number) for number in numbers)]
    return subprocess.Popen(
        [*launcher, *command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=descriptors,
        start_new_session=True,
        cwd="/",
        env=environment(),
    )
