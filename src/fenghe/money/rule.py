"""Payments and refunds at the judge engine (支付单、退款单的研判). Pure but for `save`, which hands the rows to the store."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from psycopg import Connection

from fenghe.kernel.judging.contract import CaseDraft
from fenghe.kernel.values import Dispute, Observation, Projection
from fenghe.money import store
from fenghe.money.claims import REASONS
from fenghe.money.observing import PAYMENT, REFUND
from fenghe.money.payment_rule import TITLES as PAYMENT_TITLES
from fenghe.money.payment_rule import fold_payment, project_payment
from fenghe.money.refund_rule import TITLES as REFUND_TITLES
from fenghe.money.refund_rule import fold_refund, project_refund

VERSION: Final = "money:1"
DUE_HOURS: Final = {3: 4, 2: 24, 1: 72}


class PaymentRule:
    """Judges payments (支付单)."""

    kind = PAYMENT

    def project(self, history: Sequence[Observation], now_ms: int) -> tuple[Projection, str]:  # noqa: ARG002
        """The payment's road."""
        return project_payment(history), VERSION

    def case(self, subject: str, dispute: Dispute) -> CaseDraft:
        """A payment about which its provider contradicts itself."""
        return _case(PAYMENT, "支付单", subject, dispute, PAYMENT_TITLES)

    def row(self, subject: str, history: Sequence[Observation], projection: Projection) -> tuple[Any, ...]:
        """Columns of table payment."""
        return store.payment_columns(fold_payment(subject, history, projection))

    def same_row(self, before: Sequence[Observation], history: Sequence[Observation]) -> bool:  # noqa: ARG002
        """A new claim nearly always brings something; the store writes only what differs."""
        return False

    def save(self, connection: Connection[Any], rows: Sequence[tuple[int, tuple[Any, ...]]]) -> None:
        """Write payment rows."""
        store.save_payments(connection, rows)


class RefundRule:
    """Judges refunds (退款单)."""

    kind = REFUND

    def project(self, history: Sequence[Observation], now_ms: int) -> tuple[Projection, str]:  # noqa: ARG002
        """The refund's road."""
        return project_refund(history), VERSION

    def case(self, subject: str, dispute: Dispute) -> CaseDraft:
        """A refund about which its provider contradicts itself."""
        return _case(REFUND, "退款单", subject, dispute, REFUND_TITLES)

    def row(self, subject: str, history: Sequence[Observation], projection: Projection) -> tuple[Any, ...]:
        """Columns of table refund."""
        return store.refund_columns(fold_refund(subject, history, projection))

    def same_row(self, before: Sequence[Observation], history: Sequence[Observation]) -> bool:  # noqa: ARG002
        """As for payments."""
        return False

    def save(self, connection: Connection[Any], rows: Sequence[tuple[int, tuple[Any, ...]]]) -> None:
        """Write refund rows."""
        store.save_refunds(connection, rows)


def _case(kind: str, noun: str, subject: str, dispute: Dispute, titles: Mapping[Any, str]) -> CaseDraft:
    ours, theirs = (titles.get(word, word) if word else "无记录" for word in (dispute.ours, dispute.theirs))
    return CaseDraft(
        kind=f"{kind}.{dispute.reason}",
        title=f"{noun} {subject.partition(':')[2]}：我方「{ours}」，又有说法「{theirs}」（{REASONS[dispute.reason]}）",
        severity=dispute.severity,
        due_hours=DUE_HOURS[dispute.severity],
    )
