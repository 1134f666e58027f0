"""Searches over real HTTP against the sandbox (凭证寻踪): what was lost is found and joins the chain, what is not there is said."""

import hashlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest

from fenghe.hub.titles import titles
from fenghe.kernel.database.address import Database
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.people.person import Actor
from fenghe.kernel.web.problems import Problem
from fenghe.money import tasks_seeking, tasks_trace
from fenghe.money.tasks_ledger import post_all
from fenghe.money.tasks_seeking import SeekingDuty
from fenghe.money.tasks_trace import Traced, bundle, trace
from fenghe.money.trace import Kind
from tests.house.tree import ROOT
from tests.money.seeking import Lost, lost_things, rows


@pytest.fixture
def shop(migrated_database: Database) -> Iterator[Lost]:
    with lost_things(migrated_database) as shop:
        yield shop


def chain(shop: Lost, number: str) -> Traced:
    traced = trace(shop.connection, number, now=datetime.now(UTC))
    assert isinstance(traced, Traced), traced
    return traced


def gaps(shop: Lost, number: str) -> set[str]:
    return {one.code for one in chain(shop, number).chain.gaps}


def test_a_payment_whose_notification_was_lost_is_found_and_closes_the_gap(shop: Lost) -> None:
    number = shop.lost.order_no
    assert "payment" in gaps(shop, number)
    started = shop.seek(number)
    assert started.how == "begun"
    told = shop.work_off(started.id)
    answers = {(one.who, one.source): (one.status, one.answer) for one in told.questions}
    status, words = answers["provider", "wechatpay-shop"]
    assert status == "found" and "有答复" in words
    assert [one.closed for one in told.gaps if one.name.startswith("payment|")] == [True]
    traced = chain(shop, number)
    (paid,) = [one for one in traced.chain.documents if one.kind is Kind.PAYMENT]
    assert paid.amount_minor == shop.lost.due_minor
    kept = rows(shop.connection, "select way, headers ->> ':act' from inbound_message where id = %s", _reply(told))
    assert kept == [("poll", "payment.query")], "it entered by the inbox"
    log = rows(shop.connection, "select person, ip, target from access_log where action = 'trace.seek.started'")
    assert log == [("chen", "10.0.0.7", f"{number} 整条凭证链")]


def _reply(told: Any) -> int:
    return next(int(one.message_id) for one in told.questions if one.who == "provider" and one.message_id)


def test_an_order_that_only_its_payment_names_is_asked_for_at_its_channel(shop: Lost) -> None:
    one = shop.month.unheard[0]
    told = shop.work_off(shop.seek(one.order_no).id)
    assert any(q.who == "channel" and q.status == "found" for q in told.questions)
    assert "order" not in gaps(shop, one.order_no)
    facts = rows(
        shop.connection,
        "select s.history like '%%seek%%', b.order_no from order_book b join subject s on s.id = b.subject_id where order_no = %s",
        one.order_no,
    )
    assert facts == [(True, one.order_no)]


def test_what_is_not_there_is_said_by_whoever_was_asked(shop: Lost) -> None:
    told = shop.work_off(shop.seek(shop.unpaid.order_no).id)
    (provider,) = [one for one in told.questions if one.who == "provider"]
    assert (provider.status, "TRADE_NOT_EXIST" in provider.answer) == ("nothing", True)
    assert told.closed == 0 and [one.closed for one in told.gaps] == [False] * len(told.gaps)
    ghost = shop.month.ghosts[0]
    told = shop.work_off(shop.seek(ghost.order_no).id)
    (channel,) = [one for one in told.questions if one.who == "channel"]
    assert channel.source == "pdd-shop" and channel.status == "failed", "PDD publishes no code for it: unknown"
    assert "没有说清" in channel.answer


def test_the_same_search_again_shows_the_former_one_and_one_is_under_way_at_a_time(shop: Lost) -> None:
    number = shop.lost.order_no
    first = shop.seek(number)
    gap = next(one.name for one in chain(shop, number).chain.gaps if one.code == "payment")
    assert (shop.seek(number, gap=gap).id, shop.seek(number).how) == (first.id, "joined")
    shop.work_off(first.id)
    calls = shop.gateway.calls.total()
    assert (shop.seek(number, gap=gap).id, shop.seek(number, by=Actor("li", "")).how) == (first.id, "former")
    paid = chain(shop, number).chain.documents
    payment = next(one.number for one in paid if one.kind is Kind.PAYMENT)
    assert shop.seek(payment).id == first.id, "whichever of its numbers is entered"
    assert shop.gateway.calls.total() == calls
    shop.connection.execute("update trace_search set asked_at = asked_at - interval '6 minutes'")
    with pytest.raises(Problem) as caught:
        shop.seek(number, gap=gap)
    assert caught.value.code == "no_such_gap", "it is closed by now"


def test_many_at_once_begin_one_search(shop: Lost, migrated_database: Database) -> None:
    found: list[int] = []

    def click(n: int) -> None:
        with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
            own = Lost.__new__(Lost)
            own.connection = connection
            found.append(own.seek(shop.lost.order_no, by=Actor(f"p{n}", "")).id)

    threads = [threading.Thread(target=click, args=(n,)) for n in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 6 and len(set(found)) == 1
    assert rows(shop.connection, "select count(*) from trace_search") == [(1,)]


def test_who_asks_too_often_is_told_to_wait(shop: Lost) -> None:
    shop.connection.execute(
        "insert into trace_search (chain_key, number, scope_words, asked_by, asked_at, deadline_at, status, due_at, finished_at,"
        " gaps_before) select 'x' || n, 'x', '', 'chen', now(), now(), 'done', null, now(), '[]' from generate_series(1, 12) n"
    )
    with pytest.raises(Problem) as caught:
        shop.seek(shop.lost.order_no)
    assert (caught.value.status, caught.value.code) == (429, "too_many_searches")
    assert shop.seek(shop.lost.order_no, by=Actor("li", "")).how == "begun"


def test_a_provider_that_does_not_answer_is_said_to_be_late_and_its_answer_still_counts(shop: Lost) -> None:
    shop.connection.execute(
        "update source set config = config || '{\"base_url\":\"http://127.0.0.1:9\"}' where kind = 'payment'"
    )
    started = shop.seek(shop.lost.order_no)
    shop.connection.execute(
        "update outbox set status = 'waiting', due_at = now() + interval '1 hour', last_error = '连不上'"
    )
    for _ in range(40):
        shop.connection.execute("update trace_search set due_at = now() where due_at is not null")
        shop.look()
    assert shop.found(started.id).status == "running"
    shop.connection.execute("update trace_search set deadline_at = now(), due_at = now()")
    SeekingDuty().turn(shop.connection, now=datetime.now(UTC) + timedelta(seconds=1))
    told = shop.found(started.id)
    late = [one for one in told.questions if one.status == "late"]
    assert told.status == "done" and late and all("连不上" in one.answer for one in late)
    shop.connection.execute(
        "update source set config = config || jsonb_build_object('base_url', %s::text) where id = 'wechatpay-shop'",
        (shop._addresses[0],),
    )
    shop.connection.execute("update outbox set due_at = now() where status = 'waiting'")
    shop.send()
    assert "payment" not in gaps(shop, shop.lost.order_no)


def aside(shop: Lost, text: str, *, source: str = "finance") -> int:
    """A row that somebody's file had and nobody could read."""
    finding = orjson.dumps(
        [{"item": 0, "field": "金额", "expected": "金额", "got": "x", "code": "unreadable"}]
    ).decode()
    arrival = inbox.Arrival(
        dedupe_key=text.encode()[:64], body=text.encode(), origin="七月账单.csv:12", status=inbox.SET_ASIDE, finding=finding,
        headers='{"fenghe-kind":"vouchers","fenghe-layout":"vouchers","fenghe-unit":"minor"}',
    )  # fmt: skip
    with shop.connection.transaction():
        inbox.store_many(shop.connection, source=source, way="file", arrivals=[arrival])
    return int(rows(shop.connection, "select max(id) from inbound_message")[0][0])


def test_files_are_looked_through_and_what_mentions_the_chain_is_attached(shop: Lost) -> None:
    number = shop.unpaid.order_no
    broken = aside(shop, f'{{"摘要":"货款 `T200P{number}","金额":"一百"}}')
    longer = aside(shop, f'{{"摘要":"{number}77"}}')
    shop.connection.execute(
        "insert into statement_line (source, message_id, item, provider, ledger, kind, occurred_at, line_no, currency, net_minor,"
        " summary) values ('bank', 900001, 0, 'bank', 'bank', 'transfer', now(), 'B77', 'CNY', 8841, %s)",
        (f"转账 订单{number} 货款",),
    )
    told = shop.work_off(shop.seek(number).id)
    (files,) = [one for one in told.questions if one.who == "files"]
    assert (files.status, files.evidence) == ("found", 2), files
    found = [one for one in chain(shop, number).chain.documents if one.kind is Kind.EVIDENCE]
    assert {one.message_id for one in found} == {900001, broken} and longer not in {one.message_id for one in found}
    ties = {(one.start, one.end) for one in chain(shop, number).chain.links}
    assert all(any(end == one.id for _, end in ties) for one in found), "tied to what they mention"
    again = rows(shop.connection, "select status, attempts from message_handling where message_id = %s", broken)
    assert again[0][0] == inbox.SET_ASIDE, "it was read anew, and still cannot be"


def test_the_report_holds_what_was_found_and_a_stranger_verifies_it(
    shop: Lost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = shop.lost
    broken = aside(shop, f'{{"摘要":"货款 {one.order_no}","金额":"一百"}}')
    shop.work_off(shop.seek(one.order_no).id)
    post_all(shop.connection, now=datetime.now(UTC))
    traced, now = chain(shop, one.order_no), datetime.now(UTC)
    files = bundle(shop.connection, traced, now=now, titles=titles())
    for name, body in files.items():
        (tmp_path / name).write_bytes(body)
    proof = orjson.loads(files["proof.json"])
    assert broken in {told["message_id"] for told in proof["messages"]}
    ((body,),) = rows(shop.connection, "select body from inbound_message where id = %s", broken)
    (tmp_path / "message").write_bytes(body)
    (tmp_path / "other").write_bytes(body + b" ")

    def verdict(*files: str) -> tuple[int, str]:
        call = [sys.executable, "-I", "verify.py", "proof.json", *files]
        done = subprocess.run(call, cwd=tmp_path, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout

    status, said = verdict("message")
    assert status == 0 and "真 TRUE" in said, said
    status, said = verdict("message", "other")
    assert status == 1 and "FALSE" in said and "other" in said
    assert files["chain.pdf"].startswith(b"%PDF-")
    told: list[Any] = []

    def render(_template: Path, data: Any) -> bytes:
        told.append(data)
        return b""

    monkeypatch.setattr(tasks_trace, "render", render)
    bundle(shop.connection, traced, now=now, titles=titles())
    printed = told[0]
    assert any(f"报文 {broken}" in document["number"] for document in printed["documents"])
    assert {one["id"]: one["hash"] for one in printed["messages"]}[str(broken)] == hashlib.sha256(body).hexdigest()
    assert "补上 1 个缺口" in printed["searches"][0]["title"] and printed["searches"][0]["questions"]


def test_what_can_be_read_by_now_is_read_and_joins_by_itself(shop: Lost) -> None:
    one = shop.unpaid
    row = {
        "voucher_no": "JZ-RE", "voucher_type": "refund", "order_no": one.order_no, "amount": "100", "booked_on": "2026-02-03",
    }  # fmt: skip
    readable = aside(shop, orjson.dumps(row).decode())
    told = shop.work_off(shop.seek(one.order_no).id)
    assert any(q.who == "files" for q in told.questions)
    kinds = [(str(d.kind), d.number) for d in chain(shop, one.order_no).chain.documents]
    assert ("voucher", "JZ-RE") in kinds, "read anew by the ordinary path"
    assert not [
        d for d in chain(shop, one.order_no).chain.documents if d.message_id == readable and d.kind is Kind.EVIDENCE
    ]


def test_a_bill_is_fetched_again_and_imported(shop: Lost) -> None:
    one = shop.month.good[0]
    shop.connection.execute(
        "insert into statement_line (source, message_id, item, provider, ledger, kind, occurred_at, line_no, currency, net_minor)"
        " values ('x', 900002, 0, 'alipay', 'trade', 'payment', now(), 'X1', 'CNY', 1)"
    )
    assert "statement" in gaps(shop, one.order_no)
    told = shop.work_off(shop.seek(one.order_no).id)
    (bill,) = [q for q in told.questions if q.who == "bill"]
    assert bill.status == "found" and "行是新的" in bill.answer, told
    assert "statement" not in gaps(shop, one.order_no)


def test_a_search_survives_whoever_works_at_it(shop: Lost, migrated_database: Database) -> None:
    started = shop.seek(shop.lost.order_no)
    for turn in range(4):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.money.seeking_process", migrated_database.app_url],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdout is not None and process.stdout.readline().strip() == b"ready"
        time.sleep(0.03 + 0.05 * turn)
        process.kill()
        process.wait()
        process.stdout.close()
    shop.connection.execute("update outbox set due_at = now() where status = 'waiting'")
    told = shop.work_off(started.id)
    assert [one.closed for one in told.gaps if one.name.startswith("payment|")] == [True]
    assert rows(shop.connection, "select count(*) from trace_question where search_id = %s", started.id) == [
        (len(told.questions),)
    ]
    assert rows(shop.connection, "select count(*) from payment where order_no = %s", shop.lost.order_no) == [(1,)]


def test_a_number_nobody_knows_is_asked_about_everywhere(shop: Lost) -> None:
    stranger = shop.paid(shop.lost)
    started = shop.seek(stranger.payment_no)
    told = shop.work_off(started.id)
    assert {one.who for one in told.questions} == {"provider", "channel", "files"}
    assert any(one.status == "found" for one in told.questions)
    traced = chain(shop, stranger.payment_no)
    assert {one.number for one in traced.chain.documents if one.kind is Kind.ORDER} == {shop.lost.order_no}


def test_a_search_that_breaks_does_not_stop_the_others_and_ends_at_its_deadline(
    shop: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, other = shop.seek(shop.unpaid.order_no), shop.seek(shop.lost.order_no)
    real = tasks_seeking._go_on

    def go_on(connection: Any, search: Any, now: datetime) -> int:
        if search["id"] == broken.id:
            connection.execute("select no_such_column")
        return real(connection, search, now)

    monkeypatch.setattr(tasks_seeking, "_go_on", go_on)
    assert shop.work_off(other.id).closed == 1
    assert shop.found(broken.id).status == "running"
    shop.connection.execute("update trace_search set deadline_at = now(), due_at = now() where status = 'running'")
    SeekingDuty().turn(shop.connection, now=datetime.now(UTC) + timedelta(seconds=1))
    told = shop.found(broken.id)
    assert (told.status, told.closed) == ("done", 0)
    assert {one.status for one in told.questions} <= {"failed", "not_asked"}
