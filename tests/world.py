"""A small living world for the tests of the screens: messages of Taobao and ZTO, judged by the real worker."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import psycopg
from psycopg import Connection

from fenghe.hub.worker import Worker
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.values import CHINA

START: Final = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
"""When the first order was made."""
ORDERS: Final = 120
SHOPS: Final = ("甲店", "乙店")
GHOSTS: Final = 6
"""Orders the seller calls shipped while the carrier waits for the parcel."""
STRAYS: Final = 5
"""Parcels that no order names."""

STATUS_MAPPING: Final = {"rules": [{"match": "code", "value": "ZT_01", "state": "await_pickup", "note": "待揽收"}]}
PATIENCE: Final = {"distance": 2, "age_hours": 24, "settle_seconds": 0}
"""A fuse that asks a person at once: the tests do not wait for late scans."""


def order_no(n: int) -> str:
    """The number of the nth order."""
    return f"26011220{n:06d}"


def tracking_no(n: int) -> str:
    """The number of the nth order's parcel."""
    return f"7319055{n:07d}"


def kind_of(n: int) -> str:
    """What becomes of the nth order."""
    if n < GHOSTS:
        return "ghost"
    return ("unshipped", "in_transit", "delivered", "returned", "closed", "nameless")[n % 6]


def moment(hours: float) -> str:
    """So many hours after the start, as Taobao and ZTO write it."""
    return (START + timedelta(hours=hours)).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def trade(n: int, **more: Any) -> dict[str, Any]:
    """The nth order as Taobao tells it."""
    kind = kind_of(n)
    shipped = kind in ("ghost", "in_transit", "delivered", "returned", "nameless")
    status = "WAIT_BUYER_CONFIRM_GOODS" if shipped else "WAIT_SELLER_SEND_GOODS"
    line = {
        "oid": order_no(n) + "1",
        "num_iid": "6001",
        "sku_id": "42",
        "title": f"手机壳 {n}",
        "num": 2,
        "price": "19.90",
    }
    if shipped and kind != "nameless":
        line |= {"invoice_no": tracking_no(n), "logistics_company": "中通快递", "consign_time": moment(n / 10 + 2)}
    return {
        "tid": order_no(n),
        "seller_nick": SHOPS[1] if n % 4 == 3 else SHOPS[0],
        "status": "TRADE_CLOSED" if kind == "closed" else status,
        "created": moment(n / 10),
        "pay_time": moment(n / 10 + 0.5),
        "modified": moment(n / 10 + 2),
        "total_fee": "39.80",
        "payment": "35.80",
        "post_fee": "0.00",
        "receiver_name": "=张三丰",
        "receiver_mobile": "13812345678",
        "receiver_state": "浙江省",
        "receiver_city": "杭州市",
        "receiver_district": "余杭区",
        "receiver_address": f"文一西路 {n} 号",
        "seller_memo": "打 13812345678 约时间",
        "orders": {"order": [line]},
        **more,
    }


def scan(number: str, code: str, hours: float, text: str) -> dict[str, str]:
    """One scan as ZTO pushes it."""
    return {"billCode": number, "scanType": code, "scanDate": moment(hours), "desc": text}


def scans(n: int) -> Iterator[dict[str, str]]:
    """What ZTO says of the nth order's parcel."""
    number, at = tracking_no(n), n / 10 + 3
    road = {
        "ghost": [("ZT_01", "商家已下单,等待揽收")],
        "in_transit": [("收件", "已揽收"), ("发件", "离开杭州")],
        "delivered": [("收件", "已揽收"), ("发件", "离开"), ("派件", "正在派件"), ("签收", "已签收")],
        "returned": [("收件", "已揽收"), ("发件", "离开"), ("退件", "退回")],
    }.get(kind_of(n), [])
    for step, (code, text) in enumerate(road):
        yield scan(number, code, at + step, text)


def strays() -> Iterator[dict[str, str]]:
    """Parcels nobody sold, one of them with a code that nobody mapped."""
    for n in range(STRAYS):
        yield scan(f"9990000{n:07d}", "收件", 5 + n, "已揽收")
    yield scan("99900000000000", "ZT_77", 9, "神秘状态")


def put(connection: Connection[Any], source: str, body: bytes, **headers: str) -> None:
    """One message as the door would store it."""
    arrival = inbox.Arrival(dedupe_key=hashlib.sha256(body).digest(), body=body, headers=json.dumps(headers))
    inbox.store_many(connection, source=source, way="webhook", arrivals=[arrival])


def put_json(connection: Connection[Any], source: str, told: Mapping[str, Any]) -> None:
    """One JSON message."""
    put(connection, source, json.dumps(told, ensure_ascii=False).encode(), **{"content-type": "application/json"})


def work(url: str) -> None:
    """Let a worker do all there is to do."""
    with psycopg.connect(url, autocommit=True) as connection:
        worker = Worker(connection)
        while (done := worker.turn()).messages or done.due:
            continue


def declare(connection: Connection[Any], kind: str, name: str, body: Mapping[str, Any]) -> None:
    """Publish a declaration's first version."""
    connection.execute(
        "insert into declaration_version (kind, name, version, body, note, author)"
        " values (%s, %s, 1, %s::jsonb, '', 't')",
        (kind, name, json.dumps(body)),
    )


def build(url: str) -> None:
    """The whole world: two sources, declarations, orders, scans, and messages that cannot be read."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into source (id, connector, title, kind) values ('qianniu', 'taobao', '千牛', 'channel'),"
            " ('zto', 'zto', '中通推送', 'carrier')"
        )
        declare(connection, "status_mapping", "zto", STATUS_MAPPING)
        declare(connection, "fuse", "default", PATIENCE)
        for n in range(ORDERS):
            put_json(connection, "qianniu", trade(n))
            for told in scans(n):
                put_json(connection, "zto", told)
        for told in strays():
            put_json(connection, "zto", told)
        put(connection, "zto", b'{"billCode": "7319')
        put(connection, "qianniu", "{坏}".encode("gb18030"), authorization="Bearer secret")
        put(connection, "qianniu", bytes(range(256)) * 4)
        put(connection, "zto", urlencode({"data": "x" * 300_000}).encode())
        connection.execute(
            "insert into refused_delivery (source, reason, ip, hour, count) values"
            " ('zto', 'signature_wrong', '10.0.0.9', date_trunc('hour', now()), 7)"
        )
    work(url)
