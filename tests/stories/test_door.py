"""The door (入口) before all the world: what it takes is durable and exact, what it refuses is counted and costs nothing."""

import asyncio
import random
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest

from fenghe.hub.worker import Worker
from fenghe.kernel.database.address import Database
from fenghe.kernel.database.supervisor import Cluster
from fenghe.kernel.door.door import Limits
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.migrations import migrate
from tests.stories.doors import SOURCES, counted, door_with, signed, stored, tokened
from tests.stories.driving import (
    Call,
    Command,
    Crowd,
    _Line,
    add_sources,
    api_and_workers,
    deadlocks,
    exchange,
    free_port,
    kill,
    on_database,
    own_database,
    post,
    read_answer,
    send_all,
    until,
    until_open,
)
from tests.stories.holding import ask, rows

MEGABYTES_10 = 10_000_000
SCAN = '{"billCode":"73100000000001","scanType":"收件","scanDate":"2026-02-05 10:00:00","desc":"已揽收"}'.encode()


@pytest.fixture(scope="module")
def database(cluster: Database, migrated_template: Database) -> Iterator[Database]:
    """A database with two sources, shared by this module's tests."""
    with own_database(cluster) as own:
        add_sources(own, SOURCES)
        yield own


@pytest.fixture(scope="module")
def hub(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a real `fenghe api`."""
    with api_and_workers(database, tmp_path_factory.mktemp("hub"), workers=0) as port:
        yield port


def scan(number: str, **more: str) -> bytes:
    """One scan of a parcel as ZTO tells it."""
    told = {"billCode": number, "scanType": "收件", "scanDate": "2026-02-05 10:00:00", "desc": "已揽收", **more}
    return orjson.dumps(told)


def chunked(call: Call, *, size: int = 65_536) -> bytes:
    """The delivery without a declared length."""
    lines = [f"POST {call.path} HTTP/1.1", "host: 127.0.0.1", "transfer-encoding: chunked"]
    lines += [f"{name}: {value}" for name, value in call.headers.items()]
    parts = [call.body[at : at + size] for at in range(0, len(call.body), size)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return "\r\n".join([*lines, "", ""]).encode() + body + b"0\r\n\r\n"


def work(database: Database) -> None:
    """Judge what is there."""
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        worker = Worker(connection)
        while worker.turn().messages:
            continue


def test_a_wrong_signature_is_refused_and_counted(hub: int, database: Database) -> None:
    before = len(stored(database.app_url))
    for _ in range(3):
        status, answer = exchange(hub, signed(SCAN, secret="guessed").wire())
        assert status == 401
        assert b'"S203"' in answer, "in ZTO's own terms"
    unsigned = Call("/hook/zto", SCAN, {"content-type": "application/json"})
    assert post(hub, unsigned) == 401
    until(lambda: _refused(database, "zto") >= 4, seconds=10, what="refusals are counted")
    assert counted(database.app_url, "signature_wrong") == 3
    assert len(stored(database.app_url)) == before


def _refused(database: Database, source: str) -> int:
    return int(ask(database.app_url, "select coalesce(sum(count), 0) from refused_delivery where source = %s", source))


@pytest.mark.parametrize(
    "call",
    [
        signed(b'{"billCode":"7310'),
        signed(b'{"billCode":"731\x00000000001","scanType":"\xff\xfe","scanDate":"2026-02-05 10:00:00"}'),
        signed(b"[" * 10_000),
        tokened(b""),
        tokened(bytes(range(256)) * 8),
        tokened("{坏}".encode("gb18030")),
    ],
    ids=["cut off", "NUL and no UTF-8", "deep", "nothing", "every byte", "GB18030"],
)
def test_bad_bytes_from_the_right_sender_are_kept_exactly(hub: int, database: Database, call: Call) -> None:
    assert post(hub, call) == 200
    assert stored(database.app_url)[-1] == (call.path.removeprefix("/hook/"), call.body)
    status, finding = judged(database)
    assert status == 2
    assert finding[0]["expected"] and "field" in finding[0], "it says what could not be read"


def judged(database: Database) -> tuple[int, Any]:
    """(status, finding) of the newest message, after the workers have seen it."""
    work(database)
    ((status, finding),) = rows(
        database.app_url, "select h.status, h.finding from message_handling h order by h.message_id desc limit 1"
    )
    return status, finding


def test_signs_no_database_holds_are_told_around(hub: int, database: Database) -> None:
    """NUL and half of a surrogate pair, escaped: valid JSON, and no text that PostgreSQL takes."""
    told = rb'{"billCode":"7310000000\u00002","scanType":"\u6536\u4ef6","scanDate":"2026-02-05 10:00:00","desc":"\u0000\ud800"}'
    assert post(hub, signed(told)) == 200
    assert stored(database.app_url)[-1] == ("zto", told)
    assert judged(database) == (1, None)
    assert ask(database.app_url, "select count(*) from subject where key like %s", "7310000000_2") == 1


def test_ten_megabytes_are_refused_unread(hub: int, database: Database) -> None:
    big = Call("/hook/zto", b"x" * MEGABYTES_10, signed(b"").headers)
    before = len(stored(database.app_url))
    declared, _ = exchange(hub, big.wire())
    head, _, _ = big.wire().partition(b"\r\n\r\n")
    unsent, _ = exchange(hub, head + b"\r\n\r\n")
    undeclared, _ = exchange(hub, chunked(big))
    assert (declared, unsent, undeclared) == (413, 413, 413)
    until(lambda: counted(database.app_url, "body_too_large") == 3, seconds=10, what="refusals are counted")
    assert len(stored(database.app_url)) == before


def test_a_chunked_body_within_the_limit_is_taken(hub: int, database: Database) -> None:
    call = signed(scan("73100000000100", desc="长" * 200_000))
    status, _ = exchange(hub, chunked(call, size=9_000))
    assert status == 200
    assert stored(database.app_url)[-1] == ("zto", call.body)


def test_a_flood_of_headers_is_refused(hub: int, database: Database) -> None:
    call = signed(SCAN)
    many = Call(call.path, call.body, {**call.headers, **{f"x-filler-{n}": "y" * 400 for n in range(60)}})
    one = Call(call.path, call.body, {**call.headers, "x-filler": "y" * 20_000})
    assert (post(hub, many), post(hub, one)) == (431, 431)
    until(lambda: counted(database.app_url, "headers_too_large") == 2, seconds=10, what="refusals are counted")


def test_an_unknown_source_and_another_method(hub: int, database: Database) -> None:
    before = len(stored(database.app_url))
    assert post(hub, Call("/hook/nobody-there", SCAN, signed(SCAN).headers)) == 404
    assert post(hub, Call("/hook/person", b"{}")) == 404, "rulings come from signed-in people only"
    status, answer = exchange(hub, b"GET /hook/zto HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
    assert status == 405 and b"POST" in answer
    until(lambda: _refused(database, "nobody-there") == 1, seconds=10, what="the stranger is counted")
    assert len(stored(database.app_url)) == before


def test_a_strange_path_does_not_wipe_the_counts(hub: int, database: Database) -> None:
    before = counted(database.app_url, "signature_wrong")
    for name in ("%00", "%ff%fe", "a" * 5_000, "%f0%9f%92%a9"):
        assert post(hub, Call(f"/hook/{name}", b"")) == 404
        assert post(hub, signed(SCAN, secret="guessed")) == 401
    until(
        lambda: counted(database.app_url, "signature_wrong") == before + 4, seconds=5, what="all refusals are counted"
    )


def test_the_same_message_from_twenty_senders_at_once_is_one(hub: int, database: Database) -> None:
    call = signed(scan("73100000000200"))
    sent = send_all(hub, [call] * 20, senders=20)
    assert (len(sent.acknowledged), sent.tries) == (20, 20)
    query = "select h.repeats from inbound_message m join message_handling h on h.message_id = m.id where m.body = %s"
    until(lambda: rows(database.app_url, query, call.body) == [(19,)], seconds=10, what="the repeats are counted")


def test_a_worker_at_its_work_does_not_keep_the_door_waiting(hub: int, database: Database) -> None:
    """A sender repeats what a worker has in its hands: neither he nor anybody else waits for the worker's commit."""
    call = signed(scan("73100000000250"))
    assert post(hub, call) == 200
    with psycopg.connect(database.app_url) as busy:
        assert call.body in [one.body for one in inbox.claim(busy, limit=1_000)]
        with ThreadPoolExecutor(2) as pool:
            repeat = pool.submit(exchange, hub, call.wire(), seconds=5)
            time.sleep(0.3)
            other = pool.submit(exchange, hub, signed(scan("73100000000251")).wire(), seconds=5)
            assert (other.result()[0], repeat.result()[0]) == (200, 200)
    query = "select h.repeats from inbound_message m join message_handling h on h.message_id = m.id where m.body = %s"
    until(lambda: rows(database.app_url, query, call.body) == [(1,)], seconds=10, what="the repeat is counted")


def test_secrets_in_headers_are_not_kept(hub: int, database: Database) -> None:
    call = tokened(b'{"tid":"1"}')
    call = Call(call.path, call.body, {**call.headers, "authorization": "Bearer abc", "x-seen": "yes"})
    assert post(hub, call) == 200
    headers = ask(database.app_url, "select headers from inbound_message order by id desc limit 1")
    assert headers["x-seen"] == "yes" and headers[":ip"] == "127.0.0.1"
    assert not {"x-fenghe-token", "authorization"} & set(headers)


# ---- limits of its own ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hasty(database: Database) -> Iterator[int]:
    """A door that waits for a body no longer than half a second."""
    with door_with(database.app_url, Limits(body_seconds=0.5)) as port:
        yield port


def _head(call: Call, length: int) -> bytes:
    return Call(call.path, b"", call.headers).wire().replace(b"content-length: 0", b"content-length: %d" % length)


@pytest.mark.parametrize("begun", [b"", b'{"bill'], ids=["nothing of it", "a part of it"])
def test_a_body_that_does_not_come_is_given_up(hasty: int, database: Database, begun: bytes) -> None:
    before, refused = len(stored(database.app_url)), counted(database.app_url, "body_too_slow")
    with socket.create_connection(("127.0.0.1", hasty), timeout=5) as connection:
        connection.sendall(_head(signed(SCAN), len(SCAN)) + begun)
        status, _ = read_answer(connection)
    assert status == 408
    until(lambda: counted(database.app_url, "body_too_slow") > refused, seconds=5, what="it is counted")
    assert len(stored(database.app_url)) == before


def test_a_body_in_drops_is_given_up(hasty: int) -> None:
    with socket.create_connection(("127.0.0.1", hasty), timeout=5) as connection:
        connection.sendall(_head(signed(SCAN), len(SCAN)))
        began = time.monotonic()
        while time.monotonic() - began < 0.9:
            connection.sendall(b"x")
            time.sleep(0.1)
        status, _ = read_answer(connection)
    assert status == 408


@pytest.mark.parametrize("begun", [b"", b'{"tid'], ids=["nothing of it", "a part of it"])
def test_a_sender_that_hangs_up_has_said_nothing(hasty: int, database: Database, begun: bytes) -> None:
    """A shop's token stands in a header: without its body such a request must not become an empty message."""
    before = taken(database)
    call = tokened(b"")
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", hasty), timeout=5) as connection:
            connection.sendall(_head(call, 500) + begun)
            time.sleep(0.1)
    assert post(hasty, signed(scan(f"7310000000030{len(begun)}"))) == 200
    time.sleep(1.5)  # repeats are counted once a second
    time.sleep(1.5)  # repeats are counted once a second
    assert taken(database) == before + 1


def taken(database: Database) -> int:
    """How many deliveries were acknowledged, repeats among them."""
    return int(ask(database.app_url, "select count(*) + coalesce(sum(repeats), 0) from message_handling"))


@pytest.mark.parametrize("line", [b"x-filler: " + b"y" * 1_000 + b"\r\n", b"y" * 1_000], ids=["many lines", "one line"])
def test_a_head_without_an_end_is_cut_off(hasty: int, line: bytes) -> None:
    with socket.create_connection(("127.0.0.1", hasty), timeout=5) as connection:
        connection.sendall(b"POST /hook/zto HTTP/1.1\r\nhost: 127.0.0.1\r\nx-endless: ")
        sent = 0
        with suppress(BrokenPipeError, ConnectionResetError):
            while sent < MEGABYTES_10:
                connection.sendall(line)
                sent += len(line)
    assert sent < MEGABYTES_10, "whatever its buffers took, it was not read for ever"


@pytest.mark.parametrize("begun", [b"", b"POST /hook/zto HTTP/1.1\r\nhost: 127"], ids=["nothing", "half a head"])
def test_a_head_that_does_not_come_is_given_up(hasty: int, monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr("fenghe.kernel.door.serving.HEAD_SECONDS", 0.3)
    with socket.create_connection(("127.0.0.1", hasty), timeout=5) as connection:
        connection.sendall(begun)
        status, _ = read_answer(connection)
    assert status in (0, 408, 431), "answered or hung up, but not kept waiting"


def test_a_slow_second_request_does_not_spoil_the_first(hasty: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fenghe.kernel.door.serving.HEAD_SECONDS", 1.0)
    with socket.create_connection(("127.0.0.1", hasty), timeout=5) as connection:
        for n in range(3):
            wire = signed(scan(f"7310000000060{n}")).wire()
            connection.sendall(wire[:40])
            time.sleep(0.2)
            connection.sendall(wire[40:])
            assert read_answer(connection)[0] == 200


@pytest.mark.parametrize("piece", [1_000_000, 1_900, 300, 90], ids=["at once", "some", "about one", "in bits"])
def test_a_sender_that_does_not_wait_for_answers_gets_them_all(hub: int, database: Database, piece: int) -> None:
    calls = [signed(scan(f"7310000{piece:07d}{n:02d}")) for n in range(40)]
    wire, told = b"".join(call.wire() for call in calls), b""
    with socket.create_connection(("127.0.0.1", hub), timeout=20) as connection:
        for start in range(0, len(wire), piece):
            connection.sendall(wire[start : start + piece])
            time.sleep(0.001)
        while told.count(b"HTTP/1.1 200 OK") < len(calls):
            part = connection.recv(65_536)
            assert part, told
            told += part
    assert told.count(b"HTTP/1.1 ") == len(calls)
    kept = {body for _, body in stored(database.app_url)}
    assert {call.body for call in calls} <= kept


def test_a_source_that_is_too_fast_is_held_up(database: Database) -> None:
    with door_with(database.app_url, Limits(rate_per_second=2.0)) as port:
        statuses = [post(port, signed(scan(f"7310000000040{n}"))) for n in range(6)]
        assert statuses == [200] * 4 + [429] * 2
        time.sleep(0.6)
        assert post(port, signed(scan("73100000000405"))) == 200


def test_two_doors_with_the_same_messages_count_each_repeat_once(database: Database, cluster: Database) -> None:
    """Four platforms tell the same, each in its own order, half of them at the other door."""
    base = [signed(scan(f"7360000{n:07d}")) for n in range(2_000)]
    before = deadlocks(cluster)

    async def tell_all(ports: tuple[int, ...]) -> list[int]:
        told = [random.Random(seed).sample(base, len(base)) for seed in range(4)]
        crowds = [Crowd(ports[n % 2], calls, senders=300, seconds=100) for n, calls in enumerate(told)]
        return [len(sent.acknowledged) for sent in await asyncio.gather(*(crowd.run() for crowd in crowds))]

    with door_with(database.app_url, Limits()) as one, door_with(database.app_url, Limits()) as other:
        assert asyncio.run(tell_all((one, other))) == [len(base)] * 4
    query = (
        "select count(*), min(h.repeats), max(h.repeats) from inbound_message m join message_handling h on h.message_id = m.id"
        " where position('\"7360000'::bytea in m.body) > 0"
    )
    assert rows(database.app_url, query) == [(len(base), 3, 3)]
    assert deadlocks(cluster) == before


def test_a_full_queue_asks_to_send_again(database: Database) -> None:
    calls = [signed(scan(f"7310000000050{n}")) for n in range(8)]
    with door_with(database.app_url, Limits(), waiting=2) as port, psycopg.connect(database.owner_url) as blocker:
        blocker.execute("lock table inbound_message in access exclusive mode")

        async def all_at_once() -> tuple[list[int], Any]:
            lines = [_Line(port) for _ in calls]
            tasks = [asyncio.create_task(line.send(call.wire())) for line, call in zip(lines, calls, strict=True)]
            await asyncio.sleep(0.5)
            early = [task.result() for task in tasks if task.done()]
            await asyncio.to_thread(blocker.rollback)
            late = await asyncio.gather(*tasks)
            for line in lines:
                line.close()
            return early, late

        early, late = asyncio.run(all_at_once())
        assert early and set(early) == {503}
        assert sorted(late) == [200] * (8 - len(early)) + [503] * len(early)
        assert len(send_all(port, calls).acknowledged) == 8
    bodies = [body for _, body in stored(database.app_url)]
    assert [bodies.count(call.body) for call in calls] == [1] * 8


def test_while_the_database_is_away_senders_are_told_to_try_again(
    durable_cluster: Callable[..., Cluster], tmp_path: Path
) -> None:
    server = durable_cluster()
    database = server.database
    migrate(database.owner_url)
    add_sources(database, SOURCES)
    calls = [signed(scan(f"7310000000{n:04d}")) for n in range(60)]
    port = free_port()
    api = Command("api", "--port", str(port), log=tmp_path / "api.log", environ=on_database(database))
    try:
        until_open(port, api)
        assert post(port, calls[0]) == 200
        process = server.process
        assert process is not None and kill(process)
        until(lambda: post(port, calls[1]) != 200, seconds=5, what="the database is away", pause=0)
        sent = send_all(port, calls, senders=8, seconds=60)
    finally:
        api.stop()
    assert set(sent.refusals) <= {503}
    bodies = [body for _, body in stored(database.app_url)]
    assert sorted(bodies) == sorted({call.body for call in calls})
