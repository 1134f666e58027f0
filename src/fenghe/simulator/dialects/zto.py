"""ZTO in the sandbox (沙箱中通): scans as scanType or action, signed pushes, queries, subscriptions, bookings."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from fenghe.connectors import signing
from fenghe.connectors.scans import NotReadable, decode_json, field_of
from fenghe.simulator.dialects.words import Call, Outgoing, Reply, clock_text, to_bytes
from fenghe.simulator.journeys import Scan, Step
from fenghe.simulator.parcels import Parcel, Push
from fenghe.simulator.telling import truth
from fenghe.simulator.world import World

SCAN_TYPES: Final[Mapping[Step, str]] = {
    Step.GOT: "收件",
    Step.LEFT: "发件",
    Step.HUB_IN: "到件",
    Step.HUB_OUT: "发件",
    Step.DEST_IN: "到件",
    Step.ROUND: "派件",
    Step.LOCKER: "ARRIVAL",
    Step.SIGNED: "签收",
    Step.FAILED: "问题件",
    Step.RETURN: "退件",
    Step.FORWARD: "转单",
    Step.ODD: "ZT_99",
    Step.EMPTY: "",
}
ACTIONS: Final[Mapping[Step, str]] = {
    Step.GOT: "GOT",
    Step.LEFT: "DEPARTURE",
    Step.HUB_IN: "ARRIVAL",
    Step.HUB_OUT: "DEPARTURE",
    Step.DEST_IN: "ARRIVAL",
    Step.ROUND: "DISPATCH",
    Step.LOCKER: "INBOUND",
    Step.SIGNED: "SIGNED",
    Step.FAILED: "PROBLEM",
    Step.RETURN: "RETURN_SCAN",
    Step.ODD: "BEAM_UP",
    Step.EMPTY: "",
}
_THROTTLED: Final = {"status": False, "statusCode": "S210", "message": "请求过于频繁,请稍后再试", "result": None}
_UNSIGNED: Final = {"status": False, "statusCode": "S203", "message": "数据签名错误", "result": None}


def describe(scan: Scan) -> str:
    """The scan in ZTO's words."""
    where = f"【{scan.city}】"
    words = {
        Step.WAITING: "商家已下单,等待揽收",
        Step.GOT: f"{where}【{scan.site}】的业务员{scan.who}已揽收",
        Step.LEFT: f"{where}快件离开【{scan.site}】,发往【{scan.following}】",
        Step.HUB_IN: f"{where}快件到达【{scan.site}】",
        Step.HUB_OUT: f"{where}快件离开【{scan.site}】,发往【{scan.following}】",
        Step.DEST_IN: f"{where}快件到达【{scan.site}】",
        Step.ROUND: f"{where}【{scan.site}】的业务员{scan.who}正在派件,请保持电话畅通",
        Step.LOCKER: f"{where}快件已暂存至【{scan.site}】,请凭取件码领取",
        Step.SIGNED: f"{where}快件已由【{scan.who}】签收,感谢使用中通快递",
        Step.FAILED: f"{where}派送不成功:收件人不在,等待再派",
        Step.RETURN: f"{where}快件退回,正在返回寄件人",
        Step.FORWARD: f"{where}快件已转单,新单号:{scan.following}",
        Step.ODD: f"{where}快件进行特殊操作",
    }
    return words.get(scan.step, "")


def _told(parcel: Parcel, scan: Scan, *, with_action: bool) -> dict[str, Any]:
    code = scan.code or (ACTIONS if with_action else SCAN_TYPES).get(scan.step)
    if with_action and code is not None:
        return {
            "billCode": parcel.number,
            "action": code,
            "actionTime": clock_text(scan.at),
            "city": scan.city,
            "facilityName": scan.site,
            "desc": describe(scan),
        }
    return {
        "billCode": parcel.number,
        "scanType": code if code is not None else SCAN_TYPES.get(scan.step, ""),
        "scanDate": clock_text(scan.at),
        "scanSite": {"code": "", "name": scan.site},
        "preOrNextSite": {"code": "", "name": scan.following if scan.step is not Step.FORWARD else ""},
        "desc": describe(scan),
    }


def push(world: World, parcel: Parcel, push: Push) -> Outgoing:
    """Signed as ZTO does; every third parcel in the form style with `action`."""
    secrets = world.secrets["zto"]
    (scan,) = push.scans
    if int(parcel.number[-1]) % 3 == 0 and not scan.code:
        data = to_bytes(_told(parcel, scan, with_action=True))
        fields = {
            "data_digest": signing.zto_digest(data, secrets["app_secret"]),
            "company_id": secrets["app_key"],
            "data": data.decode(),
            "msg_type": "Traces",
        }
        return Outgoing(body=urlencode(fields).encode(), headers={"content-type": "application/x-www-form-urlencoded"})
    body = to_bytes(_told(parcel, scan, with_action=False))
    return Outgoing(
        body=body,
        headers={
            "content-type": "application/json; charset=utf-8",
            "x-appKey": secrets["app_key"],
            "x-dataDigest": signing.zto_digest(body, secrets["app_secret"]),
        },
    )


def acknowledged(status: int, body: bytes) -> bool:
    """ZTO asks for `status` true."""
    try:
        told = decode_json(body)
    except NotReadable:
        return False
    return status == 200 and isinstance(told, dict) and told.get("status") is True


def answer(world: World, call: Call, now: datetime) -> Reply:
    """What ZTO's gateway answers; a wrong digest gets ZTO's own refusal."""
    secrets = world.secrets["zto"]
    digest = signing.zto_digest(call.body, secrets["app_secret"])
    if call.headers.get("x-appkey") != secrets["app_key"] or not signing.same(call.headers.get("x-datadigest"), digest):
        return Reply(body=to_bytes(_UNSIGNED))
    try:
        told = decode_json(call.body)
    except NotReadable:
        told = None
    if not isinstance(told, dict):
        return Reply(body=to_bytes({"status": False, "statusCode": "S201", "message": "参数格式错误", "result": None}))
    return Reply(body=to_bytes(_result(world, call.path.rpartition("/")[2], told, now)))


def _result(world: World, method: str, told: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    done = {"status": True, "statusCode": "SYS000", "message": "操作成功"}
    parcel = world.find(field_of(told, "billCode"))
    match method:
        case "zto.merchant.waybill.track.query":
            known = parcel is not None and field_of(told, "mobilePhone") in ("", parcel.phone_tail)
            scans = truth(world.visible(parcel.number, now), "zto") if parcel and known else []
            return {**done, "result": [_told(parcel, scan, with_action=False) for scan in scans if parcel]}
        case "zto.merchant.waybill.track.subsrcibe":
            return {**done, "result": None}
        case "zto.open.createOrder":
            order_no = field_of(told, "partnerOrderCode")
            booked = world.book(teller="zto", order_no=order_no, at=now)
            return {**done, "result": {"billCode": booked.number, "orderCode": order_no}}
        case _:
            return {"status": False, "statusCode": "S404", "message": f"接口不存在:{method}", "result": None}


def throttled() -> Reply:
    """Too many calls."""
    return Reply(body=to_bytes(_THROTTLED))
