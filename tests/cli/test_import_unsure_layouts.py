"""Bills whose columns nobody publishes (拼多多账务明细、微信分账账单): what is known is read, else it is mapped, never guessed."""

from pathlib import Path

import pytest

from tests.cli.commands import Commands

PDD = (
    "拼多多店铺账务明细查询\n\n起始时间：2026-06-01 00:00:00  终止时间：2026-06-30 23:59:59\n"
    "----------交易记录明细列表---------\n{head},发生时间,收入金额（+元）,支出金额（-元）,账务类型,备注,业务描述\n"
    "260620-111111111111111,2026-06-30 23:30:43,61.80,0,交易收入,-,0010002|交易收入-订单收入\n"
    "260620-111111111111111,2026-06-30 23:30:43,0,-0.37,技术服务费,-,0020001|技术服务费\n"
    "260620-222222222222222,2026-06-30 23:40:00,0,-5.00,没见过的类型,-,0099999|某种扣款\n"
    "#支出合计：2笔，共-5.37元\n#收入合计：1笔，共61.80元\n#导出时间：2026-07-01 10:00:00\n"
)


@pytest.mark.parametrize("head", ["商户订单号", "商品订单号"])
def test_the_shop_account_of_pdd_is_read_as_it_is_exported(fenghe: Commands, tmp_path: Path, head: str) -> None:
    file = tmp_path / "对账.csv"
    file.write_bytes(PDD.format(head=head).encode("gb18030"))
    report = fenghe.json("import", "statement", file, "--source", "pdd-bills")
    assert (report["read"], report["stored"], report["set_aside"]) == (3, 3, 0), report
    lines = fenghe.rows("select kind, net_minor, order_no from statement_line order by id")
    assert lines == [
        ("payment", 6180, "260620-111111111111111"), ("fee", -37, "260620-111111111111111"),
        ("other", -500, "260620-222222222222222"),
    ]  # fmt: skip


def test_another_heading_is_refused_with_what_is_missing_and_nothing_is_stored(
    fenghe: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "对账.csv"
    file.write_text("订单,时间,进账,出账,类别\n260620-1,2026-06-30,61.80,0,收入\n", encoding="utf-8")
    report = fenghe.json("import", "statement", file, "--source", "pdd-bills", status=2)
    refused = report["files"][0]["refused"]
    assert "mapping" in refused["message"] or "布局" in refused["message"] or "列" in refused["message"], refused
    assert fenghe.rows("select count(*) from statement_line") == [(0,)]


def test_the_overseas_split_bill_of_wechat_is_read_and_another_is_not_guessed(fenghe: Commands, tmp_path: Path) -> None:
    head = (
        "create_time,initiator,sponsor,sub_mchid,transaction_id,order_id,out_order_no,detail_id,receiver_account,amount,currency,"
        "settlement_amount,settlement_currency,exchange_rate,business_type,status,description"
    )
    row = "`2026-02-05 10:00:00,`1900,`1900,`,`42000001,`3000001,`P1,`36011,`1901,`1.50,`CNY,`1.50,`CNY,`1,`分账,`SUCCESS,`佣金"
    file = tmp_path / "split.csv"
    file.write_text(f"{head}\n{row}\n", encoding="utf-8")
    report = fenghe.json("import", "statement", file, "--source", "wx-split")
    assert (report["read"], report["stored"]) == (1, 1), report
    assert fenghe.rows("select kind, net_minor, payment_no from statement_line") == [("split", -150, "42000001")]
    file = tmp_path / "other.csv"
    file.write_text(f"{head}\n{row.replace('`分账,', '`PROFIT,')}\n", encoding="utf-8")
    report = fenghe.json("import", "statement", file, "--source", "wx-other", status=2)
    refused = report["files"][0]["refused"]
    assert refused["code"] == "nothing_readable" and "PROFIT" in refused["message"], (
        "a word that says no direction is not guessed"
    )
