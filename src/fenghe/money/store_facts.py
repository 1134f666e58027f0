"""Facts of money in the database (资金事实): vouchers, pay-outs and statement lines, kept once per (message, item), set-wise."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson
from psycopg import Connection

from fenghe.kernel.recording.contract import Noted
from fenghe.kernel.store_copy import NULL, copy_rows, moment, number, text
from fenghe.money.events import LineTold, PayoutTold, VoucherTold

VOUCHER: Final = "finance_voucher"
PAYOUT: Final = "payout"
LINE: Final = "statement_line"

_HEAD: Final = ("source", "message_id", "item")
_VOUCHER: Final = (
    "voucher_no", "voucher_type", "order_no", "payment_no", "refund_no", "currency", "amount_minor", "booked_on",
    "account", "remark",
)  # fmt: skip
_PAYOUT: Final = (
    "provider", "payout_no", "currency", "amount_minor", "gross_minor", "fee_minor", "commission_minor", "paid_out_on",
    "occurred_at", "order_no", "payment_no", "bank_ref", "account", "turn",
)  # fmt: skip
_LINE: Final = (
    "provider", "account", "ledger", "kind", "occurred_at", "booked_on", "line_no", "payment_no", "out_trade_no",
    "order_no", "refund_no", "batch_no", "currency", "net_minor", "gross_minor", "fee_minor", "balance_minor",
    "components", "foreign_currency", "foreign_minor", "rate", "counterparty", "summary",
)  # fmt: skip

Formatted = tuple[str, ...]


class FactRecorder:
    """Keeps one kind of fact in its table."""

    def __init__(self, kind: str, columns: Sequence[str], row: Callable[[Noted], Formatted], extra: str = "") -> None:
        self.kind = kind
        self._columns = (*_HEAD, *columns)
        self._row = row
        self._extra = extra

    def save(self, connection: Connection[Any], facts: Sequence[Noted]) -> int:
        """Write facts in the caller's transaction; a fact known by (message, item) changes nothing."""
        told, names = f"told_{self.kind}", ", ".join(self._columns)
        extra = ", null::bytea as file_digest" if self._extra else ""
        connection.execute(
            f"create temp table if not exists {told} on commit delete rows as"
            f" select {names}{extra} from {self.kind} where false".encode()
        )
        connection.execute(f"delete from {told}".encode())
        copied = f"{names}, file_digest" if self._extra else names
        copy_rows(connection, f"copy {told} ({copied}) from stdin", map(self._row, facts))
        return connection.execute(self._insert(told, names).encode()).rowcount

    def _insert(self, told: str, names: str) -> str:
        if not self._extra:
            return (
                f"insert into {self.kind} ({names}) select {names} from {told} order by message_id, item"
                " on conflict (message_id, item) do nothing"
            )
        prefixed = ", ".join(f"t.{name}" for name in self._columns)
        return (
            f"insert into {self.kind} ({names}, file_id) select {prefixed}, f.id from {told} t {self._extra}"
            " order by t.message_id, t.item on conflict (message_id, item) do nothing"
        )


def _head(fact: Noted) -> Formatted:
    return text(fact.source), str(fact.message_id), str(fact.item)


def _voucher_row(fact: Noted) -> Formatted:
    told: VoucherTold = fact.fact
    return (
        *_head(fact), text(told.voucher_no), text(told.voucher_type), text(told.order_no), text(told.payment_no),
        text(told.refund_no), text(told.currency), str(told.amount_minor),
        NULL if told.booked_on is None else told.booked_on.isoformat(), text(told.account), text(told.remark),
    )  # fmt: skip


def _payout_row(fact: Noted) -> Formatted:
    told: PayoutTold = fact.fact
    return (
        *_head(fact), text(told.provider), text(told.payout_no), text(told.currency), str(told.amount_minor),
        number(told.gross_minor), number(told.fee_minor), number(told.commission_minor),
        NULL if told.paid_out_on is None else told.paid_out_on.isoformat(), moment(told.occurred_at),
        text(told.order_no), text(told.payment_no), text(told.bank_ref), text(told.account),
        str(told.turn),
    )  # fmt: skip


def _line_row(fact: Noted) -> Formatted:
    told: LineTold = fact.fact
    parts = None if told.components is None else orjson.dumps(dict(told.components)).decode()
    return (
        *_head(fact), text(told.provider), text(told.account), text(told.ledger), text(told.kind),
        moment(told.occurred_at), NULL if told.booked_on is None else told.booked_on.isoformat(), text(told.line_no),
        text(told.payment_no), text(told.out_trade_no), text(told.order_no), text(told.refund_no), text(told.batch_no),
        text(told.currency), str(told.net_minor), number(told.gross_minor), number(told.fee_minor),
        number(told.balance_minor), text(parts), text(told.foreign_currency), number(told.foreign_minor),
        NULL if told.rate is None else str(told.rate), text(told.counterparty), text(told.summary),
        f"\\\\x{told.file_digest}" if told.file_digest else NULL,
    )  # fmt: skip


def recorders() -> dict[str, FactRecorder]:
    """The keeping of each kind of fact."""
    of_file = "left join statement_file f on f.source = t.source and f.digest = t.file_digest"
    return {
        VOUCHER: FactRecorder(VOUCHER, _VOUCHER, _voucher_row),
        PAYOUT: FactRecorder(PAYOUT, _PAYOUT, _payout_row),
        LINE: FactRecorder(LINE, _LINE, _line_row, of_file),
    }
