"""The janitor (巡查): everything about money that is not final is asked about again, at the published hours, until it is."""

import time as clock
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from psycopg import Connection

from fenghe.kernel.duties.contract import Hour
from fenghe.kernel.store_reading import Row
from fenghe.money import store_asking as store
from fenghe.money.asking import Ask, Wish, next_question

BATCH: Final = 200
SWEEP_SECONDS: Final = 20.0
NOUNS: Final = {"payment": "支付单", "refund": "退款单"}


class AskingDuty:
    """Asks providers about payments, refunds and payment orders that are not final."""

    name = "money_asking"
    every_seconds = 1.0

    def __init__(self) -> None:
        self._swept = float("-inf")

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """One batch of each, in transactions of their own."""
        with connection.transaction():
            sources = store.sources_of(connection)
        moved = 0
        for kind, claim, wish in (
            ("payment", store.claim_payments, _payment_wish),
            ("refund", store.claim_refunds, _refund_wish),
        ):
            with connection.transaction():
                moved += _ask(connection, kind, claim(connection, limit=BATCH), sources, wish, now)
        with connection.transaction():
            moved += _ask_pay_orders(connection, now)
        if clock.monotonic() - self._swept > SWEEP_SECONDS:
            self._swept = clock.monotonic()
            self._sweep(connection, sources, now)
        return moved

    def _sweep(self, connection: Connection[Any], sources: Sequence[Row], now: datetime) -> None:
        with connection.transaction():
            store.settle_pay_orders(connection)
            for one in store.to_close(connection):
                wish = Wish(out_trade_no=one["out_trade_no"])
                key = f"{Ask.CLOSE}:{one['id']}"
                store.ask(connection, Ask.CLOSE, wish, source=one["source"], key=key, due_at=now)
        with connection.transaction():
            for source in sources:
                channels = source["config"].get("collects_for")
                if isinstance(channels, list) and channels:
                    prefix = str(source["config"].get("trade_no_prefix", ""))
                    store.search_for(
                        connection,
                        source=source["id"],
                        provider=source["connector"],
                        channels=[str(one) for one in channels],
                        prefix=prefix,
                    )
        with connection.transaction():
            for kind in NOUNS:
                store.close_answered(connection, kind)


def _ask(
    connection: Connection[Any], kind: str, due: Sequence[Row], sources: Sequence[Row], wish: Any, now: datetime
) -> int:
    """Ask about each at its provider; what was asked often enough goes to a person."""
    known = {source["id"] for source in sources}
    asked: list[tuple[int, datetime | None]] = []
    nobody, stuck = [], []
    for one in due:
        source = one["source"] if one["source"] in known else _who(sources, one["provider"])
        again = None if one["settled"] else next_question(kind, one["asked"] + 1, now)
        if source is None:
            nobody.append(one["id"])
            continue
        act, what = wish(one)
        key = f"{act}:{source}:{one['id']}:{one['asked']}"
        store.ask(connection, act, what, source=source, key=key, due_at=now)
        asked.append((one["id"], again))
        if again is None and not one["settled"]:
            stuck.append({**one, "asked": one["asked"] + 1})
    store.put_off(connection, kind, [one[0] for one in asked], [one[1] for one in asked])
    if nobody:
        store.nobody_to_ask(connection, kind, nobody, now)
    if stuck:
        store.hand_over(connection, stuck, kind=kind, noun=NOUNS[kind])
    return len(due)


def _who(sources: Sequence[Row], provider: str) -> str | None:
    return next((source["id"] for source in sources if source["connector"] == provider), None)


def _payment_wish(one: Mapping[str, Any]) -> tuple[Ask, Wish]:
    return Ask.PAYMENT, Wish(payment_no=one["payment_no"], out_trade_no=one["out_trade_no"])


def _refund_wish(one: Mapping[str, Any]) -> tuple[Ask, Wish]:
    request = one["out_refund_no"] or one["refund_no"]
    return Ask.REFUND_QUERY, Wish(out_refund_no=request, payment_no=one["payment_no"], out_trade_no=one["out_trade_no"])


def _ask_pay_orders(connection: Connection[Any], now: datetime) -> int:
    """Was the link paid, is there a payment for the order? After the last question there is none."""
    due = store.claim_pay_orders(connection, limit=BATCH)
    again: list[datetime | None] = []
    for one in due:
        wish = Wish(out_trade_no=one["out_trade_no"], order_no=one["order_no"])
        key = f"{Ask.PAYMENT}:{one['source']}:order:{one['id']}:{one['asked']}"
        store.ask(connection, Ask.PAYMENT, wish, source=one["source"], key=key, due_at=now)
        again.append(next_question("pay_order", one["asked"] + 1, now))
    store.put_off(connection, "pay_order", [one["id"] for one in due], again)
    for one, due_at in zip(due, again, strict=True):
        if due_at is None and one["status"] in ("waiting", "open"):
            store.mark(connection, one["id"], "absent" if one["reason"] == "search" else one["status"])
    return len(due)


class BillAppointment:
    """Asks every payment source for yesterday's bills at 10:10, when providers have them."""

    name = "money_bills"
    hour = Hour(at=time(10, 10))

    def keep(self, connection: Connection[Any], *, day: date, now: datetime) -> None:
        """Trade bill and funds bill of the day before, each asked for once."""
        yesterday = day - timedelta(days=1)
        with connection.transaction():
            for source in store.sources_of(connection):
                if source["config"].get("bills", True):
                    ask_bills(connection, source["id"], yesterday, now=now)


def ask_bills(connection: Connection[Any], source: str, day: date, *, now: datetime) -> int:
    """Put the questions for a day's bills into the outbox; those that are there already are left."""
    asked = 0
    for kind in ("trade", "funds"):
        wish = Wish(bill_day=day, bill_type=kind)
        key = f"{Ask.BILL_LINK}:{source}:{kind}:{day.isoformat()}"
        asked += store.ask(connection, Ask.BILL_LINK, wish, source=source, key=key, due_at=now)
    return asked
