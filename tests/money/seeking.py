"""A small shop of which things were lost on the way, its providers and channels in the sandbox, for the tests of searches."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from psycopg import Connection

from fenghe.hub import seeking
from fenghe.hub.statement_duty import StatementDuty
from fenghe.kernel.database.address import Database
from fenghe.kernel.people.person import Actor
from fenghe.money import store_seeking
from fenghe.money.seeking_view import SearchView, view_of
from fenghe.money.tasks_seeking import SeekingDuty, Started
from fenghe.simulator.clock import VirtualClock
from fenghe.simulator.orders_app import OrderDesk, build_orders_app
from fenghe.simulator.running import serving
from fenghe.simulator.till import Sold, Till
from fenghe.simulator.till_app import TillGateway, build_till_app
from tests.money.compensating import Shop, _heard, month, sold
from tests.money.hearing import hear

CHEN: Final = Actor("chen", "10.0.0.7")


class Lost(Shop):
    """The shop; `lost` was paid and only its order was heard of, `unheard` was paid and only its payment."""

    lost: Sold
    unpaid: Sold

    def seek(self, number: str, *, gap: str = "", which: str = "", by: Actor = CHEN) -> Started:
        """Begin a search."""
        with self.connection.transaction():
            return seeking.start(
                self.connection, number=number, which=which, scope=gap, actor=by, now=datetime.now(UTC)
            )

    def found(self, search: int) -> SearchView:
        """A search as it stands."""
        row = store_seeking.search(self.connection, search)
        assert row is not None
        return view_of(row)

    def look(self) -> int:
        """The duty until it has nothing to do now."""
        duty, moved = SeekingDuty(), 0
        while turned := duty.turn(self.connection, now=datetime.now(UTC)):
            moved += turned
        return moved

    def work_off(self, search: int, *, seconds: float = 30) -> SearchView:
        """Everything that workers do, until the search is over."""
        deadline, imports = time.monotonic() + seconds, StatementDuty()
        while time.monotonic() < deadline:
            self.send()
            if imports.turn(self.connection, now=datetime.now(UTC)):
                self.work()
            self.connection.execute("update trace_search set due_at = now() where due_at is not null")
            self.look()
            if (told := self.found(search)).status == "done":
                return told
        raise AssertionError(self.found(search))


@contextmanager
def lost_things(database: Database) -> Iterator[Lost]:
    """The shop while the block runs."""
    told = month(good=3, unheard=1, ghosts=1, cancelled=0, partial=0)
    lost, unpaid = sold(40, "douyin"), sold(41, "taobao")
    till = Till(seed=11, now=datetime.now(UTC), sold=[*told.orders, lost])
    gateway, desk = TillGateway(till, VirtualClock(datetime.now(UTC))), OrderDesk(seed=3)
    with (
        serving(build_till_app(gateway)) as address,
        serving(build_orders_app(desk)) as channels,
        psycopg.connect(database.app_url, autocommit=True) as connection,
    ):
        shop = Lost(connection, told, till=address, desk_address=channels, desk=desk)
        shop.lost, shop.unpaid = lost, unpaid
        shop.connect(gateway)
        shop.live()
        desk.sell(lost, unpaid)
        hear(connection, _heard(lost), _heard(unpaid))
        shop.work()
        yield shop


def rows(connection: Connection[Any], query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Ask the database."""
    return connection.execute(query.encode(), values).fetchall()
