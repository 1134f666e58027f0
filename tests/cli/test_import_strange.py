"""Files as people really send them: titles over the heading, day numbers, full-width figures, totals, half a file."""

from pathlib import Path

import pytest
import xlsxwriter

from tests.cli.commands import Commands
from tests.cli.test_import import adds_up
from tests.cli.test_import_banks import FUND

HEADS = "out_trade_no,txn,amount,status,at\n"


def paid(fenghe: Commands, tmp_path: Path, text: str) -> dict[str, object]:
    """Import a file of payments."""
    file = tmp_path / "p.csv"
    file.write_text(HEADS + text, encoding="utf-8")
    report = fenghe.json("import", "payments", file, "--source", "pay")
    adds_up(report)
    return report


@pytest.mark.parametrize(
    ("amount", "minor"),
    [('"1,234.50"', 123_450), ("(12.50)", -1_250), ("（12.50）", -1_250), ("１２．５０", 1_250), ("¥12.50", 1_250)],
)
def test_amounts_as_people_write_them(fenghe: Commands, tmp_path: Path, amount: str, minor: int) -> None:
    paid(fenghe, tmp_path, f"A1,1,{amount},success,2026-02-01 10:00:00\n")
    assert fenghe.rows("select amount_minor from payment") == [(minor,)]


@pytest.mark.parametrize(
    ("at", "utc"),
    [
        ("46054.4166666667", "2026-02-01 02:00:00"),
        ("46054", "2026-01-31 16:00:00"),
        ("２０２６-０２-０１ １０：００：００", "2026-02-01 02:00:00"),
    ],
)
def test_days_as_spreadsheets_count_them(fenghe: Commands, tmp_path: Path, at: str, utc: str) -> None:
    paid(fenghe, tmp_path, f"A1,1,12.50,success,{at}\n")
    assert fenghe.rows("select to_char(paid_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') from payment") == [(utc,)]


@pytest.mark.parametrize("at", ["16054", "99999", "4605", "460541"])
def test_a_number_that_is_no_day_is_set_aside(fenghe: Commands, tmp_path: Path, at: str) -> None:
    assert paid(fenghe, tmp_path, f"A1,1,12.50,success,{at}\n")["reasons"] == {"bad_time": 1}


def test_a_row_of_totals_is_no_voucher(fenghe: Commands, tmp_path: Path) -> None:
    file = tmp_path / "v.csv"
    file.write_text("凭证号,订单号,金额,记账日期\nV1,A1,9.90,2026-02-01\n合计,,9.90,\n", encoding="utf-8")
    report = fenghe.json("import", "vouchers", file, "--source", "erp")
    assert (report["stored"], report["reasons"]) == (1, {"total_row": 1})
    assert fenghe.rows("select voucher_no from finance_voucher") == [("V1",)]


def test_a_title_over_merged_cells(fenghe: Commands, tmp_path: Path) -> None:
    file = tmp_path / "p.xlsx"
    book = xlsxwriter.Workbook(str(file))
    sheet = book.add_worksheet()
    sheet.merge_range(0, 0, 0, 3, "二月支付流水")
    sheet.write_row(1, 0, ["商户订单号", "支付流水号", "支付金额", "支付状态"])
    sheet.write_row(2, 0, ["A1", "1", 12.5, "成功"])
    book.close()
    assert fenghe.json("import", "payments", file, "--source", "pay")["stored"] == 1
    assert fenghe.rows("select payment_no, amount_minor from payment") == [("1", 1_250)]


def test_a_file_of_which_no_row_can_be_read_is_refused(fenghe: Commands, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text(f"{HEADS}A1,1,12.50\nA2,2,12.50\n", encoding="utf-8")
    refused = fenghe.json("import", "payments", file, "--source", "pay", status=2)["files"][0]["refused"]
    assert refused["code"] == "nothing_readable" and "第 2 行" in refused["message"]
    assert fenghe.rows("select count(*) from inbound_message") == [(0,)]


def test_a_line_beyond_every_bound_is_set_aside_and_not_shortened(fenghe: Commands, tmp_path: Path) -> None:
    file = tmp_path / "bank.csv"
    file.write_text(f"交易日期,金额,摘要\n2026-02-01,1.00,{'x' * 3_000_000}\n2026-02-02,2.00,y\n", encoding="utf-8")
    report = fenghe.json("import", "statement", file, "--source", "bank")
    assert (report["stored"], report["set_aside"]) == (1, 1)
    assert fenghe.rows("select net_minor from statement_line") == [(200,)]


WALLET = (
    "微信支付账单明细\n共43笔记录\n收入：1笔 0.35元\n----微信支付账单明细列表----\n"
    "交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注\n"
)
HALF = "交易时间,金额,摘要\n2026-02-01 10:00:00,1.00,甲\n2026-02-01 10:00:01,2.00,工资".encode("gb18030")[:-1]
OPEN = '交易时间,金额,摘要\n2026-02-01 10:00:00,1.00,甲\n2026-02-01 10:00:01,2.00,"工'.encode()
SWIFT = (
    "{1:F01A}{2:O940A}{3:}{4:\n:20:1\n:25:X\n:28C:1/1\n:60F:C260105EUR5,00\n:62F:C260105EUR5,00\n-}{5:}\n{1:F01A}{2:O94"
)


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("wallet.csv", WALLET.encode(), "file_cut"),
        ("half_a_letter.csv", HALF, "file_cut"),
        ("open_quote.csv", OPEN, "file_cut"),
        ("half_totals.csv", FUND.format(name="手续费").encode()[:-12], "file_cut"),
        ("no_totals.csv", FUND.format(name="手续费").encode().rpartition(b"`3,")[0], "file_cut"),
        ("second_message.sta", SWIFT.encode(), "not_a_statement"),
    ],
)
def test_half_a_statement_is_refused_by_name(
    fenghe: Commands, tmp_path: Path, name: str, body: bytes, code: str
) -> None:
    file = tmp_path / name
    file.write_bytes(body)
    refused = fenghe.json("import", "statement", file, "--source", "cut", status=2)["files"][0]["refused"]
    assert refused["code"] == code, refused
    assert fenghe.rows("select count(*) from inbound_message") == [(0,)]
