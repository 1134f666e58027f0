"""Backup and restore, shown by restoring: the same rows, the same grants, and nothing half done."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from fenghe.kernel.database import backup as backups
from fenghe.kernel.database import store
from fenghe.kernel.database.address import Database, with_database, with_login
from fenghe.kernel.database.backup import (
    DUMP_NAME,
    MANIFEST_NAME,
    BackupDamaged,
    BackupFailed,
    BackupTargetTaken,
    NotABackup,
    RestoreFailed,
    backup,
    read_backup,
    restore,
)
from fenghe.kernel.database.external import OWNER_VARIABLE, external
from fenghe.kernel.database.place import DataDirUnusable, RestoreUnfinished
from fenghe.kernel.database.supervisor import Cluster, running
from tests.database import SMALL
from tests.kernel.database.hubs import ask, tell

NOW = datetime(2026, 2, 5, 14, 23, tzinfo=UTC)
SCHEMA = """
create table evidence (id bigint generated always as identity primary key, words text not null, amount_minor bigint);
create table empty_one (id int);
create view amounts as select sum(amount_minor) as total from evidence;
create function refuse() returns trigger language plpgsql as $$ begin raise 'evidence stays'; end $$;
create trigger stays before update or delete on evidence for each row execute function refuse();
grant select, insert on evidence to fenghe_app;
grant select on amounts to fenghe_app;
insert into evidence (words, amount_minor)
    select '已签收 ' || n, n * 7 from generate_series(1, 5000) n;
"""
CONTENT = "select md5(string_agg(id || words || amount_minor, ',' order by id)) from evidence"
GRANTS = (
    "select string_agg(relname || ' ' || coalesce(relacl::text, ''), '; ' order by relname)"
    " from pg_class where relnamespace = 'public'::regnamespace"
)


@pytest.fixture
def filled(fresh_database: Database) -> Database:
    """A database with rows, grants, a view and a trigger."""
    tell(fresh_database.owner_url, SCHEMA)
    return fresh_database


def test_a_restored_backup_is_the_same_database(filled: Database, tmp_path: Path) -> None:
    manifest = backup(filled, tmp_path / "saved" / "monday", now=NOW)
    assert manifest.tables == {"public.empty_one": 0, "public.evidence": 5000}
    assert manifest.made_at == NOW
    assert restore(tmp_path / "saved" / "monday", tmp_path / "data", settings=SMALL) == manifest
    with running(tmp_path / "data", settings=SMALL) as again:
        for query in (CONTENT, GRANTS, "select total from amounts"):
            assert ask(again.owner_url, query) == ask(filled.owner_url, query)
        assert ask(again.app_url, "insert into evidence (words) values ('next') returning id") == 5001
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            tell(again.app_url, "update evidence set words = 'changed'")
        with pytest.raises(psycopg.errors.RaiseException, match="evidence stays"):
            tell(again.owner_url, "update evidence set words = 'changed'")
        assert again.app_url.partition("@")[0] != filled.app_url.partition("@")[0]


def test_a_backup_holds_no_password_and_is_closed_to_others(filled: Database, tmp_path: Path) -> None:
    backup(filled, tmp_path / "saved", now=NOW)
    whole = b"".join(file.read_bytes() for file in (tmp_path / "saved").iterdir())
    for url in (filled.owner_url, filled.app_url):
        assert url.partition("@")[0].rpartition(":")[2].encode() not in whole
    assert (tmp_path / "saved").stat().st_mode & 0o777 == 0o700
    assert sorted(file.name for file in (tmp_path / "saved").iterdir()) == [DUMP_NAME, MANIFEST_NAME]


def test_a_backup_made_while_others_write_is_one_moment(filled: Database, tmp_path: Path) -> None:
    done = threading.Event()

    def write() -> None:
        with psycopg.connect(filled.app_url, autocommit=True) as connection:
            while not done.is_set():
                connection.execute("insert into evidence (words) select 'while' from generate_series(1, 50)")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        manifest = backup(filled, tmp_path / "saved", now=NOW)
    finally:
        done.set()
        writer.join()
    assert manifest.tables["public.evidence"] <= ask(filled.owner_url, "select count(*) from evidence")
    assert restore(tmp_path / "saved", tmp_path / "data", settings=SMALL) == manifest  # counts what it loaded


def test_a_backup_never_overwrites(filled: Database, tmp_path: Path) -> None:
    backup(filled, tmp_path / "saved", now=NOW)
    before = (tmp_path / "saved" / MANIFEST_NAME).read_bytes()
    with pytest.raises(BackupTargetTaken):
        backup(filled, tmp_path / "saved", now=NOW)
    assert (tmp_path / "saved" / MANIFEST_NAME).read_bytes() == before


def test_a_backup_that_fails_leaves_nothing(filled: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BackupFailed, match="File exists"):
        backup(filled, tmp_path / "file" / "saved", now=NOW)
    tell(str(filled.superuser_url), "create table theirs (id int)")  # not the owner's, so not the owner's to dump
    with pytest.raises(BackupFailed, match="permission denied"):
        backup(filled, tmp_path / "saved", now=NOW)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_damaged_backup_is_not_restored(filled: Database, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    backup(filled, saved, now=NOW)
    dump = bytearray((saved / DUMP_NAME).read_bytes())
    dump[len(dump) // 2] ^= 1
    (saved / DUMP_NAME).write_bytes(dump)
    with pytest.raises(BackupDamaged):
        restore(saved, tmp_path / "data")
    (saved / DUMP_NAME).unlink()
    with pytest.raises(BackupDamaged):
        read_backup(saved)
    (saved / MANIFEST_NAME).write_text('{"format": 1}')
    with pytest.raises(NotABackup, match=MANIFEST_NAME):
        read_backup(saved)
    with pytest.raises(NotABackup, match=MANIFEST_NAME):
        read_backup(tmp_path / "nothing")
    assert not (tmp_path / "data").exists()


def test_a_backup_of_a_format_to_come_is_refused(filled: Database, tmp_path: Path) -> None:
    backup(filled, tmp_path / "saved", now=NOW)
    manifest = tmp_path / "saved" / MANIFEST_NAME
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(NotABackup, match="its format is 2, not 1"):
        read_backup(tmp_path / "saved")


def test_a_restore_touches_no_directory_that_holds_anything(filled: Database, tmp_path: Path) -> None:
    backup(filled, tmp_path / "saved", now=NOW)
    with running(tmp_path / "data", settings=SMALL) as database:
        tell(database.owner_url, "create table mine as select 1 as one")
        with pytest.raises(DataDirUnusable, match="new or empty"):
            restore(tmp_path / "saved", tmp_path / "data")
        assert ask(database.owner_url, "select one from mine") == 1
    with pytest.raises(DataDirUnusable, match="new or empty"):
        Cluster(tmp_path / "data", restoring=True).start()  # as one that passed the first look just before
    with running(tmp_path / "data", settings=SMALL) as database:
        assert ask(database.owner_url, "select one from mine") == 1


def test_a_restore_that_does_not_come_to_the_same_rows_fails_whole(filled: Database, tmp_path: Path) -> None:
    backup(filled, tmp_path / "saved", now=NOW)
    manifest = tmp_path / "saved" / MANIFEST_NAME
    manifest.write_text(manifest.read_text().replace("5000", "5001"))
    (tmp_path / "data").mkdir()
    with pytest.raises(RestoreFailed, match=r"rows differ in public\.evidence"):
        restore(tmp_path / "saved", tmp_path / "data", settings=SMALL)
    assert list((tmp_path / "data").iterdir()) == []
    manifest.write_text(manifest.read_text().replace("5001", "5000"))
    restore(tmp_path / "saved", tmp_path / "data", settings=SMALL)


def test_a_restore_that_was_killed_is_not_taken_for_a_database(filled: Database, tmp_path: Path) -> None:
    killed = Cluster(tmp_path / "data", settings=SMALL, restoring=True)
    killed.start()
    killed.stop()
    with pytest.raises(RestoreUnfinished, match="did not finish"):
        Cluster(tmp_path / "data").start()


def test_a_backup_of_an_external_database_restores_into_an_embedded_one(tmp_path: Path) -> None:
    with running(tmp_path / "theirs", settings=SMALL) as server:
        admin = str(server.superuser_url)
        tell(admin, "create role shop login password 's'; grant fenghe_app to shop with admin option")
        tell(admin, "create database shop owner shop")
        shop = with_login(with_database(admin, "shop"), user="shop", password="s")
        tell(admin, "create role till login password 't' in role fenghe_app")
        till = with_login(shop, user="till", password="t")
        theirs = external({OWNER_VARIABLE: shop, "FENGHE_APP_DATABASE_URL": till})
        assert theirs is not None
        tell(theirs.owner_url, SCHEMA + "revoke update, delete, truncate on evidence from shop")
        expected = ask(theirs.owner_url, CONTENT)
        backup(theirs, tmp_path / "saved", now=NOW)
    restore(tmp_path / "saved", tmp_path / "data", settings=SMALL)
    with running(tmp_path / "data", settings=SMALL) as ours:
        assert ask(ours.app_url, CONTENT) == expected
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            tell(ours.app_url, "truncate evidence")


def test_the_password_stays_off_the_command_line(filled: Database, tmp_path: Path) -> None:
    assert store.count_all(filled.owner_url)["public.evidence"] == 5000
    with pytest.raises(backups.ClientProgramFailed, match="pg_dump ended with status 1") as failed:
        backups.run_client("pg_dump", filled.owner_url, ["--no-such-option"])
    password = filled.owner_url.partition("@")[0].rpartition(":")[2]
    assert password not in str(failed.value)
