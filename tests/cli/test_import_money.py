"""`fenghe import payments|refunds|vouchers|payouts`: any columns, units never guessed, everything counted, twice is once."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Commands
from tests.cli.test_import import adds_up

PAYMENTS = "out_trade_no,txn,cents,status,at\n"
TABLES = ("payment", "refund", "finance_voucher", "payout", "statement_line")


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """A file."""
    path.write_text(text, encoding=encoding)
    return path


def counts(fenghe: Commands) -> dict[str, int]:
    """How many rows each table of money holds."""
    return {table: fenghe.rows(f"select count(*) from {table}")[0][0] for table in TABLES}


def test_payments_twice_and_in_another_order(fenghe: Commands, tmp_path: Path) -> None:
    rows = [f"TB{place:020d},42{place},{place + 100},success,2026-02-22 08:00:00\n" for place in range(50)]
    file = written(tmp_path / "p.csv", PAYMENTS + "".join(rows))
    report = fenghe.json("import", "payments", file, "--source", "pay")
    adds_up(report)
    assert (report["stored"], report["judged"]["payments"]) == (50, 50)
    assert fenghe.rows("select sum(amount_minor), count(*) from payment where succeeded and provider = 'pay'") == [
        (6225, 50)
    ]
    again = written(tmp_path / "q.csv", PAYMENTS + "".join(reversed(rows)) + rows[0])
    second = fenghe.json("import", "payments", again, "--source", "pay")
    adds_up(second)
    assert (second["stored"], second["duplicate"]) == (0, 51)
    assert counts(fenghe)["payment"] == 50


def test_refunds_vouchers_and_payouts_by_one_source(fenghe: Commands, tmp_path: Path) -> None:
    files = {
        "refunds": "退款单号,订单号,退款金额（元）,退款状态,退款时间\nR1,A1,3.00,退款成功,2026-02-22 08:00:00\n",
        "vouchers": "凭证号,订单号,金额,凭证类型,记账日期\nV1,A1,9.90,销售,2026-02-22\nV1,A1,9.90,销售,2026-02-22\n",
        "payouts": "结算单号,订单号,结算金额(分),手续费(分),结算日期\nP1,A1,900,10,2026-02-22\nP1,A2,800,10,2026-02-22\n",
    }
    for kind, text in files.items():
        file = written(tmp_path / f"{kind}.csv", text, "gb18030")
        for stored in (text.count("\n") - 1, 0):
            report = fenghe.json("import", kind, file, "--source", "erp")
            adds_up(report)
            assert report["stored"] == stored, kind
    assert counts(fenghe) == {"payment": 0, "refund": 1, "finance_voucher": 2, "payout": 2, "statement_line": 0}
    assert fenghe.rows("select voucher_type, amount_minor from finance_voucher") == [("order", 990), ("order", 990)]


def test_two_equal_vouchers_are_two_and_stay_two(fenghe: Commands, tmp_path: Path) -> None:
    row = "V1,A1,9.90,order,2026-02-22\n"
    file = written(tmp_path / "v.csv", "voucher_no,order_no,amount,vtype,d\n" + row * 3)
    assert fenghe.json("import", "vouchers", file, "--source", "erp")["stored"] == 3
    assert fenghe.json("import", "vouchers", file, "--source", "erp")["duplicate"] == 3
    fewer = written(tmp_path / "w.csv", "voucher_no,order_no,amount,vtype,d\n" + row * 4)
    report = fenghe.json("import", "vouchers", fewer, "--source", "erp")
    assert (report["stored"], report["duplicate"], counts(fenghe)["finance_voucher"]) == (1, 3, 4)


def test_two_columns_of_one_name_are_refused_where_they_differ(fenghe: Commands, tmp_path: Path) -> None:
    heading = "payment_no,order_no,amount,amount,status\n"
    file = written(tmp_path / "p.csv", heading + "1,A1,12.00,21.00,paid\n")
    refused = fenghe.json("import", "payments", file, "--source", "pay", status=2)["files"][0]["refused"]
    assert refused["code"] == "column_repeated"
    assert "amount" in refused["message"]
    assert fenghe.rows("select count(*) from inbound_message") == [(0,)]
    same = written(tmp_path / "q.csv", heading + "1,A1,12.00,12.00,paid\n")
    assert fenghe.json("import", "payments", same, "--source", "pay")["stored"] == 1


def test_a_unit_that_nobody_told_is_asked_for(fenghe: Commands, tmp_path: Path) -> None:
    file = written(tmp_path / "p.csv", "payment_no,order_no,amount,status\n1,A1,1200,paid\n2,A2,,paid\n")
    report = fenghe.json("import", "payments", file, "--source", "pay", status=2)
    refused = report["files"][0]["refused"]
    assert (
        refused["code"] == "unit_unclear"
        and "amount_fen" in refused["message"]
        and "payments_yuan" in refused["message"]
    )
    assert fenghe.rows("select count(*) from inbound_message") == [(0,)]
    for mapping, minor in (("payments_fen", 1200), ("payments_yuan", 120000)):
        fenghe("import", "payments", file, "--source", mapping.replace("_", "-"), "--mapping", mapping, "--anyway")
        assert fenghe.rows(f"select amount_minor from payment where provider = '{mapping.replace('_', '-')}'")[0] == (
            minor,
        )


def test_decimals_far_below_settle_the_unit(fenghe: Commands, tmp_path: Path) -> None:
    rows = "".join(f"{place},A{place},{place},paid\n" for place in range(100, 300))
    file = written(tmp_path / "p.csv", f"payment_no,order_no,amount,status\n{rows}9,A9,1.50,paid\n")
    assert fenghe.json("import", "payments", file, "--source", "pay")["stored"] == 201
    assert fenghe.rows("select amount_minor from payment where payment_no = '100'") == [(10000,)]


def test_ndjson_zip_and_bad_rows(fenghe: Commands, tmp_path: Path) -> None:
    told = [{"payment_no": "1", "order_no": "A1", "amount": 12.3, "status": "paid"}, {"payment_no": "2", "amount": "x"}]
    lines = written(tmp_path / "p.ndjson", "\n".join(json.dumps(one) for one in told))
    archive = tmp_path / "p.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(lines, "p.ndjson")
        packed.writestr("q.csv", "支付单号,订单号,支付金额,状态\n3,A3,1.00,怪\n4,A4,2.00,成功,多\n")
    report = fenghe.json("import", "payments", archive, "--source", "pay")
    adds_up(report)
    assert (report["stored"], report["set_aside"]) == (2, 2)
    assert fenghe.rows("select payment_no, succeeded, amount_minor from payment order by 1") == [
        ("1", True, 1230),
        ("3", False, 100),
    ]
    assert report["reasons"] == {"unreadable": 1, "broken_row": 1}


def test_unknown_columns_are_refused_with_the_nearest_layout(fenghe: Commands, tmp_path: Path) -> None:
    file = written(tmp_path / "p.csv", "txn,when\n1,2026-02-01\n")
    refused = fenghe.json("import", "payments", file, "--source", "pay", status=2)["files"][0]["refused"]
    assert refused["code"] == "no_layout" and "txn、when" in refused["message"] and "amount" in refused["message"]
    wrong = fenghe.json("import", "payments", file, "--source", "pay", "--mapping", "vouchers", status=2)
    assert wrong["error"]["code"] == "unknown_mapping"


OWN: dict[str, Any] = {
    "name": "my_till", "title": "收银", "kind": "payments", "provider": "till", "needs": ["票号", "钱"],
    "fields": {"payment_no": "票号", "amount": {"columns": ["钱"], "unit": "minor"}, "order_no": "单",
               "status": {"columns": ["情况"], "values": {"收了": "success"}}, "paid_at": {"join": ["日", "时"]}},
}  # fmt: skip


def test_a_layout_that_the_user_wrote(fenghe: Commands, tmp_path: Path) -> None:
    layout = written(tmp_path / "mine.json", json.dumps(OWN, ensure_ascii=False))
    file = written(
        tmp_path / "p.csv", "票号,钱,单,情况,日,时\nX1,990,A1,收了,20260205,142300\nX2,1,A2,没收,20260205,\n"
    )
    report = fenghe.json("import", "payments", file, "--source", "till", "--mapping", layout)
    assert report["stored"] == 2
    found = fenghe.rows("select provider, payment_no, amount_minor, succeeded from payment order by 2")
    assert found == [("till", "X1", 990, True), ("till", "X2", 1, False)]
    assert fenghe.rows("select order_no from payment where succeeded") == [("A1",)]
    bad = written(tmp_path / "bad.json", json.dumps({**OWN, "fields": {"payment_no": "票号"}}))
    error = fenghe.json("import", "payments", file, "--source", "t2", "--mapping", bad, status=2)["error"]
    assert error["code"] == "bad_mapping" and "$.fields.amount" in error["message"]


def test_olist_payments_add_up(fenghe: Commands, shared_data: Path) -> None:
    file = shared_data / "olist" / "order_payments.csv"
    report = fenghe.json("import", "payments", file, "--source", "olist")
    adds_up(report)
    rows = [line.split(",") for line in file.read_text().replace('"', "").splitlines()[1:]]
    total = sum(round(float(row[4]) * 100) for row in rows)
    assert fenghe.rows("select count(*), sum(amount_minor) from payment where succeeded") == [(len(rows), total)]


@pytest.mark.parametrize(
    "heading",
    ["order_no,channel,state,amount,created_at", "out_trade_no,cents,status,at", "订单号,状态,订单金额,下单时间"],
)
def test_orders_of_everyday_columns(fenghe: Commands, tmp_path: Path, heading: str) -> None:
    cells = {"order_no": "A1", "out_trade_no": "A1", "订单号": "A1", "channel": "mini", "state": "paid", "status": "paid",
             "状态": "已付款",
             "amount": "12.34", "cents": "1234", "订单金额": "12.34", "created_at": "2026-02-01", "at": "2026-02-01",
             "下单时间": "2026-02-01"}  # fmt: skip
    file = written(tmp_path / "o.csv", f"{heading}\n{','.join(cells[name] for name in heading.split(','))}\n")
    fenghe("import", "orders", file, "--source", "shop")
    channel = "mini" if "channel" in heading else "shop"
    assert fenghe.rows("select channel, order_no, total_minor from customer_order") == [(channel, "A1", 1234)]
    assert fenghe.rows("select state from subject where kind = 'order'") == [("await_shipment",)]


def test_equal_parts_of_a_pay_out_are_two_and_stay_two(fenghe: Commands, tmp_path: Path) -> None:
    heading, row = "payout_no,provider,order_no,gross,commission,net_cents,d\n", "S1,douyin,A1,,50,950,2026-02-22\n"
    heading = heading.replace("gross,commission", "gross_cents,commission_cents")
    file = written(tmp_path / "p.csv", heading + row * 2 + "S1,douyin,A2,,10,190,2026-02-22\n")
    assert fenghe.json("import", "payouts", file, "--source", "out")["stored"] == 3
    again = written(tmp_path / "q.csv", heading + row + "S2,douyin,A9,,10,190,2026-02-23\n" + row)
    report = fenghe.json("import", "payouts", again, "--source", "out")
    assert (report["stored"], report["duplicate"]) == (1, 2)
    assert fenghe.rows("select order_no, turn from payout order by id") == [("A1", 0), ("A1", 1), ("A2", 0), ("A9", 0)]


@pytest.mark.parametrize("row", ["S1,,4200,9.50\n", "S1,A1,4200,9.50\n", "S1,,,9.50\n"])
def test_a_pay_out_that_is_told_by_its_number_twice_is_one(fenghe: Commands, tmp_path: Path, row: str) -> None:
    file = written(tmp_path / "p.csv", "payout_no,order_no,payment_no,amount\n" + row * 2)
    report = fenghe.json("import", "payouts", file, "--source", "out")
    assert (report["stored"], report["duplicate"]) == (1, 1)


def test_the_same_bytes_under_another_source_are_asked_about(fenghe: Commands, tmp_path: Path) -> None:
    file = written(tmp_path / "v.csv", "voucher_no,order_no,amount,vtype,d\nV1,A1,9.90,order,2026-02-22\n")
    fenghe("import", "vouchers", file, "--source", "erp")
    left = fenghe.left()
    refused = fenghe.json("import", "vouchers", file, "--source", "books", status=2)["files"][0]["refused"]
    assert (
        refused["code"] == "known_elsewhere" and "来源 erp" in refused["message"] and "--anyway" in refused["message"]
    )
    assert fenghe.left() == left
    assert fenghe.json("import", "vouchers", file, "--source", "erp")["duplicate"] == 1
    assert fenghe.json("import", "vouchers", file, "--source", "books", "--anyway")["stored"] == 1
    refused = fenghe.json("import", "vouchers", file, "--source", "third", status=2)["files"][0]["refused"]
    assert "来源 erp、books" in refused["message"]


def test_words_for_a_voucher_of_a_refund(fenghe: Commands, tmp_path: Path) -> None:
    words = ("销售退款", "退款冲减收入", "Sales Refund", "销售收入凭证", "平台佣金", "提现到银行", "工资")
    rows = "".join(f"V{place},A{place},(9.90),{word},2026-02-22\n" for place, word in enumerate(words))
    file = written(tmp_path / "v.csv", "凭证号,订单号,金额,凭证类型,记账日期\n" + rows)
    fenghe("import", "vouchers", file, "--source", "erp")
    told = fenghe.rows("select voucher_type, amount_minor from finance_voucher order by id")
    assert [one[0] for one in told] == ["refund", "refund", "refund", "order", "fee", "payout", "工资"]
    assert {one[1] for one in told} == {-990}
