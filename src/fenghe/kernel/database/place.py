"""The data directory (数据目录): what lies in it, who holds it, and its secrets."""

import json
import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

from fenghe.kernel.database import locks
from fenghe.kernel.database.account import Account
from fenghe.kernel.database.address import APP_ROLE, OWNER_ROLE, SOCKET_PORT
from fenghe.kernel.database.trouble import DatabaseTrouble

LAST_RESORT: Final = "/tmp"  # noqa: S108 - mkdtemp makes a private directory in it
SOCKET_PATH_LIMIT: Final = 107
"""Bytes that a Unix socket's path may have (sun_path less its end mark)."""


class DataDirInUse(DatabaseTrouble):
    """{data_dir} is in use by another Fenghe, process {process}: stop it first, or choose another one with --data."""


class DataDirUnusable(DatabaseTrouble):
    """{data_dir} cannot hold the database: {reason}."""


class RestoreUnfinished(DatabaseTrouble):
    """{data_dir} holds a restore that did not finish: delete the directory and restore the backup again."""


class Place:
    """Paths in one data directory. Nothing is touched before `prepare`."""

    def __init__(self, data_dir: Path) -> None:
        self.root = data_dir.absolute()
        self.cluster = self.root / "postgresql"
        self.unborn = self.root / "postgresql.new"
        self.hub_lock = self.root / "hub.lock"
        self.server_lock = self.root / "postgresql.lock"
        self.guest_lock = self.root / "guests.lock"
        self.passwords = self.root / "database.json"
        self.address = self.root / "server.json"
        self.restoring = self.root / "restore.unfinished"
        self.log = self.root / "log" / "postgresql.log"

    def prepare(self) -> None:
        """Make the directory. When we are root others may pass through it (0711), to the one folder that is theirs."""
        try:
            self.root.parent.mkdir(parents=True, exist_ok=True)
            if not self.root.exists():
                self.root.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
            self.log.parent.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise DataDirUnusable(data_dir=self.root, reason=error.strerror) from None
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise DataDirUnusable(data_dir=self.root, reason="it belongs to another user")

    def hold(self) -> int:
        """Take the hub's lock for our lifetime and sign it, or DataDirInUse naming the holder."""
        descriptor = locks.find_lock(self.hub_lock)
        if descriptor is None:
            raise DataDirInUse(data_dir=self.root, process=self.holder())
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return descriptor

    def begin_restore(self) -> None:
        """Mark the directory as one that nobody may open before its restore is done. Called by who holds it."""
        if self.cluster.exists():
            raise DataDirUnusable(data_dir=self.root, reason="a restore needs a new or empty directory")
        write_whole(self.restoring, b"")

    def holder(self) -> str:
        """The holder signs just after it has locked: give it a moment before calling it unknown."""
        for _ in range(20):
            signed = self.hub_lock.read_text().strip()
            if signed:
                return signed
            time.sleep(0.01)
        return "unknown"

    def find_passwords(self) -> dict[str, str] | None:
        """The two roles' passwords, None before the first start."""
        try:
            return dict(json.loads(self.passwords.read_text()))
        except FileNotFoundError:
            return None
        except PermissionError:
            raise DataDirUnusable(data_dir=self.root, reason="its secrets belong to another user") from None

    def make_passwords(self) -> dict[str, str]:
        """The roles' passwords, drawn at random on the first start."""
        known = self.find_passwords() or {}
        wanted = {role: known.get(role) or secrets.token_urlsafe(32) for role in (OWNER_ROLE, APP_ROLE)}
        if wanted != known:
            write_whole(self.passwords, json.dumps(wanted, indent=1).encode())
        return wanted

    def find_socket_directory(self) -> str | None:
        """Where the present or the last server listens."""
        try:
            return str(json.loads(self.address.read_text())["socket_directory"])
        except FileNotFoundError:
            return None

    def make_socket_directory(self, account: Account) -> str:
        """A private directory with a short path, written down so that other commands find it; the last one goes."""
        self.drop_socket_directory()
        directory = tempfile.mkdtemp(prefix="fenghe-", dir=_short_directory())
        if account.switch:
            os.chown(directory, account.user_id, account.group_id)
        write_whole(self.address, json.dumps({"socket_directory": directory, "port": SOCKET_PORT}).encode())
        return directory

    def keep_socket_directory(self, account: Account) -> None:
        """Put the directory back if somebody tidied it away: clients know the server by this name."""
        directory = self.find_socket_directory()
        if directory is not None and not Path(directory).is_dir():
            Path(directory).mkdir(mode=0o700)
            if account.switch:
                os.chown(directory, account.user_id, account.group_id)

    def drop_socket_directory(self) -> None:
        """Remove what the last server left, unless the name is not one that we give."""
        last = self.find_socket_directory()
        if last is not None and Path(last).name.startswith("fenghe-"):
            shutil.rmtree(last, ignore_errors=True)
        self.address.unlink(missing_ok=True)


def _short_directory() -> str:
    """/run is the place for root's sockets; a long TMPDIR would not leave room for the socket's name."""
    candidates = ["/run"] if os.geteuid() == 0 else []
    for candidate in [*candidates, tempfile.gettempdir(), LAST_RESORT]:
        longest = Path(candidate) / "fenghe-12345678" / f".s.PGSQL.{SOCKET_PORT}"
        if len(os.fsencode(longest)) <= SOCKET_PATH_LIMIT and os.access(candidate, os.W_OK | os.X_OK):
            return candidate
    raise DataDirUnusable(data_dir=LAST_RESORT, reason="no directory with a short path is writable for the socket")


def write_whole(path: Path, content: bytes, *, mode: int = 0o600, owner: Account | None = None) -> None:
    """Replace a file all at once, durably. The new file is made afresh: a link planted at its name is not followed."""
    partial = path.with_name(path.name + ".new")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        if owner is not None and owner.switch:
            os.fchown(file.fileno(), owner.user_id, owner.group_id)
        os.fsync(file.fileno())
    partial.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
