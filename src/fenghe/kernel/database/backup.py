"""Backup and restore (备份与恢复): one directory with a dump and a manifest that proves it, made while the hub works.

The manifest tells the dump's SHA-256 and the rows of every table, counted in the very snapshot that was dumped; a
restore that does not come to the same numbers fails. Passwords are not in it: a restored directory draws its own.
"""

import hashlib
import logging
import os
import shutil
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import psycopg

from fenghe import __version__
from fenghe.kernel.database import binaries, store
from fenghe.kernel.database.address import OWNER_ROLE, Database, without_password
from fenghe.kernel.database.place import DataDirUnusable, Place, sync_directory, write_whole
from fenghe.kernel.database.spawn import environment
from fenghe.kernel.database.supervisor import Cluster, Report
from fenghe.kernel.database.trouble import DatabaseTrouble

log = logging.getLogger(__name__)

FORMAT: Final = 1
DUMP_NAME: Final = "database.dump"
MANIFEST_NAME: Final = "manifest.json"
RESTORE_JOBS: Final = min(4, os.cpu_count() or 1)


class BackupTargetTaken(DatabaseTrouble):
    """{target} exists already: a backup never overwrites anything."""


class BackupFailed(DatabaseTrouble):
    """The backup to {target} failed: {reason}"""


class NotABackup(DatabaseTrouble):
    """{source} is not a backup that this Fenghe can read: {reason}."""


class BackupDamaged(DatabaseTrouble):
    """{source} is damaged: its dump has not the content that its manifest proves. Take another backup."""


class RestoreFailed(DatabaseTrouble):
    """{source} could not be restored into {data_dir}: {reason}"""


class ClientProgramFailed(DatabaseTrouble):
    """{name} ended with status {status}: {words}"""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds and how it is proved."""

    format: int
    made_at: datetime
    fenghe_version: str
    server_version: int
    owner_role: str
    dump_bytes: int
    dump_sha256: str
    tables: Mapping[str, int]


def backup(database: Database, target: Path, *, now: datetime, report: Report = log.info) -> Manifest:
    """Write a backup into the new directory `target`, all or nothing, while others go on working."""
    target = target.absolute()
    if target.exists():
        raise BackupTargetTaken(target=target)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir(mode=0o700)
        manifest = _dump(database, partial, now=now, report=report)
        write_whole(partial / MANIFEST_NAME, msgspec.json.format(msgspec.json.encode(manifest)))
        partial.rename(target)
        sync_directory(target.parent)
    except (OSError, psycopg.Error, ClientProgramFailed) as error:
        raise BackupFailed(target=target, reason=error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def _dump(database: Database, directory: Path, *, now: datetime, report: Report) -> Manifest:
    dump = directory / DUMP_NAME
    with store.snapshot(database.owner_url) as (snapshot, connection):
        report("backup: counting rows")
        tables = store.count_rows(connection)
        report(f"backup: dumping {sum(tables.values()):,} rows of {len(tables)} tables")
        run_client(
            "pg_dump",
            database.owner_url,
            [f"--snapshot={snapshot}", "--format=custom", "--no-owner", f"--file={dump}"],
        )
        server_version, owner_role = connection.info.server_version, connection.info.user
    _sync_file(dump)
    return Manifest(
        format=FORMAT,
        made_at=now,
        fenghe_version=__version__,
        server_version=server_version,
        owner_role=owner_role,
        dump_bytes=dump.stat().st_size,
        dump_sha256=_sha256(dump),
        tables=tables,
    )


def read_backup(source: Path) -> Manifest:
    """The manifest, after the dump has been read whole and found to be the one it tells of."""
    try:
        manifest = msgspec.json.decode((source / MANIFEST_NAME).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise NotABackup(source=source, reason=f"no readable {MANIFEST_NAME} ({error})") from error
    if manifest.format != FORMAT:
        raise NotABackup(source=source, reason=f"its format is {manifest.format}, not {FORMAT}")
    dump = source / DUMP_NAME
    if not dump.is_file() or _sha256(dump) != manifest.dump_sha256:
        raise BackupDamaged(source=source)
    return manifest


def restore(
    source: Path, data_dir: Path, *, settings: Mapping[str, str] | None = None, report: Report = log.info
) -> Manifest:
    """Make a new data directory from a backup and prove it complete. Refuses a directory with anything in it."""
    place = Place(data_dir)
    if place.root.exists() and (not place.root.is_dir() or any(place.root.iterdir())):
        raise DataDirUnusable(data_dir=place.root, reason="a restore needs a new or empty directory")
    report("restore: checking the backup")
    manifest = read_backup(source)
    cluster = Cluster(data_dir, settings=settings, report=report, restoring=True)
    database = cluster.start()
    try:
        _load(source, database, manifest, report)
        place.restoring.unlink()
        sync_directory(place.root)
    except BaseException:
        cluster.stop()
        _empty(place)
        raise
    cluster.stop()
    return manifest


def _load(source: Path, database: Database, manifest: Manifest, report: Report) -> None:
    """As the owner, not as superuser: a dump is a program, and it is to have no more power than migrations have."""
    if manifest.owner_role != OWNER_ROLE:
        store.stand_in(str(database.superuser_url), manifest.owner_role, for_role=OWNER_ROLE)
    report(f"restore: loading {sum(manifest.tables.values()):,} rows of {len(manifest.tables)} tables")
    arguments = ["--exit-on-error", "--no-owner", f"--jobs={RESTORE_JOBS}", str(source / DUMP_NAME)]
    try:
        run_client("pg_restore", database.owner_url, arguments)
    except ClientProgramFailed as error:
        raise RestoreFailed(source=source, data_dir=database.data_dir, reason=error) from error
    report("restore: counting rows")
    found = store.count_all(database.owner_url)
    different = [name for name in sorted({*found, *manifest.tables}) if found.get(name) != manifest.tables.get(name)]
    if different:
        raise RestoreFailed(source=source, data_dir=database.data_dir, reason=f"rows differ in {', '.join(different)}")
    store.analyze(database.owner_url)


def run_client(name: str, url: str, arguments: list[str]) -> None:
    """Run a client program on a database, or ClientProgramFailed. The password stays off the command line."""
    address, password = without_password(url)
    done = subprocess.run(
        [binaries.program(name), f"--dbname={address}", "--no-password", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=environment({"PGPASSWORD": password} if password else None),
    )
    if done.returncode != 0:
        raise ClientProgramFailed(name=name, status=done.returncode, words=done.stderr.strip())


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sync_file(file: Path) -> None:
    """Make a file's content durable."""
    with file.open("rb") as content:
        os.fsync(content.fileno())


def _empty(place: Place) -> None:
    """A restore that failed leaves the directory as it found it: empty. The mark goes last: nobody may open a half."""
    for entry in sorted(place.root.iterdir(), key=lambda entry: entry == place.restoring):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
