"""As which operating-system user PostgreSQL runs (运行账户): ourselves, or an unprivileged one when we are root.

PostgreSQL refuses to run as root. Directories that are not ours are never opened up for that user: what it cannot reach
by its path it is handed as an open directory (`handed`).
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fenghe.kernel.database.trouble import DatabaseTrouble

ACCOUNT_NAME: Final = "fenghe"
ACCOUNT_HOME: Final = Path("/var/lib/fenghe")


class NoUnprivilegedAccount(DatabaseTrouble):
    """PostgreSQL does not run as root and the system user "fenghe" could not be created ({reason}): create it
    (useradd --system fenghe), or start Fenghe as an ordinary user."""


class AccountWithoutName(DatabaseTrouble):
    """User id {user_id} has no name on this machine and PostgreSQL needs one: add it to /etc/passwd, or start Fenghe as
    a named user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user to run as. `switch` says that we are root and have to become it."""

    user_id: int
    group_id: int
    switch: bool


def server_account(cluster: Path) -> Account:
    """Ourselves; when we are root, whoever owns the cluster already, else the system user `fenghe`."""
    if os.geteuid() != 0:
        return Account(user_id=os.geteuid(), group_id=os.getegid(), switch=False)
    owner = cluster.stat() if cluster.exists() else None
    if owner is not None and owner.st_uid != 0:
        return Account(user_id=owner.st_uid, group_id=owner.st_gid, switch=True)
    entry = _find(ACCOUNT_NAME) or _create()
    return Account(user_id=entry.pw_uid, group_id=entry.pw_gid, switch=True)


def own_name() -> str:
    """The name of the user we are; peer authentication compares names."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise AccountWithoutName(user_id=os.geteuid()) from None


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd:
    """Several starters may do this at once: who comes second finds the user, or the lock on the user list, taken."""
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(ACCOUNT_HOME)]
    if shutil.which(command[0]) is None:
        raise NoUnprivilegedAccount(reason="no useradd here")
    for _ in range(50):
        done = subprocess.run([*command, ACCOUNT_NAME], capture_output=True, text=True, check=False)
        entry = _find(ACCOUNT_NAME)
        if entry is not None:
            return entry
        time.sleep(0.1)
    raise NoUnprivilegedAccount(reason=done.stderr.strip() or f"useradd ended with {done.returncode}")


def reachable(path: Path, account: Account) -> bool:
    """Whether the mode bits let the account walk down to `path`. A wrong "no" (an ACL says yes) costs only a detour."""
    if not account.switch:
        return True
    return all(_may_enter(folder, account) for folder in path.resolve().parents)


def _may_enter(folder: Path, account: Account) -> bool:
    status = folder.stat()
    if status.st_uid == account.user_id:
        return bool(status.st_mode & 0o100)
    if status.st_gid == account.group_id:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


@contextlib.contextmanager
def handed(directory: Path, account: Account) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A name under which a child of that account finds `directory`, and the descriptors it must inherit for that.

    Below a closed parent (/root, a 0700 home) no path of ours works for another user. We open the directory as root and
    the child names it by its inherited descriptor, so nobody's parent directory has to be opened up.
    """
    if reachable(directory, account) or not Path("/proc/self/fd").is_dir():
        yield str(directory), ()
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}", (descriptor,)
    finally:
        os.close(descriptor)
