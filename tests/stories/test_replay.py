"""A code nobody mapped waits (待映射); once mapped, what waited is judged; reading everything again changes nothing."""

import threading
from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg import Connection

from fenghe.hub.worker import Worker
from fenghe.kernel.audit import store as audit
from fenghe.kernel.database.address import Database
from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.inbox import store as inbox
from fenghe.logistics.declared import MAPPING, MappingBody, mapping_rules
from fenghe.logistics.dry_run import codes_read_otherwise
from tests.stories import telling
from tests.stories.doors import SOURCES
from tests.stories.driving import add_sources
from tests.stories.holding import ask, differences, held, rows
from tests.world import put, put_json, work

ROUND = {"match": "code", "value": "ZT_05", "state": "out_for_delivery"}
SIGNED = {"match": "code", "value": "ZT_07", "state": "delivered"}
PARCELS = [f"7330000000{n:04d}" for n in range(20)]


def scan(number: str, code: str, hour: int) -> dict[str, str]:
    """One scan as ZTO tells it."""
    return {"billCode": number, "scanType": code, "scanDate": f"2026-02-05 {hour:02d}:00:00", "desc": f"{code}。"}


def publish(connection: Connection[Any], rules: Sequence[dict[str, str]]) -> int:
    """As the screen's 发布 does it: in force, and read again what it reads otherwise; returns how many messages."""
    declarations.hold_judging(connection)
    draft = declarations.save_draft(
        connection, MAPPING, "zto", body={"rules": list(rules)}, revision=None, author="yunying", base_version=0
    )
    before, published = declarations.publish(
        connection, MAPPING, "zto", note="", author="yunying", revision=draft.revision
    )
    return _replay(connection, before, published.body)


def roll_back(connection: Connection[Any], version: int) -> int:
    """As the screen's 回滚 does it."""
    declarations.hold_judging(connection)
    before, published = declarations.roll_back(
        connection, MAPPING, "zto", version=version, note="", author="yunying", shipped={"rules": []}
    )
    return _replay(connection, before, published.body)


def _replay(connection: Connection[Any], before: Any, after: Any) -> int:
    told = [mapping_rules("zto", MappingBody() if body is None else _body(body)) for body in (before, after)]
    return inbox.replay_codes(connection, codes="zto", changed=codes_read_otherwise(*told))


def _body(body: Any) -> MappingBody:
    return msgspec.convert(body, MappingBody)


@pytest.fixture
def waiting(migrated_database: Database) -> Database:
    """Twenty parcels on the road whose last scans say ZT_05 and, half of them, ZT_07."""
    add_sources(migrated_database, SOURCES)
    with psycopg.connect(migrated_database.app_url) as connection:
        for place, number in enumerate(PARCELS):
            for hour, code in enumerate(("收件", "发件", "到件", "ZT_05", "ZT_07")):
                if code != "ZT_07" or place % 2:
                    put_json(connection, "zto", scan(number, code, 8 + hour))
    work(migrated_database.app_url)
    return migrated_database


def states(database: Database) -> set[str]:
    """Where parcels are."""
    return {row[0] for row in rows(database.app_url, "select distinct state from subject where kind = 'shipment'")}


def effort(database: Database) -> list[Any]:
    """What a second judging must not add to: versions, heads, audit, cases and their log, when subjects changed."""
    queries = (
        "select md5(string_agg(s::text, '|' order by id)) from subject s",
        "select md5(string_agg(a::text, '|' order by id)) from order_state_audit a",
        "select md5(string_agg(c::text, '|' order by id)) from work_case c",
        "select md5(string_agg(e::text, '|' order by id)) from case_entry e",
        "select md5(string_agg(o::text, '|' order by subject_id, key)) from observation o",
    )
    return [ask(database.app_url, query) for query in queries]


def verified(database: Database) -> bool:
    """Whether chains and seals hold."""
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        audit.seal(connection)
        return audit.verify(connection).bad is None


def test_an_unmapped_code_moves_nothing_and_is_remembered(waiting: Database) -> None:
    assert states(waiting) == {"in_transit"}
    unread = rows(
        waiting.app_url, "select code, count(*) from observation where status is null group by code order by code"
    )
    assert unread == [("ZT_05", 20), ("ZT_07", 10)]
    assert ask(waiting.app_url, "select count(*) from message_handling where status <> 1") == 0
    assert (
        ask(waiting.app_url, "select count(*) from order_state_audit where to_state not in ('picked_up', 'in_transit')")
        == 0
    )


def test_what_waited_is_judged_when_its_code_is_mapped(waiting: Database) -> None:
    with psycopg.connect(waiting.app_url) as connection:
        assert publish(connection, [ROUND]) == 20
    work(waiting.app_url)
    assert states(waiting) == {"out_for_delivery"}
    moved = rows(
        waiting.app_url,
        "select a.from_state, a.to_state, a.source, o.code, o.mapping_version, count(*) from order_state_audit a"
        " join observation o on o.subject_id = a.subject_id and o.key = a.evidence_key"
        " where a.to_state = 'out_for_delivery' group by 1, 2, 3, 4, 5",
    )
    assert moved == [("in_transit", "out_for_delivery", "zto", "ZT_05", 1, 20)]
    assert ask(waiting.app_url, "select count(*) from observation where code = 'ZT_07' and status is not null") == 0
    assert verified(waiting)


def test_a_mapping_of_both_codes_ends_the_road_and_rolling_back_takes_it_back(waiting: Database) -> None:
    before = held(waiting.app_url)
    with psycopg.connect(waiting.app_url) as connection:
        assert publish(connection, [ROUND, SIGNED]) == 30
    work(waiting.app_url)
    assert states(waiting) == {"out_for_delivery", "delivered"}
    with psycopg.connect(waiting.app_url) as connection:
        assert roll_back(connection, 0) == 30
    work(waiting.app_url)
    assert states(waiting) == {"in_transit"}
    after = held(waiting.app_url)
    assert after["audit in effect"] == before["audit in effect"], "what was booked is reversed, not rubbed out"
    assert ask(waiting.app_url, "select count(*) from order_state_audit where reverses_seq is not null") == 30
    assert verified(waiting)


def test_a_message_in_a_workers_hands_is_not_forgotten_by_the_replay(waiting: Database) -> None:
    """It was read with the old mapping and not yet committed when the new one is published."""
    number = "73300000009999"
    with psycopg.connect(waiting.app_url) as connection:
        put_json(connection, "zto", scan(number, "发件", 11))
        put_json(connection, "zto", scan(number, "ZT_05", 12))
    replayed: list[int] = []

    def screen() -> None:
        with psycopg.connect(waiting.app_url) as connection:
            replayed.append(publish(connection, [ROUND]))

    person = threading.Thread(target=screen)
    with psycopg.connect(waiting.app_url, autocommit=True) as connection, connection.transaction():
        assert Worker(connection).turn().messages == 2
        person.start()
        person.join(0.5)
    person.join(20)
    assert not person.is_alive() and replayed == [21]
    work(waiting.app_url)
    assert ask(waiting.app_url, "select state from subject where key = %s", number) == "out_for_delivery"


def test_reading_everything_again_changes_nothing(migrated_database: Database) -> None:
    told = telling.world(80, seed=5)
    add_sources(migrated_database, telling.sources(told))
    with psycopg.connect(migrated_database.app_url) as connection:
        for call in telling.shuffled(telling.deliveries(told), seed=5):
            put(connection, call.path.removeprefix("/hook/"), call.body)
        put(connection, "zto", b'{"billCode": "7319')
        connection.execute(
            "insert into declaration_version (kind, name, version, body, note, author)"
            """ values ('fuse', 'default', 1, '{"settle_seconds": 0}', '', 't')"""
        )
    work(migrated_database.app_url)
    everything, before = held(migrated_database.app_url), effort(migrated_database)
    assert ask(migrated_database.app_url, "select count(*) from work_case where status = 'open'") > 5
    messages = [row[0] for row in rows(migrated_database.app_url, "select id from inbound_message")]
    with psycopg.connect(migrated_database.app_url) as connection:
        assert inbox.replay(connection, messages) == len(messages)
    work(migrated_database.app_url)
    assert not differences(everything, held(migrated_database.app_url))
    assert effort(migrated_database) == before
    handled = "select status, count(*) from message_handling group by status order by status"
    assert rows(migrated_database.app_url, handled) == [(1, len(messages) - 1), (2, 1)]
    assert verified(migrated_database)
