"""A small shop with the seed's faults in it, its payment providers and channels in the sandbox, for the tests of compensation."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.hub.acts import ACTS
from fenghe.hub.worker import Worker
from fenghe.kernel.connections.store import NewSource, create_source
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.outbox.sender import Sender
from fenghe.kernel.people.person import Actor
from fenghe.kernel.values import digest
from fenghe.money.store_compensation_queries import Expected, Filter, decide, sums
from fenghe.money.tasks_asking import AskingDuty
from fenghe.money.tasks_compensation import CompensationDuty
from fenghe.money.tasks_recon import Ask, Report, run
from fenghe.simulator.clock import VirtualClock
from fenghe.simulator.orders_app import OrderDesk
from fenghe.simulator.till import Paid, Sold, Till
from fenghe.simulator.till_app import TillGateway
from tests.kernel.outbox.outside import KEY, work_off
from tests.money.hearing import guard, hear, order, payment, refund

ADMIN: Final = Actor("admin", "local")
BOSS: Final = Actor("laoban", "10.0.0.2")
START: Final = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
CHANNELS: Final = ("taobao", "pdd", "douyin")


def sold(n: int, channel: str, *, cancelled: bool = False) -> Sold:
    """The nth order of a channel, numbered as the channel numbers."""
    number = {"taobao": f"26020520{n:010d}", "pdd": f"260205-{n:015d}", "douyin": f"69301627455895{n:05d}"}[channel]
    created_at = START + timedelta(minutes=n)
    return Sold(
        channel=channel, order_no=number, title=f"精华液 {n}", due_minor=8_800 + n, created_at=created_at,
        paid_at=created_at + timedelta(seconds=40), cancelled_at=created_at + timedelta(hours=3) if cancelled else None,
    )  # fmt: skip


class Month(msgspec.Struct, kw_only=True):
    """What was sold: in order; unheard of although paid; unheard of and unknown to its channel; cancelled; partly refunded."""

    good: list[Sold]
    unheard: list[Sold]
    ghosts: list[Sold] = []
    cancelled: list[Sold]
    partial: list[Sold]

    @property
    def orders(self) -> list[Sold]:
        """Everything that was paid for."""
        return [*self.good, *self.unheard, *self.ghosts, *self.cancelled, *self.partial]


def month(*, good: int = 6, unheard: int = 6, ghosts: int = 0, cancelled: int = 3, partial: int = 2) -> Month:
    """So many of each, over three channels by turns."""
    counts = {"good": good, "unheard": unheard, "ghosts": ghosts, "cancelled": cancelled, "partial": partial}
    told: dict[str, list[Sold]] = {}
    n = 0
    for name, count in counts.items():
        told[name] = []
        for _ in range(count):
            told[name].append(sold(n, CHANNELS[n % 3], cancelled=name == "cancelled"))
            n += 1
    return Month(**told)


class Shop:
    """A hub with the month in it."""

    def __init__(
        self, connection: Connection[Any], told: Month, *, till: str, desk_address: str, desk: OrderDesk
    ) -> None:
        self.connection, self.month, self.desk = connection, told, desk
        self.gateway: TillGateway
        self._addresses, self._minutes = (till, desk_address), 0

    def connect(self, gateway: TillGateway) -> None:
        """Providers and channels, as a merchant sets them up."""
        self.gateway = gateway
        till, desk = self._addresses
        for name, base in (("wechatpay", till), ("alipay", f"{till}/gateway.do")):
            collects = ["taobao"] if name == "alipay" else ["pdd", "douyin"]
            config = {
                "base_url": base,
                "collects_for": collects,
                "notify_url": "https://shop.example/hook",
                "rps": 1000,
            }
            self._source(f"{name}-shop", name, "payment", config, gateway.secrets(name))
        for channel in CHANNELS:
            plain, secrets = self.desk.access[channel].settings(channel)
            base = f"{desk}/{channel}" + ("" if channel == "douyin" else "/router/rest")
            self._source(f"{channel}-shop", channel, "channel", {**plain, "base_url": base, "rps": 1000}, secrets)
        self._source("finance", "money_file", "file", {}, {})

    def _source(self, name: str, connector: str, kind: str, config: dict[str, Any], secrets: dict[str, str]) -> None:
        wish = NewSource(id=name, connector=connector, title=name, config=config, secrets=secrets)
        create_source(self.connection, wish, kind=kind, key=KEY, actor=ADMIN)

    def live(self) -> None:
        """What happened: orders and payments are heard, finance books what was paid, partial refunds are not booked."""
        till, told = self.gateway.till, self.month
        self.desk.sell(*told.good, *told.unheard, *told.cancelled, *told.partial)
        items: list[Any] = [_heard(one) for one in (*told.good, *told.cancelled, *told.partial)]
        items += [_paid(self.paid(one)) for one in told.orders]
        for one in told.partial:
            back, _ = till.refund(self.paid(one), request=f"SHOP{one.order_no}", amount_minor=1_000, at=one.paid_at)
            items.append(
                refund(
                    one.order_no, provider=back.provider, refund_no=back.refund_no, out_refund_no=back.out_refund_no,
                    payment_no=back.payment_no, out_trade_no=back.out_trade_no, amount_minor=1_000,
                )
            )  # fmt: skip
        hear(self.connection, *items)
        for one in (*told.good, *told.partial):
            self._book(one)
        self.work()

    def paid(self, one: Sold) -> Paid:
        """Its payment at the provider."""
        return next(paid for paid in self.gateway.till.payments.values() if paid.order_no == one.order_no)

    def _book(self, one: Sold) -> None:
        row = {
            "voucher_no": f"JZ-{one.order_no}", "voucher_type": "order", "order_no": one.order_no,
            "payment_no": self.paid(one).payment_no, "amount": str(one.due_minor), "booked_on": f"{one.paid_at:%Y-%m-%d}",
        }  # fmt: skip
        headers = {"fenghe-kind": "vouchers", "fenghe-layout": "vouchers", "fenghe-unit": "minor"}
        arrival = inbox.Arrival(
            dedupe_key=bytes.fromhex(digest("t", one.order_no)),
            body=orjson.dumps(row),
            headers=orjson.dumps(headers).decode(),
        )
        with self.connection.transaction():
            inbox.store_one(self.connection, source="finance", way="file", arrival=arrival)

    # ── what the hub does by itself ─────────────────────────────────────────────────────────────────────────────────

    def work(self) -> None:
        """The worker reads what is there, the guard binds."""
        worker = Worker(self.connection)
        while worker.turn().messages:
            continue
        guard(self.connection)

    def send(self) -> None:
        """Calls that are due are made and heard."""
        with closing(Sender(self.connection, ACTS, key=KEY)) as sender:
            work_off(sender)
        self.work()

    def compensate(self, *, later: float = 0.0) -> int:
        """The duty until it has nothing to do."""
        duty, moved = CompensationDuty(), 0
        while turned := duty.turn(self.connection, now=datetime.now(UTC) + timedelta(seconds=later)):
            moved += turned
        return moved

    def whole(self) -> None:
        """Everything that goes on by itself, for five minutes."""
        for turn in range(4):
            self.compensate(later=60 * turn)
            self.send()
            self._minutes += 5
            self.gateway.clock = VirtualClock(datetime.now(UTC) + timedelta(minutes=self._minutes))
            self.connection.execute("update refund set ask_due_at = now() where ask_due_at is not null")
            AskingDuty().turn(self.connection, now=datetime.now(UTC))
            self.send()
        self.compensate(later=300)

    def reconcile(self) -> Report:
        """A whole reconciliation."""
        return run(self.connection, Ask(kind="reconcile"), now=datetime.now(UTC))

    def approve(self, *, actor: Actor = BOSS, approve: bool = True, **narrowed: Any) -> int:
        """The second person decides what stands."""
        asked = Filter(**{**narrowed, "state": ("proposed",)})
        rows = sums(self.connection, asked)
        amounts: dict[str, int] = {}
        for row in rows:
            amounts[row["currency"]] = amounts.get(row["currency"], 0) + row["amount_minor"]
        expected = Expected(count=sum(row["count"] for row in rows), amounts=amounts)
        with self.connection.transaction():
            return decide(
                self.connection,
                asked,
                approve=approve,
                reason="",
                expected=expected,
                actor=actor,
                now=datetime.now(UTC),
            )

    def states(self) -> dict[tuple[str, str], tuple[int, int]]:
        """By (kind, state) how many and of how much."""
        found: dict[tuple[str, str], tuple[int, int]] = {}
        for row in sums(self.connection, Filter()):
            name = (row["kind"], row["state"])
            count, amount = found.get(name, (0, 0))
            found[name] = (count + row["count"], amount + row["amount_minor"])
        return found

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database."""
        return self.connection.execute(query.encode(), values).fetchall()

    def open_breaks(self) -> dict[str, tuple[int, int]]:
        """By cause how many stand open and of how much."""
        return {
            row[0]: (row[1], row[2])
            for row in self.rows(
                "select cause, count(*), sum(amount_minor)::bigint from recon_break where status = 'open' group by cause"
            )
        }


def _heard(one: Sold) -> Any:
    state = "cancelled" if one.cancelled_at else "await_shipment"
    return order(
        one.order_no, state, channel=one.channel, codes=one.channel, created_at=one.created_at, paid_at=one.paid_at,
        modified_at=one.cancelled_at or one.paid_at, total_minor=one.due_minor, paid_minor=one.due_minor,
    )  # fmt: skip


def _paid(one: Paid) -> Any:
    return payment(
        one.order_no, provider=one.provider, payment_no=one.payment_no, out_trade_no=one.out_trade_no,
        amount_minor=one.amount_minor, paid_at=one.paid_at, occurred_at=one.paid_at,
    )  # fmt: skip


def till_of(told: Month) -> Till:
    """The providers' truth about the month."""
    return Till(seed=11, now=datetime.now(UTC), sold=told.orders)
