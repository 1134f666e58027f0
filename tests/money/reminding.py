"""A shop of one's own with orders nobody has paid, an SMS gateway and WeChat Pay in the sandbox, for the tests of reminders."""

import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs

import orjson
import psycopg
from psycopg import Connection

from fenghe.connectors.robots import CHANNELS
from fenghe.hub import reminding
from fenghe.hub.acts import ACTS
from fenghe.hub.worker import Worker
from fenghe.kernel.connections.store import NewSource, create_source
from fenghe.kernel.notices import store_robots, store_routing
from fenghe.kernel.notices.store_robots import RobotWish
from fenghe.kernel.notices.tasks import SendDuty
from fenghe.kernel.outbox.sender import Sender
from fenghe.kernel.people.person import Actor
from fenghe.money.reminder_policy import OWN, POLICY
from fenghe.money.store_reminders import rules_in_force
from fenghe.money.tasks_asking import AskingDuty
from fenghe.money.tasks_reminders import remind_now
from fenghe.simulator.clock import VirtualClock
from fenghe.simulator.robots import SECRETS, Hall, build_robots
from fenghe.simulator.running import serving
from fenghe.simulator.till_app import TillGateway, build_till_app
from tests.connectors.payments.tills import order as sold
from tests.connectors.payments.tills import till
from tests.kernel.outbox.outside import KEY, work_off
from tests.money.hearing import guard, hear, order, payment

ADMIN: Final = Actor("admin", "local")
BASE: Final = "https://hub.example"
CALM: Final = {"quiet_start": "00:00", "quiet_end": "00:00"}
"""No quiet hours: tests run at any hour."""
PACE: Final = {"outbox": {"per_second": 1000, "burst": 1000, "concurrency": 16}}
_numbers = itertools.count(1)


class Street:
    """A hub in front of the sandbox."""

    def __init__(
        self, connection: Connection[Any], *, gateway: TillGateway, till_address: str, hall: Hall, robots: str
    ):
        self.connection, self.gateway, self.hall = connection, gateway, hall
        config = {
            "base_url": till_address,
            "notify_url": "https://shop.example/hook",
            "collects_for": ["myshop"],
            **PACE,
        }
        wish = NewSource(
            id="wx-shop", connector="wechatpay", title="微信支付", config=config, secrets=gateway.secrets("wechatpay")
        )
        create_source(connection, wish, kind="payment", key=KEY, actor=ADMIN)
        self.robot(base_url=f"{robots}/sms")
        store_routing.set_public_url(connection, BASE)
        self.rule(OWN)

    def robot(self, **config: Any) -> None:
        """An SMS gateway with a template for buyers."""
        told = {
            "phones": ["13900000000"], "sign_name": "安可", "template_code": "SMS_1", "buyer_template_code": "SMS_2", **config,
        }  # fmt: skip
        wish = RobotWish(id="sms-demo", kind="sms", title="短信", config=told, secrets=dict(SECRETS["sms"]))
        store_robots.create_robot(self.connection, wish, channels=CHANNELS, key=KEY, actor=ADMIN)

    def rule(self, name: str, **body: Any) -> None:
        """Put a rule in force."""
        own = {"channels": ["myshop"]} if name == OWN else {}
        self.connection.execute(
            "insert into declaration_version (kind, name, version, body, note, author) select %(kind)s, %(name)s,"
            " coalesce(max(version), 0) + 1, %(body)s::jsonb, 'test', 'test' from declaration_version"
            " where kind = %(kind)s and name = %(name)s",
            {"kind": POLICY, "name": name, "body": orjson.dumps({**CALM, **own, **body}).decode()},
        )

    def sell(self, *, minutes: float = 60, channel: str = "myshop", phone: str = "13812345678", **more: Any) -> str:
        """An order placed so many minutes ago that awaits payment."""
        number = f"OWN2602{next(_numbers):08d}"
        made = datetime.now(UTC) - timedelta(minutes=minutes)
        told = order(
            number, channel=channel, codes=channel, created_at=made, modified_at=made, receiver_phone=phone, **more
        )
        hear(self.connection, told)
        return number

    def pay(self, number: str) -> None:
        """We hear that it was paid."""
        hear(self.connection, payment(number, paid_at=datetime.now(UTC), occurred_at=datetime.now(UTC)))

    def pay_by_link(self, number: str) -> None:
        """The buyer pays at the provider, and no notification comes."""
        paid = self.gateway.till.find("wechatpay", out_trade_no=number)
        assert paid is not None
        self.gateway.till.pay(paid.payment_no, self.gateway.clock.now())

    # ── what the hub does by itself ─────────────────────────────────────────────────────────────────────────────────

    def duty(self, *, minutes: float = 0) -> int:
        """The duty until it has nothing to do."""
        duty, moved = reminding.duty(KEY), 0
        while turned := duty.turn(self.connection, now=datetime.now(UTC) + timedelta(minutes=minutes)):
            moved += turned
        return moved

    def call(self) -> None:
        """Calls to the provider are made and heard."""
        with closing(Sender(self.connection, ACTS, key=KEY)) as sender:
            work_off(sender)
        worker = Worker(self.connection)
        while worker.turn().messages:
            continue
        guard(self.connection)
        AskingDuty().turn(self.connection, now=datetime.now(UTC))

    def post(self, *, minutes: float = 0, turns: int = 1) -> int:
        """Messages go out, if their gate lets them."""
        with closing(SendDuty(CHANNELS, key=KEY, gates=reminding.GATES)) as duty:
            now = datetime.now(UTC) + timedelta(minutes=minutes)
            return sum(duty.turn(self.connection, now=now) for _ in range(turns))

    def drain(self) -> None:
        """Until no message waits; the gateway's pace is not waited for."""
        for _ in range(20):
            self.connection.execute("update notice_delivery set due_at = now() where status = 'waiting'")
            self.connection.execute("update robot_pace set tokens = null, tokens_at = null, paused_until = null")
            self.post()
            if not self.rows("select 1 from notice_delivery where status = 'waiting'"):
                return

    def whole(self, *, rounds: int = 3) -> None:
        """Everything that goes on by itself, a few times over."""
        for _ in range(rounds):
            self.duty()
            self.call()
            self.connection.execute("update payment_reminder set due_at = now() where state = 'preparing'")
            self.duty()
            self.connection.execute("update notice_delivery set due_at = now() where status = 'waiting'")
            self.post()
        self.duty()

    def by_hand(self, number: str, *, by: str = "kefu") -> Any:
        """Somebody presses the button."""
        ((order_id,),) = self.rows("select subject_id from order_book where order_no = %s", number)
        with self.connection.transaction():
            return remind_now(
                self.connection, order_id, reminding.duty(KEY), by=by, ip="10.0.0.9", now=datetime.now(UTC)
            )

    # ── what came of it ─────────────────────────────────────────────────────────────────────────────────────────────

    def texts(self) -> list[dict[str, str]]:
        """What buyers got: phone and what the template was filled with."""
        found = []
        for one in self.hall.taken:
            fields = {name: told[0] for name, told in parse_qs(one.body.decode()).items()}
            found.append(
                {
                    "phone": fields["PhoneNumbers"],
                    "template": fields["TemplateCode"],
                    **json.loads(fields["TemplateParam"]),
                }
            )
        return found

    def numbers(self) -> list[str]:
        """Order numbers that buyers were reminded of, in turn."""
        return [one["order_no"] for one in self.texts()]

    def states(self) -> list[tuple[str, str]]:
        """(state, why) of every reminder, in turn."""
        return [(row[0], row[1]) for row in self.rows("select state, why from payment_reminder order by id")]

    def looks(self) -> list[str]:
        """Why orders were not reminded."""
        return [row[0] for row in self.rows("select words from payment_reminder_look order by order_id")]

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database."""
        return self.connection.execute(query.encode(), values or None).fetchall()

    def rules(self) -> Any:
        """The rules in force."""
        return rules_in_force(self.connection)


@contextmanager
def street(url: str, orders: Sequence[Any] = ()) -> Iterator[Street]:
    """The sandbox on loopback and a hub over this database."""
    gateway = TillGateway(till(list(orders) or [sold(0)]), VirtualClock(datetime.now(UTC)))
    hall = Hall()
    with (
        serving(build_till_app(gateway)) as address,
        serving(build_robots(hall)) as robots,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        yield Street(connection, gateway=gateway, till_address=address, hall=hall, robots=robots)
