"""The audit (状态变更审计) defends itself: the application's role cannot touch it, and what the superuser touches is named."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import psycopg
import pytest
from psycopg import Connection

from fenghe.hub.worker import Worker
from fenghe.kernel.audit import store as audit
from fenghe.kernel.audit.chain import GENESIS, AuditRow, merkle_root, row_hash, seal_hash
from fenghe.kernel.audit.store import BadRow
from fenghe.kernel.database.address import APP_ROLE, Database
from fenghe.kernel.values import to_ms
from tests.stories.doors import SOURCES, signed
from tests.stories.driving import add_sources
from tests.world import put

TABLES: Final = ("order_state_audit", "audit_seal", "inbound_message")
ROAD: Final = ("收件", "发件", "派件", "签收")
PARCELS: Final = 5


def tell(connection: Connection[Any], parcel: int, step: int) -> None:
    """One scan of a parcel, as the door would store it."""
    told = f'{{"billCode":"7320000000{parcel:04d}","scanType":"{ROAD[step]}","scanDate":"2026-02-0{5 + step} 10:00:00","desc":"x"}}'
    put(connection, "zto", signed(told.encode()).body)


def work(database: Database) -> None:
    """Judge what is there."""
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        worker = Worker(connection)
        while worker.turn().messages:
            continue


@pytest.fixture
def sealed(migrated_database: Database) -> Database:
    """Five parcels on a road of four steps, all sealed."""
    add_sources(migrated_database, SOURCES)
    with psycopg.connect(migrated_database.app_url) as connection:
        for step in range(len(ROAD)):
            for parcel in range(PARCELS):
                tell(connection, parcel, step)
    work(migrated_database)
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        assert audit.seal(connection) == PARCELS * len(ROAD)
    assert verified(migrated_database) is None
    return migrated_database


def verified(database: Database) -> BadRow | None:
    """What `fenghe audit verify` finds, asked as the application's role."""
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        return audit.verify(connection).bad


# ---- what the application's role may not do ---------------------------------------------------------------------

FORBIDDEN: Final = (
    "update {table} set {column} = {column}",
    "update only {table} set {column} = {column} where false",
    "delete from {table}",
    "delete from {table} where false",
    "truncate {table}",
    "truncate {table} restart identity cascade",
    "with gone as (delete from {table} returning 1) select count(*) from gone",
    "merge into {table} t using (select 1) n on true when matched then delete",
    "select * from {table} for update",
    "do $$ begin delete from {table}; end $$",
    "do $$ begin execute 'truncate {table}'; end $$",
    "alter table {table} disable trigger all",
    "alter table {table} disable trigger user",
    "alter table {table} disable trigger {table}_append_only",
    "drop trigger {table}_append_only on {table}",
    "create trigger mine before insert on {table} for each row execute function refuse_change()",
    "create or replace function refuse_change() returns trigger language plpgsql as 'begin return null; end'",
    "drop function refuse_change() cascade",
    "alter function refuse_change() rename to refused",
    "create rule mine as on insert to {table} do instead nothing",
    "alter table {table} add column note text",
    "alter table {table} drop column {column}",
    "alter table {table} rename to mine",
    "alter table {table} owner to fenghe_app",
    "alter table {table} enable row level security",
    "drop table {table}",
    "drop table {table} cascade",
    "create temp table mine () inherits ({table})",
    "create table mine (x int)",
    "create index on {table} ({column})",
    "copy {table} from program 'true'",
    "copy (select 1) to '/tmp/fenghe-story'",
    "set role fenghe_owner",
    "set session authorization postgres",
    "set session_replication_role = replica",
    "set local session_replication_role = replica",
    "alter system set session_replication_role = replica",
    "alter role fenghe_app superuser",
    "select setval(pg_get_serial_sequence('{table}', 'id'), 1)",
    "cluster {table} using {table}_pkey",
    "alter database {database} owner to fenghe_app",
    "drop schema public cascade",
    "delete from pg_class where relname = '{table}'",
)
IN_VAIN: Final = ("grant update on {table} to fenghe_app", "grant all on {table} to public", "vacuum full {table}")
"""PostgreSQL answers these with a warning instead of an error, and does nothing."""
COLUMN: Final = {"order_state_audit": "reason", "audit_seal": "rows", "inbound_message": "source"}


def contents(database: Database) -> list[Any]:
    """A digest of each table, looked at by the superuser."""
    with psycopg.connect(str(database.superuser_url)) as connection:
        query = "select count(*), md5(string_agg(t::text, '|' order by id)) from {} t"
        return [connection.execute(query.format(table).encode()).fetchone() for table in TABLES]


@pytest.mark.parametrize("table", TABLES)
def test_the_application_cannot_change_evidence(sealed: Database, table: str) -> None:
    before = contents(sealed)
    allowed = []
    for statement in FORBIDDEN:
        name = sealed.app_url.partition("?")[0].rpartition("/")[2]
        text = statement.format(table=table, column=COLUMN[table], database=name)
        if not _refused(sealed.app_url, text):
            allowed.append(text)
    assert not allowed
    assert contents(sealed) == before
    assert verified(sealed) is None


def _refused(url: str, statement: str) -> bool:
    """Whether the statement is an error, for want of right and not for want of sense."""
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            connection.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            return True
        except psycopg.Error as problem:
            raise AssertionError(f"{statement}: {problem}") from problem
    return False


@pytest.mark.parametrize("table", TABLES)
def test_what_is_not_refused_is_done_in_vain(sealed: Database, table: str) -> None:
    before = contents(sealed)
    with psycopg.connect(sealed.app_url, autocommit=True) as connection:
        warnings: list[str | None] = []
        connection.add_notice_handler(lambda notice: warnings.append(notice.severity_nonlocalized))
        for statement in IN_VAIN:
            connection.execute(statement.format(table=table).encode())
        rights = connection.execute(
            "select privilege_type from information_schema.role_table_grants where table_name = %s and grantee <> %s",
            (table, "fenghe_owner"),
        ).fetchall()
    assert warnings == ["WARNING"] * len(IN_VAIN)
    assert sorted(rights) == [("INSERT",), ("SELECT",)]
    assert contents(sealed) == before


@pytest.mark.parametrize("table", TABLES)
def test_an_insert_cannot_be_made_an_update(sealed: Database, table: str) -> None:
    before = contents(sealed)
    column = COLUMN[table]
    statement = (
        f"insert into {table} overriding system value select * from {table}"
        f" on conflict (id) do update set {column} = excluded.{column}"
    )
    assert _refused(sealed.app_url, statement)
    assert contents(sealed) == before


def test_a_function_of_its_own_lends_no_right(sealed: Database) -> None:
    before = contents(sealed)
    with psycopg.connect(sealed.app_url, autocommit=True) as connection:
        for number, table in enumerate(TABLES):
            body = f"begin delete from {table}; end"
            create = (
                f"create function pg_temp.clean{number}() returns void language plpgsql security definer as '{body}'"
            )
            connection.execute(create.encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select pg_temp.clean{number}()".encode())
    assert contents(sealed) == before


def test_the_application_owns_nothing_and_is_nobody(sealed: Database) -> None:
    with psycopg.connect(sealed.app_url) as connection:
        owned = connection.execute(
            "select count(*) from pg_class where pg_get_userbyid(relowner) = current_user"
        ).fetchone()
        role = connection.execute(
            "select rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles"
            " where rolname = current_user"
        ).fetchone()
        member = connection.execute(
            "select count(*) from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = current_user"
        ).fetchone()
    assert owned == (0,)
    assert role == (APP_ROLE, False, False, False, False, False)
    assert member == (0,)


def test_even_the_owner_is_stopped_by_the_trigger(sealed: Database) -> None:
    before = contents(sealed)
    for table in TABLES:
        for statement in (
            f"update {table} set {COLUMN[table]} = {COLUMN[table]}",
            f"delete from {table}",
            f"truncate {table}",
        ):
            assert _refused(sealed.owner_url, statement), statement
    assert contents(sealed) == before


def test_a_forged_row_is_noticed(sealed: Database) -> None:
    """The application may append; a row that its subject does not know is named."""
    with psycopg.connect(sealed.app_url) as connection:
        subject, seq, head = _last(connection)
        forged = _row(connection, subject, seq)
        row = AuditRow(**{**_fields(forged), "seq": seq + 1, "from_state": "delivered", "to_state": "returned"})
        audit.append(connection, [(row, head, row_hash(head, row))])
    assert verified(sealed) == BadRow(subject_id=subject, seq=seq + 1, problem="subject does not know this row")


# ---- what the superuser cannot do unnoticed ---------------------------------------------------------------------


def _last(connection: Connection[Any]) -> tuple[int, int, bytes]:
    row = connection.execute(
        "select subject_id, seq, hash from order_state_audit order by subject_id desc, seq desc limit 1"
    ).fetchone()
    assert row is not None
    return row[0], row[1], bytes(row[2])


def _row(connection: Connection[Any], subject: int, seq: int) -> AuditRow:
    columns = connection.execute(
        "select subject_id, seq, from_state, to_state, source, operator, ip, occurred_at, recorded_at, reason, message_id,"
        " evidence_key, payload_digest, reverses_seq, rule_version from order_state_audit where subject_id = %s and seq = %s",
        (subject, seq),
    ).fetchone()
    assert columns is not None
    return AuditRow(
        subject_id=columns[0],
        seq=columns[1],
        from_state=columns[2],
        to_state=columns[3],
        source=columns[4],
        operator=columns[5],
        ip=columns[6],
        occurred_ms=to_ms(columns[7]),
        recorded_ms=to_ms(columns[8]),
        reason=columns[9],
        message_id=columns[10],
        evidence_key=columns[11],
        payload_digest=bytes(columns[12]).hex(),
        reverses_seq=columns[13],
        rule_version=columns[14],
    )


def _fields(row: AuditRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in AuditRow.__struct_fields__}


@pytest.fixture
def meddler(sealed: Database) -> Iterator[Connection[Any]]:
    """The superuser with all triggers off."""
    with psycopg.connect(str(sealed.superuser_url), autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        yield connection


def middle(connection: Connection[Any]) -> tuple[int, int]:
    """(subject, seq) of a row in the middle of a chain in the middle of the table."""
    row = connection.execute(
        "select subject_id, seq from order_state_audit where seq = 2 order by subject_id offset 2 limit 1"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


CHANGES: Final = (
    "from_state = 'delivered'",
    "from_state = null",
    "to_state = 'delivered'",
    "source = 'somebody'",
    "operator = 'kefu'",
    "ip = '10.0.0.1'",
    "occurred_at = occurred_at + interval '1 millisecond'",
    "recorded_at = recorded_at - interval '1 hour'",
    "reason = 'manual'",
    "message_id = message_id + 1",
    "evidence_key = reverse(evidence_key)",
    "payload_digest = set_byte(payload_digest, 0, (get_byte(payload_digest, 0) + 1) %% 256)",
    "reverses_seq = 1",
    "rule_version = 'fuse:default@9'",
)


def test_one_changed_value_is_named(sealed: Database, meddler: Connection[Any]) -> None:
    subject, seq = middle(meddler)
    place = "subject_id = %s and seq = %s"
    original = meddler.execute(
        f"select to_jsonb(a)::text from order_state_audit a where {place}", (subject, seq)
    ).fetchone()
    assert original is not None
    for change in CHANGES:
        changed = meddler.execute(f"update order_state_audit set {change} where {place}", (subject, seq))
        assert changed.rowcount == 1
        found = verified(sealed)
        assert found == BadRow(subject_id=subject, seq=seq, problem="content does not match its hash"), change
        meddler.execute(f"delete from order_state_audit where {place}", (subject, seq))
        meddler.execute(
            "insert into order_state_audit overriding system value"
            " select * from jsonb_populate_record(null::order_state_audit, %s::jsonb)",
            original,
        )
        assert verified(sealed) is None, f"put back after {change}"


def test_a_change_smaller_than_the_hash_can_see_is_no_change(sealed: Database, meddler: Connection[Any]) -> None:
    """The chain tells milliseconds; a moment's microseconds are always zero, so nothing can hide below."""
    odd = meddler.execute(
        "select count(*) from order_state_audit where extract(microseconds from occurred_at)::bigint % 1000 <> 0"
        " or extract(microseconds from recorded_at)::bigint % 1000 <> 0"
    ).fetchone()
    assert odd == (0,)


@pytest.mark.parametrize(("seq", "told"), [(1, 1), (2, 2), (4, 4)], ids=["first", "middle", "last"])
def test_a_deleted_row_is_named(sealed: Database, meddler: Connection[Any], seq: int, told: int) -> None:
    subject, _ = middle(meddler)
    meddler.execute("delete from order_state_audit where subject_id = %s and seq = %s", (subject, seq))
    assert verified(sealed) == BadRow(subject_id=subject, seq=told, problem="row is missing")


def test_swapped_rows_are_named(sealed: Database, meddler: Connection[Any]) -> None:
    subject, seq = middle(meddler)
    with meddler.transaction():
        for before, after in ((seq, 99), (seq + 1, seq), (99, seq + 1)):
            statement = "update order_state_audit set seq = %s where subject_id = %s and seq = %s"
            meddler.execute(statement, (after, subject, before))
    found = verified(sealed)
    assert found is not None and (found.subject_id, found.seq) == (subject, seq)


def test_a_row_moved_to_another_subject_is_named(sealed: Database, meddler: Connection[Any]) -> None:
    subject, _ = middle(meddler)
    meddler.execute(
        "update order_state_audit set subject_id = %s, seq = 5 where seq = 4 and subject_id <> %s"
        " and subject_id = (select max(subject_id) from order_state_audit)",
        (subject, subject),
    )
    found = verified(sealed)
    assert found is not None and (found.subject_id, found.seq) == (subject, 5)


def rehash(connection: Connection[Any], subject: int, **changed: Any) -> None:
    """What a thorough forger does: change row 2, hash the rest of the chain anew, tell the subject its new head."""
    previous, head = GENESIS, GENESIS
    for seq in range(1, len(ROAD) + 1):
        row = _row(connection, subject, seq)
        if seq == 2:
            row = AuditRow(**{**_fields(row), **changed})
        head = row_hash(previous, row)
        connection.execute(
            "update order_state_audit set reason = %s, to_state = %s, prev_hash = %s, hash = %s where subject_id = %s and seq = %s",
            (row.reason, row.to_state, previous, head, subject, seq),
        )
        previous = head
    connection.execute("update subject set chain_head = %s where id = %s", (head, subject))


def test_a_chain_hashed_anew_is_caught_by_the_seal(sealed: Database, meddler: Connection[Any]) -> None:
    subject, _ = middle(meddler)
    rehash(meddler, subject, reason="manual")
    found = verified(sealed)
    assert found is not None and "seal over rows" in found.problem


def _forget_the_last_row(connection: Connection[Any], subject: int) -> None:
    connection.execute("delete from order_state_audit where subject_id = %s and seq = 4", (subject,))
    connection.execute(
        "update subject s set version = 3, chain_head = (select hash from order_state_audit where subject_id = s.id and seq = 3)"
        " where id = %s",
        (subject,),
    )


def _forget_the_subject(connection: Connection[Any], subject: int) -> None:
    connection.execute("delete from order_state_audit where subject_id = %s", (subject,))
    connection.execute("update subject set version = 0, chain_head = null where id = %s", (subject,))


def _swap_two_in_the_table(connection: Connection[Any], subject: int) -> None:
    """The chains hold; only which came first among subjects is turned round."""
    connection.execute("alter table order_state_audit alter column id drop identity")
    for before, after in ((1, 999), (2, 1), (999, 2)):
        connection.execute("update order_state_audit set id = %s where id = %s", (after, before))


def _change_the_seal(connection: Connection[Any], subject: int) -> None:
    rehash(connection, subject, to_state="returned")
    leaves = connection.execute("select hash from order_state_audit order by id").fetchall()
    connection.execute("update audit_seal set root = %s", (merkle_root([bytes(leaf[0]) for leaf in leaves]),))


@pytest.mark.parametrize(
    "meddle",
    [_forget_the_last_row, _forget_the_subject, _swap_two_in_the_table, _change_the_seal],
    ids=lambda one: one.__name__,
)
def test_what_leaves_every_chain_whole_is_caught_by_the_seal(
    sealed: Database, meddler: Connection[Any], meddle: Callable[[Connection[Any], int], None]
) -> None:
    meddle(meddler, middle(meddler)[0])
    found = verified(sealed)
    assert found is not None and "seal" in found.problem


def test_a_seal_taken_from_the_middle_breaks_the_next(sealed: Database, meddler: Connection[Any]) -> None:
    for parcel in (91, 92):
        with psycopg.connect(sealed.app_url, autocommit=True) as connection:
            with connection.transaction():
                tell(connection, parcel, 0)
            work(sealed)
            assert audit.seal(connection) == 1
    assert verified(sealed) is None
    meddler.execute("delete from audit_seal where id = (select id from audit_seal order by id offset 1 limit 1)")
    found = verified(sealed)
    assert found is not None and "seal" in found.problem


def test_every_seal_is_worth_its_predecessors(sealed: Database) -> None:
    """A seal's own hash is what is written down outside: it follows from everything before, and from nothing else."""
    with psycopg.connect(sealed.app_url) as connection:
        leaves = connection.execute("select id, hash from order_state_audit order by id").fetchall()
        seal = connection.execute("select first_id, last_id, rows, root, prev_hash, hash from audit_seal").fetchone()
    assert seal is not None
    root = merkle_root([bytes(leaf[1]) for leaf in leaves])
    own = seal_hash(GENESIS, first_id=leaves[0][0], last_id=leaves[-1][0], rows=len(leaves), root=root)
    assert seal == (leaves[0][0], leaves[-1][0], len(leaves), root, GENESIS, own)


def test_verifying_beside_a_writer_sees_one_moment(sealed: Database) -> None:
    """A batch under way is not half a chain."""
    with psycopg.connect(sealed.app_url, autocommit=True) as connection:
        with connection.transaction():
            for parcel in range(PARCELS):
                tell(connection, 50 + parcel, 0)
        with connection.transaction():
            assert Worker(connection).turn().judged.audit_rows == PARCELS
            assert verified(sealed) is None
        assert audit.verify(connection).rows == PARCELS * (len(ROAD) + 1)
    assert verified(sealed) is None


class Meddled(Connection[Any]):
    """A connection on which something happens right after the sealer has let the writers go on."""

    then: Callable[[], None] | None = None

    def execute(self, query: Any, *rest: Any, **options: Any) -> Any:
        """As ever, and then what was to happen, once."""
        done = super().execute(query, *rest, **options)
        if "unlock" in str(query) and self.then is not None:
            then, self.then = self.then, None
            then()
        return done


def test_a_seal_made_between_two_writers_holds(sealed: Database) -> None:
    """The one that began first, and so has the smaller numbers, commits last: it must not fall under a seal made meanwhile."""
    with (
        psycopg.connect(sealed.app_url) as slow,
        psycopg.connect(sealed.app_url, autocommit=True) as quick,
        Meddled.connect(sealed.app_url, autocommit=True) as sealer,
    ):
        with quick.transaction():
            tell(quick, 61, 0)
            tell(quick, 62, 0)

        messages = [row[0] for row in quick.execute("select message_id from message_handling where status = 0")]
        slow.execute("select 1")  # from here on in a transaction that ends with its commit
        written: list[int] = []

        def write() -> None:
            written.append(Worker(slow).process(messages[:1]).audit_rows)
            written.append(Worker(quick).process(messages[1:]).audit_rows)

        sealer.then = write
        audit.seal(sealer)
        assert written == [1, 1], "both wrote while the seal was made"
        slow.commit()
        assert verified(sealed) is None
        audit.seal(sealer)
        assert audit.verify(sealer).unsealed == 0
    assert verified(sealed) is None
