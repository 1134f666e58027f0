"""However the same messages arrive (不论先后与重复), over real HTTP and with two workers, we hold the same in the end."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from fenghe.kernel.audit import store as audit
from fenghe.kernel.database.address import Database
from fenghe.simulator.faults import FaultKind
from fenghe.simulator.world import World
from tests.stories import telling
from tests.stories.driving import Call, add_sources, api_and_workers, own_database, send_all
from tests.stories.holding import Held, ask, differences, held, until_clocks_ran, until_settled
from tests.world import declare

SEED = 20260205
PATIENCE = {"distance": 2, "age_hours": 24, "settle_seconds": 1}
"""A person is asked after a second, so that cases open while there is still much to come."""


def run(database: Database, told: World, calls: Sequence[Call], folder: Path) -> Held:
    """Send everything to a hub of its own, let it settle, see that its chain holds; returns what it holds."""
    add_sources(database, telling.sources(told))
    with psycopg.connect(database.app_url) as connection:
        declare(connection, "fuse", "default", PATIENCE)
    with api_and_workers(database, folder) as port:
        sent = send_all(port, calls)
        assert not sent.refusals and not sent.broken
        until_settled(database.app_url)
        until_clocks_ran(database.app_url)
    distinct = len({(call.path, call.body) for call in calls})
    assert ask(database.app_url, "select count(*) from inbound_message") == distinct
    repeats = "select sum(repeats) from message_handling"
    assert ask(database.app_url, repeats) == len(calls) - distinct, "counted at the latest when the door closes"
    assert ask(database.app_url, "select count(*) from message_handling where status <> 1") == 0
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        audit.seal(connection)
        seen = audit.verify(connection)
    assert (seen.bad, seen.unsealed) == (None, 0)
    assert seen.rows > len(told.parcels)
    return held(database.app_url)


def arrivals(told: World) -> dict[str, list[Call]]:
    """In order, shuffled, and shuffled with every tenth sent three times."""
    calls = telling.deliveries(told)
    return {
        "in order": calls,
        "shuffled": telling.shuffled(calls, seed=SEED),
        "shuffled and repeated": telling.shuffled(telling.with_repeats(calls), seed=SEED + 1),
    }


def check_what_is_held(told: World, what: Held) -> None:
    """The world brought what it was made to bring, and nothing was overwritten by it: else equality would prove little."""
    reasons = {row[2] for row in what["open cases"]}
    wanted = {"distance", "reused_number", "foreign_order", "signed_after_forward"}
    assert {f"shipment.{reason}" for reason in wanted} | {"order.unpaid_after_paid"} <= reasons
    states = {row[0].partition(" ")[2]: row[1] for row in what["states"] if row[0].startswith("shipment ")}
    assert {"delivered", "returned", "forwarded", "in_transit"} <= set(states.values())
    held_back = {FaultKind.GHOST, FaultKind.PHANTOM_SIGNED, FaultKind.FOREIGN_NUMBER}
    assert {states[one.number] for one in told.parcels if one.faults & held_back} == {"handed_over"}
    ghosts = {f"shipment {one.number}" for one in told.parcels if FaultKind.GHOST in one.faults}
    asked = {row[0] for row in what["open cases"] if (row[5], row[6]) == ("handed_over", "await_pickup")}
    assert ghosts <= asked
    unread = [row for row in what["observations"] if row[2] == "event" and row[7] is None]
    assert {bool(row[5]) for row in unread} == {True, False}, "unknown codes and empty ones"


def compare(cluster: Database, told: World, folder: Path, *, names: Sequence[str]) -> None:
    """These arrivals, each into a database of its own and all at the same time, end the same."""

    def one(name: str) -> Held:
        with own_database(cluster) as database:
            return run(database, told, arrivals(told)[name], folder / name)

    with ThreadPoolExecutor(len(names)) as pool:
        first, *others = pool.map(one, names)
    check_what_is_held(told, first)
    for name, other in zip(names[1:], others, strict=True):
        found = differences(first, other)
        assert not found, "\n".join([f"{names[0]} (-) against {name} (+):", *found])


@pytest.mark.timeout(240)
def test_three_hundred_orders(cluster: Database, migrated_template: Database, tmp_path: Path) -> None:
    compare(cluster, telling.world(300, seed=SEED), tmp_path, names=("in order", "shuffled and repeated"))


@pytest.mark.heavy
@pytest.mark.timeout(1200)
def test_two_thousand_orders(cluster: Database, migrated_template: Database, tmp_path: Path) -> None:
    names = ("in order", "shuffled", "shuffled and repeated")
    compare(cluster, telling.world(2_000, seed=SEED + 1), tmp_path, names=names)
