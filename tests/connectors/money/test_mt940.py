"""MT940: bookings with their signs, reversals, odd days, several statements, and what is refused."""

from datetime import date

import pytest

from fenghe.connectors.money_file import mt940
from fenghe.connectors.money_file.lines import FileTold
from fenghe.money.events import LineTold

HEAD = ":20:S1\n:25:6222/1\n:28C:1/1\n:60F:C260201CNY1000,00\n"
TAIL = ":62F:C260201CNY{}\n-\n"


def statements(text: str) -> list[mt940.Statement]:
    """The statements of a text."""
    return mt940.read_statements(enumerate(text.splitlines(keepends=True), 1))


def line(booking: str, words: str = "") -> LineTold:
    """One booking read."""
    told = f"{HEAD}:61:{booking}\n" + (f":86:{words}\n" if words else "") + TAIL.format("0,00")
    (entry,) = statements(told)[0].entries
    reading = mt940.read_entry(entry.fields, provider="bank", told=FileTold(digest="ab"))
    assert not reading.unreadable, reading.unreadable
    (item,) = reading.items
    assert isinstance(item, LineTold)
    return item


@pytest.mark.parametrize(
    ("booking", "net", "kind"),
    [
        ("2602010201C12,34NTRFNONREF", 1234, "transfer"), ("2602010201D12,NTRFNONREF", -1200, "transfer"),
        ("2602010201RC5,00NTRFNONREF", -500, "adjustment"), ("2602010201RD5,00NTRFNONREF", 500, "adjustment"),
        ("2602010201CR0,1NTRFNONREF", 10, "transfer"), ("260201D000000001,28NCHGX", -128, "fee"),
    ],
)  # fmt: skip
def test_signs_reversals_funds_codes_and_padding(booking: str, net: int, kind: str) -> None:
    told = line(booking)
    assert (told.net_minor, told.kind, told.currency, told.account) == (net, kind, "CNY", "6222/1")


def test_days_over_new_year_and_thirty_days_of_february() -> None:
    assert line("2601011231C1,00NTRFX").booked_on == date(2025, 12, 31)
    assert line("2512310101C1,00NTRFX").booked_on == date(2026, 1, 1)
    assert line("2602300228C1,00NTRFX").booked_on == date(2026, 2, 28)


def test_references_words_and_order_numbers() -> None:
    told = line("2602010201C1,00NTRFPAYOUT9//BANK77", "166?00CREDIT?20订单号:FH2026020500?210001 ok?32支付宝?33(中国)")
    assert (told.batch_no, told.line_no, told.counterparty) == ("PAYOUT9", "BANK77", "支付宝(中国)")
    assert told.order_no == "FH20260205000001"


def test_several_statements_keep_their_accounts() -> None:
    text = (
        HEAD
        + ":61:2602010201C1,00NTRFX\n"
        + TAIL.format("1001,00")
        + HEAD.replace("6222/1", "6222/2")
        + TAIL.format("1000,00")
    )
    first, second = statements(text)
    assert (first.account, second.account, len(first.entries), len(second.entries)) == ("6222/1", "6222/2", 1, 0)
    assert first.closing is not None and first.closing.amount_minor == 100100


@pytest.mark.parametrize(
    "text",
    [
        "", "hello\n", ":25:1\n:60F:C260201CNY1,00\n", HEAD, HEAD + ":61:2602010201C1,00NTRFX\n",
        ":20:1\n:25:1\n" + TAIL.format("1,00"),
        HEAD.replace("C260201CNY1000,00", "X260201CNY1000,00") + TAIL.format("1,00"),
        HEAD.replace("260201", "260231") + TAIL.format("1,00"),
    ],
)  # fmt: skip
def test_what_is_no_whole_statement_is_refused(text: str) -> None:
    with pytest.raises(mt940.NotMt940):
        statements(text)


@pytest.mark.parametrize(
    "booking", ["260231C1,00NTRFX", "2602011399C1,00NTRFX", "2602010201X1,00NTRFX", "2602010201C1,005NTRFX"]
)
def test_a_booking_that_cannot_be_is_told(booking: str) -> None:
    (entry,) = statements(f"{HEAD}:61:{booking}\n{TAIL.format('0,00')}")[0].entries
    reading = mt940.read_entry(entry.fields, provider="bank", told=FileTold())
    assert not reading.items and reading.unreadable[0].got
