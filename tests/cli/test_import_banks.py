"""Statements as other banks and the older website write them: the day beside its time of day, headings in two languages."""

from pathlib import Path

import pytest

from tests.cli.commands import Commands

CMB = (
    "# 招商银行交易记录\n# 账号: [6225********1234],\n交易日期,交易时间,收入,支出,余额,交易类型,交易备注\n"
    '"20260201\t","10:00:01\t","100.00","","1100.00","网银入账\t","甲\t"\n# 收入合计: 1 笔，共 100.00 元\n'
)
CMB_FIRM = "账号,币种,交易日,交易时间,借方金额,贷方金额,余额,摘要\n7559,人民币,20260201,100001,,100.00,1100.00,转账\n"
CCB_FIRM = (
    "账号,交易时间,借方发生额（支取）,贷方发生额（收入）,余额,币种\n33,20260201 10:00:01,0.00,100.00,1100.00,人民币元\n"
)
BOC = (
    "交易日期[ Transaction Date ],交易时间[ Transaction time ],交易货币[ Trade Currency ],交易金额[ Trade Amount ],"
    "交易后余额[ After-transaction balance ]\n20260201,10:00:01,CNY,100.00,1100.00\n"
)
WEB = (
    "支付宝交易记录明细查询\n---交易记录明细列表---\n交易号 ,商家订单号 ,交易创建时间 ,付款时间 ,交易对方 ,商品名称 ,金额（元） ,"
    "收/支 ,交易状态 ,资金状态 ,\n2026020122\t,T200P300000000000000001\t,2026-02-01 10:00:00,2026-02-01 10:00:01,甲 ,乙 ,100.00 ,"
    "收入 ,交易成功 ,已收入 ,\n------\n共1笔记录\n已收入:1笔,100.00元\n"
)


@pytest.mark.parametrize("text", [CMB, CMB_FIRM, CCB_FIRM, BOC, WEB])
def test_other_banks_are_read(fenghe: Commands, tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(text.encode("gb18030"))
    report = fenghe.json("import", "statement", file, "--source", "bank")
    assert (report["read"], report["stored"], report["files"][0]["checks"]) == (1, 1, [])
    told = "select net_minor, to_char(occurred_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS') from statement_line"
    assert fenghe.rows(told) == [(10_000, "2026-02-01 10:00:01")]


def test_a_cut_list_of_the_website_is_refused_by_name(fenghe: Commands, tmp_path: Path) -> None:
    file = tmp_path / "cut.csv"
    file.write_bytes(WEB.partition("------\n共")[0].encode("gb18030"))
    refused = fenghe.json("import", "statement", file, "--source", "ali", status=2)["files"][0]["refused"]
    assert refused["code"] == "file_cut" and fenghe.rows("select count(*) from inbound_message") == [(0,)]
    rows_only = tmp_path / "rows.csv"
    rows_only.write_bytes(WEB[WEB.index("交易号") : WEB.index("------\n共")].encode("gb18030"))
    assert fenghe.json("import", "statement", rows_only, "--source", "ali")["stored"] == 1


FUND = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号\n"
    "`2026-02-05 14:20:05,`4200,`1,`交易,`交易,`收入,`128.00,`1128.00,`system,`,`A1\n"
    "`2026-02-05 14:20:05,`4200,`2,`{name},`交易,`支出,`0.77,`1127.23,`system,`,`A1\n"
    "`2026-02-06 14:20:05,`4200,`3,`退还交易手续费,`交易,`收入,`0.07,`1127.30,`system,`,`A1\n"
    "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\n`3,`2,`128.07,`1,`0.77\n"
)


@pytest.mark.parametrize("name", ["交易", "扣除交易手续费", "手续费"])
def test_the_fee_of_a_trade_is_no_payment(fenghe: Commands, tmp_path: Path, name: str) -> None:
    file = tmp_path / "fund.csv"
    file.write_text(FUND.format(name=name), encoding="utf-8")
    report = fenghe.json("import", "statement", file, "--source", "wx")
    assert (report["stored"], report["files"][0]["checks"]) == (3, [])
    told = fenghe.rows("select kind, net_minor from statement_line order by line_no")
    assert told == [("payment", 12_800), ("fee", -77), ("fee_refund", 7)]
