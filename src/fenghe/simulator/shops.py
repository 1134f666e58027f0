"""The sandbox's shops (沙箱店铺): what four channels say about the orders behind a world's parcels, in their own shapes.

Promises: every parcel has exactly one order; the same world tells the same; ids stay text or 64-bit whole numbers.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

import msgspec

from fenghe.kernel.values import CHINA
from fenghe.logistics.events import CARRIERS
from fenghe.simulator.parcels import Parcel
from fenghe.simulator.till import Sold
from fenghe.simulator.world import World

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
CHANNELS: Final = ("taobao", "pdd", "douyin", "jd")
PDD_COMPANIES: Final = {"44": "顺丰快递", "115": "中通快递", "85": "圆通快递", "1": "申通快递", "121": "韵达快递"}
JD_COMPANIES: Final = {"467": "顺丰速运", "1499": "中通快递", "463": "圆通速递", "470": "申通快递", "1327": "韵达快递"}
GOODS: Final = (
    ("ANKE-PCASE-SILICONE-6.1-BLACK", "液态硅胶手机壳 全包防摔", "颜色:黑色;尺寸:6.1寸", 1990),
    ("ANKE-PCASE-SILICONE-6.7-BLUE", "液态硅胶手机壳 全包防摔", "颜色:远峰蓝;尺寸:6.7寸", 2190),
    ("MIAO-CATFOOD-CHICKEN-2KG", "冻干双拼全价猫粮", "口味:鸡肉;净含量:2kg", 13800),
    ("MIAO-CATFOOD-FISH-5KG", "冻干双拼全价猫粮", "口味:深海鱼;净含量:5kg", 26900),
    ("RUN-SERUM-HA-30ML", "玻尿酸补水精华液 <敏感肌可用> & 正品", "规格:30ml", 8900),
    ("BEBE-DIAPER-M-64", "婴儿纸尿裤 超薄透气", "尺码:M;片数:64片", 9900),
)
_REGIONS: Final = (
    ("浙江省", "杭州市", "余杭区"),
    ("广东省", "深圳市", "南山区"),
    ("四川省", "成都市", "武侯区"),
    ("北京", "北京市", "大兴区"),
)


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a channel about one order."""

    channel: str
    order_no: str
    due_at: datetime
    body: bytes


class _Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order as all channels would tell it: amounts in fen."""

    parcel: Parcel
    number: int
    sku: str
    title: str
    spec: str
    price: int
    count: int
    discount: int
    region: tuple[str, str, str]
    stage: str

    @property
    def paid(self) -> int:
        return self.price * self.count - self.discount

    @property
    def paid_at(self) -> datetime:
        return self.parcel.created_at + timedelta(seconds=40)

    @property
    def shipped(self) -> bool:
        return self.stage == "shipped"

    @property
    def modified_at(self) -> datetime:
        return self.parcel.handed_over_at if self.shipped else self.paid_at


def sales(world: World, *, until: datetime | None = None) -> list[Sale]:
    """Every message of every channel, by the moment it is sent: an order when paid, and again when shipped."""
    told = [
        sale
        for place, parcel in enumerate(world.parcels)
        if parcel.precedes is None
        for sale in _tell(world, parcel, place)
    ]
    told.sort(key=lambda sale: (sale.due_at, sale.order_no))
    return [sale for sale in told if until is None or sale.due_at <= until]


def sold(world: World) -> list[Sold]:
    """What the buyers owe for the orders of a world; the number of the payment where the channel tells it."""
    found = []
    for place, parcel in enumerate(world.parcels):
        if parcel.precedes is None:
            order, channel = _order(world, parcel, place, "paid"), channel_of(parcel)
            heads = {"taobao": f"20260205220014{order.number:014d}", "pdd": f"4200001{order.number:020d}"}
            found.append(
                Sold(
                    channel=channel,
                    order_no=parcel.order_no,
                    title=order.title,
                    due_minor=order.paid,
                    created_at=parcel.created_at,
                    paid_at=order.paid_at,
                    payment_no=heads.get(channel, ""),
                )
            )
    return found


def channel_of(parcel: Parcel) -> str:
    """Which channel sold it."""
    return CHANNELS[sum(map(ord, parcel.order_no)) % len(CHANNELS)]


def _tell(world: World, parcel: Parcel, place: int) -> Iterator[Sale]:
    channel = channel_of(parcel)
    for stage in ("paid", "shipped"):
        order = _order(world, parcel, place, stage)
        yield Sale(
            channel=channel,
            order_no=parcel.order_no,
            due_at=order.modified_at,
            body=_ENCODER.encode(_SHAPES[channel](order)),
        )


def _serial(parcel: Parcel, place: int) -> int:
    """The order's own serial number, its place in the world where it has none: what is paid for must not share a number."""
    tail = parcel.order_no[-6:]
    return int(tail) if tail.isdecimal() and tail.isascii() else place


def _order(world: World, parcel: Parcel, place: int, stage: str) -> _Order:
    random = Random(f"{world.seed}-order-{parcel.order_no}")
    sku, title, spec, price = GOODS[random.randrange(len(GOODS))]
    number = _serial(parcel, place)
    return _Order(
        parcel=parcel,
        number=number,
        sku=sku,
        title=title,
        spec=spec,
        price=price,
        count=random.choice((1, 1, 1, 2, 3)),
        discount=min(price, 100 * (number % 9)),
        region=_REGIONS[number % len(_REGIONS)],
        stage=stage,
    )


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _exact(fen: int) -> Decimal:
    """PDD writes yuan as JSON numbers."""
    return Decimal(fen).scaleb(-2)


def _company(order: _Order) -> str:
    return CARRIERS[order.parcel.carrier][0]


def _taobao(order: _Order) -> dict[str, Any]:
    status = "WAIT_BUYER_CONFIRM_GOODS" if order.shipped else "WAIT_SELLER_SEND_GOODS"
    line = {
        "oid": order.parcel.order_no,
        "num_iid": 725654838000 + order.number % 50,
        "sku_id": str(5022112230000 + order.number % 50),
        "outer_sku_id": order.sku,
        "sku_properties_name": order.spec,
        "title": order.title,
        "num": order.count,
        "price": _yuan(order.price),
        "payment": _yuan(order.paid),
        "divide_order_fee": _yuan(order.paid),
        "status": status,
        "refund_status": "NO_REFUND",
    }
    if order.shipped:
        line |= {
            "invoice_no": order.parcel.number,
            "logistics_company": _company(order),
            "consign_time": _local(order.parcel.handed_over_at),
        }
    trade = {
        "tid": order.parcel.order_no,
        "status": status,
        "seller_nick": "安可数码旗舰店",
        "created": _local(order.parcel.created_at),
        "pay_time": _local(order.paid_at),
        "modified": _local(order.modified_at),
        "payment": _yuan(order.paid),
        "total_fee": _yuan(order.price * order.count),
        "post_fee": "0.00",
        "discount_fee": _yuan(order.discount),
        "alipay_no": f"20260205220014{order.number:014d}",
        "receiver_name": "张*",
        "receiver_mobile": f"*******{order.parcel.phone_tail}",
        "receiver_address": "**",
        "receiver_state": order.region[0],
        "receiver_city": order.region[1],
        "receiver_district": order.region[2],
        "orders": {"order": [line]},
    }
    if order.shipped:
        trade["consign_time"] = _local(order.parcel.handed_over_at)
    return {"trade_fullinfo_get_response": {"trade": trade, "request_id": f"sim{order.number}"}}


def _pdd(order: _Order) -> dict[str, Any]:
    company = next(number for number, name in PDD_COMPANIES.items() if name[:2] == _company(order)[:2])
    told: dict[str, Any] = {
        "order_sn": order.parcel.order_no,
        "order_status": 2 if order.shipped else 1,
        "refund_status": 1,
        "after_sales_status": 0,
        "confirm_status": 1,
        "group_status": 1,
        "risk_control_status": 0,
        "created_time": _local(order.parcel.created_at),
        "pay_time": _local(order.paid_at),
        "confirm_time": _local(order.paid_at),
        "updated_at": _local(order.modified_at),
        "last_ship_time": _local(order.paid_at + timedelta(hours=48)),
        "goods_amount": _exact(order.price * order.count),
        "discount_amount": _exact(order.discount),
        "pay_amount": _exact(order.paid),
        "postage": _exact(0),
        "pay_no": f"4200001{order.number:020d}",
        "receiver_name_mask": "李*",
        "receiver_phone_mask": f"1******{order.parcel.phone_tail}",
        "receiver_address_mask": "**",
        "province": order.region[0],
        "city": order.region[1],
        "town": order.region[2],
        "logistics_id": int(company) if order.shipped else 0,
        "tracking_number": order.parcel.number if order.shipped else "",
        "item_list": [
            {
                "goods_id": str(604123456000 + order.number % 50),
                "sku_id": str(1412345678000 + order.number % 50),
                "goods_name": order.title,
                "goods_spec": ",".join(part.partition(":")[2] for part in order.spec.split(";")),
                "goods_price": _exact(order.price),
                "goods_count": order.count,
                "outer_id": order.sku,
            }
        ],
    }
    if order.shipped:
        told["shipping_time"] = _local(order.parcel.handed_over_at)
    return {"order_info_get_response": {"order_info": told}}


def _douyin(order: _Order) -> dict[str, Any]:
    line = {
        "order_id": order.parcel.order_no,
        "parent_order_id": order.parcel.order_no,
        "product_id": 3600000000000000000 + order.number % 50,
        "sku_id": 1750000000000000000 + order.number % 50,
        "code": order.sku,
        "product_name": order.title,
        "spec": [{"name": p.partition(":")[0], "value": p.partition(":")[2]} for p in order.spec.split(";")],
        "item_num": order.count,
        "origin_amount": order.price,
        "order_amount": order.paid,
        "pay_amount": order.paid,
        "order_status": 3 if order.shipped else 2,
        "after_sale_info": {"after_sale_status": 0, "after_sale_type": 0, "refund_status": 0},
    }
    told: dict[str, Any] = {
        "order_id": order.parcel.order_no,
        "shop_id": 1111111,
        "shop_name": "喵星补给站",
        "order_status": 3 if order.shipped else 2,
        "order_type": 0,
        "create_time": int(order.parcel.created_at.timestamp()),
        "pay_time": int(order.paid_at.timestamp()),
        "update_time": int(order.modified_at.timestamp()),
        "ship_time": int(order.parcel.handed_over_at.timestamp()) if order.shipped else 0,
        "exp_ship_time": int((order.paid_at + timedelta(hours=48)).timestamp()),
        "finish_time": 0,
        "order_amount": order.price * order.count,
        "pay_amount": order.paid,
        "post_amount": 0,
        "promotion_amount": order.discount,
        "channel_payment_no": f"20260205220015{order.number:014d}",
        "mask_post_receiver": "王*",
        "mask_post_tel": f"1******{order.parcel.phone_tail}",
        "mask_post_addr": {"province": {"name": order.region[0]}, "city": {"name": order.region[1]}, "detail": "**"},
        "sku_order_list": [line],
    }
    if order.shipped:
        told["logistics_info"] = [
            {
                "tracking_no": order.parcel.number,
                "company_name": _company(order),
                "ship_time": int(order.parcel.handed_over_at.timestamp()),
            }
        ]
    return {"code": 10000, "msg": "success", "data": {"page": 0, "size": 1, "total": 1, "shop_order_list": [told]}}


def _jd(order: _Order) -> dict[str, Any]:
    company = next(number for number, name in JD_COMPANIES.items() if name[:2] == _company(order)[:2])
    told: dict[str, Any] = {
        "orderId": order.parcel.order_no,
        "venderId": "10012345",
        "payType": "4-在线支付",
        "orderTotalPrice": _yuan(order.price * order.count),
        "orderSellerPrice": _yuan(order.paid),
        "orderPayment": _yuan(order.paid),
        "freightPrice": "0.00",
        "sellerDiscount": _yuan(order.discount),
        "orderState": "WAIT_GOODS_RECEIVE_CONFIRM" if order.shipped else "WAIT_SELLER_STOCK_OUT",
        "orderStartTime": _local(order.parcel.created_at),
        "paymentConfirmTime": _local(order.paid_at),
        "orderEndTime": "",
        "modified": _local(order.modified_at),
        "orderType": "22",
        "pin": "jd_xxx",
        "consigneeInfo": {
            "fullname": "赵*",
            "mobile": f"1******{order.parcel.phone_tail}",
            "province": order.region[0],
            "city": order.region[1],
            "county": order.region[2],
            "fullAddress": "**",
        },
        "itemInfoList": [
            {
                "skuId": str(100012345000 + order.number % 50),
                "outerSkuId": order.sku,
                "skuName": order.title,
                "jdPrice": _yuan(order.price),
                "itemTotal": str(order.count),
                "wareId": str(10001234567000 + order.number % 50),
            }
        ],
    }
    if order.shipped:
        told |= {"waybill": order.parcel.number, "logisticsId": company}
    result = {"success": True, "chineseErrCode": "成功", "numberCode": 0}
    return {
        "jingdong_pop_order_get_responce": {"code": "0", "orderDetailInfo": {"apiResult": result, "orderInfo": told}}
    }


_SHAPES: Final = {"taobao": _taobao, "pdd": _pdd, "douyin": _douyin, "jd": _jd}
