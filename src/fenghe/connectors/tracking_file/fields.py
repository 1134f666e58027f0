"""What scans are called in exports (列名): the names each part of a scan goes by. Declared data.

Promises: names are compared without case, blanks, hyphens and underscores; earlier names of a part win.
"""

from collections.abc import Mapping
from typing import Any, Final

from fenghe.connectors.scans import text_of

NUMBER: Final = (
    *("waybillno", "waybillcode", "waybillnumber", "mailno", "mailnum", "billcode", "logisticcode", "logisticno"),
    *("waybillnum", "trackingnum"),
    *("logisticsno", "trackingno", "trackingnumber", "expressno", "expressnumber", "expno", "awb", "nu"),
    *(
        "trackingid",
        "number",
        "运单号",
        "运单编号",
        "快递单号",
        "物流单号",
        "快递编号",
        "快递号",
        "物流编号",
        "面单号",
        "单号",
    ),
)
TIME: Final = (
    *("accepttime", "scantime", "scandate", "optime", "opetime", "actiontime", "uploadtime", "updatetime"),
    *("occurredat", "eventtime", "time", "ftime", "datetime", "timestamp", "procdatetime", "operatetime", "timeiso"),
    *("轨迹时间", "扫描时间", "操作时间", "发生时间", "更新时间", "物流时间", "时间", "日期时间"),
)
DATE: Final = ("date", "procdate", "eventdate", "日期")
CLOCK: Final = ("time", "proctime", "clock", "时刻")
TEXT: Final = (
    *("context", "remark", "memo", "desc", "processinfo", "acceptstation", "opdesc", "operemark", "description"),
    *(
        "content",
        "text",
        "message",
        "detail",
        "轨迹内容",
        "轨迹描述",
        "物流信息",
        "轨迹",
        "内容",
        "描述",
        "详情",
        "说明",
        "备注",
    ),
)
CODE: Final = (
    *("opcode", "scantypecode", "scantype", "infocontent", "action", "eventcode", "statuscode", "status", "state"),
    *(
        "code",
        "event",
        "logisticsstatus",
        "orderstatus",
        "状态码",
        "状态代码",
        "物流状态",
        "快件状态",
        "状态",
        "事件",
        "操作类型",
    ),
)
LOCATION: Final = (
    *("acceptaddress", "location", "areaname", "city", "station", "oporgname", "scannetworkname", "orgfullname"),
    *("site", "facilityname", "address", "所在地", "地点", "城市", "网点", "站点", "位置"),
)
ORDER: Final = (
    *("orderno", "orderid", "ordercode", "txlogisticid", "partnerordercode", "tid", "订单号", "订单编号", "商户订单号"),
)
CARRIER: Final = (
    *("carrier", "carriercode", "com", "shippercode", "cpcode", "logisticproviderid", "logisticscompany"),
    *("expresscompany", "company", "快递公司", "承运商", "物流公司", "承运公司", "快递"),
)
CREATED: Final = ("createtime", "createdat", "创建时间", "下单时间")
UPDATED: Final = ("updatetime", "updatedat", "modifytime", "modifiedat", "更新时间", "修改时间")
ORDERED: Final = ("下单时间", "ordertime")
SIGNED: Final = ("ischeck", "issign", "issigned", "signed", "signflag", "是否签收", "签收标记", "签收标志")


def plain(name: str) -> str:
    """A field's name as it is compared."""
    return name.strip().casefold().replace("_", "").replace("-", "").replace(" ", "").lstrip("\ufeff")


def plain_record(told: Mapping[str, Any]) -> dict[str, Any]:
    """A record by its compared names; of two names that become one, the first counts."""
    record: dict[str, Any] = {}
    for name, value in told.items():
        record.setdefault(plain(name), value)
    return record


def part(record: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The first of these parts that says something."""
    return next((text for name in names if (text := text_of(record.get(name)).strip())), "")


def has(record: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    """Is there such a field, even an empty one? Objects and lists are not it."""
    return any(name in record and not isinstance(record[name], dict | list) for name in names)


def moment_text(record: Mapping[str, Any]) -> str:
    """When, as told: one field, or a date and a clock in two."""
    day = part(record, DATE)
    if day:
        clock = part(record, CLOCK)
        if len(day) == 8 and day.isdigit() and clock.isdigit():
            return day + clock.zfill(6)
        return f"{day} {clock}".strip()
    return part(record, TIME)
