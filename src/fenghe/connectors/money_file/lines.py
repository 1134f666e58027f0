"""A row's values make a line of a statement (行 → 账单行), and where the row is a trade, the provider's word on the payment too.

A line's money is seen from the account: in is positive. `gross`, `fee` and the parts of a wide row have the same sign rule,
so that parts add up to the net, always.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec

from fenghe.connectors.money_file.cells import BadCell, Cells, Readers
from fenghe.connectors.sales import minor_units
from fenghe.kernel.layouts import parse_zone
from fenghe.kernel.values import BadValue
from fenghe.money.events import LineTold, PaymentState, PaymentTold, RefundState, RefundTold
from fenghe.money.layouts import LINE_KINDS
from fenghe.money.numbers import order_no_of
from fenghe.money.remarks import order_no_in
from fenghe.money.words import refund_state_of

UNEXPLAINED: Final = "未说明"
"""The part of a wide row's net that its told parts do not add up to."""

IN: Final = frozenset(
    "in 收入 收 贷 贷方 入账 入 转入 存入 cr c credit crdt + income 贷cr".split()  # noqa: SIM905 - as one reads it
)
OUT: Final = frozenset(
    {
        "out",
        "支出",
        "支",
        "借",
        "借方",
        "出账",
        "出",
        "转出",
        "取出",
        "支取",
        "dr",
        "d",
        "debit",
        "dbit",
        "-",
        "expense",
        "借dr",
    }
)
NEITHER: Final = frozenset({"none", "不计收支", "中性交易", "其他", "/"})
"""How statements say which way the money went."""


class RowLike(Protocol):
    """A row under its layout."""

    cells: Cells
    readers: Readers
    currency: str

    def get(self, name: str) -> Any:
        """The value."""

    def text(self, name: str) -> str:
        """The value as text."""

    def need(self, name: str, expected: str) -> Any:
        """The value, which must be there."""

    def provider(self) -> str:
        """Who tells."""


class FileTold(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement as a whole says of its rows."""

    digest: str = ""
    account: str = ""
    currency: str = ""
    turn: int = 0
    """How many rows equal to this one stood before it."""


def read_line(row: RowLike, told: FileTold, *, item: int) -> tuple[Any, ...]:
    """The line, and the payment or refund that it vouches for. Raises BadCell."""
    layout = row.readers.layout
    net = _net(row)
    parts = _parts(row, net)
    summary, trade = row.text("summary"), row.text("out_trade_no")
    occurred, booked = row.get("occurred_at"), row.get("booked_on")
    if occurred is None and booked is None:
        raise BadCell(_time_column(row), "a time", "nothing", "bad_time")
    line = LineTold(
        provider=row.provider(),
        account=row.text("account") or told.account,
        ledger=layout.ledger,
        kind=_kind(row, net),
        occurred_at=occurred,
        booked_on=booked or occurred.astimezone(parse_zone(layout.zone)).date(),
        line_no=row.text("line_no"),
        payment_no=row.text("payment_no"),
        out_trade_no=trade,
        order_no=order_no_of(row.text("order_no")) or order_no_of(trade) or order_no_in(summary),
        refund_no=row.text("refund_no"),
        batch_no=row.text("batch_no"),
        currency=row.currency,
        net_minor=net,
        gross_minor=row.get("gross"),
        fee_minor=row.get("fee"),
        balance_minor=row.get("balance"),
        components=parts,
        foreign_currency=row.get("foreign_currency"),
        foreign_minor=_foreign(row),
        rate=row.get("rate"),
        counterparty=row.text("counterparty"),
        summary=summary,
        file_digest=told.digest,
        item=item,
    )
    return (line, *_trade(row, line)) if layout.trades else (line,)


def _time_column(row: RowLike) -> str:
    names = (name for name in ("occurred_at", "booked_on") if name in row.readers.layout.fields)
    return next(names, "occurred_at")


def _net(row: RowLike) -> int:
    """What the account gained or lost."""
    if row.text("void") == "void":
        return 0
    net = row.get("net")
    if net is not None:
        return int(net)
    income, expense = row.get("income"), row.get("expense")
    if income is not None or expense is not None:
        turn = 1 if row.readers.layout.expense_is == "negative" else -1
        return int(income or 0) + turn * int(expense or 0)
    if "amount" not in row.readers.fields:
        raise BadCell(_money_column(row), "an amount", "nothing", "missing")
    return _directed(row, int(row.need("amount", "an amount")))


def _money_column(row: RowLike) -> str:
    layout = row.readers.layout
    told = next((name for name in ("net", "income", "expense") if name in row.readers.fields), "net")
    source = layout.fields.get(told)
    columns = getattr(source, "columns", ()) or getattr(source, "sum", ())
    return next((found for one in columns if (found := row.readers.column(one, money=True))), told)


def _directed(row: RowLike, amount: int) -> int:
    if not _tells_direction(row):
        return amount
    way = row.text("direction").casefold().replace(" ", "") or "none"
    size = abs(amount) if row.readers.layout.direction_rule == "absolute" else amount
    if way in IN:
        return size
    if way in OUT:
        return -size
    if way in NEITHER:
        return 0
    raise BadCell("direction", "in or out (收入 支出, 借 贷, 入账 出账)", row.text("direction"))


def _tells_direction(row: RowLike) -> bool:
    """Whether the file has a column for it; where it has none the amount's own sign is the direction."""
    source = row.readers.layout.fields.get("direction")
    columns = getattr(source, "columns", ())
    return not columns or any(row.readers.column(one) for one in columns)


def _kind(row: RowLike, net: int) -> str:
    told = row.text("kind")
    told = told if told in LINE_KINDS else "other"
    outgoing = row.readers.layout.outgoing
    return outgoing.get(told, told) if outgoing and net < 0 else told


def _foreign(row: RowLike) -> int | None:
    """The foreign amount, in the minor units of its own currency."""
    currency, layout = row.get("foreign_currency"), row.readers.layout
    told = layout.fields.get("foreign")
    if currency is None or told is None:
        return None
    for name in getattr(told, "columns", ()):
        column = row.readers.column(name, money=True)
        text = row.cells.get(column, "").strip() if column else ""
        if column and text:
            try:
                return minor_units(text, currency)
            except BadValue as problem:
                raise BadCell(column, problem.expected, problem.got) from None
    return None


def _parts(row: RowLike, net: int) -> dict[str, int] | None:
    """The parts of a wide row; what they do not explain is a part of its own, so that they add up."""
    readers = row.readers
    if not readers.parts:
        return None
    parts: dict[str, int] = {}
    doubtful = []
    for name, column, sign in readers.parts:
        amount = _part(row, column)
        if amount:
            parts[name] = -amount if sign == "-" else amount
            doubtful += [name] if sign == "?" else []
    if sum(parts.values()) != net and doubtful:
        turned = {**parts, **{name: -parts[name] for name in doubtful}}
        parts = turned if sum(turned.values()) == net else parts
    rest = net - sum(parts.values())
    return {**parts, UNEXPLAINED: rest} if rest else parts


def _part(row: RowLike, column: str) -> int:
    text = row.cells.get(column, "").strip(" \t\r\n`'\"")
    if text in ("", "-", "--", "/"):
        return 0
    try:
        return minor_units(text, row.currency, unit=row.readers.unit_of(column, _PART) or "major")
    except BadValue as problem:
        raise BadCell(column, problem.expected, problem.got) from None


class _Part(msgspec.Struct, frozen=True):
    """A part's unit is told by its heading, or it is yuan."""

    unit: str = ""


_PART: Any = _Part()

_SUCCESS: Final[Mapping[str, Any]] = {"payment": PaymentState.SUCCESS, "refund": RefundState.SUCCESS}


def _trade(row: RowLike, line: LineTold) -> tuple[PaymentTold | RefundTold, ...]:
    """What a trade bill's row says of the payment or refund: that it happened, as the provider has it."""
    if line.kind == "payment" and line.payment_no:
        return (
            PaymentTold(
                provider=line.provider,
                payment_no=line.payment_no,
                out_trade_no=line.out_trade_no,
                order_no=line.order_no,
                state=PaymentState.SUCCESS,
                status_code=row.text("status") or "bill",
                currency=line.currency,
                amount_minor=row.get("trade_amount"),
                fee_minor=None if line.fee_minor is None else -line.fee_minor,
                paid_at=line.occurred_at,
                occurred_at=line.occurred_at,
                method=row.text("method"),
                buyer=row.text("buyer"),
                item=line.item + 1,
            ),
        )
    refund_no = line.refund_no or row.text("out_refund_no")
    if line.kind == "refund" and refund_no:
        word = row.text("status")
        state = refund_state_of(word) if word else RefundState.SUCCESS
        amount = row.get("refund_amount")
        return (
            RefundTold(
                provider=line.provider,
                refund_no=refund_no,
                out_refund_no=row.text("out_refund_no"),
                payment_no=line.payment_no,
                out_trade_no=line.out_trade_no,
                order_no=line.order_no,
                state=state,
                status_code=word or "bill",
                currency=line.currency,
                amount_minor=None if amount is None else abs(amount),
                refunded_at=line.occurred_at if state is RefundState.SUCCESS else None,
                occurred_at=line.occurred_at,
                item=line.item + 1,
            ),
        )
    return ()
