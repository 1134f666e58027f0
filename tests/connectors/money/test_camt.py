"""Entries of camt.052/053/054: signs, batches told part by part, reversals, pending entries, and what is refused."""

from typing import Any

import pytest

from fenghe.connectors.money_file import camt
from fenghe.connectors.money_file.lines import FileTold
from fenghe.kernel.intake import read_xml
from fenghe.money.events import LineTold

SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.{}"


def document(entry: str, *, version: str = "08", more: str = "") -> list[camt.Statement]:
    """A statement with one entry (or what stands in its place)."""
    text = (
        f'<Document xmlns="{SPACE.format(version)}"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>1</Id>'
        f"<Acct><Id><IBAN>CN1</IBAN></Id></Acct>{more}{entry}</Stmt></BkToCstmrStmt></Document>"
    )
    return camt.read_document(read_xml(text.encode()))


def entry(*, sign: str = "CRDT", amount: str = "10.00", status: str = "<Cd>BOOK</Cd>", more: str = "") -> str:
    """One entry."""
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{more}<Sts>{status}</Sts>'
        "<BookgDt><Dt>2026-02-05</Dt></BookgDt><AcctSvcrRef>REF1</AcctSvcrRef>{details}</Ntry>"
    )


def lines(told: str, details: str = "") -> tuple[Any, ...]:
    """The lines of the one entry."""
    (statement,) = document(told.format(details=details))
    reading = camt.read_entry(statement.entries[0], provider="bank", told=FileTold())
    assert not reading.unreadable, reading.unreadable
    return reading.items


def part(amount: str, reference: str, *, currency: str = "EUR") -> str:
    """One transaction of a batch."""
    return (
        f'<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs><Amt Ccy="{currency}">{amount}</Amt>'
        f"<RmtInf><Ustrd>订单号 FH2026020500000{reference[-1]}</Ustrd></RmtInf></TxDtls>"
    )


def test_credit_debit_and_reversal() -> None:
    (credit,), (debit,) = lines(entry()), lines(entry(sign="DBIT"))
    assert (credit.net_minor, debit.net_minor, credit.account, credit.line_no) == (1000, -1000, "CN1", "REF1")
    (back,) = lines(entry(sign="DBIT", more="<RvslInd>true</RvslInd>"))
    assert (back.net_minor, back.kind) == (-1000, "adjustment")


def test_older_versions_write_the_status_bare() -> None:
    (statement,) = document(entry(status="BOOK").format(details=""), version="02")
    assert camt.read_entry(statement.entries[0], provider="bank", told=FileTold()).items


def test_a_batch_whose_parts_add_up_is_told_part_by_part() -> None:
    details = f"<NtryDtls><Btch><PmtInfId>B1</PmtInfId></Btch>{part('4.00', 'E1')}{part('6.00', 'E2')}</NtryDtls>"
    told = lines(entry(), details)
    assert [(one.net_minor, one.order_no, one.batch_no, one.item) for one in told] == [
        (400, "FH20260205000001", "B1", 0), (600, "FH20260205000002", "B1", 1),
    ]  # fmt: skip
    assert all(isinstance(one, LineTold) for one in told)


@pytest.mark.parametrize(
    "details", [part("4.00", "E1") + part("5.00", "E2"), part("4.00", "E1") + part("6.00", "E2", currency="USD")]
)
def test_a_batch_whose_parts_do_not_add_up_stays_one(details: str) -> None:
    (told,) = lines(entry(), f"<NtryDtls>{details}</NtryDtls>")
    assert told.net_minor == 1000


def test_a_pending_entry_is_set_aside() -> None:
    (statement,) = document(entry(status="<Cd>PDNG</Cd>").format(details=""))
    reading = camt.read_entry(statement.entries[0], provider="bank", told=FileTold())
    assert not reading.items and reading.unreadable[0].code == "not_booked"


@pytest.mark.parametrize(
    "xml",
    [
        "<Document/>", '<Document xmlns="urn:x"><BkToCstmrStmt/></Document>',
        f'<Document xmlns="{SPACE.format("02")}"><Strange/></Document>',
        f'<Document xmlns="{SPACE.format("02")}"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr></BkToCstmrStmt></Document>',
        f'<Document xmlns="{SPACE.format("02")}"><BkToCstmrStmt><Stmt><Id>1</Id></Stmt></BkToCstmrStmt></Document>',
    ],
)  # fmt: skip
def test_what_is_no_camt_is_refused(xml: str) -> None:
    with pytest.raises(camt.NotCamt):
        camt.read_document(read_xml(xml.encode()))


@pytest.mark.parametrize(
    "strange",
    ["<Ntry><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts></Ntry>", "<Ntri/>",
     '<Ntry><Amt>1</Amt><CdtDbtInd>C</CdtDbtInd><Sts/></Ntry>',
     "<Ntry><Amt Ccy='EUR'>1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><Wrong/></Ntry>"],
)  # fmt: skip
def test_an_entry_as_no_standard_has_it_is_refused(strange: str) -> None:
    with pytest.raises(camt.NotCamt):
        document(strange)
