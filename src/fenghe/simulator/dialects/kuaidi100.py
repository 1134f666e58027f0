"""快递100 in the sandbox (沙箱快递100): cumulative callbacks newest first, queries with the half-hour lock,
subscriptions.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from fenghe.connectors import signing
from fenghe.connectors.kuaidi100.query import COMPANIES
from fenghe.connectors.scans import NotReadable, decode_json, field_of, form_fields
from fenghe.simulator.dialects.words import Call, Outgoing, Reply, clock_text, to_bytes
from fenghe.simulator.journeys import Scan, Step
from fenghe.simulator.parcels import Parcel, Push
from fenghe.simulator.telling import truth
from fenghe.simulator.world import World

STATUS_CODES: Final[Mapping[Step, str]] = {
    Step.WAITING: "102",
    Step.GOT: "103",
    Step.LEFT: "1002",
    Step.HUB_IN: "1002",
    Step.HUB_OUT: "1002",
    Step.DEST_IN: "1001",
    Step.ROUND: "5",
    Step.LOCKER: "501",
    Step.SIGNED: "301",
    Step.FAILED: "204",
    Step.RETURN: "6",
    Step.FORWARD: "1003",
    Step.ODD: "9901",
    Step.EMPTY: "",
}
STATES: Final[Mapping[Step, str]] = {
    Step.WAITING: "1",
    Step.GOT: "1",
    Step.ROUND: "5",
    Step.LOCKER: "5",
    Step.SIGNED: "3",
    Step.FAILED: "2",
    Step.RETURN: "6",
    Step.FORWARD: "7",
}


def describe(scan: Scan) -> str:
    """The scan in a carrier's words, as 快递100 repeats them."""
    words = {
        Step.WAITING: "包裹正在等待揽收",
        Step.GOT: f"【{scan.site}公司】 已收件 取件人:{scan.who}",
        Step.LEFT: f"【{scan.site}公司】 已发出 下一站 【{scan.following}】",
        Step.HUB_IN: f"【{scan.site}】 已收入",
        Step.HUB_OUT: f"【{scan.site}】 已发出 下一站 【{scan.following}】",
        Step.DEST_IN: f"到达派件网点【{scan.site}】",
        Step.ROUND: f"【{scan.site}公司】 派件中 派件人:{scan.who}",
        Step.LOCKER: f"快件已到达{scan.site},请凭取件码领取",
        Step.SIGNED: f"客户签收人:{scan.who} 已签收",
        Step.FAILED: "派送不成功:收件人不在",
        Step.RETURN: "快件退回,正在返回寄件人",
        Step.FORWARD: f"快件已转单,新单号:{scan.following}",
        Step.ODD: "快件进行特殊操作",
    }
    return words.get(scan.step, "")


def _data(scans: Sequence[Scan]) -> list[dict[str, Any]]:
    """Newest first."""
    returning, rows = False, []
    for scan in scans:
        returning = returning or scan.step is Step.RETURN
        code = "4" if returning and scan.step is Step.SIGNED else STATUS_CODES.get(scan.step, "")
        time = clock_text(scan.at)
        rows.append(
            {
                "time": time,
                "ftime": time,
                "context": describe(scan),
                "statusCode": code,
                "areaName": scan.city,
                "location": "",
            }
        )
    return rows[::-1]


def _result(parcel: Parcel, scans: Sequence[Scan]) -> dict[str, Any]:
    state = next((STATES[scan.step] for scan in reversed(scans) if scan.step in STATES), "0")
    return {
        "message": "ok",
        "nu": parcel.number,
        "ischeck": "1" if state == "3" else "0",
        "com": COMPANIES.get(parcel.carrier, parcel.carrier),
        "status": "200",
        "state": state,
        "condition": "",
        "data": _data(scans),
    }


def push(world: World, parcel: Parcel, push: Push) -> Outgoing:
    """The whole history so far; `shutdown` when it is over, `abort` after three days without a trace."""
    told = truth(push.scans, "kuaidi100")
    aborted = bool(told) and told[-1].step is Step.ABORT
    result = _result(parcel, [] if aborted else told)
    if aborted:
        result |= {"message": "快递公司参数异常:单号不存在或者已经过期", "status": "201"}
    status = "abort" if aborted else "shutdown" if push.over else "polling"
    envelope = {
        "status": status,
        "billstatus": "check" if push.over else "got",
        "message": "3天查询无记录" if aborted else "",
        "autoCheck": "0",
        "comOld": "",
        "comNew": "",
        "lastResult": result,
    }
    param = to_bytes(envelope).decode()
    sign = signing.kuaidi100_push_sign(param, world.secrets["kuaidi100"]["salt"])
    body = urlencode({"sign": sign, "param": param}).encode()
    return Outgoing(body=body, headers={"content-type": "application/x-www-form-urlencoded"})


def acknowledged(status: int, body: bytes) -> bool:
    """快递100 asks for result true and returnCode 200."""
    try:
        told = decode_json(body)
    except NotReadable:
        return False
    good = isinstance(told, dict) and told.get("result") is True and field_of(told, "returnCode") == "200"
    return status == 200 and good


def answer(world: World, call: Call, now: datetime) -> Reply:
    """What the query and subscription gateways answer."""
    fields = dict(form_fields(call.body))
    secrets = world.secrets["kuaidi100"]
    param = fields.get("param", b"")
    try:
        told = decode_json(param, "param")
    except NotReadable:
        return refusal("400", "找不到 param 参数或格式错误")
    if not isinstance(told, dict):
        return refusal("400", "param 格式错误")
    if call.path.endswith("query.do"):
        sign = signing.kuaidi100_query_sign(param, secrets["key"], secrets["customer"])
        if not signing.same(fields.get("sign"), sign):
            return refusal("503", "验证签名失败")
        return _query(world, told, now)
    if field_of(told, "key") != secrets["key"]:
        return refusal("600", "您不是合法的订阅者(即授权Key出错)")
    return Reply(body=to_bytes({"result": True, "returnCode": "200", "message": "提交成功"}))


def _query(world: World, told: Mapping[str, Any], now: datetime) -> Reply:
    parcel = world.find(field_of(told, "num"))
    scans = truth(world.visible(parcel.number, now), "kuaidi100") if parcel else []
    scans = [scan for scan in scans if scan.step is not Step.ABORT]
    if parcel is None or not scans or COMPANIES.get(parcel.carrier) != field_of(told, "com"):
        return refusal("500", "查询无结果,请隔段时间再查")
    return Reply(body=to_bytes(_result(parcel, scans)))


def refusal(code: str, said: str) -> Reply:
    """An error in 快递100's shape."""
    return Reply(body=to_bytes({"result": False, "returnCode": code, "message": said}))


def throttled() -> Reply:
    """Too many calls, or the same number again within half an hour."""
    return refusal("502", "服务器繁忙,请稍后再查")
