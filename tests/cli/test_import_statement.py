"""`fenghe import statement`: real and made files of every make, checked as a whole, each line once, refused by name."""

import gzip
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Commands
from tests.cli.test_import import adds_up

WECHAT = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
    "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
WECHAT_TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
FUNDS = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,"
    "交易渠道,业务类型,备注"
)


def ticked(*cells: object) -> str:
    """A row as WeChat writes it."""
    return ",".join(f"`{cell}" for cell in cells)


def wechat_row(
    number: str,
    order: str,
    *,
    amount: str = "10.00",
    fee: str = "0.06",
    title: str = "壳",
    at: str = "2026-02-05 14：20：05",
) -> str:
    """A paid trade."""
    head = (at, "wx1", "1900", "0", "", number, order, "o1", "JSAPI", "SUCCESS", "CFT", "CNY", amount, "0.00")
    return ticked(*head, "0", "0", "0.00", "0.00", "", "", title, "", fee, "0.60%", amount, "0.00", "")


def wechat_refund(number: str, order: str, refund: str, amount: str) -> str:
    """A refund of one."""
    head = (
        "2026-02-05 16:00:00",
        "wx1",
        "1900",
        "0",
        "",
        number,
        order,
        "o1",
        "JSAPI",
        "REFUND",
        "CFT",
        "CNY",
        "0.00",
        "0.00",
    )
    return ticked(
        *head,
        refund,
        f"{order}-R",
        amount,
        "0.00",
        "ORIGINAL",
        "SUCCESS",
        "壳",
        "",
        "-0.02",
        "0.60%",
        "0.00",
        amount,
        "",
    )


def wechat_bill(path: Path, rows: list[str], *totals: object) -> Path:
    """A trade bill with its totals."""
    path.write_text("\ufeff" + "\r\n".join([WECHAT, *rows, WECHAT_TOTALS, ticked(*totals)]), encoding="utf-8")
    return path


def funds_bill(path: Path, rows: list[str], *, ends: bool = True) -> Path:
    """An Alipay account bill as it is downloaded: GBK, padded, in a ZIP whose member's name is GBK."""
    head = [
        "#支付宝账务明细查询",
        "#账号：[20881]",
        "#起始日期：[2026年02月05日 00:00:00]   终止日期：[2026年02月06日 00:00:00]",
        "#--账务明细列表--",
        FUNDS,
    ]
    foot = [
        "#---账务明细列表结束---",
        "#支出合计：1笔，共-0.60元",
        "#收入合计：1笔，共99.90元",
        "#导出时间：[2026年02月06日 09:31:00]",
    ]
    text = "\r\n".join([*head, *rows, *(foot if ends else [])]) + "\r\n"
    name = "20881_20260205_账务明细_1.csv".encode("gb18030").decode("cp437")
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(zipfile.ZipInfo(name), text.encode("gb18030"))
    return path


def funds_row(
    number: str,
    *,
    income: str = "0.00",
    expense: str = "0.00",
    balance: str,
    kind: str = "交易付款",
    at: str = "2026-02-05 14:20:05",
) -> str:
    """One movement, cells padded with tabs."""
    return f"{number}\t,2026020522\t,FH1\t,壳\t,{at}\t,*杨\t,{income},{expense},{balance},支付宝\t,{kind}\t,\t"


def refused(fenghe: Commands, file: Path) -> str:
    """Importing the file must be refused and leave nothing; the code."""
    report = fenghe.json("import", "statement", file, "--source", "stmt", status=2)
    assert fenghe.rows("select (select count(*) from inbound_message), (select count(*) from statement_file)") == [
        (0, 0)
    ]
    code: str = report["files"][0]["refused"]["code"]
    return code


def lines(fenghe: Commands) -> list[tuple[Any, ...]]:
    """Every line, as far as any export tells it alike."""
    return fenghe.rows(
        "select ledger, kind, line_no, refund_no, order_no, net_minor, balance_minor from statement_line order by 1, 2, 3, 4, 6"
    )


def test_every_real_file_is_kept_to_the_row(fenghe: Commands, shared: Path) -> None:
    data, samples = shared / "data", shared / "protocols" / "samples"
    folders = (
        data / "bills_cn",
        data / "bills_cn" / "bank",
        *(data / "bank_statements" / name for name in ("camt", "mt940")),
    )
    files = [
        *(file for folder in folders for file in sorted(folder.iterdir()) if file.is_file() and file.suffix != ".md"),
        *(file for made in ("wechat_*.csv", "alipay_*", "douyin_*.csv") for file in sorted(samples.glob(made))),
    ]  # fmt: skip
    report = fenghe.json("import", "statement", *files, "--source", "real")
    adds_up(report)
    assert {one["file"]: one["refused"] for one in report["files"] if one["refused"]} == {}
    assert report["set_aside"] == 0 and report["read"] > 150
    again = fenghe.json("import", "statement", *files, "--source", "real")
    assert (again["stored"], again["duplicate"]) == (0, report["read"])
    wrong = fenghe.rows("select count(*) from statement_line where components is not null and net_minor <>"
                        " (select coalesce(sum(value::bigint), 0) from jsonb_each_text(components))")  # fmt: skip
    assert wrong == [(0,)]
    assert fenghe.rows("select count(*) from statement_line where file_id is null") == [(0,)]
    funnels = fenghe.rows(
        "select count(*) from statement_file where read <> stored + duplicate + set_aside or finished_at is null"
    )
    assert funnels == [(0,)]


def test_bills_that_agree_and_bills_that_do_not(fenghe: Commands, shared: Path) -> None:
    samples = shared / "protocols" / "samples"
    good = ["wechat_trade_ALL_45rows.csv", "wechat_trade_ALL_3rows.csv", "wechat_fund_BASIC_constructed.csv",
            "alipay_trade_20260205.csv.zip", "alipay_signcustomer_20260205.csv.zip",
            "douyin_ledger_sample.csv", "douyin_settle_sample.csv"]  # fmt: skip
    report = fenghe.json("import", "statement", *(samples / name for name in good), "--source", "good")
    assert [one["checks"] for one in report["files"]] == [[]] * len(good)
    bad = fenghe.json("import", "statement", samples / "wechat_trade_ALL_count_mismatch.csv", "--source", "bad")
    told = {one["field"]: (one["expected"], one["got"]) for one in bad["files"][0]["checks"]}
    assert told["总交易单数"] == ("48", "1") and told["应结订单总金额"] == ("5.76", "6.00")
    assert fenghe.rows("select complete, stored from statement_file where source = 'bad'") == [(False, 1)]
    assert fenghe.rows("select sum(amount_minor) from payment where succeeded and provider = 'alipay'") == [(24790,)]
    assert fenghe.rows("select refund_no, amount_minor, succeeded from refund where provider = 'alipay'") == [
        ("RF20260205000001", 2000, True)
    ]


def test_a_comma_in_a_back_ticked_cell(fenghe: Commands, tmp_path: Path) -> None:
    rows = [wechat_row("4200A", "A1", title="壳,黑,大"), wechat_refund("4200A", "A1", "50A", "3.00")]
    file = wechat_bill(tmp_path / "b.csv", rows, "2.0", "10.00", "3.00", "0.00", "0.04000", "10.00", "3.00")
    packed = tmp_path / "b.csv.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    report = fenghe.json("import", "statement", packed, "--source", "wx")
    assert (report["stored"], report["files"][0]["checks"]) == (2, [])
    assert fenghe.rows("select kind, net_minor, summary from statement_line order by 1") == [
        ("payment", 994, "壳,黑,大"), ("refund", -298, "壳"),
    ]  # fmt: skip
    assert fenghe.rows("select body::text from inbound_message limit 1") != []


def test_overlapping_files_hold_each_line_once(fenghe: Commands, tmp_path: Path) -> None:
    rows = [wechat_row(f"42{place}", f"A{place}") for place in range(6)]
    first = wechat_bill(tmp_path / "1.csv", rows[:4], 4, "40.00", "0.00", "0.00", "0.24", "40.00", "0.00")
    second = wechat_bill(tmp_path / "2.csv", [*rows[2:], rows[5]], 5, "50.00", "0.00", "0.00", "0.30", "50.00", "0.00")
    fenghe("import", "statement", first, "--source", "wx")
    report = fenghe.json("import", "statement", second, "--source", "wx")
    assert (report["read"], report["stored"], report["duplicate"]) == (5, 2, 3)
    assert len(lines(fenghe)) == 6
    assert fenghe.rows("select read, stored, duplicate from statement_file order by id") == [(4, 4, 0), (5, 2, 3)]


def test_the_same_number_with_other_content_is_another_row(fenghe: Commands, tmp_path: Path) -> None:
    rows = [wechat_row("42", "A1"), wechat_row("42", "A1"), wechat_row("42", "A2", amount="11.00")]
    file = wechat_bill(tmp_path / "b.csv", rows, 3, "31.00", "0.00", "0.00", "0.18", "31.00", "0.00")
    report = fenghe.json("import", "statement", file, "--source", "wx")
    assert (report["stored"], report["duplicate"]) == (2, 1)


def test_equal_rows_of_a_bank_stay_two(fenghe: Commands, tmp_path: Path) -> None:
    row = "2026-02-05 10:00:00,-1.00,摊位费,张三\n"
    file = tmp_path / "bank.csv"
    file.write_text("交易时间,发生额,摘要,对方户名,收支\n" + row.replace("\n", ",支\n").replace("-1.00", "1.00") * 2)
    for stored in (2, 0):
        assert fenghe.json("import", "statement", file, "--source", "bank")["stored"] == stored
    assert fenghe.rows("select sum(net_minor), count(*) from statement_line") == [(-200, 2)]


def test_a_gap_in_the_balances_is_named(fenghe: Commands, tmp_path: Path) -> None:
    rows = [
        funds_row("1", income="99.90", balance="1099.90"),
        funds_row("2", expense="-0.60", balance="1098.30", kind="收费"),
    ]
    report = fenghe.json("import", "statement", funds_bill(tmp_path / "a.zip", rows), "--source", "ali")
    (check,) = report["files"][0]["checks"]
    assert (check["line"], check["expected"], check["got"]) == (7, "1099.90", "1098.90")
    assert (report["stored"], fenghe.rows("select complete from statement_file")) == (2, [(False,)])


def test_rows_of_one_second_in_any_order_chain(fenghe: Commands, tmp_path: Path) -> None:
    rows = [
        funds_row("2", expense="-0.60", balance="1099.30", kind="收费"),
        funds_row("1", income="99.90", balance="1099.90"),
    ]
    report = fenghe.json("import", "statement", funds_bill(tmp_path / "a.zip", rows), "--source", "ali")
    assert report["files"][0]["checks"] == []
    assert [row[1] for row in lines(fenghe)] == ["fee", "payment"]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("header.csv", f"{WECHAT}\n", "no_rows"),
        ("cut.csv", f"{WECHAT}\n{wechat_row('42', 'A1')}\n{wechat_row('43', 'A2')[:80]}", "file_cut"),
        ("whole_rows_cut.csv", f"{WECHAT}\n{wechat_row('42', 'A1')}\n", "file_cut"),
        ("date.csv", "交易时间,金额,收支\n2026-02-30 10:00:00,1.00,收\n", "impossible_time"),
        ("unknown.csv", "a,b,c\n1,2,3\n", "no_layout"),
        ("insurance.csv", "保险单号,动账流水号,动账时间,金额(元)\nB,T,2026-02-05,1.00\n", "already_in_ledger"),
        ("unit.csv", "date,amount,direction\n2026-02-05,100,in\n", "unit_unclear"),
        ("cut.sta", ":20:1\n:25:1\n:28C:1\n:60F:C260205CNY1,00\n:61:260205C1,00NTRFX\n", "not_a_statement"),
        ("bad.xml", '<?xml version="1.0"?><Document xmlns="urn:x"/>', "not_a_statement"),
        ("broken.xml", '<?xml version="1.0"?><Document', "bad_xml"),
        ("bomb.xml", '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><Document>&a;</Document>', "xml_refused"),
        ("empty.csv", "", "empty_file"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_by_name_and_leaves_nothing(
    fenghe: Commands, tmp_path: Path, name: str, text: str, code: str
) -> None:
    (tmp_path / name).write_text(text)
    assert refused(fenghe, tmp_path / name) == code


def test_an_alipay_bill_without_its_end_is_cut(fenghe: Commands, tmp_path: Path) -> None:
    file = funds_bill(tmp_path / "a.zip", [funds_row("1", income="99.90", balance="1099.90")], ends=False)
    assert refused(fenghe, file) == "file_cut"


def test_a_row_that_cannot_be_read_is_set_aside_and_named(fenghe: Commands, tmp_path: Path) -> None:
    file = tmp_path / "bank.csv"
    file.write_text("交易时间,收入,支出,摘要\n2026-02-05,1.00,,a\n2026-02-05,坏,,b\n2026-02-06,,2.00,c\n")
    report = fenghe.json("import", "statement", file, "--source", "bank")
    adds_up(report)
    assert (report["stored"], report["set_aside"], report["files"][0]["problems"][0]["line"]) == (2, 1, 3)
    assert fenghe.rows("select complete, set_aside from statement_file") == [(False, 1)]


def test_a_wide_douyin_row_adds_up_whatever_its_variant(fenghe: Commands, tmp_path: Path) -> None:
    names = (
        "动账时间,动账流水号,动账方向,动账金额,动账账户,动账场景,计费类型,子订单号,订单号,订单实付应结,运费实付,实际平台补贴,"
        "实际达人补贴,实际抖音支付补贴,达人ID,订单退款,平台服务费,佣金,渠道分成,招商服务费,站外推广费,备注"
    )
    rows = [
        "2026-02-05 08:00:00,'T1,入账,38.00,聚合账户,货款结算入账,x,'S1,'O1,40,0,1,1,0,'9,2,-1,-1,0,0,0,结算",
        "2026-02-05 08:00:00,'T2,入账,38.00,聚合账户,货款结算入账,x,'S2,'O2,40,0,1,1,0,'9,-2,-1,-1,0,0,0,结算",
        "2026-02-05 08:00:00,'T3,出账,5.00,聚合账户,退款,x,'S3,'O3,0,0,0,0,0,'9,6,1,0,0,0,0,退",
        "2026-02-05 08:00:00,'T4,入账,9.00,聚合账户,货款结算入账,x,'S4,'O4,10,0,0,0,0,'9,0,0,0,0,0,0,缺一项",
    ]
    file = tmp_path / "dy.csv"
    file.write_text("\ufeff" + "\n".join([names, *rows]) + "\n")
    fenghe("import", "statement", file, "--source", "dy")
    told = fenghe.rows("select line_no, net_minor, components from statement_line order by 1")
    assert [(row[0], row[1], sum(row[2].values())) for row in told] == [
        ("T1", 3800, 3800),
        ("T2", 3800, 3800),
        ("T3", -500, -500),
        ("T4", 900, 900),
    ]
    assert told[0][2]["订单退款"] == told[1][2]["订单退款"] == -200 and told[3][2]["未说明"] == -100
