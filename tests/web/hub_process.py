"""A hub with a small demo world as a process of its own: `python -m tests.web.hub_process DIR PORT`."""

import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson
import psycopg
from psycopg import Connection

from fenghe.cli import serving, working
from fenghe.hub import demo_notices, demo_reminders, demo_world
from fenghe.kernel.connections.store import NewSource, create_source
from fenghe.kernel.database.opening import hold_database
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.migrations import migrate
from fenghe.kernel.people.person import Actor
from fenghe.kernel.secrets import hub_key
from fenghe.simulator.clock import VirtualClock
from fenghe.simulator.faults import Fault, FaultKind
from fenghe.simulator.money_faults import MoneyFault, Strike
from fenghe.simulator.robots import Hall, build_robots
from fenghe.simulator.running import running, serving_till
from fenghe.simulator.running import serving as serving_apps
from fenghe.simulator.till import Sold

FAULTS = (
    Fault(kind=FaultKind.GHOST, count=6),
    Fault(kind=FaultKind.PHANTOM_SIGNED, count=2),
    Fault(kind=FaultKind.ARTICLE_CODES, count=5),
    Fault(kind=FaultKind.FORWARDED, count=2),
    Fault(kind=FaultKind.UNKNOWN_CODE, count=2),
)


MONEY_FAULTS = tuple(Strike(kind=kind, count=1) for kind in MoneyFault)


def small_world(now: datetime) -> demo_world.Demo:
    """Sixty parcels, and enough of what goes wrong for every screen to have something. Who paid a wrong amount paid too much."""
    demo = demo_world.build(now, parcels=60, faults=FAULTS, money_faults=MONEY_FAULTS)
    payments = demo.till.till.payments
    for number, paid in payments.items():
        if paid.fault is MoneyFault.AMOUNT_WRONG:
            payments[number] = msgspec.structs.replace(paid, amount_minor=paid.amount_minor + 1_000)
    return demo


SILENT: Final = Sold(
    channel="weidian", order_no="WD2026020500001", title="猫粮", due_minor=13_800,
    created_at=datetime.now(UTC) - timedelta(hours=30), paid_at=datetime.now(UTC) - timedelta(hours=29),
)  # fmt: skip
"""An order of a shop for whose payments nobody asks by himself, and whose payment nobody told of."""


def tell_of_the_silent(connection: Connection[Any], world: demo_world.Demo, *, key: bytes) -> None:
    """Its order comes in a file; its payment is made at WeChat Pay, and the notification is lost."""
    wish = NewSource(id="weidian-demo", connector="order_file", title="微店(文件)", config={"channel": "weidian"})
    create_source(connection, wish, kind="file", key=key, actor=Actor("admin", ""))
    world.till.till.trade_on([SILENT], at=world.now)
    row = {
        "order_no": SILENT.order_no, "status": "await_shipment", "channel": "weidian", "total": "138.00", "paid": "138.00",
        "created_at": SILENT.created_at.isoformat(), "paid_at": SILENT.paid_at.isoformat(),
        "modified_at": SILENT.paid_at.isoformat(),
    }  # fmt: skip
    arrival = inbox.Arrival(dedupe_key=SILENT.order_no.encode(), body=orjson.dumps(row))
    inbox.store_one(connection, source="weidian-demo", way="file", arrival=arrival)


def hurry(app_url: str) -> None:
    """Have SF's parcels asked about four times in a row, as if eight hours passed: those without news fall silent."""
    with psycopg.connect(app_url, autocommit=True) as connection:
        while True:
            time.sleep(1)
            connection.execute(
                "update shipment_watch set due_at = now(), asked_at = null where source = 'sf-demo' and polls < 4"
                " and phase = 'watching' and not unsettled and started_at < now() - interval '8 seconds'"
            )


def main(folder: Path, port: int) -> None:
    """Serve until killed; prints `ready` once requests are answered."""
    world = small_world(datetime.now(UTC).replace(microsecond=0))
    settings = {"shared_buffers": "64MB", "max_connections": "60"}
    with hold_database(folder, settings=settings) as database:
        migrate(database.owner_url)
        key = hub_key(folder)
        (folder / "began").write_text(world.now.isoformat(), encoding="ascii")
        with (
            running(world.carriers, clock=VirtualClock(world.now)) as sandbox,
            serving_till(world.till) as till,
            serving_apps(build_robots(Hall())) as robots,
        ):
            with psycopg.connect(database.app_url) as connection:
                demo_world.prepare(connection, world, key=key, sandbox=sandbox, till=till)
                tell_of_the_silent(connection, world, key=key)
                demo_notices.prepare(connection, key=key, robots=robots, public_url=f"http://127.0.0.1:{port}")
                demo_reminders.prepare(connection, key=key, robots=robots, now=world.now)
            threading.Thread(target=hurry, args=(database.app_url,), daemon=True).start()
            with working.workers_running(database.app_url, key=key, count=1):
                serving.run_api(
                    database.app_url, key=key, host="127.0.0.1", port=port, ready=lambda: print("ready", flush=True)
                )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
