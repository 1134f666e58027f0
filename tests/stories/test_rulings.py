"""A person rules (人工裁定) on a ghost order: what becomes of the state, the case and the audit, each word with its author."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from fenghe.hub.hub import Hub
from fenghe.hub.worker import Worker
from fenghe.kernel.audit import store as audit
from fenghe.kernel.database.address import Database
from fenghe.kernel.values import CHINA
from fenghe.kernel.web.problems import Problem
from tests.stories.driving import KEY, deadlocks
from tests.stories.holding import ask, rows
from tests.world import PATIENCE, STATUS_MAPPING, declare, moment, put_json, scans, tracking_no, trade, work

GHOSTS = 4
WHO, WHERE = "kefu", "10.1.2.3"


@pytest.fixture
def database(migrated_database: Database) -> Database:
    """Four orders called shipped while the carrier waits for the parcel: four cases."""
    with psycopg.connect(migrated_database.app_url) as connection:
        connection.execute(
            "insert into source (id, connector, title, kind) values ('qianniu', 'taobao', '千牛', 'channel'),"
            " ('zto', 'zto', '中通推送', 'carrier')"
        )
        declare(connection, "status_mapping", "zto", STATUS_MAPPING)
        declare(connection, "fuse", "default", PATIENCE)
        for n in range(GHOSTS):
            put_json(connection, "qianniu", trade(n))
            for told in scans(n):
                put_json(connection, "zto", told)
    work(migrated_database.app_url)
    assert ask(migrated_database.app_url, "select count(*) from work_case where status = 'open'") == GHOSTS
    return migrated_database


@contextlib.asynccontextmanager
async def _running(database: Database) -> AsyncIterator[Hub]:
    hub = Hub(database.app_url, key=KEY)
    async with hub.running():
        yield hub


def with_hub(database: Database, what: Callable[[Hub], Awaitable[Any]]) -> Any:
    """Do something at a running hub."""

    async def go() -> Any:
        async with _running(database) as hub:
            return await what(hub)

    return asyncio.run(go())


def rule(database: Database, number: str, decision: str, *, person: str = WHO) -> None:
    """A ruling on the open case of a parcel."""
    case_id = _case(database, number)[0]
    with_hub(database, lambda hub: hub.rule(person, WHERE, case_id=case_id, decision=decision, reason="电话问过中通"))


def _case(database: Database, number: str) -> tuple[int, str, str | None, str | None]:
    """(id, status, resolution, resolved by) of the newest case about a parcel."""
    query = (
        "select c.id, c.status, c.resolution, c.resolved_by from work_case c join subject s on s.id = c.subject_id"
        " where s.key = %s order by c.id desc limit 1"
    )
    (row,) = rows(database.app_url, query, number)
    return row[0], row[1], row[2], row[3]


def state(database: Database, number: str) -> tuple[str, str | None]:
    """(state, why it is held) of a parcel."""
    ((held, why),) = rows(
        database.app_url, "select state, held from subject where kind = 'shipment' and key = %s", number
    )
    return held, why


def persons_rows(database: Database) -> list[tuple[Any, ...]]:
    """What people changed, as the audit has it."""
    return rows(
        database.app_url,
        "select s.key, a.from_state, a.to_state, a.operator, a.ip, a.reason, m.way, m.source,"
        " a.payload_digest = sha256(m.body) from order_state_audit a join subject s on s.id = a.subject_id"
        " join inbound_message m on m.id = a.message_id where a.source = 'person' order by a.id",
    )


def test_accepting_the_carriers_word(database: Database) -> None:
    number = tracking_no(0)
    assert state(database, number) == ("handed_over", "distance")
    rule(database, number, "accept_theirs")
    assert state(database, number) == ("await_pickup", None)
    assert _case(database, number)[1:] == ("resolved", "accept_theirs", WHO)
    told = (number, "handed_over", "await_pickup", WHO, WHERE, "accepted_by_ruling", "ruling", "person", True)
    assert persons_rows(database) == [told]
    log = rows(database.app_url, "select person, ip, action from access_log where action like 'case.%%'")
    assert log == [(WHO, WHERE, "case.rule.done")]
    assert ask(database.app_url, "select count(*) from message_handling where status <> 1") == 0
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        audit.seal(connection)
        assert audit.verify(connection).bad is None


def test_keeping_ours_holds_against_the_same_word_and_not_against_the_pick_up(database: Database) -> None:
    number = tracking_no(1)
    rule(database, number, "keep_ours")
    assert state(database, number) == ("handed_over", None)
    assert _case(database, number)[1:] == ("resolved", "keep_ours", WHO)
    assert persons_rows(database) == [], "no state has changed"
    said = "select author, body from case_entry e join work_case c on c.id = e.case_id where author <> 'fenghe' order by e.id"
    assert [author for author, _ in rows(database.app_url, said)] == [WHO, WHO]
    tell(database, ahead(number, "ZT_01", minutes=5))
    assert state(database, number) == ("handed_over", None)
    assert _case(database, number)[1] == "resolved", "the same word opens no second case"
    tell(database, ahead(number, "收件", minutes=10))
    assert state(database, number) == ("picked_up", None)


def ahead(number: str, code: str, *, minutes: int) -> dict[str, str]:
    """A scan that is dated a little after now: the carrier's clock and ours are never quite the same."""
    at = (datetime.now(UTC) + timedelta(minutes=minutes)).astimezone(CHINA)
    return {"billCode": number, "scanType": code, "scanDate": f"{at:%Y-%m-%d %H:%M:%S}", "desc": "一句话"}


def tell(database: Database, *told: dict[str, str]) -> None:
    """More words of the carrier, judged."""
    with psycopg.connect(database.app_url) as connection:
        for one in told:
            put_json(connection, "zto", one)
    work(database.app_url)


def test_asking_again_settles_nothing_and_asks(database: Database) -> None:
    number = tracking_no(2)
    rule(database, number, "ask_again")
    assert state(database, number) == ("handed_over", "distance")
    assert _case(database, number)[1:] == ("open", None, None)
    assert persons_rows(database) == []
    assert ask(database.app_url, "select count(*) from inbound_message where way = 'ruling'") == 1


def test_a_correction_by_hand(database: Database) -> None:
    number = tracking_no(3)
    shipment = ask(database.app_url, "select id from subject where kind = 'shipment' and key = %s", number)
    with_hub(
        database, lambda hub: hub.correct(WHO, WHERE, shipment_id=shipment, state="picked_up", reason="揽收底单为证")
    )
    assert state(database, number) == ("picked_up", None)
    assert _case(database, number)[1:] == ("resolved", "manual", WHO)
    told = (number, "handed_over", "picked_up", WHO, WHERE, "manual", "ruling", "person", True)
    assert persons_rows(database) == [told]
    body = ask(database.app_url, "select body from inbound_message where way = 'ruling'")
    assert "揽收底单为证" in bytes(body).decode()


def test_of_two_people_at_once_one_is_told_that_he_is_late(database: Database) -> None:
    number = tracking_no(0)
    case_id = _case(database, number)[0]

    async def both(hub: Hub) -> list[Any]:
        words = [("kefu", "accept_theirs"), ("yunying", "keep_ours")] * 3
        asked = (hub.rule(who, WHERE, case_id=case_id, decision=what, reason="x") for who, what in words)
        return await asyncio.gather(*asked, return_exceptions=True)

    outcomes = with_hub(database, both)
    late = [one for one in outcomes if isinstance(one, Problem)]
    assert [one for one in outcomes if one is not None and one not in late] == []
    assert (len(late), {one.status for one in late}) == (5, {409})
    _, status, resolution, by = _case(database, number)
    assert status == "resolved" and by in ("kefu", "yunying")
    assert state(database, number)[0] == {"accept_theirs": "await_pickup", "keep_ours": "handed_over"}[str(resolution)]
    assert ask(database.app_url, "select count(*) from inbound_message where way = 'ruling'") == 1


@pytest.mark.parametrize(
    ("minutes", "decision", "end"),
    [(30, "accept_theirs", "delivered"), (30, "keep_ours", "handed_over"), (1_800, "keep_ours", "handed_over")],
)
def test_a_ruling_is_on_the_evidence_it_names_even_when_that_is_dated_later(
    database: Database, minutes: int, decision: str, end: str
) -> None:
    """A carrier's clock runs ahead: the person who looks at the case has seen the word, whatever its date."""
    number = tracking_no(0)
    tell(database, ahead(number, "签收", minutes=minutes))
    query = (
        "select c.id from work_case c join subject s on s.id = c.subject_id where s.key = %s and c.status = 'open'"
        " and c.theirs = 'delivered'"
    )
    case_id = ask(database.app_url, query, number)
    assert case_id is not None
    with_hub(database, lambda hub: hub.rule(WHO, WHERE, case_id=case_id, decision=decision, reason="钟快了"))
    assert rows(database.app_url, "select status, resolved_by from work_case where id = %s", case_id) == [
        ("resolved", WHO)
    ]
    assert state(database, number)[0] == end


def test_evidence_that_comes_after_the_ruling_but_happened_before_it_may_settle_the_matter_itself(
    database: Database,
) -> None:
    number = tracking_no(0)
    rule(database, number, "accept_theirs")
    tell(database, {"billCode": number, "scanType": "收件", "scanDate": moment(4), "desc": "已揽收"})
    assert state(database, number) == ("picked_up", None)
    assert _case(database, number)[1] != "open"
    effective = rows(
        database.app_url,
        "select to_state from order_state_audit a join subject s on s.id = a.subject_id where s.key = %s"
        " and a.reverses_seq is null and not exists (select from order_state_audit r where r.subject_id = a.subject_id"
        " and r.reverses_seq = a.seq) order by a.occurred_at",
        number,
    )
    assert [row[0] for row in effective] == ["handed_over", "picked_up"], "the ruling's row is reversed, on record"


def test_people_rule_while_two_workers_judge_the_same_parcels(database: Database, cluster: Database) -> None:
    """Nobody waits in a ring: each ruling is done or is told that it comes late, and each parcel has one chain."""
    stop, said, before = threading.Event(), 25, deadlocks(cluster)

    def work_on() -> None:
        with psycopg.connect(database.app_url, autocommit=True) as connection:
            worker = Worker(connection)
            while not stop.is_set():
                worker.turn(batch=20)

    def carrier() -> None:
        for minute in range(said):
            with psycopg.connect(database.app_url) as connection:
                for n in range(GHOSTS):
                    put_json(connection, "zto", ahead(tracking_no(n), "ZT_01", minutes=minute))
            stop.wait(0.02)

    async def people(hub: Hub) -> list[Any]:
        cases = [_case(database, tracking_no(n))[0] for n in range(GHOSTS)]
        asked = [("ask_again", case) for case in cases * 3] + [("keep_ours", case) for case in cases * 2]
        calls = (
            hub.rule(WHO, WHERE, case_id=case, decision=what, reason=f"第 {n} 次")
            for n, (what, case) in enumerate(asked)
        )
        return await asyncio.gather(*calls, return_exceptions=True)

    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(work_on), pool.submit(work_on), pool.submit(carrier)]
        try:
            outcomes = with_hub(database, people)
            running[2].result()
        finally:
            stop.set()
        assert [one.result() for one in running] == [None] * 3
    work(database.app_url)
    problems = [one for one in outcomes if one is not None]
    assert [one for one in problems if not (isinstance(one, Problem) and one.status == 409)] == []
    assert deadlocks(cluster) == before
    assert ask(database.app_url, "select count(*) from work_case where status = 'open'") == 0
    assert {state(database, tracking_no(n))[0] for n in range(GHOSTS)} == {"handed_over"}
    events = "select count(*) from observation where kind = 'event' and code = 'ZT_01'"
    assert ask(database.app_url, events) == GHOSTS * (said + 1)
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        audit.seal(connection)
        assert audit.verify(connection).bad is None
