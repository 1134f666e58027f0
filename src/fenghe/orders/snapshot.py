"""What a channel said about an order (订单快照), in no channel's dialect. None means 'not said', never 'nothing'."""

from collections.abc import Mapping
from datetime import datetime

import msgspec


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line as the channel tells it; ids stay text, amounts are minor units of the order's currency."""

    line_no: str
    item_id: str = ""
    sku_id: str = ""
    outer_sku_id: str = ""
    title: str = ""
    spec: str = ""
    quantity: int | None = None
    price_minor: int | None = None
    paid_minor: int | None = None
    status_code: str | None = None
    refund_code: str | None = None


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel the channel says was handed over. `carrier_name` as told; `shipped_at` None when it gave no time."""

    tracking_no: str
    carrier_name: str = ""
    shipped_at: datetime | None = None


class OrderSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One order as one message tells it. `status_code` carries its field (`status:WAIT_BUYER_PAY`), as in the code tables.

    `codes` names whose code list that is (`taobao`, `pdd`, `douyin`, `jd`, or a mapping's name). `status_state` is set only
    by a connector that must combine several fields (PDD), to a normalised word. `modified_at` orders snapshots of one order.
    `order_type` is `normal`, `presale`, `cod` ... or "" when unsaid. Buyer fields stay as masked as they came.
    """

    channel: str
    shop: str
    order_no: str
    codes: str
    item: int = 0
    status_code: str | None = None
    status_state: str | None = None
    modified_at: datetime | None = None
    created_at: datetime | None = None
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    finished_at: datetime | None = None
    promised_ship_at: datetime | None = None
    currency: str = "CNY"
    total_minor: int | None = None
    paid_minor: int | None = None
    post_minor: int | None = None
    discount_minor: int | None = None
    refunded_minor: int | None = None
    payment_no: str = ""
    order_type: str = ""
    buyer: str = ""
    receiver_name: str = ""
    receiver_phone: str = ""
    receiver_region: str = ""
    receiver_address: str = ""
    remark: str = ""
    lines: tuple[OrderLine, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    facts: Mapping[str, str] = {}
