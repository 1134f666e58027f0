"""The providers' bills of a day (沙箱账单), byte for byte in their own form: WeChat's back-ticks, Alipay's GBK, TABs and footer.

Promises: the rows are what truly happened that day in China; the totals agree with the rows; yuan are exact.
"""

import csv
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from io import BytesIO, StringIO
from typing import Final

from fenghe.kernel.values import CHINA
from fenghe.simulator.till import ALIPAY, WECHATPAY, Back, Paid, Till

WX_TRADE: Final = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
    "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
WX_TRADE_SUM: Final = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
WX_FUNDS: Final = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
WX_FUNDS_SUM: Final = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
ALI_TRADE: Final = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,"
    "支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)
ALI_SUM: Final = (
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,商家优惠（元）,"
    "卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）"
)
ALI_FUNDS: Final = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,"
    "账户余额（元）,交易渠道,业务类型,备注"
)
OPENING_MINOR: Final = 1_000_000
"""What lies in the provider's account before the day."""


def day_of(moment: datetime) -> date:
    """The bill's day is China's."""
    return moment.astimezone(CHINA).date()


def _paid_on(till: Till, provider: str, day: date) -> list[Paid]:
    told = [one for one in till.payments.values() if one.provider == provider and one.paid_at is not None]
    return sorted(
        (one for one in told if one.paid_at is not None and day_of(one.paid_at) == day),
        key=lambda one: (one.paid_at or one.created_at, one.payment_no),
    )


def _back_on(till: Till, provider: str, day: date) -> list[Back]:
    told = [one for one in till.refunds.values() if one.provider == provider and day_of(one.done_at) == day]
    return sorted(told, key=lambda one: (one.done_at, one.refund_no))


def yuan(fen: int) -> str:
    """Exact, with two decimals."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def wechat_trade(till: Till, day: date, *, appid: str, mchid: str) -> bytes | None:
    """业务明细 ALL: BOM, header, rows of back-ticked cells, summary; None when nothing happened."""
    paid, back = _paid_on(till, WECHATPAY, day), _back_on(till, WECHATPAY, day)
    if not paid and not back:
        return None
    rows = [_wx_payment(one, appid, mchid) for one in paid]
    rows += [_wx_refund(one, till.payments[one.payment_no], appid, mchid) for one in back]
    gross, gone = sum(one.amount_minor for one in paid), sum(one.amount_minor for one in back)
    fees = sum(one.fee_minor for one in paid)
    total = [f"{len(rows)}.0", *map(yuan, (gross, gone, 0, fees, gross, gone))]
    return _ticked(WX_TRADE, rows, WX_TRADE_SUM, total)


def _wx_payment(one: Paid, appid: str, mchid: str) -> list[str]:
    return [
        _clock(one.paid_at or one.created_at), appid, mchid, "0", "", one.payment_no, one.out_trade_no, one.buyer, one.way,
        "SUCCESS", "OTHERS", "CNY", yuan(one.amount_minor), "0.00", "0", "0", "0.00", "0.00", "", "", one.title, "",
        f"{yuan(one.fee_minor)}000", "0.60%", yuan(one.amount_minor), "0.00", "",
    ]  # fmt: skip


def _wx_refund(one: Back, paid: Paid, appid: str, mchid: str) -> list[str]:
    return [
        _clock(one.done_at), appid, mchid, "0", "", paid.payment_no, paid.out_trade_no, paid.buyer, paid.way,
        "REFUND", "OTHERS", "CNY", "0.00", "0.00", one.refund_no, one.out_refund_no, yuan(one.amount_minor), "0.00",
        "ORIGINAL", "SUCCESS", paid.title, "", "0.00000", "0.60%", "0.00", yuan(one.amount_minor), "",
    ]  # fmt: skip


def _ticked(header: str, rows: Iterable[Sequence[str]], footer: str, total: Sequence[str]) -> bytes:
    lines = [header, *(",".join(f"`{cell}" for cell in row) for row in rows), footer, ",".join(f"`{c}" for c in total)]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def wechat_funds(till: Till, day: date, *, mchid: str) -> bytes | None:
    """资金账单: one row for the trade and one for its fee, the balance as a chain."""
    moves = sorted(_wx_moves(till, day), key=lambda move: (move[0], move[1]))
    if not moves:
        return None
    balance, rows = OPENING_MINOR, []
    for place, (at, number, name, kind, amount, request) in enumerate(moves):
        balance += amount
        way = "收入" if amount >= 0 else "支出"
        rows.append(
            [
                _clock(at),
                number,
                f"{number}{place}",
                name,
                kind,
                way,
                yuan(abs(amount)),
                yuan(balance),
                mchid,
                "",
                request,
            ]
        )
    come = [move[4] for move in moves if move[4] >= 0]
    gone = [-move[4] for move in moves if move[4] < 0]
    total = [f"{len(rows)}.0", f"{len(come)}.0", yuan(sum(come)), f"{len(gone)}.0", yuan(sum(gone))]
    return _ticked(WX_FUNDS, rows, WX_FUNDS_SUM, total)


def _wx_moves(till: Till, day: date) -> Iterator[tuple[datetime, str, str, str, int, str]]:
    for paid in _paid_on(till, WECHATPAY, day):
        at = paid.paid_at or paid.created_at
        yield at, paid.payment_no, "交易", "交易", paid.amount_minor, paid.out_trade_no
        yield at, paid.payment_no, "交易", "扣除交易手续费", -paid.fee_minor, paid.out_trade_no
    for back in _back_on(till, WECHATPAY, day):
        yield back.done_at, back.refund_no, "退款", "退款", -back.amount_minor, back.out_refund_no


def alipay_trade(till: Till, day: date, *, seller: str) -> bytes | None:
    """业务明细 and its 汇总 in one ZIP; names and contents in GBK."""
    paid, back = _paid_on(till, ALIPAY, day), _back_on(till, ALIPAY, day)
    if not paid and not back:
        return None
    rows = [_ali_payment(one) for one in paid] + [_ali_refund(one, till.payments[one.payment_no]) for one in back]
    gross, gone = sum(one.amount_minor for one in paid), sum(one.amount_minor for one in back)
    fees = sum(one.fee_minor for one in paid)
    text = _ali_text(
        "业务", seller, day, ALI_TRADE, rows,
        [
            f"#交易合计：{len(paid)}笔，商家实收共{yuan(gross)}元，商家优惠共0.00元",
            f"#退款合计：{len(back)}笔，商家实收退款共{yuan(-gone)}元，商家优惠退款共0.00元",
        ],
    )  # fmt: skip
    net = gross - gone - fees
    whole = [
        "合计",
        "",
        str(len(paid)),
        str(len(back)),
        *map(yuan, (gross - gone, gross - gone, 0, 0, 0, -fees, 0, net)),
    ]
    summary = _ali_text("业务", seller, day, ALI_SUM, [whole], [], part="汇总")
    return _zipped({f"{seller}_{day:%Y%m%d}_业务明细.csv": text, f"{seller}_{day:%Y%m%d}_业务明细(汇总).csv": summary})


def _ali_payment(one: Paid) -> list[str]:
    at, total = one.paid_at or one.created_at, yuan(one.amount_minor)
    return [
        f"{one.payment_no}\t", f"{one.out_trade_no}\t", "交易", one.title, _clock(one.created_at), _clock(at), "", "", "", "",
        f"{one.buyer}\t", total, total, "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00", "0.00", "", yuan(-one.fee_minor),
        "0.00", "",
    ]  # fmt: skip


def _ali_refund(one: Back, paid: Paid) -> list[str]:
    back = yuan(-one.amount_minor)
    return [
        f"{paid.payment_no}\t", f"{paid.out_trade_no}\t", "退款", paid.title, _clock(one.asked_at), _clock(one.done_at), "", "",
        "", "", f"{paid.buyer}\t", back, back, "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00", "0.00",
        f"{one.out_refund_no}\t", "0.00", "0.00", "",
    ]  # fmt: skip


def alipay_funds(till: Till, day: date, *, seller: str) -> bytes | None:
    """账务明细: payments, fees and refunds as they move the account, the balance as a chain."""
    moves = sorted(_ali_moves(till, day), key=lambda move: (move[0], move[1], -move[3]))
    if not moves:
        return None
    balance, rows = OPENING_MINOR, []
    for place, (at, paid, kind, amount) in enumerate(moves):
        balance += amount
        come, gone = (yuan(amount), "") if amount >= 0 else ("", yuan(amount))
        rows.append(
            [
                f"{day:%Y%m%d}{place:012d}\t", f"{paid.payment_no}\t", f"{paid.out_trade_no}\t", paid.title, _clock(at),
                f"{paid.buyer}\t", come, gone, yuan(balance), "支付宝", kind, "",
            ]
        )  # fmt: skip
    come_in = [move[3] for move in moves if move[3] >= 0]
    gone_out = [-move[3] for move in moves if move[3] < 0]
    footer = [
        f"#支出合计：{len(gone_out)}笔，共{yuan(sum(gone_out))}元",
        f"#收入合计：{len(come_in)}笔，共{yuan(sum(come_in))}元",
    ]
    return _zipped({f"{seller}_{day:%Y%m%d}_账务明细.csv": _ali_text("账务", seller, day, ALI_FUNDS, rows, footer)})


def _ali_moves(till: Till, day: date) -> Iterator[tuple[datetime, Paid, str, int]]:
    for paid in _paid_on(till, ALIPAY, day):
        at = paid.paid_at or paid.created_at
        yield at, paid, "在线支付", paid.amount_minor
        yield at, paid, "收费", -paid.fee_minor
    for back in _back_on(till, ALIPAY, day):
        yield back.done_at, till.payments[back.payment_no], "交易退款", -back.amount_minor


def _ali_text(
    kind: str,
    seller: str,
    day: date,
    header: str,
    rows: Iterable[Sequence[str]],
    footer: Sequence[str],
    *,
    part: str = "",
) -> bytes:
    cells = StringIO()
    csv.writer(cells, lineterminator="\r\n").writerows(rows)
    name = f"{kind}明细{part}列表"
    lines = [
        f"#支付宝{kind}明细查询",
        f"#账号：[{seller}0156]",
        f"#起始日期：[{day:%Y年%m月%d日} 00:00:00]   终止日期：[{day + timedelta(days=1):%Y年%m月%d日} 00:00:00]",
        f"#-----------------------------------------{name}----------------------------------------",
        header,
    ]
    end = [f"#-----------------------------------------{name}结束------------------------------------", *footer]
    end.append(f"#导出时间：[{day + timedelta(days=1):%Y年%m月%d日} 10:00:00]")
    return ("\r\n".join(lines) + "\r\n" + cells.getvalue() + "\r\n".join(end) + "\r\n").encode("gbk", "replace")


def _zipped(members: dict[str, bytes]) -> bytes:
    """A ZIP as Alipay's servers make it: names in GBK without saying so."""
    box = BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name.encode("gbk").decode("cp437"), (2026, 1, 1, 0, 0, 0)), content)
    return box.getvalue()
