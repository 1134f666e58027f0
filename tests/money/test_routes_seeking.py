"""The trace board over HTTP (凭证溯源、寻踪): who may search and who may look, two chains of one number, a number nobody knows."""

from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import Connection

from fenghe.kernel.database.address import Database
from tests.database import migrated_database
from tests.money.test_ledger import order, payment
from tests.rooms import Rooms, ok, running

__all__ = ["migrated_database"]


@pytest.fixture
def books(migrated_database: Database) -> Iterator[Connection[Any]]:
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        order(connection, "A100001", 10_000)
        order(connection, "B200002", 300)
        payment(connection, "P1000001", 10_000, order_no="A100001")
        payment(connection, "P3000003", 500, order_no="C300003")
        voucher(connection, "JZ-7", "A100001", 1)
        voucher(connection, "JZ-7", "B200002", 2)
        subject = connection.execute(
            "insert into subject (kind, key) values ('order', 'jd:A100001') returning id"
        ).fetchone()
        connection.execute(
            "insert into order_book (subject_id, channel, order_no, state, currency, due_minor)"
            " values (%s, 'jd', 'A100001', 'finished', 'CNY', 77)",
            (subject and subject[0],),
        )
        yield connection


def voucher(connection: Connection[Any], number: str, order_no: str, message: int) -> None:
    connection.execute(
        "insert into finance_voucher (source, message_id, item, voucher_no, voucher_type, order_no, currency, amount_minor)"
        " values ('f', %s, 0, %s, 'order', %s, 'CNY', 10)",
        (message, number, order_no),
    )


@pytest.fixture
def site(migrated_database: Database, books: Connection[Any]) -> Iterator[Rooms]:
    with running(migrated_database) as running_site:
        yield running_site


def begun_at(answer: httpx.Response) -> Any:
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_two_chains_of_one_number_are_offered_and_one_is_chosen(site: Rooms) -> None:
    finance = site.at("chen", "finance")
    told = ok(finance.get("/api/trace?number=JZ-7"))
    assert told["documents"] == [] and [one["number"] for one in told["choices"]] == ["A100001", "B200002"]
    second = told["choices"][1]
    chain = ok(finance.get(f"/api/trace?number=JZ-7&which={second['which']}"))
    assert {one["number"] for one in chain["documents"] if one["kind"] == "order"} == {"B200002"}
    orders = ok(finance.get("/api/trace?number=A100001"))["choices"]
    assert sorted(one["title"] for one in orders) == ["jd", "taobao"], "one number at two channels"
    for one in orders:
        chain = ok(finance.get(f"/api/trace?number=A100001&which={one['which']}"))
        assert [each["amount_minor"] for each in chain["documents"] if each["kind"] == "order"] == [one["amount_minor"]]
    report = finance.get("/api/trace/report?number=JZ-7")
    assert (report.status_code, report.json()["code"]) == (409, "several")
    assert finance.get(f"/api/trace/report?number=JZ-7&which={second['which']}").content.startswith(b"%PDF-")
    assert ok(finance.get("/api/trace?number=JZ-7&which=voucher:99"))["choices"], "a choice there is not is asked again"


def test_a_bound_payment_is_of_its_own_order_only(site: Rooms, books: Connection[Any]) -> None:
    finance = site.at("chen", "finance")
    orders = [one for one in ok(finance.get("/api/trace?number=P1000001"))["documents"] if one["kind"] == "order"]
    assert len(orders) == 2, "nobody has said yet whose it is"
    books.execute(
        "update payment set order_id = (select subject_id from order_book where channel = 'taobao' and order_no = 'A100001')"
        " where payment_no = 'P1000001'"
    )
    chain = ok(finance.get("/api/trace?number=P1000001"))
    assert [one["title"] for one in chain["documents"] if one["kind"] == "order"] == ["taobao"]
    jd = next(one for one in ok(finance.get("/api/trace?number=A100001"))["choices"] if one["title"] == "jd")
    chain = ok(finance.get(f"/api/trace?number=A100001&which={jd['which']}"))
    assert not [one for one in chain["documents"] if one["kind"] == "payment"]


def test_a_number_nobody_knows_is_said_to_have_been_looked_for(site: Rooms) -> None:
    finance = site.at("chen", "finance")
    answer = finance.get("/api/trace?number=%20%60nobody1%20")
    assert answer.status_code == 404
    assert "nobody1" in answer.json()["detail"] and "运单号" in answer.json()["detail"]
    assert "缩短" in finance.get("/api/trace?number=2.07E%2B17").json()["detail"]
    begun = begun_at(finance.post("/api/trace/searches", {"number": "nobody1"}))
    assert begun["words"] == "没有单据的编号 nobody1"
    assert [(one["who"], one["status"]) for one in begun["questions"]] == [
        ("provider", "not_asked"), ("channel", "not_asked"), ("files", "waiting"),
    ]  # fmt: skip
    assert ok(finance.get("/api/trace/searches?number=nobody1"))[0]["id"] == begun["id"]


def test_finance_searches_and_others_look(site: Rooms) -> None:
    finance = site.at("chen", "finance")
    told = ok(finance.get("/api/trace?number=P3000003"))
    gap = next(one for one in told["gaps"] if one["code"] == "order")
    for name, role, status in (("kefu", "cs", 403), ("shenji", "auditor", 403), ("yunying", "ops", 403)):
        answer = site.at(name, role).post("/api/trace/searches", {"number": "P3000003", "gap": gap["name"]})
        assert answer.status_code == status, role
    begun = begun_at(finance.post("/api/trace/searches", {"number": "P3000003", "gap": gap["name"]}))
    assert (begun["how"], begun["asked_by"], begun["gap"]) == ("begun", "chen", gap["name"])
    assert begun["questions"][0]["answer"].startswith("没有能按单号查询订单的渠道连接")
    again = begun_at(site.at("li", "finance").post("/api/trace/searches", {"number": "C300003"}))
    assert (again["id"], again["how"]) == (begun["id"], "joined"), "the order's number is the same chain"
    auditor = site.at("shenji", "auditor")
    (seen,), statements = auditor_list(site, auditor)
    assert seen["id"] == begun["id"] and statements <= 6
    assert ok(auditor.get(f"/api/trace/searches/{begun['id']}"))["words"] == gap["words"]
    assert [one["id"] for one in ok(auditor.get("/api/trace/searches"))] == [begun["id"]]
    assert auditor.get("/api/trace/searches/99").status_code == 404
    assert site.at("kefu", "cs").get("/api/trace/searches").status_code == 403


def auditor_list(site: Rooms, auditor: Any) -> tuple[list[Any], int]:
    return site.counted(auditor, "/api/trace/searches?number=P3000003")


def test_bad_wishes_are_told_in_words(site: Rooms) -> None:
    finance = site.at("chen", "finance")
    assert finance.post("/api/trace/searches", {"number": "JZ-7"}).json()["code"] == "several"
    assert finance.post("/api/trace/searches", {"number": " "}).json()["code"] == "bad_field"
    assert finance.post("/api/trace/searches", {"number": "2.07E+17"}).json()["code"] == "bad_field"
    assert finance.post("/api/trace/searches", {"number": "P1000001", "gap": "x|y"}).json()["code"] == "no_such_gap"
    assert finance.post("/api/trace/searches", {"number": "B200002", "gap": "x|y"}).json()["code"] == "no_such_gap"
    whole = finance.get("/api/trace?number=B200002").json()
    assert {one["code"] for one in whole["gaps"]} >= {"payment"}
