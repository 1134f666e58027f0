"""Orders around the shops' ordinary ones (沙箱买家): never told, cancelled and then paid, paid and then cancelled.

Promises: the same seed and moment give the same orders and the same messages of their channels.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import msgspec

from fenghe.kernel.values import CHINA
from fenghe.simulator.shops import GOODS, Sale
from fenghe.simulator.till import Sold

LATE: Final = timedelta(minutes=35)
"""An order that nobody paid is closed after half an hour; some pay a little later."""


class Odd(msgspec.Struct, frozen=True, kw_only=True):
    """Odd orders and what their channels say of them."""

    sold: Sequence[Sold]
    sales: Sequence[Sale]


def odd_orders(*, seed: int, now: datetime, untold: int, late: int, cancelled: int) -> Odd:
    """So many of each, spread over the two days before `now`."""
    random = Random(f"buyers-{seed}")
    orders: list[Sold] = []
    sales: list[Sale] = []
    for place in range(untold + late + cancelled):
        created = (now - timedelta(hours=random.uniform(4, 46))).replace(microsecond=0)
        if place < untold:
            orders.append(_order(random, place, "jd", created, told=False))
        elif place < untold + late:
            one = _order(random, place, "taobao", created, paid_after=LATE, cancelled_after=timedelta(minutes=30))
            orders.append(one)
            sales += _closed_unpaid(one)
        else:
            one = _order(random, place, "jd", created, cancelled_after=timedelta(hours=3))
            orders.append(one)
            sales += _cancelled(one)
    return Odd(sold=orders, sales=sales)


def _order(
    random: Random,
    place: int,
    channel: str,
    created: datetime,
    *,
    told: bool = True,
    paid_after: timedelta = timedelta(seconds=40),
    cancelled_after: timedelta | None = None,
) -> Sold:
    _, title, _, price = GOODS[random.randrange(len(GOODS))]
    return Sold(
        channel=channel,
        order_no=f"FH{created:%Y%m%d}{800_000 + place:06d}",
        title=title,
        due_minor=price,
        created_at=created,
        paid_at=created + paid_after,
        cancelled_at=None if cancelled_after is None else created + cancelled_after,
        told=told,
    )


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _closed_unpaid(order: Sold) -> list[Sale]:
    """Taobao tells it waiting, then closed."""
    closed = order.cancelled_at or order.created_at
    told = (("WAIT_BUYER_PAY", order.created_at), ("TRADE_CLOSED_BY_TAOBAO", closed))
    return [
        _sale(order, at, {"trade_fullinfo_get_response": {"trade": _taobao(order, status, at)}}) for status, at in told
    ]


def _taobao(order: Sold, status: str, at: datetime) -> dict[str, Any]:
    total = _yuan(order.due_minor)
    line = {"oid": order.order_no, "title": order.title, "num": 1, "price": total, "payment": total, "status": status}
    return {
        "tid": order.order_no,
        "status": status,
        "seller_nick": "安可数码旗舰店",
        "created": _local(order.created_at),
        "modified": _local(at),
        "payment": total,
        "total_fee": total,
        "orders": {"order": [line]},
    }


def _cancelled(order: Sold) -> list[Sale]:
    """JD tells it paid, then cancelled."""
    cancelled = order.cancelled_at or order.paid_at
    told = (("WAIT_SELLER_STOCK_OUT", order.paid_at), ("TRADE_CANCELED", cancelled))
    return [_sale(order, at, _jd(order, status, at)) for status, at in told]


def _jd(order: Sold, status: str, at: datetime) -> dict[str, Any]:
    total = _yuan(order.due_minor)
    told = {
        "orderId": order.order_no,
        "venderId": "10012345",
        "payType": "4-在线支付",
        "orderTotalPrice": total,
        "orderSellerPrice": total,
        "orderPayment": total,
        "orderState": status,
        "orderStartTime": _local(order.created_at),
        "paymentConfirmTime": _local(order.paid_at),
        "modified": _local(at),
        "orderType": "22",
        "itemInfoList": [{"skuName": order.title, "jdPrice": total, "itemTotal": "1"}],
    }
    result = {"success": True, "chineseErrCode": "成功", "numberCode": 0}
    return {
        "jingdong_pop_order_get_responce": {"code": "0", "orderDetailInfo": {"apiResult": result, "orderInfo": told}}
    }


def _sale(order: Sold, at: datetime, body: dict[str, Any]) -> Sale:
    return Sale(channel=order.channel, order_no=order.order_no, due_at=at, body=msgspec.json.encode(body))
