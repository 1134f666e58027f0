"""Our own PostgreSQL (内嵌数据库监管): it starts as our child, is kept alive, stops with us, recovers from any kill."""

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from fenghe.kernel.database import binaries, journal, settings, store
from fenghe.kernel.database.account import Account, handed, own_name, server_account
from fenghe.kernel.database.address import Database, embedded
from fenghe.kernel.database.leftovers import StartInterrupted, is_ready, take_over
from fenghe.kernel.database.place import Place, RestoreUnfinished, sync_directory, write_whole
from fenghe.kernel.database.spawn import spawn
from fenghe.kernel.database.trouble import DatabaseTrouble

log = logging.getLogger(__name__)

Report = Callable[[str], None]
"""Told what is being waited for. Called from the supervisor's thread."""

REPORT_SECONDS: Final = 1.0
POLL_SECONDS: Final = 0.01
ROTATION_SECONDS: Final = 30.0
FAST_STOP_SECONDS: Final = 120.0
"""Within it the last checkpoint is written; past it the server is stopped at once and recovers at its next start."""
HARD_STOP_SECONDS: Final = 10.0
STEADY_SECONDS: Final = 10.0
"""A server that has lived this long starts a fresh count of failures."""
MOST_REVIVALS: Final = 20
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 30.0


class ServerDidNotStart(DatabaseTrouble):
    """PostgreSQL did not start on {data_dir}. Its last words (all of them in {log}): {reason}"""


class InitialisationFailed(DatabaseTrouble):
    """A new database could not be made in {data_dir}: {reason}"""


class WrongMajorVersion(DatabaseTrouble):
    """{data_dir} was made by PostgreSQL {found} and this Fenghe brings {expected}: back it up with the old version
    (fenghe backup) and restore it into a new directory with this one."""


class Cluster:
    """One embedded server in one data directory, from `start` to `stop`. Heals a server that dies in between.

    `on_lost` is called, with the reason, when the server dies again and again and is given up.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        settings: Mapping[str, str] | None = None,
        report: Report = log.info,
        on_lost: Callable[[Exception], None] | None = None,
        restoring: bool = False,
    ) -> None:
        self.place = Place(data_dir)
        self.revivals = 0
        self._settings = dict(settings or {})
        self._report = report
        self._on_lost = on_lost
        self._restoring = restoring
        self._hub_lock: int | None = None
        self._database: Database | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._failure: BaseException | None = None
        self._started = threading.Event()
        self._stopping = threading.Event()
        self._changing = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def database(self) -> Database:
        """Where it can be reached; the same through every revival."""
        if self._database is None:
            raise RuntimeError("the cluster was not started")
        return self._database

    @property
    def process(self) -> int | None:
        """The server's process id while it lives."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    def start(self) -> Database:
        """Hold the data directory, bring the server up, wait until it takes connections, however long it recovers."""
        self.place.prepare()
        self._hub_lock = self.place.hold()
        try:
            self._check_directory()
            self._thread = threading.Thread(target=self._supervise, name="postgresql", daemon=True)
            self._thread.start()
            self._started.wait()
            if self._failure is not None:
                raise self._failure
        except BaseException:
            self.stop()
            raise
        return self.database

    def stop(self) -> None:
        """Stop the server in order and let go of the directory. Safe to call twice, and from several threads."""
        with self._changing:
            self._stopping.set()
            process = self._process
        if process is not None:
            _stop(process, self._report)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        with self._changing:
            held, self._hub_lock = self._hub_lock, None
        if held is not None:
            self.place.drop_socket_directory()
            os.close(held)

    def _check_directory(self) -> None:
        if self._restoring:
            self.place.begin_restore()
        elif self.place.restoring.exists():
            raise RestoreUnfinished(data_dir=self.place.root)
        version = self.place.cluster / "PG_VERSION"
        if version.exists() and version.read_text().strip() != str(binaries.MAJOR):
            found = version.read_text().strip()
            raise WrongMajorVersion(data_dir=self.place.root, found=found, expected=binaries.MAJOR)

    def _supervise(self) -> None:
        """The thread that starts every child: the kernel ends them when this thread, and so the hub, ends."""
        try:
            account = server_account(self.place.cluster)
            passwords = self.place.make_passwords()
            self._bring_up(account, passwords)
        except BaseException as failure:  # noqa: BLE001 - start() raises it in the thread that waits for us
            self._failure = failure
            return
        finally:
            self._started.set()
        self._watch(account)

    def _bring_up(self, account: Account, passwords: Mapping[str, str]) -> None:
        lock = take_over(self.place, self._report, self._stopping.is_set)
        try:
            is_new = not self.place.cluster.exists()
            if is_new:
                _initialise(self.place, account, lock)
            sockets = self.place.make_socket_directory(account)
            self._launch(account, lock)
        finally:
            os.close(lock)  # from here on only the server's own processes hold it
        database = embedded(sockets, passwords=dict(passwords), data_dir=self.place.root)
        if is_new or store.complaint(database.owner_url) or store.complaint(database.app_url):
            store.set_up(str(database.superuser_url), passwords)
        self._database = database

    def _launch(self, account: Account, lock: int) -> None:
        """Write the configuration, start the server, wait until it is ready."""
        sockets = self.place.find_socket_directory()
        assert sockets is not None
        for name, text in {
            "postgresql.conf": settings.configuration(sockets, self._settings),
            "pg_hba.conf": settings.access_rules(),
            "pg_ident.conf": settings.identity_map(own_name()),
        }.items():
            write_whole(self.place.cluster / name, text.encode(), owner=account)
        journal.rotate(self.place.log)
        told_before = journal.size(self.place.log)
        command = [str(binaries.home_for(account) / "bin" / "postgres")]
        with self._changing:
            if self._stopping.is_set():
                raise StartInterrupted
            self._process = _spawn_in(self.place.cluster, command, account=account, lock=lock, log=self.place.log)
        self._wait_until_ready(self._process, told_before)

    def _wait_until_ready(self, process: subprocess.Popen[bytes], told_before: int) -> None:
        began = reported = time.monotonic()
        while not is_ready(self.place.cluster, process.pid):
            if process.poll() is not None:
                if self._stopping.is_set():
                    raise StartInterrupted
                reason = journal.tail(self.place.log, after=told_before)
                raise ServerDidNotStart(data_dir=self.place.root, log=self.place.log, reason=reason)
            if time.monotonic() - reported > REPORT_SECONDS:
                reported = time.monotonic()
                words = journal.tail(self.place.log, after=told_before, lines=1)
                self._report(f"PostgreSQL is starting ({reported - began:.0f} s): {words}")
            time.sleep(POLL_SECONDS)

    def _watch(self, account: Account) -> None:
        """Sleep until the server dies; unless it was told to, bring it back."""
        failures = 0
        while True:
            born = time.monotonic()
            self._wait_for_death()
            if self._stopping.is_set():
                return
            log.warning("PostgreSQL died unexpectedly; starting it again")
            failures = 0 if time.monotonic() - born > STEADY_SECONDS else failures
            while (trouble := self._revive(account, failures)) is not None:
                failures += 1
                if self._stopping.is_set():
                    return
                log.error("PostgreSQL did not come back (%d of %d): %s", failures, MOST_REVIVALS, trouble)
                if failures >= MOST_REVIVALS:
                    self._lost(trouble)
                    return
            failures += 1
            self.revivals += 1

    def _wait_for_death(self) -> None:
        """Blocks without polling; the log is looked after meanwhile."""
        process, died = self._process, threading.Event()
        assert process is not None

        def wait() -> None:
            process.wait()
            died.set()

        threading.Thread(target=wait, name="postgresql wait", daemon=True).start()
        while not died.wait(ROTATION_SECONDS):
            journal.rotate(self.place.log)

    def _revive(self, account: Account, failures: int) -> Exception | None:
        """One attempt to bring the server back on its socket; after failures, only after a pause that grows."""
        if failures and self._stopping.wait(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**failures)):
            return StartInterrupted()
        try:
            lock = take_over(self.place, self._report, self._stopping.is_set)
            try:
                self.place.keep_socket_directory(account)
                self._launch(account, lock)
            finally:
                os.close(lock)
        except Exception as trouble:  # noqa: BLE001 - _watch reports it and tries again
            return trouble
        return None

    def _lost(self, trouble: Exception) -> None:
        log.critical("PostgreSQL is given up: %s", trouble)
        if self._on_lost is not None:
            self._on_lost(trouble)


@contextlib.contextmanager
def running(
    data_dir: Path,
    *,
    settings: Mapping[str, str] | None = None,
    report: Report = log.info,
    on_lost: Callable[[Exception], None] | None = None,
) -> Iterator[Database]:
    """Hold the data directory and keep its server up for the time of the block. Raises DataDirInUse."""
    cluster = Cluster(data_dir, settings=settings, report=report, on_lost=on_lost)
    database = cluster.start()
    try:
        yield database
    finally:
        cluster.stop()


def _spawn_in(
    directory: Path, command: list[str], *, account: Account, lock: int, log: Path
) -> subprocess.Popen[bytes]:
    """Start a program on a cluster's directory. Every process it begets inherits the lock."""
    output = journal.open_log(log)
    try:
        with handed(directory, account) as (name, descriptors):
            return spawn([*command, "-D", name], account=account, descriptors=(*descriptors, lock), output=output)
    finally:
        os.close(output)


def _initialise(place: Place, account: Account, lock: int) -> None:
    """Make a new cluster aside and move it into place when it is whole: a crash leaves none, never half of one."""
    shutil.rmtree(place.unborn, ignore_errors=True)
    place.unborn.mkdir(mode=0o700)
    if account.switch:
        os.chown(place.unborn, account.user_id, account.group_id)
    told_before = journal.size(place.log)
    command = [
        str(binaries.home_for(account) / "bin" / "initdb"),
        "--username=postgres",
        "--auth=peer",
        "--encoding=UTF8",
        "--no-locale",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--data-checksums",
        "--no-instructions",
    ]
    process = _spawn_in(place.unborn, command, account=account, lock=lock, log=place.log)
    if process.wait() != 0:
        raise InitialisationFailed(data_dir=place.root, reason=journal.tail(place.log, after=told_before))
    place.unborn.rename(place.cluster)
    sync_directory(place.root)


def _stop(process: subprocess.Popen[bytes], report: Report) -> None:
    """In order; at once if that takes too long; and in the end without asking."""
    for how, patience in (
        (signal.SIGINT, FAST_STOP_SECONDS),
        (signal.SIGQUIT, HARD_STOP_SECONDS),
        (signal.SIGKILL, HARD_STOP_SECONDS),
    ):
        if process.poll() is not None:
            return
        process.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return
        report(f"PostgreSQL has not stopped within {patience:.0f} s of {how.name}")
