"""Posting rules (过账规则): which movement of money books which accounts. Rules are a declaration; posting is pure.

Promises: what is posted balances to the cent; a movement that no rule speaks of, or whose account does not exist, is a
problem in words and is never booked somewhere by default.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import msgspec

from fenghe.kernel.values import digest
from fenghe.money.chart import Chart

POSTING: Final = "posting_rule"
"""The declaration's kind; named by event."""

SIDES: Final = ("debit", "credit")
CLEARING: Final = "{clearing}"
"""Stands in a rule for the account of money that lies with the movement's provider."""

EVENTS: Final[Mapping[str, str]] = {
    "order.due": "订单应收",
    "order.refund": "订单退款冲减收入",
    "payment.received": "收到支付",
    "payment.suspense": "收到无法入账的支付",
    "refund.paid": "渠道已退款",
    "statement.fee": "支付手续费",
    "statement.commission": "平台佣金与服务费",
    "statement.split": "分账",
    "payout.told": "渠道出款",
    "bank.payout": "银行收到出款",
}
"""Every event a rule may speak of, with its words."""

AMOUNTS: Final = ("amount",)
"""Amounts an event brings; every event has `amount`, and may bring the parts of a wide statement row beside it."""


class RuleEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a rule: an account's code or `{clearing}`, a side, and the name of the amount it books."""

    account: str
    side: str
    amount: str = "amount"


class PostingRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one event is booked; no entries: it is not booked at all."""

    entries: tuple[RuleEntry, ...]
    memo: str = ""

    def problems(self, chart: Chart) -> list[str]:
        """What is wrong, in the user's words."""
        codes = {one.code for one in chart.accounts}
        found = []
        for n, entry in enumerate(self.entries, 1):
            if entry.account != CLEARING and entry.account not in codes:
                found.append(f"第 {n} 行:科目 {entry.account} 不在科目表中")
            if entry.side not in SIDES:
                found.append(f"第 {n} 行:方向应为 debit(借)或 credit(贷)")
        if self.entries and {one.side for one in self.entries} != set(SIDES):
            found.append("至少要有一行借方和一行贷方")
        return found


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of money as a document proves it. `slot`: a document holds one voucher a slot (`payment`, `fee` ...).

    `amounts` are signed minor units of `currency`; a negative one books the other side. `booked_on` None: nobody said when.
    """

    slot: str
    event: str
    document_kind: str
    document_key: str
    provider: str
    currency: str
    amounts: Mapping[str, int]
    occurred_at: datetime | None = None
    booked_on: date | None = None
    order_no: str = ""
    payment_no: str = ""
    message_id: int | None = None

    def identity(self) -> str:
        """Changes when, and only when, another voucher would have to stand for this document."""
        amounts = msgspec.json.encode(dict(self.amounts), order="sorted")
        return digest(self.event, self.provider, self.currency, amounts, str(self.booked_on), self.order_no)


class Line(msgspec.Struct, frozen=True):
    """One entry as it is booked: exactly one of the two amounts is above zero."""

    account: str
    debit_minor: int
    credit_minor: int


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """A balanced voucher for a movement."""

    lines: tuple[Line, ...]
    total_minor: int
    memo: str
    rule_version: str


class NotPosted(msgspec.Struct, frozen=True):
    """Why a movement is not booked, in words; `problem` False: there is nothing to book."""

    words: str
    problem: bool = True


Rules = Mapping[str, tuple[PostingRule, str]]
"""Rule and version by event."""


def post(movement: Movement, rules: Rules, chart: Chart) -> Posted | NotPosted:
    """The voucher of a movement under the rules in force."""
    found = rules.get(movement.event)
    if found is None:
        return NotPosted(f"没有 {EVENTS.get(movement.event, movement.event)} 的过账规则")
    rule, version = found
    if not rule.entries:
        return NotPosted("规则规定不记账", problem=False)
    codes = {one.code for one in chart.accounts}
    lines = []
    for entry in rule.entries:
        account = chart.clearing_of(movement.provider) if entry.account == CLEARING else entry.account
        if account not in codes:
            return NotPosted(f"科目 {account} 不在科目表中")
        if entry.amount not in movement.amounts:
            return NotPosted(f"{EVENTS.get(movement.event, movement.event)}没有金额 {entry.amount}")
        lines.append(_line(account, entry.side, movement.amounts[entry.amount]))
    return _balanced(tuple(line for line in lines if line.debit_minor or line.credit_minor), rule, version)


def _line(account: str, side: str, amount: int) -> Line:
    """A negative amount books the other side: books know no minus."""
    on_debit = (side == "debit") == (amount >= 0)
    return Line(account, abs(amount) if on_debit else 0, 0 if on_debit else abs(amount))


def _balanced(lines: tuple[Line, ...], rule: PostingRule, version: str) -> Posted | NotPosted:
    debit, credit = sum(line.debit_minor for line in lines), sum(line.credit_minor for line in lines)
    if not lines:
        return NotPosted("金额为零", problem=False)
    if debit != credit:
        return NotPosted(f"借贷不平:借 {debit} 分,贷 {credit} 分")
    return Posted(lines=lines, total_minor=debit, memo=rule.memo, rule_version=version)


def reversed_lines(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The same voucher taken back (冲销): sides exchanged."""
    return tuple(Line(line.account, line.credit_minor, line.debit_minor) for line in lines)


def _rule(debit: str, credit: str, memo: str) -> PostingRule:
    entries = (RuleEntry(account=debit, side="debit"), RuleEntry(account=credit, side="credit"))
    return PostingRule(entries=entries, memo=memo)


SHIPPED_RULES: Final[Mapping[str, PostingRule]] = {
    "order.due": _rule("1122", "6001", "订单应收"),
    "order.refund": _rule("6001", "1122", "订单退款冲减收入"),
    "payment.received": _rule(CLEARING, "1122", "收到支付"),
    "payment.suspense": _rule(CLEARING, "2241.01", "收到无法入账的支付,待查明"),
    "refund.paid": _rule("1122", CLEARING, "渠道退款"),
    "statement.fee": _rule("6603.01", CLEARING, "支付手续费"),
    "statement.commission": _rule("6601.02", CLEARING, "平台佣金与服务费"),
    "statement.split": _rule("6601.03", CLEARING, "分账支出"),
    "payout.told": _rule("1012.99", CLEARING, "渠道出款"),
    "bank.payout": _rule("1002", "1012.99", "银行收到渠道出款"),
}
"""What is in force until somebody publishes another."""


def rules_in_force(published: Mapping[str, tuple[int, PostingRule]]) -> Rules:
    """The shipped rules with a user's over them; each with the version that is noted on its vouchers."""
    shipped = {event: (rule, f"{POSTING}:{event}@0") for event, rule in SHIPPED_RULES.items()}
    own = {event: (rule, f"{POSTING}:{event}@{version}") for event, (version, rule) in published.items()}
    return {**shipped, **own}
