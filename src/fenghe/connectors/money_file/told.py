"""A row's values make a payment, a refund, a voucher or a pay-out as told (行 → 资金事件). Whole, or set aside with the reason."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from fenghe.connectors.money_file.cells import BadCell, Cells, Readers
from fenghe.connectors.money_file.lines import read_line
from fenghe.money.events import PaymentState, PaymentTold, PayoutTold, RefundState, RefundTold, VoucherTold
from fenghe.money.layouts import source_of
from fenghe.money.numbers import order_no_of
from fenghe.money.words import payment_state_of, plain, provider_of, refund_state_of

VOUCHER_TYPES: Final[Mapping[str, str]] = {
    word: ours
    for ours, words in {
        "order": "order sale sales income revenue receipt payment 收入 销售 销售收入 订单 收款 货款 订单收入 支付",
        "refund": "refund return sales_return 退款 退货 销售退回 退货退款",
        "fee": "fee service_fee commission fees 手续费 服务费 佣金 平台服务费",
        "payout": "payout settlement withdrawal transfer 提现 出款 结算 打款 到账",
    }.items()
    for word in words.split()
}
"""What finance may call a voucher's type → ours."""

_TYPE_HOLDS: Final = (
    ("refund", ("退", "冲减", "refund", "return")),
    ("fee", ("手续费", "服务费", "佣金", "fee", "commission")),
    ("payout", ("提现", "出款", "结算", "打款", "payout", "settle", "withdraw")),
    ("order", ("收入", "销售", "收款", "货款", "sale", "revenue", "income", "order")),
)
"""What such a word may hold, the first that it holds counting: 销售退款 is a refund, 销售收入凭证 an order's."""


@lru_cache(maxsize=4096)
def voucher_type_of(word: str) -> str:
    """Our word for a voucher's type; what says nothing that we know stays as it is."""
    told = plain(word)
    if told in VOUCHER_TYPES:
        return VOUCHER_TYPES[told]
    return next((ours for ours, parts in _TYPE_HOLDS if any(part in told for part in parts)), word)


SPARED: Final = frozenset({"balance"})
"""Without these a row still says what moved: one that cannot be read is noted, not a reason to lose the movement."""


class Row:
    """One row under its layout: values by field, read when asked for."""

    def __init__(self, cells: Cells, readers: Readers, *, provider: str) -> None:
        self.cells = cells
        self.readers = readers
        self.currency = readers.currency_of(cells)
        self._provider = provider
        self.notes: list[BadCell] = []
        """What cannot be read of it although the row can do without."""
        currency = self.currency
        try:
            self.values = {name: read(cells, currency) for name, read in readers.fields.items()}
        except BadCell:
            self.values = self._tolerant(currency)

    def _tolerant(self, currency: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, read in self.readers.fields.items():
            try:
                values[name] = read(self.cells, currency)
            except BadCell as problem:
                if name not in SPARED:
                    raise
                self.notes.append(problem)
        return values

    def get(self, name: str) -> Any:
        """The value; None where nothing is said."""
        return self.values.get(name)

    def text(self, name: str) -> str:
        """A text or number; "" where nothing is said."""
        return self.values.get(name) or ""

    def need(self, name: str, expected: str) -> Any:
        """The value. Raises BadCell where nothing is said."""
        value = self.values.get(name)
        if value is None or value == "":
            told = self.readers.layout.fields.get(name)
            columns = source_of(told).columns if told else ()
            column = next((found for one in columns if (found := self.readers.column(one, money=True))), name)
            raise BadCell(column, expected, "nothing", "missing")
        return value

    def provider(self) -> str:
        """Who tells: the row's own word, else the layout's, else the source's."""
        return provider_of(self.text("provider") or self.readers.layout.provider or self._provider)

    def numbers(self) -> dict[str, Any]:
        """The merchant's number and the order that it stands for."""
        trade, order = self.text("out_trade_no"), self.text("order_no")
        return {"out_trade_no": trade or order, "order_no": order_no_of(order or trade)}


def read_payment(row: Row, *, item: int) -> PaymentTold:
    """One payment. Raises BadCell."""
    code, state = _state(row, PaymentState, payment_state_of)
    paid_at = row.get("paid_at")
    return PaymentTold(
        provider=row.provider(),
        payment_no=row.need("payment_no", "the number of the payment"),
        state=state,
        status_code=code,
        currency=row.currency,
        amount_minor=row.need("amount", "the amount of the payment"),
        buyer_paid_minor=row.get("buyer_paid"),
        fee_minor=row.get("fee"),
        paid_at=paid_at if state in (PaymentState.SUCCESS, None) else None,
        occurred_at=row.get("occurred_at") or paid_at,
        method=row.text("method"),
        buyer=row.text("buyer"),
        item=item,
        **row.numbers(),
    )


def read_refund(row: Row, *, item: int) -> RefundTold:
    """One refund; the amount is what went back, with whatever sign it was told. Raises BadCell."""
    code, state = _state(row, RefundState, refund_state_of)
    refunded_at = row.get("refunded_at")
    return RefundTold(
        provider=row.provider(),
        refund_no=row.need("refund_no", "the number of the refund"),
        out_refund_no=row.text("out_refund_no"),
        payment_no=row.text("payment_no"),
        state=state,
        status_code=code,
        currency=row.currency,
        amount_minor=abs(row.need("amount", "the amount of the refund")),
        refunded_at=refunded_at if state in (RefundState.SUCCESS, None) else None,
        occurred_at=row.get("occurred_at") or refunded_at,
        item=item,
        **row.numbers(),
    )


def _state(row: Row, states: Any, state_of: Callable[[str], Any]) -> tuple[str, Any]:
    """The told status and what it means; a file without any column for it lists what succeeded."""
    if "status" not in row.readers.fields:
        return "", states.SUCCESS
    word = row.text("status")
    return word, (_named(states).get(plain(word)) or state_of(word)) if word else None


@lru_cache(maxsize=8)
def _named(states: Any) -> Mapping[str, Any]:
    """Our own words for the states."""
    return {state.value: state for state in states}


def read_voucher(row: Row, *, item: int) -> VoucherTold:
    """One voucher. Without a column for its type a negative amount is a refund's, another an order's. Raises BadCell."""
    amount = row.get("amount")
    for side in ("income", "expense"):
        amount = amount or row.get(side)
    if amount is None:
        amount = row.need("amount", "the amount of the voucher")
    word = row.text("voucher_type")
    if "voucher_type" in row.readers.fields:
        told = voucher_type_of(word)
    else:
        told = "refund" if amount < 0 or row.text("refund_no") else "order"
    return VoucherTold(
        voucher_no=row.need("voucher_no", "the number of the voucher"),
        voucher_type=told,
        order_no=row.numbers()["order_no"],
        payment_no=row.text("payment_no"),
        refund_no=row.text("refund_no"),
        currency=row.currency,
        amount_minor=amount,
        booked_on=row.get("booked_on"),
        account=row.text("account"),
        remark=row.text("remark"),
        item=item,
    )


def read_payout(row: Row, *, item: int, turn: int = 0) -> PayoutTold:
    """One pay-out, or an order's part of one. Raises BadCell."""
    told_on, at = row.get("paid_out_on"), row.get("occurred_at")
    return PayoutTold(
        provider=row.provider(),
        payout_no=row.need("payout_no", "the number of the pay-out"),
        currency=row.currency,
        amount_minor=row.need("amount", "the amount paid out"),
        gross_minor=row.get("gross"),
        fee_minor=row.get("fee"),
        commission_minor=row.get("commission"),
        paid_out_on=told_on or (None if at is None else row.readers.local_day(at)),
        occurred_at=at,
        order_no=row.numbers()["order_no"],
        payment_no=row.text("payment_no"),
        bank_ref=row.text("bank_ref"),
        account=row.text("account"),
        turn=turn,
        item=item,
    )


READ: Final[Mapping[str, Callable[..., Any]]] = {
    "payments": lambda row, item, _: (read_payment(row, item=item),),
    "refunds": lambda row, item, _: (read_refund(row, item=item),),
    "vouchers": lambda row, item, _: (read_voucher(row, item=item),),
    "payouts": lambda row, item, told: (read_payout(row, item=item, turn=told.turn),),
    "statement": lambda row, item, told: read_line(row, told, item=item),
}
"""By the kind of file; each gives the items of one row."""
