"""Sources that fall silent (连接值守): one case each, closed by the next good message, however many watch."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from fenghe.insight import store_freshness
from fenghe.insight.freshness import Standing
from fenghe.insight.tasks_sources import LearnRhythms, SourceWatch, judged
from fenghe.kernel.database.address import Database
from tests.insight.turning import rows
from tests.world import put, put_json, trade, work

NOW = datetime.now(UTC)
CASES = "select status, resolution, title from work_case where kind = 'source.silent' order by id"


@pytest.fixture
def connection(migrated_database: Database) -> Iterator[Connection[Any]]:
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        connection.execute(
            "insert into source (id, connector, title, kind) values ('qianniu', 'taobao', '千牛', 'channel'),"
            " ('dead', 'zto', '从不说话', 'carrier'), ('old', 'zto', '停用的', 'carrier')"
        )
        connection.execute("update source set enabled = false where id = 'old'")
        yield connection


def tell(connection: Connection[Any], url: str, *numbers: int) -> None:
    """Orders of these numbers arrive and are judged."""
    with connection.transaction():
        for n in numbers:
            put_json(connection, "qianniu", trade(n))
    work(url)


def stands(connection: Connection[Any], after: timedelta) -> dict[str, str]:
    return {one.id: str(found.standing) for one, found, _ in judged(connection, now=NOW + after)}


def test_one_case_for_a_silent_source_and_none_for_a_dead_or_new_one(
    connection: Connection[Any], migrated_database: Database
) -> None:
    tell(connection, migrated_database.app_url, 1)
    watch = SourceWatch()
    for hours in (0, 80, 81, 200):
        watch.turn(connection, now=NOW + timedelta(hours=hours))
    (case,) = rows(connection, CASES)
    assert case[0] == "open" and case[2].startswith("千牛:静默")
    assert stands(connection, timedelta(days=5)) == {"qianniu": "silent", "dead": "never", "old": "off"}


def test_the_next_good_message_closes_it_and_bad_ones_do_not(
    connection: Connection[Any], migrated_database: Database
) -> None:
    tell(connection, migrated_database.app_url, 1)
    watch = SourceWatch()
    # The world's clock is ours: what came "now" is old for a watcher of four days later.
    watch.turn(connection, now=NOW + timedelta(days=4))
    with connection.transaction():
        put(connection, "qianniu", b"\xff not a message")
    work(migrated_database.app_url)
    heard = {one.id: one for one in store_freshness.heard(connection)}["qianniu"]
    assert heard.last_any_at is not None and heard.last_good_at is not None
    assert heard.last_good_at < heard.last_any_at
    watch.turn(connection, now=NOW + timedelta(days=4, seconds=1))
    assert [one[0] for one in rows(connection, CASES)] == ["open"]
    tell(connection, migrated_database.app_url, 2)
    watch.turn(connection, now=datetime.now(UTC))
    assert [one[:2] for one in rows(connection, CASES)] == [("self_closed", "heard_again")]


def test_switching_a_source_off_ends_its_silence_but_not_its_place_on_the_list(
    connection: Connection[Any], migrated_database: Database
) -> None:
    tell(connection, migrated_database.app_url, 1)
    SourceWatch().turn(connection, now=NOW + timedelta(days=4))
    connection.execute("update source set enabled = false where id = 'qianniu'")
    SourceWatch().turn(connection, now=NOW + timedelta(days=5))
    assert [one[:2] for one in rows(connection, CASES)] == [("self_closed", "switched_off")]
    assert stands(connection, timedelta(days=5))["qianniu"] == "off"


def test_two_watchers_open_one_case(connection: Connection[Any], migrated_database: Database) -> None:
    tell(connection, migrated_database.app_url, 1)
    barrier = threading.Barrier(4)

    def watch() -> None:
        with psycopg.connect(migrated_database.app_url, autocommit=True) as own:
            barrier.wait()
            for n in range(10):
                SourceWatch().turn(own, now=NOW + timedelta(days=4, seconds=n))

    crowd = [threading.Thread(target=watch) for _ in range(4)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join(30)
    assert [one[0] for one in rows(connection, CASES)] == ["open"]
    assert rows(connection, "select count(*) from case_entry")[0] == (1,)


def test_silence_teaches_nothing(connection: Connection[Any], migrated_database: Database) -> None:
    tell(connection, migrated_database.app_url, *range(40))
    LearnRhythms().keep(connection, day=NOW.date(), now=NOW)
    before = {one.id: one.rhythm for one in store_freshness.heard(connection)}["qianniu"]
    LearnRhythms().keep(connection, day=NOW.date(), now=NOW + timedelta(days=60))
    after = {one.id: one.rhythm for one in store_freshness.heard(connection)}["qianniu"]
    assert before is not None and before.arrivals == 40 and before == after
    found = stands(connection, timedelta(days=60))
    assert found["qianniu"] == Standing.SILENT


def test_a_declared_expectation_counts(connection: Connection[Any], migrated_database: Database) -> None:
    tell(connection, migrated_database.app_url, 1)
    assert stands(connection, timedelta(minutes=5))["qianniu"] == "unknown"
    connection.execute(
        "insert into declaration_version (kind, name, version, body, note, author) values ('cadence', 'qianniu', 1,"
        " '{\"late_minutes\": 60, \"silent_minutes\": 120}', 'n', 't')"
    )
    found = [stands(connection, timedelta(minutes=minutes))["qianniu"] for minutes in (5, 90, 180)]
    assert found == ["fresh", "late", "silent"]
    connection.execute(
        "insert into declaration_version (kind, name, version, body, note, author) values ('cadence', 'qianniu', 2,"
        " '{}', 'learnt again', 't')"
    )
    assert stands(connection, timedelta(minutes=5))["qianniu"] == "unknown"
