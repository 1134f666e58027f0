"""SF in the sandbox (沙箱顺丰): opCodes in pushes and route queries, the two-layer envelope, its A- and S-codes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from fenghe.connectors import signing
from fenghe.connectors.scans import NotReadable, decode_json, field_of, form_fields
from fenghe.kernel.values import digest, to_ms
from fenghe.simulator.dialects.words import Call, Outgoing, Reply, clock_text, to_bytes
from fenghe.simulator.journeys import Scan, Step
from fenghe.simulator.parcels import Parcel, Push
from fenghe.simulator.telling import truth
from fenghe.simulator.world import World

OP_CODES: Final[Mapping[Step, tuple[str, str]]] = {
    Step.WAITING: ("646", ""),
    Step.GOT: ("50", ""),
    Step.LEFT: ("30", ""),
    Step.HUB_IN: ("31", ""),
    Step.HUB_OUT: ("30", ""),
    Step.DEST_IN: ("31", ""),
    Step.ROUND: ("44", ""),
    Step.LOCKER: ("125", ""),
    Step.SIGNED: ("80", ""),
    Step.SIGN_INFO: ("8000", ""),
    Step.FAILED: ("70", "5"),
    Step.RETURN: ("99", "2"),
    Step.FORWARD: ("648", ""),
    Step.ODD: ("4242", ""),
    Step.EMPTY: ("", ""),
}
"""(opCode, reasonCode) of each step."""


def describe(scan: Scan) -> str:
    """The scan in SF's words."""
    words = {
        Step.WAITING: "订单已接收,等待揽收",
        Step.GOT: "顺丰速运 已收取快件",
        Step.LEFT: f"快件在【{scan.site}】完成装车,发往 【{scan.following}】",
        Step.HUB_IN: f"快件到达 【{scan.site}】",
        Step.HUB_OUT: f"快件在【{scan.site}】完成装车,发往 【{scan.following}】",
        Step.DEST_IN: f"快件到达 【{scan.site}】",
        Step.ROUND: f"正在派送途中,请您准备签收(派件人:{scan.who})",
        Step.LOCKER: f"快件已放入【{scan.site}】,请凭取件码取件",
        Step.SIGNED: "已签收,感谢使用顺丰",
        Step.SIGN_INFO: "签收图与签收人信息可在官网查看",
        Step.FAILED: "派送不成功:收件人不在,约定再次派送",
        Step.RETURN: "快件应要求退回寄件方",
        Step.FORWARD: f"快件已转寄,新单号:{scan.following}",
        Step.ODD: "快件进行特殊操作",
    }
    return words.get(scan.step, "")


def _route(parcel: Parcel, scan: Scan, **more: str) -> dict[str, str]:
    code, reason = OP_CODES.get(scan.step, ("", ""))
    return {
        "acceptTime": clock_text(scan.at),
        "acceptAddress": scan.city,
        "remark": describe(scan),
        "opCode": scan.code or code,
        "reasonCode": reason,
        "mailno": parcel.number,
        **more,
    }


def push(world: World, parcel: Parcel, push: Push) -> Outgoing:
    """RoutePushService in the signed standard form; a repeat has other ids and another time stamp."""
    secrets = world.secrets["sf"]
    routes = [
        _route(
            parcel,
            scan,
            orderid=parcel.told_order_no,
            reasonName="",
            id=digest(f"{push.number}-{push.part}-{place}-{push.turn}"),
        )
        for place, scan in enumerate(push.scans)
    ]
    message, timestamp = to_bytes({"Body": {"WaybillRoute": routes}}).decode(), str(to_ms(push.due_at))
    fields = {
        "partnerID": secrets["partner_id"],
        "requestID": digest(push.number, str(push.part), str(push.turn)),
        "serviceCode": "RoutePushService",
        "timestamp": timestamp,
        "msgData": message,
        "msgDigest": signing.sf_digest(message, timestamp, secrets["checkword"]),
    }
    return Outgoing(body=urlencode(fields).encode(), headers={"content-type": "application/x-www-form-urlencoded"})


def acknowledged(status: int, body: bytes) -> bool:
    """SF asks for return_code 0000."""
    try:
        told = decode_json(body)
    except NotReadable:
        return False
    return status == 200 and isinstance(told, dict) and field_of(told, "return_code") == "0000"


def answer(world: World, call: Call, now: datetime) -> Reply:
    """What 丰桥 answers; each thing that is wrong with a call has its own A-code."""
    fields = {name: value.decode("utf-8", "replace") for name, value in form_fields(call.body)}
    secrets = world.secrets["sf"]
    missing = [
        name for name in ("partnerID", "requestID", "serviceCode", "timestamp", "msgData") if not fields.get(name)
    ]
    if missing:
        return _outer("A1001", f"必传参数不可为空:{missing[0]}")
    if fields["partnerID"] != secrets["partner_id"]:
        return _outer("A1004", "无对应服务权限")
    expected = signing.sf_digest(fields["msgData"], fields["timestamp"], secrets["checkword"])
    if not signing.same(fields.get("msgDigest"), expected):
        return _outer("A1006", "数字签名无效")
    try:
        told = decode_json(fields["msgData"])
    except NotReadable:
        return _inner("S0001", "非法的JSON格式")
    if not isinstance(told, dict):
        return _inner("S0001", "非法的JSON格式")
    return _serve(world, fields["serviceCode"], told, now)


def _serve(world: World, service: str, told: Mapping[str, Any], now: datetime) -> Reply:
    match service:
        case "EXP_RECE_SEARCH_ROUTES":
            numbers = told.get("trackingNumber")
            if not isinstance(numbers, list) or not numbers or len(numbers) > 10:
                return _inner("S0002", "trackingNumber 应为 1 到 10 个单号")
            tails = field_of(told, "checkPhoneNo").split(",")
            asked = [(str(number), tails[place] if place < len(tails) else "") for place, number in enumerate(numbers)]
            return _inner("S0000", None, {"routeResps": [_routes(world, number, tail, now) for number, tail in asked]})
        case "EXP_RECE_REGISTER_ROUTE":
            return _inner("S0000", None, {"type": "1", "attributeNo": field_of(told, "attributeNo")})
        case "EXP_RECE_CREATE_ORDER":
            order_no = field_of(told, "orderId")
            if not order_no:
                return _inner("S0002", "orderId 必填")
            booked = world.book(teller="sf", order_no=order_no, at=now)
            numbers = [{"waybillType": 1, "waybillNo": booked.number}]
            return _inner("S0000", None, {"orderId": order_no, "waybillNoInfoList": numbers})
        case _:
            return _outer("A1004", f"无对应服务权限:{service}")


def _routes(world: World, number: str, tail: str, now: datetime) -> dict[str, Any]:
    """Without the right digits of the phone the list is empty, and no error says so."""
    parcel = world.find(number)
    known = parcel is not None and parcel.teller == "sf" and tail == parcel.phone_tail
    scans = truth(world.visible(number, now), "sf") if known else []
    return {"mailNo": number, "routes": [_route(parcel, scan) for scan in scans if parcel]}


def _outer(code: str, said: str) -> Reply:
    return Reply(
        body=to_bytes({"apiErrorMsg": said, "apiResponseID": "000", "apiResultCode": code, "apiResultData": None})
    )


def _inner(code: str, said: str | None, data: object = None) -> Reply:
    inner = {"success": code == "S0000", "errorCode": code, "errorMsg": said, "msgData": data}
    text = to_bytes(inner).decode()
    return Reply(
        body=to_bytes({"apiErrorMsg": "", "apiResponseID": "000", "apiResultCode": "A1000", "apiResultData": text})
    )


def throttled() -> Reply:
    """Too many calls."""
    return _outer("A1005", "接口调用频率超限")
