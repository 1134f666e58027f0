"""The stranger's month as files, in three hands: English with cents, Chinese with yuan, and the providers' own bills by day.

Each hand gives (kind, path, source) in the order in which somebody would import them.
"""

import csv
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from tests.money.stranger import Books, Charge, Return, fee_returned

Files = list[tuple[str, Path, str]]

WORDS: Final = {
    "paid": "已付款", "shipped": "已发货", "completed": "交易成功", "refunded": "已退款", "cancelled": "已取消",
    "pending": "待付款",
}  # fmt: skip


def yuan(cents: int) -> str:
    """As people write it."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def plain(cents: int) -> str:
    """As bills write it."""
    return yuan(cents).replace(",", "")


def stamp(at: datetime | None) -> str:
    """China's time."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""


def table(path: Path, heads: str, rows: Iterable[Sequence[Any]], *, encoding: str = "utf-8") -> Path:
    """A CSV file."""
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(heads.split(","))
        writer.writerows(rows)
    return path


def english(folder: Path, books: Books) -> Files:
    """snake_case and cents; some rows of payments are told twice, some numbers padded."""
    paid = [
        (
            f" {one.trade_no}" if n % 11 == 0 else one.trade_no,
            one.txn,
            one.provider,
            one.cents,
            one.fee,
            "SUCCESS",
            stamp(one.at),
        )
        for n, one in enumerate(books.charges)
    ]
    return [
        ("orders", table(folder / "orders.csv", "out_trade_no,channel,cents,status,created_at,paid_at",
                         ((o.number, o.mall, o.cents, o.state, stamp(o.at), stamp(o.paid_at)) for o in books.sales)), "erp"),
        ("payments", table(folder / "payments.csv", "out_trade_no,txn,provider,cents,fee_cents,status,at",
                           [*paid, *paid[::37]]), "pay"),
        ("refunds", table(folder / "refunds.csv", "refund_id,txn,out_trade_no,provider,cents,status,at",
                          ((r.number, r.txn, r.trade_no, r.provider, r.cents, "SUCCESS", stamp(r.at)) for r in books.returns)),
         "ref"),
        ("vouchers", table(folder / "vouchers.csv", "voucher_no,out_trade_no,cents,vtype,d",
                           ((e.number, e.order, e.cents, e.kind, e.day) for e in books.entries)), "fin"),
        ("payouts", table(folder / "payouts.csv", "payout_id,provider,out_trade_no,gross_cents,commission_cents,net_cents,d",
                          ((o.number, o.provider, o.order, o.gross or "", o.commission or "", o.net, o.day)
                           for o in books.outgoings)), "out"),
        ("statement", table(folder / "bank.csv", "date,serial_no,amount_cents,counterparty,memo",
                            ((a.day, a.serial, a.cents, a.party, a.memo) for a in books.arrivals)), "bank"),
    ]  # fmt: skip


def chinese(folder: Path, books: Books) -> Files:
    """Chinese headings, yuan with thousands commas, GBK; the bank's two halves of the month overlap."""
    half = len(books.arrivals) // 2
    lines = sorted(books.arrivals, key=lambda one: (one.day, one.serial))
    bank = "交易日期,流水号,收入,支出,对方户名,摘要"

    def banked(part: Sequence[Any]) -> list[tuple[Any, ...]]:
        return [
            (
                a.day,
                a.serial,
                yuan(a.cents) if a.cents > 0 else "",
                yuan(-a.cents) if a.cents < 0 else "",
                a.party,
                a.memo,
            )
            for a in part
        ]

    kinds = {"order": "销售收入", "refund": "销售退款"}
    files = [
        ("orders", "订单号,渠道,订单状态,订单金额,下单时间,付款时间",
         ((f"`{o.number}" if n % 7 == 0 else o.number, o.mall, WORDS[o.state], yuan(o.cents), stamp(o.at), stamp(o.paid_at))
          for n, o in enumerate(books.sales))),
        ("payments", "支付流水号,商户订单号,支付渠道,支付金额,手续费,支付状态,支付时间",
         ((c.txn, f"{c.trade_no}\t", PROVIDERS[c.provider], yuan(c.cents), yuan(c.fee), "支付成功", stamp(c.at))
          for c in books.charges)),
        ("refunds", "退款单号,支付流水号,商户订单号,支付渠道,退款金额,退款状态,退款时间",
         ((r.number, r.txn, r.trade_no, PROVIDERS[r.provider], yuan(r.cents), "退款成功", stamp(r.at))
          for r in books.returns)),
        ("vouchers", "凭证号,订单号,凭证类型,金额,记账日期",
         ((e.number, e.order, kinds[e.kind], yuan(e.cents), f"{e.day:%Y/%m/%d}") for e in books.entries)),
        ("payouts", "结算单号,支付渠道,订单号,订单金额,佣金,到账金额,结算日期",
         ((o.number, PROVIDERS[o.provider], o.order, yuan(o.gross) if o.gross else "", yuan(o.commission) if o.gross else "",
           yuan(o.net), o.day) for o in books.outgoings)),
    ]  # fmt: skip
    told: Files = [
        (kind, table(folder / f"{kind}.csv", heads, rows, encoding="gb18030"), f"cn-{kind}")
        for kind, heads, rows in files
    ]
    for name, part in (("上半月", lines[: half + 5]), ("下半月", lines[half - 5 :])):
        told.append(("statement", table(folder / f"{name}.csv", bank, banked(part), encoding="gb18030"), "cn-bank"))
    return told


PROVIDERS: Final = {"alipay": "支付宝", "wechatpay": "微信支付", "douyin": "抖音支付"}


def native(folder: Path, books: Books) -> Files:
    """Alipay's and WeChat's own bills of each day, Douyin by table; the books and the orders as an ERP tells them."""
    douyin = [one for one in books.charges if one.provider == "douyin"]
    files: Files = [
        ("orders", table(folder / "orders.csv", "订单编号,渠道,订单状态,订单总额,创建时间,付款时间",
                         ((o.number, o.mall, WORDS[o.state], yuan(o.cents), stamp(o.at), stamp(o.paid_at))
                          for o in books.sales)), "erp"),
        ("payments", table(folder / "douyin.csv", "支付流水号,商户订单号,支付渠道,支付金额,支付状态,支付时间",
                           ((c.txn, c.trade_no, "抖音支付", yuan(c.cents), "支付成功", stamp(c.at)) for c in douyin)), "dy-pay"),
        ("refunds", table(folder / "douyin-refunds.csv", "退款单号,支付流水号,商户订单号,支付渠道,退款金额,退款状态,退款时间",
                          ((r.number, r.txn, r.trade_no, "抖音支付", yuan(r.cents), "退款成功", stamp(r.at))
                           for r in books.returns if r.provider == "douyin")), "dy-refunds"),
        ("vouchers", table(folder / "vouchers.csv", "凭证编号,订单编号,凭证类型,金额,记账日期",
                           ((e.number, e.order, e.kind, yuan(e.cents), e.day) for e in books.entries)), "fin"),
        ("payouts", table(folder / "payouts.csv", "结算单号,支付渠道,订单号,订单金额,佣金,到账金额,结算日期",
                          ((o.number, PROVIDERS[o.provider], o.order, yuan(o.gross) if o.gross else "",
                            yuan(o.commission) if o.gross else "", yuan(o.net), o.day) for o in books.outgoings)), "out"),
        ("statement", table(folder / "bank.csv", "交易时间,交易流水号,贷方金额,借方金额,对方名称,摘要",
                            ((f"{a.day} 10:00:00", a.serial, yuan(a.cents) if a.cents > 0 else "",
                              yuan(-a.cents) if a.cents < 0 else "", a.party, a.memo) for a in books.arrivals)), "icbc"),
    ]  # fmt: skip
    files += abroad(folder, books) if books.abroad else []
    back = fee_returned(books)
    for day in sorted({one.at.date() for one in books.charges} | {one.at.date() for one in books.returns}):
        charges = [one for one in books.charges if one.at.date() == day]
        returns = [one for one in books.returns if one.at.date() == day]
        files += alipay_day(folder, day, charges, returns, back)
        files += wechat_day(folder, day, charges, returns, back)
    return files


ABROAD: Final = (
    "Partner_transaction_id,Transaction_id,Amount,Rmb_amount,Fee,Refund,Settlement,Rmb_settlement,Currency,Rate,Payment_time,"
    "Settlement_time,Type,Status,Remarks"
)


def abroad(folder: Path, books: Books) -> Files:
    """Alipay's settlement of sales in dollars, beside their orders and vouchers."""
    settled = (
        (a.number, a.txn, plain(a.cents), plain(a.gross_fen), plain(a.fee), "0.00", plain(a.cents - a.fee), plain(a.net_fen),
         "USD", f"{a.rate // 10_000}.{a.rate % 10_000:04d}00", stamp(a.at), stamp(a.at), "P", "L", "")
        for a in books.abroad
    )  # fmt: skip
    orders = ((a.number, "global", "completed", "USD", plain(a.cents), stamp(a.at)) for a in books.abroad)
    booked = ((f"US{a.number}", a.number, "USD", plain(a.cents), "order", a.at.date()) for a in books.abroad)
    return [
        (
            "orders",
            table(folder / "abroad.csv", "order_no,channel,status,currency,total_amount,created_at", orders),
            "erp-usd",
        ),
        ("vouchers", table(folder / "abroad-v.csv", "voucher_no,order_no,currency,amount,vtype,d", booked), "fin-usd"),
        ("statement", table(folder / "overseas.csv", ABROAD, settled), "alipay-abroad"),
    ]


ALIPAY: Final = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,"
    "集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)


def _alipay_row(txn: str, order: str, kind: str, at: datetime, cents: int, *, request: str, fee: int) -> str:
    amount, when = plain(cents), stamp(at)
    cells = (
        f"{txn}\t", f"{order}\t", f"{kind}\t", "手机壳", when, when, "\t", "\t", "\t", "\t", "*客(138****0000)\t", amount,
        amount, "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00\t", "0.00", f"{request}\t", plain(fee), "0.00", "",
    )  # fmt: skip
    return ",".join(cells)


def alipay_day(
    folder: Path, day: date, charges: Sequence[Charge], returns: Sequence[Return], back: Mapping[str, int]
) -> Files:
    """业务明细 of a day, in its ZIP with a GBK name, with its footer."""
    paid = [one for one in charges if one.provider == "alipay"]
    gone = [one for one in returns if one.provider == "alipay"]
    if not paid and not gone:
        return []
    rows = [_alipay_row(c.txn, c.trade_no, "交易", c.at, c.cents, request="", fee=-c.fee) for c in paid]
    rows += [_alipay_row(r.txn, r.trade_no, "退款", r.at, -r.cents, request=r.number, fee=back[r.number]) for r in gone]
    text = "\r\n".join(
        [
            "#支付宝业务明细查询", "#账号：[20880000000000000156]",
            f"#起始日期：[{day:%Y年%m月%d日} 00:00:00]   终止日期：[{day:%Y年%m月%d日} 23:59:59]",
            "#-----------------------------------------业务明细列表----------------------------------------",
            ALIPAY, *rows,
            "#-----------------------------------------业务明细列表结束------------------------------------",
            f"#交易合计：{len(paid)}笔，商家实收共{plain(sum(c.cents for c in paid))}元，商家优惠共0.00元",
            f"#退款合计：{len(gone)}笔，商家实收退款共{plain(-sum(r.cents for r in gone))}元，商家优惠退款共0.00元",
            f"#导出时间：[{day:%Y年%m月%d日} 23:59:59]", "",
        ]
    )  # fmt: skip
    path = folder / f"alipay_{day:%Y%m%d}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        name = f"2088_{day:%Y%m%d}_业务明细.csv".encode("gb18030").decode("cp437")
        archive.writestr(zipfile.ZipInfo(name), text.encode("gb18030"))
    return [("statement", path, "alipay-bills")]


WECHAT: Final = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
    "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
WECHAT_END: Final = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
FUND: Final = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,"
    "业务凭证号"
)
FUND_END: Final = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"


def ticked(*cells: object) -> str:
    """A row as WeChat writes it."""
    return ",".join(f"`{cell}" for cell in cells)


def wechat_day(
    folder: Path, day: date, charges: Sequence[Charge], returns: Sequence[Return], back: Mapping[str, int]
) -> Files:
    """交易账单 and 资金账单 of a day."""
    paid = [one for one in charges if one.provider == "wechatpay"]
    gone = [one for one in returns if one.provider == "wechatpay"]
    if not paid and not gone:
        return []
    trade, fund = folder / f"wx_trade_{day:%Y%m%d}.csv", folder / f"wx_fund_{day:%Y%m%d}.csv"
    trade.write_text("\r\n".join(_trade_lines(paid, gone, back)), encoding="utf-8-sig")
    fund.write_text("\r\n".join(_fund_lines(day, paid, gone, back)), encoding="utf-8")
    return [("statement", trade, "wx-bills"), ("statement", fund, "wx-funds")]


def _paid_line(c: Charge) -> str:
    head = (stamp(c.at), "wx0", "1900", "0", "", c.txn, c.trade_no, "o0", "JSAPI", "SUCCESS", "OTHERS", "CNY")
    back = ("0", "0", "0.00", "0.00", "", "")
    tail = ("手机壳", "", f"{c.fee / 100:.5f}", "0.60%", plain(c.cents), "0.00", "")
    return ticked(*head, plain(c.cents), "0.00", *back, *tail)


def _gone_line(r: Return, fee: int) -> str:
    head = (stamp(r.at), "wx0", "1900", "0", "", r.txn, r.trade_no, "o0", "JSAPI", "REFUND", "OTHERS", "CNY")
    back = (r.number, f"{r.trade_no}-R", plain(r.cents), "0.00", "ORIGINAL", "SUCCESS")
    tail = ("手机壳", "", f"{-fee / 100:.5f}", "0.60%", "0.00", plain(r.cents), "")
    return ticked(*head, "0.00", "0.00", *back, *tail)


def _trade_lines(paid: Sequence[Charge], gone: Sequence[Return], back: Mapping[str, int]) -> list[str]:
    taken = sum(c.fee for c in paid) - sum(back[r.number] for r in gone)
    came, went = plain(sum(c.cents for c in paid)), plain(sum(r.cents for r in gone))
    totals = ticked(len(paid) + len(gone), came, went, "0.00", f"{taken / 100:.5f}", came, went)
    return [WECHAT, *map(_paid_line, paid), *(_gone_line(r, back[r.number]) for r in gone), WECHAT_END, totals]


Move = tuple[datetime, str, str, str, str, int, str]


def _moves(paid: Sequence[Charge], gone: Sequence[Return], back: Mapping[str, int]) -> list[Move]:
    """A fee's row says 交易 as its kind of business; its name and the way the money goes tell what it is."""
    trades = [(c.at, c.txn, "交易", "交易", "收入", c.cents, c.trade_no) for c in paid]
    fees = [(c.at, c.txn, "扣除交易手续费", "交易", "支出", c.fee, c.trade_no) for c in paid if c.fee]
    refunds = [(r.at, r.number, "退款", "退款", "支出", r.cents - back[r.number], f"{r.trade_no}-R") for r in gone]
    return sorted([*trades, *fees, *refunds], key=lambda one: one[0])


def _fund_lines(day: date, paid: Sequence[Charge], gone: Sequence[Return], back: Mapping[str, int]) -> list[str]:
    lines, balance, moved = [FUND], 1_000_000_00, {"收入": [0, 0], "支出": [0, 0]}
    moves = _moves(paid, gone, back)
    for serial, (at, number, name, kind, way, cents, proof) in enumerate(moves, 1):
        balance += cents if way == "收入" else -cents
        moved[way][0] += 1
        moved[way][1] += cents
        flow = f"1{day:%Y%m%d}{serial:09d}"
        lines.append(
            ticked(stamp(at), number, flow, name, kind, way, plain(cents), plain(balance), "system", "", proof)
        )
    told = [cell for count, cents in (moved["收入"], moved["支出"]) for cell in (count, plain(cents))]
    return [*lines, FUND_END, ticked(len(moves), *told)]


HANDS: Final[Mapping[str, Callable[[Path, Books], Files]]] = {"english": english, "chinese": chinese, "native": native}
