"""The voucher chain (凭证溯源): any number leads to all of it, gaps are named only where a leg is fed, a stranger verifies."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import Connection

from fenghe.kernel.database.address import Database
from fenghe.kernel.titles import Titles
from fenghe.money.tasks_ledger import post_all
from fenghe.money.tasks_trace import Traced, Unknown, bundle, packed, trace
from fenghe.money.trace import Coverage, Document, Kind, chain, places
from tests.database import migrated_database
from tests.money.test_ledger import line, order, payment, refund
from tests.rooms import ok, running

__all__ = ["migrated_database"]

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
FED = Coverage(vouchers=True, invoices=True, statements=True, payouts=True, bank=True)
UNFED = Coverage(vouchers=False, invoices=False, statements=False, payouts=False, bank=False)


def paid(n: int, amount: int, *, order_no: str = "A1") -> Document:
    about = {"payment_no": f"P{n}", "order_no": order_no}
    return Document(kind=Kind.PAYMENT, id=f"payment:{n}", number=f"P{n}", title="alipay", state="success",
                    amount_minor=amount, at=NOW - timedelta(days=9), about=about)  # fmt: skip


def sold(due: int, state: str = "finished") -> Document:
    return Document(kind=Kind.ORDER, id="order:1", number="A1", title="", state=state, amount_minor=due,
                    about={"order_no": "A1"}, at=NOW - timedelta(days=9))  # fmt: skip


def codes(documents: list[Document], coverage: Coverage) -> list[str]:
    return [gap.code for gap in chain(documents, coverage=coverage, now=NOW).gaps]


def test_a_gap_is_named_only_where_the_leg_is_fed() -> None:
    assert codes([sold(100), paid(1, 100)], FED) == ["parcel", "voucher", "invoice", "statement", "ledger"]
    assert codes([sold(100), paid(1, 100)], UNFED) == ["parcel", "ledger"]
    assert chain([sold(100)], coverage=UNFED, now=NOW).uncovered == ["财务凭证", "发票", "渠道账单", "出款", "银行流水"]


@pytest.mark.parametrize(
    ("documents", "gap"),
    [
        ([paid(1, 100)], "order"),
        ([sold(100)], "payment"),
        ([sold(100, "cancelled"), paid(1, 100)], "refund"),
    ],
)
def test_a_missing_side_is_named(documents: list[Document], gap: str) -> None:
    assert gap in codes(documents, UNFED)


def test_an_order_that_waits_for_payment_or_costs_nothing_lacks_nothing() -> None:
    assert codes([sold(100, "await_payment")], FED) == []
    assert codes([sold(0, "await_shipment")], FED) == []


@given(
    payments=st.lists(st.integers(1, 10**9), max_size=4),
    refunds=st.lists(st.integers(1, 10**6), max_size=4),
    parts=st.lists(st.tuples(st.integers(1, 10**6), st.booleans()), max_size=4),
)
def test_where_the_money_stands_adds_up_to_what_was_paid(
    payments: list[int], refunds: list[int], parts: list[tuple[int, bool]]
) -> None:
    documents = [paid(n, amount) for n, amount in enumerate(payments)]
    documents += [
        Document(kind=Kind.REFUND, id=f"refund:{n}", number=str(n), title="", amount_minor=-amount)
        for n, amount in enumerate(refunds)
    ]
    for n, (amount, banked) in enumerate(parts):
        about = {"order_no": "A1", "batch_no": f"B{n}"}
        documents.append(
            Document(kind=Kind.PAYOUT, id=f"payout:{n}", number=f"B{n}", title="", amount_minor=amount, about=about)
        )
        if banked:
            documents.append(
                Document(kind=Kind.BANK, id=f"line:{n}", number="", title="", amount_minor=amount, about=about)
            )
    assert sum(place.amount_minor for place in places(documents)) == sum(payments) if payments else True


@pytest.fixture
def books(migrated_database: Database) -> Iterator[Connection[Any]]:
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        own = order(connection, "A1", 10_000, refunded=2_500)
        parcel = connection.execute(
            "insert into subject (kind, key) values ('shipment', 'SF1') returning id"
        ).fetchone()
        connection.execute(
            "insert into shipment (subject_id, tracking_no, carrier, order_id) values (%s, 'SF1', 'sf', %s)",
            (parcel and parcel[0], own),
        )
        payment(connection, "P1", 10_000, order_no="A1")
        refund(connection, "R1", 2_500, order_no="A1")
        line(connection, 1, "fee", -60)
        connection.execute(
            "insert into finance_voucher (source, message_id, item, voucher_no, voucher_type, order_no, currency,"
            " amount_minor, booked_on) values ('f', 5, 0, 'V1', 'order', 'A1', 'CNY', 10000, '2026-02-06')"
        )
        order(connection, "B2", 300)
        post_all(connection, now=NOW)
        yield connection


@pytest.mark.parametrize("number", ["A1", "P1", "R1", "V1", "sf1", "`A1\t", "记-2026-02-000002"])
def test_any_number_leads_to_the_whole_chain(books: Connection[Any], number: str) -> None:
    traced = trace(books, number, now=NOW)
    assert isinstance(traced, Traced)
    kinds = [str(one.kind) for one in traced.chain.documents]
    assert kinds == ["order", "payment", "refund", "parcel", "voucher", *["ledger"] * 4]
    assert {(place.code, place.amount_minor) for place in traced.chain.places} == {
        ("refunded", 2_500),
        ("provider", 7_500),
    }
    assert [gap.code for gap in traced.chain.gaps] == ["statement", "refund_voucher"]
    assert {one.account: one.balance_minor for one in traced.accounts} == {"1012.01": 7_500, "6001": -7_500}


def test_a_number_nobody_knows_is_said_to_be_unknown(books: Connection[Any]) -> None:
    told = trace(books, " `nobody ", now=NOW)
    assert isinstance(told, Unknown) and told.number == "nobody" and "订单号" in told.looked
    cut = trace(books, "2.07E+17", now=NOW)
    assert isinstance(cut, Unknown) and "缩短" in cut.problem


def test_a_stranger_verifies_the_bundle_offline_and_finds_what_was_changed(
    books: Connection[Any], tmp_path: Path
) -> None:
    traced = trace(books, "A1", now=NOW)
    assert isinstance(traced, Traced)
    archive = tmp_path / "bundle.zip"
    archive.write_bytes(packed(bundle(books, traced, now=NOW, titles=Titles()), now=NOW))
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path)
    assert (tmp_path / "chain.pdf").read_bytes().startswith(b"%PDF-")

    def verdict(name: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", tmp_path / "verify.py", tmp_path / name], check=False, capture_output=True, text=True
        )
        return done.returncode, done.stdout

    status, said = verdict("proof.json")
    assert status == 0 and "真 TRUE: 4" in said
    proof = json.loads((tmp_path / "proof.json").read_bytes())
    changes: list[tuple[str, Any]] = []
    for change in ("amount", "sibling", "root", "nothing"):
        forged = json.loads(json.dumps(proof))
        match change:
            case "amount":
                forged["vouchers"][1]["content"][-1][0][1] += 1
            case "sibling":
                forged["vouchers"][0]["path"][0][1] = "00" * 32
            case "root":
                forged["seals"][0]["root"] = "11" * 32
            case _:
                forged["vouchers"] = []
        (tmp_path / f"{change}.json").write_text(json.dumps(forged))
        changes.append((change, verdict(f"{change}.json")))
    assert all(status == 1 and "FALSE" in said for _, (status, said) in changes), changes


def test_the_board_answers_any_number_and_gives_the_report(migrated_database: Database, books: Connection[Any]) -> None:
    with running(migrated_database) as site:
        finance = site.at("chen", "finance")
        told, statements = site.counted(finance, "/api/trace?number=P1")
        assert statements <= 16
        assert [one["kind_title"] for one in told["documents"]][:3] == ["订单", "支付单", "退款单"]
        assert {one["end"] for one in told["links"]} >= {
            one["id"] for one in told["documents"] if one["kind"] == "refund"
        }
        assert finance.get("/api/trace/report?number=P1").content.startswith(b"%PDF-")
        assert finance.get("/api/trace/report?number=P1&shape=bundle").content.startswith(b"PK")
        assert finance.get("/api/trace?number=nobody").status_code == 404
        assert finance.get("/api/trace?number=%20").json()["code"] == "bad_field"
        assert site.at("kefu", "cs").get("/api/trace?number=P1").status_code == 403
        assert ok(site.at("shenji", "auditor").get("/api/trace?number=A1"))["number"] == "A1"
