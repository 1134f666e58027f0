"""The demo's own shop (演示自有商城): orders that await payment, an SMS gateway of the sandbox, and a rule without quiet hours."""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.connectors.robots import CHANNELS
from fenghe.kernel.connections.store import NewSource, create_source
from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.notices import store_robots
from fenghe.kernel.notices.store_robots import RobotChange, RobotWish
from fenghe.kernel.people.person import Actor
from fenghe.kernel.values import CHINA, digest
from fenghe.money.reminder_policy import OWN, POLICY, shipped
from fenghe.simulator.robots import SECRETS

SOURCE: Final = "own-shop-demo"
ROBOT: Final = "sms-demo"
CHANNEL: Final = "自有商城"
GOODS: Final = (
    ("硅胶手机壳 6.1 寸", 3900),
    ("氮化镓充电头 65W", 12900),
    ("磁吸车载支架", 6900),
    ("编织数据线 2 米", 2900),
)
AGES: Final = (5, 21, 34, 48, 75, 130, 260, 410)
"""Minutes since each order was placed: some are due, some are not yet."""


def prepare(connection: Connection[Any], *, key: bytes, robots: str, now: datetime) -> None:
    """Enter gateway, shop and orders at the first start; at every start tell the gateway where the sandbox listens now."""
    actor = Actor("admin", "127.0.0.1")
    config = {
        "base_url": f"{robots}/sms", "phones": ["13900000000"], "sign_name": "安可", "template_code": "SMS_100001",
        "buyer_template_code": "SMS_100002",
    }  # fmt: skip
    if ROBOT in store_robots.robots_known(connection):
        change = RobotChange(config=config)
        store_robots.change_robot(connection, ROBOT, change, channels=CHANNELS, key=key, actor=actor)
        return
    wish = RobotWish(id=ROBOT, kind="sms", title="短信网关(沙箱)", config=config, secrets=dict(SECRETS["sms"]))
    store_robots.create_robot(connection, wish, channels=CHANNELS, key=key, actor=actor)
    shop = NewSource(id=SOURCE, connector="order_file", title="自有商城(演示)", config={"layout": "fenghe"}, secrets={})
    create_source(connection, shop, kind="channel", key=key, actor=actor)
    _publish(connection)
    _sell(connection, now)


def _publish(connection: Connection[Any]) -> None:
    """A demo may be watched at night."""
    body = msgspec.to_builtins(msgspec.structs.replace(shipped(OWN), quiet_start="00:00", quiet_end="00:00"))
    draft = declarations.save_draft(connection, POLICY, OWN, body=body, revision=None, author="admin", base_version=0)
    declarations.publish(connection, POLICY, OWN, note="演示:不设免打扰", author="admin", revision=draft.revision)


def _sell(connection: Connection[Any], now: datetime) -> None:
    for place, minutes in enumerate(AGES):
        title, price = GOODS[place % len(GOODS)]
        placed = (now - timedelta(minutes=minutes)).astimezone(CHINA)
        number = f"ZY{placed:%Y%m%d%H%M}{place:04d}"
        row = {
            "订单号": number, "订单状态": "await_payment", "渠道": CHANNEL, "店铺": "安可自有商城",
            "下单时间": f"{placed:%Y-%m-%d %H:%M:%S}", "更新时间": f"{placed:%Y-%m-%d %H:%M:%S}",
            "订单金额": f"{price // 100}.{price % 100:02d}", "收货人": f"{'王李张刘陈'[place % 5]}女士",
            "行号": "1", "商品名称": title, "数量": "1",
            "收货电话": f"138{place * 11111111 % 10**8:08d}", "省市区": "浙江省杭州市余杭区", "收货地址": "文一西路 1 号",
        }  # fmt: skip
        arrival = inbox.Arrival(dedupe_key=bytes.fromhex(digest("own shop", number)), body=orjson.dumps(row))
        inbox.store_one(connection, source=SOURCE, way="api", arrival=arrival)
