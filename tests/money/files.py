"""The month as files a user would drop in (导出文件), with the noise such files have: blanks, tabs, back-ticks, rows told twice."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.money.month import Month


def write(folder: Path, month: Month) -> dict[str, Path]:
    """One file a kind; some numbers are padded, some rows are there twice."""
    return {
        "orders": _file(
            folder / "orders.csv",
            "order_no,channel,status,total,paid,created_at,paid_at,modified_at",
            (
                (o.number, o.channel, o.state, yuan(o.due), yuan(o.due) if o.paid else "", when(o.created), when(o.paid),
                 when(o.paid or o.created))
                for o in month.orders
            ),
        ),
        "payments": _file(
            folder / "payments.csv",
            "out_trade_no,txn,provider,amount,fee,status,at",
            twice(
                (padded(n, p.trade_no), p.number, p.provider, yuan(p.amount), yuan(p.fee), "success", when(p.at))
                for n, p in enumerate(month.payments)
            ),
        ),
        "refunds": _file(
            folder / "refunds.csv",
            "refund_no,payment_no,order_no,provider,amount,status,refunded_at",
            twice(
                (b.number, b.payment_no, padded(n, b.order_no), b.provider, yuan(b.amount), "success", when(b.at))
                for n, b in enumerate(month.refunds)
            ),
        ),
        "vouchers": _file(
            folder / "vouchers.csv",
            "voucher_no,voucher_type,order_no,amount,booked_on",
            ((v.number, v.kind, padded(n, v.order_no), yuan(v.amount), v.day) for n, v in enumerate(month.vouchers)),
        ),
        "payouts": _file(
            folder / "payouts.csv",
            "payout_no,provider,order_no,payment_no,gross,fee,commission,amount,paid_out_on",
            (
                (p.number, p.provider, p.order_no, p.payment_no, *(yuan(one) for one in (p.gross, p.fee, p.commission)),
                 yuan(p.amount), p.day)
                for p in month.payouts
            ),
        ),
        "statement": _file(
            folder / "bank.csv",
            "date,serial_no,amount,summary",
            ((b.day, b.number, yuan(b.amount), b.text) for b in month.bank),
        ),
    }  # fmt: skip


def yuan(amount: int | None) -> str:
    """Minor units as people write them."""
    if amount is None:
        return ""
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"


def when(moment: datetime | None) -> str:
    """China's time, without an offset."""
    return f"{moment + timedelta(hours=8):%Y-%m-%d %H:%M:%S}" if moment else ""


def padded(n: int, number: str) -> str:
    """What spreadsheets and providers hang on numbers."""
    return (number, f"`{number}", f"{number}\t", f" {number} ", f"\t{number}")[n % 5 if n % 3 == 0 else 0]


def twice(rows: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    """Every fortieth row again."""
    for n, row in enumerate(rows):
        yield row
        if n % 40 == 0:
            yield row


def _file(path: Path, heading: str, rows: Iterable[Sequence[Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(heading.split(","))
        writer.writerows(rows)
    return path
