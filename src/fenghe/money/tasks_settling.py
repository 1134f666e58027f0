"""The settlement part of a reconciliation (结算对账): statement, fees, conversions, pay-outs and bank, for a run's days."""

from typing import Any

from psycopg import Connection

from fenghe.money import store_recon
from fenghe.money import store_settlement as store
from fenghe.money.causes import TO_BANK
from fenghe.money.found import Found
from fenghe.money.payouts import Settled, settle
from fenghe.money.policy import Policy
from fenghe.money.rates import Rate, declared, misconverted, nearest, prevailing
from fenghe.money.settled import (
    of_absence,
    of_exchange,
    of_fee,
    of_part,
    of_parts,
    of_settlement,
    of_statement,
)
from fenghe.money.store_settlement import FEE_SOURCES, FeeSource, Span
from fenghe.money.waterfall import Waterfall


class Settling:
    """Everything behind the vouchers, for one run."""

    def __init__(self, connection: Connection[Any], policy: Policy, span: Span) -> None:
        self.connection = connection
        self.policy = policy
        self.span = span
        self.payouts, self.bank = store.has_payouts(connection)
        self.rates: list[dict[str, Any]] = []
        self.settled: list[Settled] = []
        store.payout_table(connection, span.wider(policy.matching.payout_grace_days))
        self.sums = store.payout_sums(connection, span)

    @property
    def coverage(self) -> dict[str, Any]:
        """Which of these legs have any source, and by which rates fees were looked at."""
        return {"payouts": self.payouts, "bank": self.bank, "rates": self.rates}

    def found(self) -> list[Found]:
        """Every break of settlement whose day is asked for."""
        passes = set(self.policy.matching.passes)
        found: list[Found] = []
        if "statement" in passes:
            found += map(of_statement, store.statement_off(self.connection, self.span))
            found += map(of_absence, store.not_on_statement(self.connection, self.span))
        if "fees" in passes:
            taken = self._fees()
            named = {(one.provider, one.order_no) for one in taken if one.order_no}
            found += taken
            found += [one for one in self._parts() if (one.provider, one.order_no) not in named]
        if "fx" in passes:
            found += map(of_exchange, misconverted(store.exchanges(self.connection, self.span), self.policy.fx))
        if "payouts" in passes and self.payouts and self.bank:
            found += self._bank()
        return list({one.key: one for one in found}.values())

    def _fees(self) -> list[Found]:
        found: list[Found] = []
        for source in FEE_SOURCES:
            for provider, currency in store.fee_providers(self.connection, source, self.span):
                found += self._fees_of(source, provider, currency)
        return [one for one in found if self.span.holds(one.day)]

    def _fees_of(self, source: FeeSource, provider: str, currency: str) -> list[Found]:
        rates, whose = self._rates(source, provider, currency)
        if not rates:
            return []
        told = {"source": source.name, "what": source.what, "provider": provider, "currency": currency, "whose": whose}
        self.rates.append({**told, "ppm": [one.ppm for one in rates], "rounding": rates[0].rounding})
        off = store.fees_off(self.connection, source, (provider, currency), span=self.span, rates=rates)
        counts = source.name == ("payout" if self._payouts_tell else "payment")
        return [of_fee(one, source.what, rates, counts=counts) for one in off]

    def _rates(self, source: FeeSource, provider: str, currency: str) -> tuple[tuple[Rate, ...], str]:
        agreed = declared(self.policy.rates, what=source.what, provider=provider, day=self.span.last)
        if agreed:
            return agreed, "declared"
        sample = store.fee_sample(self.connection, source, (provider, currency), span=self.span)
        return prevailing(sample, self.policy.rates), "prevailing"

    @property
    def _payouts_tell(self) -> bool:
        """Whether pay-outs say what was taken off them."""
        return any(row[5] for row in self.sums)

    def _parts(self) -> list[Found]:
        """Orders' parts of pay-outs that are short. What a wrong fee or commission explains is told there."""
        found = [*of_parts(store.parts_off(self.connection)), *of_parts(store.orders_off(self.connection))]
        pairs = store.net_pairs(self.connection)
        for provider, currency in sorted({(row[1], row[4]) for row in pairs}):
            own = [row for row in pairs if (row[1], row[4]) == (provider, currency)]
            rates = prevailing([(net, net - paid) for *_, net, paid in own], self.policy.rates)
            for number_id, _, number, order_no, _, day, net, paid in own if rates else ():
                should = net - nearest(net, net - paid, rates)[1]
                if paid < should:
                    part = of_part(
                        number_id,
                        provider=provider,
                        number=number,
                        order_no=order_no,
                        currency=currency,
                        day=day,
                        should=should,
                        paid=paid,
                    )
                    found.append(part)
        return [one for one in found if self.span.holds(one.day)]

    def _bank(self) -> list[Found]:
        matching = self.policy.matching
        wide = self.span.wider(2 * matching.payout_grace_days)
        lines = store.bank_lines(self.connection, wide)
        told = settle(store.payouts(self.connection), lines, matching)
        self.settled = [one for one in told if self.span.holds((one.payouts or one.lines)[0].day)]
        return [broken for one in self.settled if (broken := of_settlement(one)) is not None]

    def to_bank(self, waterfall: Waterfall) -> None:
        """The last level and what lies between the vouchers and it; breaks have told their part already."""
        if not (self.payouts and self.bank):
            return
        waterfall.bank = True
        out: dict[tuple[str, str], int] = {}
        for one in self.settled:
            first = (one.payouts or one.lines)[0]
            provider = one.payouts[0].provider if one.payouts else ""
            amount = sum(line.amount_minor for line in one.lines)
            waterfall.level((first.currency, "", provider), 3, amount, count=len(one.lines))
            name = (first.currency, provider)
            out[name] = out.get(name, 0) + sum(told.amount_minor for told in one.payouts)
        self._deductions(waterfall, out)
        held = waterfall.held(1)
        told = self._told_apart(waterfall)
        for currency, provider in sorted({*out, *held}):
            amount = out.get((currency, provider), 0) - held.get((currency, provider), 0)
            amount -= told.get((currency, provider), 0)
            waterfall.explain((currency, "", provider), TO_BANK, cause="not_paid_out", amount=amount)

    def _told_apart(self, waterfall: Waterfall) -> dict[tuple[str, str], int]:
        """Of what was not paid out: what went to others, and what is held until the buyer has the goods."""
        passes = set(self.policy.matching.passes)
        told: dict[tuple[str, str], int] = {}
        parts = []
        if "split_accounts" in passes:
            parts.append(("split", store.splits(self.connection, self.span)))
        if "escrow" in passes:
            held = store.escrow(self.connection, self.span, self.policy.matching.escrow_providers)
            parts.append(("escrow", held))
        for name, rows in parts:
            for currency, provider, amount in rows:
                waterfall.explain((currency, "", provider), TO_BANK, cause=name, amount=amount)
                told[(currency, provider)] = told.get((currency, provider), 0) + amount
        return told

    def _deductions(self, waterfall: Waterfall, out: dict[tuple[str, str], int]) -> None:
        """What was taken before it was paid out; what was taken wrongly is a break and not told here again."""
        wrong = waterfall.told_wrong()
        if self._payouts_tell:
            taken = [
                (currency, provider, what, amount)
                for currency, provider, _, fees, commission, _, _ in self.sums
                for what, amount in (("fees", fees), ("commission", commission))
            ]
        else:
            span = (self.span.first, self.span.last)
            told = store_recon.payment_fees(self.connection, span)
            taken = [(currency, provider, "fees", fees) for currency, provider, fees in told]
        for currency, provider, what, amount in taken:
            cause = "fee_wrong" if what == "fees" else "commission_wrong"
            part = (currency, "", provider)
            waterfall.explain(part, TO_BANK, cause=what, amount=-amount - wrong.get((*part, cause), 0))
            out[(currency, provider)] = out.get((currency, provider), 0) + amount
