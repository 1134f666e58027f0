"""Kill -9 at random (随机强杀): whatever was acknowledged is there once, is judged once in effect, and the chain holds."""

import asyncio
import hashlib
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
import psycopg
import pytest

from fenghe.kernel.database.address import Database
from tests.stories.doors import SOURCES, signed, tokened
from tests.stories.driving import Call, Command, Crowd, Sent, Served, add_sources, deadlocks, serving, until_known
from tests.stories.holding import rows, until_settled
from tests.world import declare

WEBHOOKS: Final = int(os.environ.get("FENGHE_CRASH_WEBHOOKS", "20000"))
"""How many are sent; 300,000 for the proof by hand."""
SEED: Final = int(os.environ.get("FENGHE_CRASH_SEED", "20260205"))
SENDERS: Final = 16
WINDOW: Final = 5_000
"""Deliveries change places within so many: scans of one parcel arrive in any order, days of different parcels do not mix."""
ROADS: Final = {
    "delivered": (
        ("收件", "发件", "到件", "派件", "签收"),
        ("picked_up", "in_transit", "out_for_delivery", "delivered"),
    ),
    "out_for_delivery": (("收件", "发件", "到件", "派件", "ZT_99"), ("picked_up", "in_transit", "out_for_delivery")),
    "returned": (
        ("收件", "发件", "派件", "退件", "签收"),
        ("picked_up", "in_transit", "out_for_delivery", "returning", "returned"),
    ),
    "handed_over": (("ZT_01", "ZT_01", "ZT_01"), ("handed_over",)),
}
"""Where a parcel ends: what ZTO scans of it, and which states it passes. Written down here, not worked out by the rule.

The last is the ghost: its shop calls it shipped, ZTO waits for it three times over.
"""
WAITING: Final = {"rules": [{"match": "code", "value": "ZT_01", "state": "await_pickup"}]}
PATIENCE: Final = {"distance": 2, "age_hours": 24, "settle_seconds": 0}


def end_of(parcel: int) -> str:
    """How a parcel's road ends: most are delivered; some come back, are last seen under a code nobody mapped, or are ghosts."""
    return {7: "out_for_delivery", 8: "returned", 9: "handed_over"}.get(parcel % 10, "delivered")


def number_of(parcel: int) -> str:
    """Its waybill number."""
    return f"735{parcel:011d}"


def deliveries(count: int, rng: random.Random) -> list[Call]:
    """Five messages a parcel, shuffled within windows."""
    calls = [call for parcel in range(count // 5) for call in _told_of(parcel)]
    for start in range(0, len(calls), WINDOW):
        window = calls[start : start + WINDOW]
        rng.shuffle(window)
        calls[start : start + WINDOW] = window
    return calls


def _told_of(parcel: int) -> Iterator[Call]:
    """Its scans, signed; of a ghost its order too: paid, then shipped."""
    for step, code in enumerate(ROADS[end_of(parcel)][0]):
        body = (
            f'{{"billCode":"{number_of(parcel)}","scanType":"{code}","scanDate":"2026-02-{5 + step:02d} 10:00:00",'
            f'"scanSite":{{"code":"57101","name":"杭州余杭"}},"desc":"【杭州余杭】{code} {parcel}/{step}"}}'
        )
        yield signed(body.encode())
    if end_of(parcel) == "handed_over":
        yield tokened(_trade(parcel, "WAIT_SELLER_SEND_GOODS", modified="2026-02-05 06:05:00"))
        shipment = {
            "invoice_no": number_of(parcel),
            "logistics_company": "中通快递",
            "consign_time": "2026-02-05 08:00:00",
        }
        yield tokened(_trade(parcel, "WAIT_BUYER_CONFIRM_GOODS", modified="2026-02-05 08:00:00", **shipment))


def _trade(parcel: int, status: str, *, modified: str, **shipment: str) -> bytes:
    line = {"oid": f"{parcel}", "num_iid": "6001", "title": "手机壳", "num": 1, "price": "19.90", **shipment}
    trade = {"tid": f"27{parcel:010d}", "seller_nick": "甲店", "status": status, "created": "2026-02-05 06:00:00"}
    return orjson.dumps({**trade, "modified": modified, "payment": "19.90", "orders": {"order": [line]}})


async def kill_at_random(hub: Served, crowd: Crowd, rng: random.Random, *, total: int, each: int) -> Counter[str]:
    """Kill a worker, the database server or the hub, so many times each, at random points of the way."""
    victims = ["worker", "postmaster", "hub"] * each
    rng.shuffle(victims)
    points = sorted(rng.uniform(0.02, 0.95) * total for _ in victims)
    killed: Counter[str] = Counter()
    for point, victim in zip(points, victims, strict=True):
        await crowd.until_acknowledged(point)
        await asyncio.sleep(rng.uniform(0, 0.2))
        killed[victim] += await asyncio.to_thread(_kill, hub, victim, rng)
    return killed


def _kill(hub: Served, victim: str, rng: random.Random) -> bool:
    match victim:
        case "worker":
            return hub.kill_worker(rng)
        case "postmaster":
            return hub.kill_postmaster()
        case _:
            hub.kill_hub()
            return True


async def send_under_fire(hub: Served, calls: Sequence[Call], rng: random.Random) -> tuple[Sent, Counter[str]]:
    """Everything sent by sixteen senders that insist, while the killer goes round."""
    crowd = Crowd(hub.port, calls, senders=SENDERS, seconds=600 + len(calls) / 50)
    killer = asyncio.create_task(kill_at_random(hub, crowd, rng, total=len(calls), each=max(3, len(calls) // 25_000)))
    try:
        sent = await crowd.run()
        return sent, await killer
    finally:
        killer.cancel()


def check_messages(database: Database, calls: Sequence[Call], sent: Sent) -> None:
    """Every acknowledged delivery is one message, and there is no other."""
    assert sent.acknowledged == set(range(len(calls)))
    wanted = {(call.path.removeprefix("/hook/"), hashlib.sha256(call.body).hexdigest()) for call in calls}
    found = rows(
        database.app_url,
        "select m.source, encode(dedupe_key, 'hex'), sha256(body) = dedupe_key, h.status from inbound_message m"
        " left join message_handling h on h.message_id = m.id",
    )
    assert len(found) == len(wanted) == len(calls)
    assert {(source, key) for source, key, _, _ in found} == wanted
    assert Counter((exact, status) for _, _, exact, status in found) == {(True, 1): len(calls)}


def check_effect(database: Database, parcels: int) -> None:
    """Each message had its effect once: its observations, the states of every road, and of each ghost one case opened once."""
    ends = Counter(end_of(parcel) for parcel in range(parcels))
    ghosts = ends["handed_over"]
    told = "select count(*), count(distinct message_id), count(distinct (subject_id, key)) from observation"
    told_once = parcels * 5 + ghosts  # a snapshot of a shipped order says two things: of the order, and of its parcel
    assert rows(database.app_url, told) == [(told_once, parcels * 5, told_once)]
    held = dict(rows(database.app_url, "select key, state from subject where kind = 'shipment'"))
    assert held == {number_of(parcel): end_of(parcel) for parcel in range(parcels)}
    sold = rows(database.app_url, "select state, count(*) from subject where kind = 'order' group by state")
    assert sold == [("shipped", ghosts)]
    assert dict(rows(database.app_url, BOOKED)) == {
        number_of(parcel): " ".join(ROADS[end_of(parcel)][1]) for parcel in range(parcels)
    }
    unread = rows(database.app_url, "select code, count(*) from observation where status is null group by code")
    assert unread == [("ZT_99", ends["out_for_delivery"])]
    open_ones = "select kind, ours, theirs, jsonb_array_length(evidence -> 'keys'), count(*) from work_case where status = 'open'"
    assert rows(database.app_url, f"{open_ones} group by 1, 2, 3, 4") == [
        ("shipment.distance", "handed_over", "await_pickup", 3, ghosts)
    ]
    entries = "select e.case_id from case_entry e where e.body = 'opened' group by e.case_id having count(*) > 1"
    assert rows(database.app_url, entries) == []


BOOKED: Final = (
    "select s.key, string_agg(a.to_state, ' ' order by a.occurred_at) from order_state_audit a"
    " join subject s on s.id = a.subject_id where s.kind = 'shipment' and a.reverses_seq is null and not exists"
    " (select from order_state_audit r where r.subject_id = a.subject_id and r.reverses_seq = a.seq) group by s.key"
)
"""The road of each parcel as the audit in effect has it."""


def audit_verify(hub: Served) -> dict[str, Any]:
    """What `fenghe audit verify --json` says beside the running hub."""
    log = hub.data.with_suffix(".verify")
    command = Command("audit", "verify", "--data", str(hub.data), "--json", log=log, environ={})
    status = command.process.wait(600)
    told = json.loads(log.read_text().strip().splitlines()[-1])
    assert (status, told["ok"], told["bad"]) == (0, True, None), told
    return dict(told)


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_nothing_acknowledged_is_lost_or_judged_twice(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    calls = deliveries(WEBHOOKS, rng)
    with serving(tmp_path / "hub") as hub:
        add_sources(hub.database(), SOURCES)
        with psycopg.connect(hub.database().app_url) as connection:
            declare(connection, "status_mapping", "zto", WAITING)
            declare(connection, "fuse", "default", PATIENCE)
        until_known(hub.port, "zto")
        began = time.monotonic()
        sent, killed = asyncio.run(send_under_fire(hub, calls, rng))
        stored = time.monotonic()
        database = hub.database()
        until_settled(database.app_url, seconds=300 + len(calls) / 100)
        judged = time.monotonic()
        check_messages(database, calls, sent)
        check_effect(database, WEBHOOKS // 5)
        told = audit_verify(hub)
    assert set(killed) == {"worker", "postmaster", "hub"}
    assert told["rows"] >= len(calls) * 0.7 and told["unsealed"] == 0
    figures = {
        "webhooks": len(calls),
        "killed": dict(killed),
        "tries": sent.tries,
        "broken connections": sent.broken,
        "refusals": sent.refusals,
        "seconds until acknowledged": round(stored - began, 1),
        "seconds until judged": round(judged - began, 1),
        "audit": told,
        "deadlocks": deadlocks(database),
    }
    print(json.dumps(figures))
