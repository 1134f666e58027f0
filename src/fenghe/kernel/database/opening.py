"""Getting at the database (打开数据库): as the hub that keeps it, or as a command that joins whoever does.

`hold_database` is for `fenghe serve`; `open_database` for every other command: it joins a running hub, or starts the
server for its own time.
"""

import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from fenghe.kernel.database import locks, store
from fenghe.kernel.database.address import Database, embedded
from fenghe.kernel.database.external import external
from fenghe.kernel.database.place import DataDirInUse, Place
from fenghe.kernel.database.supervisor import Cluster, Report, running
from fenghe.kernel.database.trouble import DatabaseTrouble

log = logging.getLogger(__name__)

PATIENCE_SECONDS: Final = 1800.0
"""How long a command waits for a hub that is recovering or stopping, and a server for the commands that joined it."""
POLL_SECONDS: Final = 0.1
REPORT_SECONDS: Final = 2.0


class NoDatabaseHere(DatabaseTrouble):
    """There is no database in {data_dir}: check --data, or start the hub there first."""


@contextlib.contextmanager
def hold_database(
    data_dir: Path,
    *,
    settings: Mapping[str, str] | None = None,
    report: Report = log.info,
    on_lost: Callable[[Exception], None] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Database]:
    """The database for a hub: the one the environment names, or our own, held alone. Raises DataDirInUse."""
    outside = external(environ)
    if outside is not None:
        yield outside
        return
    with running(data_dir, settings=settings, report=report, on_lost=on_lost) as database:
        yield database


@contextlib.contextmanager
def open_database(
    data_dir: Path,
    *,
    create: bool = True,
    settings: Mapping[str, str] | None = None,
    report: Report = log.info,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Database]:
    """The database for a command. With `create` false, a directory without one is an error, not an empty database."""
    outside = external(environ)
    if outside is not None:
        yield outside
        return
    if not create and not Place(data_dir).cluster.exists():
        raise NoDatabaseHere(data_dir=data_dir)
    with _joined_or_started(data_dir, settings, report) as database:
        yield database


def attach(data_dir: Path) -> Database | None:
    """The database of a live hub on this directory, None when no server answers there with our own passwords."""
    place = Place(data_dir)
    sockets = place.find_socket_directory()
    passwords = place.find_passwords() if sockets is not None else None
    if sockets is None or passwords is None:
        return None
    database = embedded(sockets, passwords=passwords, data_dir=place.root)
    answers = store.complaint(database.owner_url) is None and store.complaint(database.app_url) is None
    return database if answers else None


@contextlib.contextmanager
def _joined_or_started(data_dir: Path, settings: Mapping[str, str] | None, report: Report) -> Iterator[Database]:
    place = Place(data_dir)
    place.prepare()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        guest = _come_as_guest(place, deadline)
        try:
            database = attach(data_dir)
            if database is not None:
                yield database
                return
        finally:
            os.close(guest)
        cluster = Cluster(data_dir, settings=settings, report=report)
        try:
            database = cluster.start()
        except DataDirInUse:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)  # its holder is starting or stopping: join it, or be next
            continue
        try:
            yield database
        finally:
            _end_after_guests(cluster, report)
        return


def _come_as_guest(place: Place, deadline: float) -> int:
    """A share in the lock that a command's server waits for before it stops."""
    while (guest := locks.find_lock(place.guest_lock, shared=True)) is None:
        if time.monotonic() > deadline:
            raise DataDirInUse(data_dir=place.root, process=place.holder())
        time.sleep(POLL_SECONDS)
    return guest


def _end_after_guests(cluster: Cluster, report: Report) -> None:
    """Stop the server when the commands that joined it are done with it: they did not know it was only ours."""
    began = reported = time.monotonic()
    lock = None
    while (lock := locks.find_lock(cluster.place.guest_lock)) is None and time.monotonic() - began < PATIENCE_SECONDS:
        if time.monotonic() - reported > REPORT_SECONDS:
            reported = time.monotonic()
            report(f"another command still uses this database ({reported - began:.0f} s)")
        time.sleep(POLL_SECONDS)
    try:
        cluster.stop()
    finally:
        if lock is not None:
            os.close(lock)
