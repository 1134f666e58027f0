"""The demo's world (演示世界): seeded shops and carriers, the seed article's ghost orders among them, and what must be found."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import msgspec
from psycopg import Connection

from fenghe.connectors.signing import zto_digest
from fenghe.hub import store_demo
from fenghe.kernel.audit import store as audit
from fenghe.kernel.connections.store import NewSource, create_source
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store import create_person
from fenghe.simulator import shops
from fenghe.simulator.clock import VirtualClock
from fenghe.simulator.faults import Fault, FaultKind
from fenghe.simulator.pushing import Pushed, push_all
from fenghe.simulator.world import World

PASSWORD: Final = "fenghe-demo-2026"
TOKEN: Final = "demo-shop-token"
GHOSTS: Final = 127
SEED: Final = 20260205
PEOPLE: Final = (
    ("admin", "管理员", "admin"),
    ("kefu", "客服小林", "cs"),
    ("yunying", "运营阿杰", "ops"),
    ("caigou", "采购老周", "purchasing"),
    ("caiwu", "财务陈姐", "finance"),
    ("cangku", "仓库大刘", "warehouse"),
    ("shenji", "审计方工", "auditor"),
)
FAULTS: Final = (
    Fault(kind=FaultKind.GHOST, count=GHOSTS),
    Fault(kind=FaultKind.PHANTOM_SIGNED, count=9),
    Fault(kind=FaultKind.REUSED_NUMBER, count=5),
    Fault(kind=FaultKind.FORWARDED, count=8),
    Fault(kind=FaultKind.FOREIGN_NUMBER, count=6),
    Fault(kind=FaultKind.SILENT, count=12),
    Fault(kind=FaultKind.NEVER_SEEN, count=7),
    Fault(kind=FaultKind.ARTICLE_CODES, count=41),
    Fault(kind=FaultKind.UNKNOWN_CODE, count=11),
    Fault(kind=FaultKind.EMPTY_STATUS, count=8),
    Fault(kind=FaultKind.LATE, count=60),
    Fault(kind=FaultKind.LOST, count=25),
    Fault(kind=FaultKind.REPEATED, count=80),
    Fault(kind=FaultKind.REORDERED, count=70),
)
HISTORY: Final = timedelta(hours=6)
"""The part of the past that a living demo plays in fast motion."""
FAST: Final = 24.0


class Found(msgspec.Struct, kw_only=True):
    """What the demo found, as lines for people, and where it is not what the world holds."""

    lines: list[tuple[str, int | str]]
    problems: list[str]


CADENCE: Final = {"late_minutes": 60, "silent_minutes": 240}
"""How often the sandbox is expected to speak: its first hours hold too little to learn a rhythm from."""


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier world and the moment until which a demo tells it: everything in it was handed over before."""

    carriers: World
    now: datetime


def build(now: datetime, *, parcels: int = 540, faults: Sequence[Fault] = FAULTS) -> Demo:
    """The same world for the same moment."""
    carriers = World(seed=SEED, now=now - timedelta(hours=36), parcels=parcels, faults=faults, days=4.0, sf_repeats=0.3)
    return Demo(carriers=carriers, now=now)


def prepare(connection: Connection[Any], world: Demo, *, key: bytes, sandbox: str) -> None:
    """People and sources of the demo, once; the sandbox's address is brought up to date at every start."""
    actor = Actor(person="fenghe", ip="")
    if not store_demo.has_people(connection):
        for username, name, role in PEOPLE:
            create_person(connection, username=username, name=name, roles=[role], password=PASSWORD, actor=actor)
        for source, kind in _sources(world):
            create_source(connection, source, kind=kind, key=key, actor=actor)
            store_demo.expect_word(connection, source.id, CADENCE)
    for teller in ("zto", "sf", "kuaidi100"):
        store_demo.set_base_url(connection, f"{teller}-demo", f"{sandbox}/{teller}")


def _sources(world: Demo) -> list[tuple[NewSource, str]]:
    carriers = {"zto": "中通快递(沙箱)", "sf": "顺丰速运(沙箱)", "kuaidi100": "快递100(沙箱)"}
    channels = {"taobao": "淘宝/天猫(沙箱)", "pdd": "拼多多(沙箱)", "douyin": "抖音小店(沙箱)", "jd": "京东(沙箱)"}
    configs: dict[str, dict[str, Any]] = {
        "pdd": {"logistics_companies": shops.PDD_COMPANIES, "shop": "安可百货专营店"},
        "jd": {"logistics_companies": shops.JD_COMPANIES, "shop": "贝贝母婴京东店"},
    }
    made = [
        (
            NewSource(id=f"{name}-demo", connector=name, title=title, config={}, secrets=world.carriers.secrets[name]),
            "carrier",
        )
        for name, title in carriers.items()
    ]
    for name, title in channels.items():
        wish = NewSource(
            id=f"{name}-demo", connector=name, title=title, config=configs.get(name, {}), secrets={"token": TOKEN}
        )
        made.append((wish, "channel"))
    return made


async def push_until(world: Demo, address: str, *, until: datetime) -> Pushed:
    """Everything the outside world says until a moment, as fast as it is taken: orders first, then scans, then bad input."""
    sold = [sale for sale in shops.sales(world.carriers) if sale.due_at <= until]
    await _sell(address, sold)
    sent = await push_all(world.carriers, address, sources=_names(), until=until)
    await _bad_input(world, address)
    sent.sent += len(sold)
    sent.acknowledged += len(sold)
    return sent


async def live(world: Demo, address: str) -> Pushed:
    """The same, but the last hours in fast motion and what is still to come in real time."""
    start = world.now - HISTORY
    sent = await push_until(world, address, until=start)
    clock = VirtualClock(start, speed=FAST)
    recent = [push for push in world.carriers.pushes() if start < push.due_at <= world.now]
    sold = [sale for sale in shops.sales(world.carriers) if start < sale.due_at <= world.now]
    played, _ = await asyncio.gather(
        push_all(world.carriers, address, sources=_names(), pushes=recent, clock=clock, senders=4),
        _sell(address, sold, clock=clock),
    )
    real = VirtualClock(world.now, speed=1.0)
    coming = [push for push in world.carriers.pushes() if push.due_at > world.now]
    still = await push_all(world.carriers, address, sources=_names(), pushes=coming, clock=real, senders=4)
    return Pushed(
        sent=sent.sent + played.sent + still.sent,
        acknowledged=sent.acknowledged + played.acknowledged + still.acknowledged,
    )


def _names() -> dict[str, str]:
    return {teller: f"{teller}-demo" for teller in ("zto", "sf", "kuaidi100")}


async def _sell(
    address: str, sold: Sequence[shops.Sale], *, clock: VirtualClock | None = None, senders: int = 10
) -> None:
    waiting = iter(sold)

    async def sender(client: httpx.AsyncClient) -> None:
        for sale in waiting:
            if clock is not None:
                await asyncio.sleep(clock.wait_seconds(sale.due_at))
            url = f"{address}/hook/{sale.channel}-demo"
            answer = await client.post(
                url, content=sale.body, headers={"x-fenghe-token": TOKEN, "content-type": "application/json"}
            )
            answer.raise_for_status()

    async with httpx.AsyncClient(timeout=30.0) as client:
        await asyncio.gather(*(sender(client) for _ in range(senders)))


async def _bad_input(world: Demo, address: str) -> None:
    """What a real day also brings: cut-off JSON with a right signature, and somebody who guesses a signature."""
    secret = world.carriers.secrets["zto"]["app_secret"]
    cut = b'{"billCode":"731234567890","scanType":"\xe6\xb4\xbe\xe4\xbb\xb6","scanDate":"2026-02-05 10:'
    headers = {"x-appkey": world.carriers.secrets["zto"]["app_key"], "x-datadigest": zto_digest(cut, secret)}
    async with httpx.AsyncClient(timeout=30.0) as client:
        await client.post(f"{address}/hook/zto-demo", content=cut, headers=headers)
        for n in range(5):
            forged = hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest()
            await client.post(f"{address}/hook/zto-demo", content=b"{}", headers={"x-datadigest": forged})


def findings(connection: Connection[Any], world: Demo, *, sent: Pushed, seconds: float) -> Found:
    """What the hub holds now against what the world knows."""
    told = store_demo.counts(connection)
    ghosts = [parcel for parcel in world.carriers.parcels if FaultKind.GHOST in parcel.faults]
    told_ghosts = [parcel.number for parcel in ghosts if any(scan.at <= world.now for scan in parcel.scans)]
    held = store_demo.ghosts_held(connection, told_ghosts)
    checked = audit.verify(connection)
    lines: list[tuple[str, int | str]] = [
        ("推送(真实 HTTP)", sent.sent),
        ("报文(入库且去重)", told["messages"]),
        ("其中重复送达", told["repeats"]),
        ("搁置待人工(读不懂的)", told["set_aside"]),
        ("拒绝(签名不符)", told["refused"]),
        ("订单", told["orders"]),
        ("运单", told["shipments"]),
        ("观测", told["observations"]),
        ("审计行(哈希链)", told["audit"]),
        ("审计链核验", "完好" if checked.bad is None else f"损坏:{checked.bad}"),
        ("待映射的状态码", told["unmapped"]),
        ("待人工工单", told["cases"]),
        *((f"  {name}", count) for name, count in store_demo.cases_by_kind(connection)),
        ("幽灵订单(我方已发货,承运商仍待揽收)", len(told_ghosts)),
        ("  开出工单、状态未被覆盖", held),
        ("用时", f"{seconds:.1f} 秒"),
    ]
    problems = []
    if held != GHOSTS or len(told_ghosts) != GHOSTS:
        problems.append(f"幽灵订单应为 {GHOSTS},讲述 {len(told_ghosts)},拦下 {held}")
    if told["pending"]:
        problems.append(f"还有 {told['pending']} 条报文未研判")
    if checked.bad is not None:
        problems.append(f"审计链:{checked.bad}")
    return Found(lines=lines, problems=problems)
