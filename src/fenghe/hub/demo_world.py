"""The demo's world (演示世界): seeded shops and carriers, the seed article's ghost orders among them, and what must be found."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import msgspec
from psycopg import Connection

from fenghe.connectors.signing import zto_digest
from fenghe.hub import store_demo
from fenghe.hub.demo_money import Found, money_found
from fenghe.hub.titles import titles
from fenghe.kernel.audit import store as audit
from fenghe.kernel.connections.store import NewSource, create_source
from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store import create_person
from fenghe.kernel.values import CHINA
from fenghe.logistics.heartbeat import HeartbeatPolicy
from fenghe.simulator import shops
from fenghe.simulator.books import Books, keep_books
from fenghe.simulator.buyers import Odd, odd_orders
from fenghe.simulator.clock import VirtualClock
from fenghe.simulator.faults import Fault, FaultKind
from fenghe.simulator.money_faults import MoneyFault, Strike
from fenghe.simulator.paying import tell_all
from fenghe.simulator.pushing import Pushed, each_with_a_line, push_all
from fenghe.simulator.till import Till
from fenghe.simulator.till_app import TillGateway
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
TODAY: Final = (
    Fault(kind=FaultKind.PHANTOM_SIGNED, count=3),
    Fault(kind=FaultKind.FORWARDED, count=3),
    Fault(kind=FaultKind.LATE, count=24),
    Fault(kind=FaultKind.LOST, count=6),
    Fault(kind=FaultKind.REPEATED, count=20),
    Fault(kind=FaultKind.REORDERED, count=20),
)
"""What goes wrong with the parcels of a living demo's own day."""
TODAYS_PARCELS: Final = 180
MONEY_FAULTS: Final = (
    Strike(kind=MoneyFault.PAY_WITHOUT_ORDER, count=9),
    Strike(kind=MoneyFault.LATE_PAYMENT, count=4),
    Strike(kind=MoneyFault.CANCELLED_NOT_REFUNDED, count=5),
    Strike(kind=MoneyFault.RANDOM_OUT_TRADE_NO, count=3),
    Strike(kind=MoneyFault.AMOUNT_WRONG, count=4),
    Strike(kind=MoneyFault.CENT_DIFFERENCE, count=5),
    Strike(kind=MoneyFault.FEN_YUAN_MIXUP, count=2),
    Strike(kind=MoneyFault.DUPLICATE_PAYMENT, count=6),
    Strike(kind=MoneyFault.PARTIAL_REFUND, count=8),
    Strike(kind=MoneyFault.REFUND_NOT_TOLD, count=3),
    Strike(kind=MoneyFault.LOST_NOTICE, count=7),
    Strike(kind=MoneyFault.REPEATED_NOTICE, count=5),
)
COLLECTORS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "wechatpay": ("微信支付(沙箱)", {"collects_for": ["pdd", "douyin", "jd", "自有商城"], "search_after_seconds": 20}),
    "alipay": ("支付宝(沙箱)", {"collects_for": ["taobao"], "trade_no_prefix": "T200P", "search_after_seconds": 20}),
}
LAST: Final = datetime(2100, 1, 1, tzinfo=UTC)
SENDER: Final = {
    "name": "安可仓库", "phone": "0571-88880000", "province": "浙江省", "city": "杭州市", "district": "余杭区",
    "address": "仓前街道 1 号",
}  # fmt: skip
"""Who sends, for those who book with a carrier."""
HEARTBEAT: Final = {"interval_minutes": 10}
"""A demo's two hours: nobody watches one for six."""
HISTORY: Final = timedelta(hours=6)
"""The part of the past that a living demo plays in fast motion."""
FAST: Final = 24.0


CADENCE: Final = {"late_minutes": 60, "silent_minutes": 240}
"""How often the sandbox is expected to speak: its first hours hold too little to learn a rhythm from."""


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier world and the moment until which a demo tells it: everything in it was handed over before."""

    carriers: World
    now: datetime
    till: TillGateway
    odd: Odd


def build(
    now: datetime,
    *,
    parcels: int = 540,
    faults: Sequence[Fault] = FAULTS,
    money_faults: Sequence[Strike] = MONEY_FAULTS,
) -> Demo:
    """The same world for the same moment."""
    carriers = World(seed=SEED, now=now - timedelta(hours=36), parcels=parcels, faults=faults, days=4.0, sf_repeats=0.3)
    struck = {strike.kind: strike.count for strike in money_faults}
    odd = odd_orders(
        seed=SEED,
        now=now,
        untold=struck.get(MoneyFault.PAY_WITHOUT_ORDER, 0),
        late=struck.get(MoneyFault.LATE_PAYMENT, 0),
        cancelled=struck.get(MoneyFault.CANCELLED_NOT_REFUNDED, 0),
    )
    till = Till(seed=SEED, now=now, sold=[*shops.sold(carriers), *odd.sold], faults=money_faults)
    return Demo(carriers=carriers, now=now, till=TillGateway(till, VirtualClock(now)), odd=odd)


def add_trade(world: Demo, now: datetime) -> None:
    """The trade of the day before a start: so a demo lives at every start, also when its first world was told long ago."""
    before = {order.order_no for order in shops.sold(world.carriers)}
    world.carriers.trade_on(now, parcels=TODAYS_PARCELS, faults=TODAY)
    fresh = [order for order in shops.sold(world.carriers) if order.order_no not in before]
    world.till.till.trade_on(fresh, at=now)


def prepare(connection: Connection[Any], world: Demo, *, key: bytes, sandbox: str, till: str) -> None:
    """People and sources of the demo, once; the sandbox's addresses are brought up to date at every start."""
    actor = Actor(person="fenghe", ip="")
    if not store_demo.has_people(connection):
        for username, name, role in PEOPLE:
            create_person(connection, username=username, name=name, roles=[role], password=PASSWORD, actor=actor)
        for source, kind in _sources(world):
            create_source(connection, source, kind=kind, key=key, actor=actor)
            store_demo.expect_word(connection, source.id, CADENCE)
        policy = msgspec.to_builtins(HeartbeatPolicy(**HEARTBEAT))
        draft = declarations.save_draft(
            connection, "heartbeat", "default", body=policy, revision=None, author="fenghe", base_version=0
        )
        declarations.publish(
            connection,
            "heartbeat",
            "default",
            note="演示:把 2 小时缩成 10 分钟",
            author="fenghe",
            revision=draft.revision,
        )
    for teller in ("zto", "sf", "kuaidi100"):
        store_demo.set_base_url(connection, f"{teller}-demo", f"{sandbox}/{teller}")
    store_demo.set_base_url(connection, "wechatpay-demo", till)
    store_demo.set_base_url(connection, "alipay-demo", f"{till}/gateway.do")


def _sources(world: Demo) -> list[tuple[NewSource, str]]:
    carriers = {"zto": "中通快递(沙箱)", "sf": "顺丰速运(沙箱)", "kuaidi100": "快递100(沙箱)"}
    channels = {"taobao": "淘宝/天猫(沙箱)", "pdd": "拼多多(沙箱)", "douyin": "抖音小店(沙箱)", "jd": "京东(沙箱)"}
    configs: dict[str, dict[str, Any]] = {
        "pdd": {"logistics_companies": shops.PDD_COMPANIES, "shop": "安可百货专营店"},
        "jd": {"logistics_companies": shops.JD_COMPANIES, "shop": "贝贝母婴京东店"},
    }
    made = [
        (
            NewSource(
                id=f"{name}-demo",
                connector=name,
                title=title,
                config={"subscribe": True, "sender": SENDER},
                secrets=world.carriers.secrets[name],
            ),
            "carrier",
        )
        for name, title in carriers.items()
    ]
    for name, title in channels.items():
        wish = NewSource(
            id=f"{name}-demo", connector=name, title=title, config=configs.get(name, {}), secrets={"token": TOKEN}
        )
        made.append((wish, "channel"))
    for name, (title, collects) in COLLECTORS.items():
        config = {**collects, "notify_url": f"https://shop.example/hook/{name}-demo", "bills": False}
        secrets = world.till.secrets(name)
        wish = NewSource(id=f"{name}-demo", connector=name, title=title, config=config, secrets=secrets)
        made.append((wish, "payment"))
    return made


def books(world: Demo, *, now: datetime) -> Books:
    """What finance and the providers have on file of the days that are over by then."""
    sold = [*shops.sold(world.carriers), *world.odd.sold]
    return keep_books(world.till.till, due={one.order_no: one.due_minor for one in sold}, now=now)


def history_begins(now: datetime) -> datetime:
    """From when on a living demo plays in fast motion: some hours ago, but no day that is over."""
    today = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(now - HISTORY, today)


async def push_until(world: Demo, address: str, *, until: datetime) -> Pushed:
    """Everything the outside world says until a moment, as fast as it is taken: orders first, then scans, then bad input."""
    sold = _sales(world, until=until)
    await _sell(address, sold)
    paid = await tell_all(world.till, address, sources=_collectors(), notices=world.till.till.notices(until=until))
    sent = await push_all(world.carriers, address, sources=_names(), until=until)
    await _bad_input(world, address)
    sent.sent += len(sold) + paid.sent
    sent.acknowledged += len(sold) + paid.acknowledged
    return sent


def _sales(world: Demo, *, until: datetime) -> list[shops.Sale]:
    """What the channels say of all orders, by the moment it is sent."""
    told = [*shops.sales(world.carriers), *world.odd.sales]
    told.sort(key=lambda sale: (sale.due_at, sale.order_no))
    return [sale for sale in told if sale.due_at <= until]


def _collectors() -> dict[str, str]:
    return {name: f"{name}-demo" for name in COLLECTORS}


async def live(world: Demo, address: str, *, now: datetime, heard: Callable[[], None]) -> Pushed:
    """The same, but the hours before `now` in fast motion, and what is still to come in real time.

    `heard` is called once, when what lies before these hours was sent.
    """
    start = history_begins(now)
    sent = await push_until(world, address, until=start)
    await asyncio.to_thread(heard)
    played = await _play(world, address, VirtualClock(start, speed=FAST), after=start, until=now)
    still = await _play(world, address, VirtualClock(now, speed=1.0), after=now, until=LAST)
    return Pushed(
        sent=sent.sent + played.sent + still.sent,
        acknowledged=sent.acknowledged + played.acknowledged + still.acknowledged,
    )


async def _play(world: Demo, address: str, clock: VirtualClock, *, after: datetime, until: datetime) -> Pushed:
    """What is said between two moments, each word at its time by the clock."""
    pushes = [push for push in world.carriers.pushes() if after < push.due_at <= until]
    sold = [sale for sale in _sales(world, until=until) if after < sale.due_at]
    notices = [one for one in world.till.till.notices(until=until) if after < one.due_at]
    told, paid, _ = await asyncio.gather(
        push_all(world.carriers, address, sources=_names(), pushes=pushes, clock=clock, senders=4),
        tell_all(world.till, address, sources=_collectors(), notices=notices, clock=clock, senders=4),
        _sell(address, sold, clock=clock),
    )
    told.sent += len(sold) + paid.sent
    told.acknowledged += len(sold) + paid.acknowledged
    return told


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

    await each_with_a_line(senders, sender)


async def _bad_input(world: Demo, address: str) -> None:
    """What a real day also brings: cut-off JSON with a right signature, and somebody who guesses a signature."""
    secret = world.carriers.secrets["zto"]["app_secret"]
    cut = b'{"billCode":"731234567890","scanType":"\xe6\xb4\xbe\xe4\xbb\xb6","scanDate":"2026-02-05 10:'
    app_key = world.carriers.secrets["zto"]["app_key"]
    async with httpx.AsyncClient(timeout=30.0) as client:
        headers = {"x-appkey": app_key, "x-datadigest": zto_digest(cut, secret)}
        await client.post(f"{address}/hook/zto-demo", content=cut, headers=headers)
        for n in range(5):
            forged = hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest()
            await client.post(f"{address}/hook/zto-demo", content=b"{}", headers={**headers, "x-datadigest": forged})


def findings(connection: Connection[Any], world: Demo, *, sent: Pushed, seconds: float) -> Found:
    """What the hub holds now against what the world knows."""
    told = store_demo.counts(connection)
    ghosts = [parcel for parcel in world.carriers.parcels if FaultKind.GHOST in parcel.faults]
    told_ghosts = [parcel.number for parcel in ghosts if any(scan.at <= world.now for scan in parcel.scans)]
    held = store_demo.ghosts_held(connection, told_ghosts)
    checked = audit.verify(connection)
    money = money_found(connection, world)
    lines: list[tuple[str, int | str]] = [
        ("推送(真实 HTTP)", sent.sent),
        ("推送的报文(入库且去重)", told["messages"]),
        ("重复送达(只计数,历次累计)", told["repeats"]),
        ("主动查询的回答(心跳、对单,历次累计)", told["answers"]),
        ("搁置待人工(读不懂的)", told["set_aside"]),
        ("拒绝(签名不符)", told["refused"]),
        ("订单", told["orders"]),
        ("运单", told["shipments"]),
        ("观测", told["observations"]),
        ("审计行(哈希链)", told["audit"]),
        ("审计链核验", "完好" if checked.bad is None else f"损坏:{checked.bad}"),
        ("待映射的状态码", told["unmapped"]),
        ("待人工工单", told["cases"]),
        *((f"  {titles().case_kind(name)}", count) for name, count in store_demo.cases_by_kind(connection)),
        ("幽灵订单(我方已发货,承运商仍待揽收)", len(told_ghosts)),
        ("  开出工单、状态未被覆盖", held),
        *money.lines,
        ("用时", f"{seconds:.1f} 秒"),
    ]
    problems = list(money.problems)
    if held != GHOSTS or len(told_ghosts) != GHOSTS:
        problems.append(f"幽灵订单应为 {GHOSTS},讲述 {len(told_ghosts)},拦下 {held}")
    if told["pending"]:
        problems.append(f"还有 {told['pending']} 条推送的报文未研判")
    if checked.bad is not None:
        problems.append(f"审计链:{checked.bad}")
    return Found(lines=lines, problems=problems)
