"""The demo's month-end (演示对账): finance's files dropped in as a person would, reconciled, and held against what was planted."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.hub import importing, store_demo
from fenghe.hub.demo_money import Found
from fenghe.hub.import_judging import judge_imported
from fenghe.hub.import_source import Wish, plan_import
from fenghe.kernel.people.person import Actor
from fenghe.money.causes import title_of
from fenghe.money.tasks_recon import Ask, run
from fenghe.simulator.books import Books
from fenghe.simulator.money_faults import MoneyFault
from fenghe.simulator.till import Till

FILES: Final = {
    "vouchers": ("财务凭证.csv", "vouchers", "caiwu-demo"),
    "payouts": ("渠道出款.csv", "payouts", "chukuan-demo"),
    "bank": ("银行流水.csv", "statement", "bank-demo"),
    "wechatpay-bills": ("微信支付账单.zip", "statement", "wechatpay-bills-demo"),
    "alipay-bills": ("支付宝账单.zip", "statement", "alipay-bills-demo"),
}
"""Of each of the books: the file's name, the kind of import, and who tells it."""
CAUSES: Final[Mapping[MoneyFault, str]] = {
    MoneyFault.PAY_WITHOUT_ORDER: "pay_without_order",
    MoneyFault.RANDOM_OUT_TRADE_NO: "random_out_trade_no",
    MoneyFault.AMOUNT_WRONG: "amount_wrong",
    MoneyFault.CENT_DIFFERENCE: "cent_difference",
    MoneyFault.FEN_YUAN_MIXUP: "fen_yuan_mixup",
    MoneyFault.DUPLICATE_PAYMENT: "duplicate_payment",
    MoneyFault.LATE_PAYMENT: "cancelled_not_refunded",
    MoneyFault.CANCELLED_NOT_REFUNDED: "cancelled_not_refunded",
}
"""As what reconciliation must find a fault of the till."""


OF_BREAKS: Final = "对账差异(每笔一个原因)"


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of the files: read = stored + duplicate + set aside."""

    read: int
    stored: int
    duplicate: int
    set_aside: int


def drop(connection: Connection[Any], books: Books, *, folder: Path) -> Dropped:
    """Lay the files where a person can look at them, and import them; returns when they are judged."""
    folder.mkdir(parents=True, exist_ok=True)
    reports = []
    for name, (file, kind, source) in FILES.items():
        path = folder / file
        path.write_bytes(books.files[name])
        plan = plan_import(connection, Wish(kind=kind, source=source, mapping=None))
        report = importing.import_file(connection, path, plan, actor=Actor(person="fenghe", ip=""))
        if report.refused:
            raise AssertionError(f"{file}: {report.refused.message}")
        reports.append(report)
        judge_imported(connection, source)
    whole = importing.total(reports)
    return Dropped(read=whole.read, stored=whole.stored, duplicate=whole.duplicate, set_aside=whole.set_aside)


def reconciled(connection: Connection[Any], books: Books, till: Till, *, dropped: Dropped, now: datetime) -> Found:
    """Reconcile everything at that moment; what was planted in the till and the books must be there under its cause."""
    report = run(connection, Ask(kind="reconcile", scope="all", by="fenghe"), now=now)
    found = store_demo.breaks(connection)
    known = {(cause, number) for cause, number, _ in found}
    standing = Counter(cause for cause, _, is_open in found if is_open)
    lines: list[tuple[str, int | str]] = [
        ("财务文件(凭证、出款、银行流水、支付账单)行数", dropped.read),
        ("  新存 + 重复 + 搁置", f"{dropped.stored:,} + {dropped.duplicate:,} + {dropped.set_aside:,}"),
        (OF_BREAKS, standing.total()),
        *((f"  差异：{title_of(cause)}", count) for cause, count in standing.items()),
        ("对账瀑布(应收 → 渠道 → 凭证 → 银行)", "有未解释的差额" if report.gaps else "每一级都分毫不差"),
    ]
    problems = [
        f"{title_of(cause)}:{number} 没有被对账发现"
        for cause, numbers in _planted(books, till, now).items()
        for number in numbers
        if (cause, number) not in known
    ]
    if report.gaps:
        problems.append(f"对账瀑布有缺口:{report.gaps}")
    return Found(lines=lines, problems=problems[:5])


def _planted(books: Books, till: Till, now: datetime) -> dict[str, list[str]]:
    planted = {cause: list(numbers) for cause, numbers in books.planted.items()}
    for one in till.payments.values():
        cause = CAUSES.get(one.fault) if one.fault else None
        if cause and one.paid_at is not None and one.paid_at <= now:
            planted.setdefault(cause, []).append(one.order_no)
    return planted
