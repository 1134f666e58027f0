"""Exports of unknown provenance: the real histories, each carrier's shape, plain rows, and what is not recognised."""

import json
from pathlib import Path
from typing import Any

import pytest

from fenghe.connectors.tracking_file import CONNECTOR
from fenghe.kernel.connecting import Reading, Refused
from fenghe.logistics.events import TrackingEvent
from fenghe.logistics.mapping import map_status, shipped_mapping
from fenghe.logistics.scale import State
from tests.connectors.carriers.telling import delivery, message


def read(told: Any, **config: str) -> Reading:
    return CONNECTOR.read(message(json.dumps(told, ensure_ascii=False), "tracking_file", config))


def one(told: Any, **config: str) -> TrackingEvent:
    reading = read(told, **config)
    assert not reading.unreadable
    (event,) = reading.items
    assert isinstance(event, TrackingEvent)
    return event


def states(reading: Reading) -> list[State | None]:
    return [map_status(shipped_mapping(event.codes), code=event.code, text=event.text) for event in reading.items]


def histories(shared_data: Path) -> dict[str, Any]:
    lines = (shared_data / "tracks_cn/histories.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["id"]: record for record in map(json.loads, lines)}


def test_every_scan_of_the_real_histories_is_read_and_understood(shared_data: Path) -> None:
    for record in histories(shared_data).values():
        raw = record["raw"]
        told = raw.get("body") or raw.get("data") or raw["lastResult"]["data"]
        reading = read(record)
        assert not reading.unreadable
        assert len(reading.items) == len(told)
        assert None not in states(reading)
        moments = [event.occurred_at for event in reading.items]
        assert moments == sorted(moments)
        assert [event.item for event in reading.items] == list(range(len(told)))


def test_where_the_real_histories_end(shared_data: Path) -> None:
    ends = {name: states(read(record)) for name, record in histories(shared_data).items()}
    assert ends["sf-01"][0] is State.PICKED_UP
    assert set(ends["sf-01"][-2:]) == {State.DELIVERED}
    assert ends["yto-02"][-3:] == [State.READY_FOR_PICKUP, State.READY_FOR_PICKUP, State.DELIVERED]
    assert ends["zto-02"] == [State.AWAIT_PICKUP]
    assert ends["sto-03"] == [State.PICKED_UP] * 2 + [State.IN_TRANSIT] * 5 + [State.OUT_FOR_DELIVERY, State.DELIVERED]


def test_equal_seconds_of_a_newest_first_answer_are_turned_round(shared_data: Path) -> None:
    events = read(histories(shared_data)["sf-01"]).items
    assert [event.code for event in events[5:7]] == ["31", "30"]
    assert events[5].occurred_at == events[6].occurred_at


def test_the_platforms_own_samples(shared: Path) -> None:
    for name, codes in (("sf_route_push", "sf"), ("zto_trace_push", "zto"), ("kuaidi100_push_param", "kuaidi100")):
        told = json.loads((shared / f"protocols/samples/{name}.json").read_text(encoding="utf-8"))
        reading = read(told)
        assert not reading.unreadable
        assert {event.codes for event in reading.items} == {codes}


SF_ROUTE = {"acceptTime": "2026-02-05 10:00:00", "opCode": "50", "remark": "已收取快件"}
SF_ANSWER = {"success": True, "msgData": {"routeResps": [{"mailNo": "SF1234567890", "routes": [SF_ROUTE]}]}}
STO_SCAN = {"opTime": "2026-02-05 10:00:00", "scanType": "问题件", "memo": "客户不在", "issueName": "无人"}
YUNDA_STEP = {"time": "2026-02-05 10:00:00", "action": "SENT", "station": "1", "description": "派件"}
BEST_TRACE = {"acceptTime": "2026-02-05 10:00:00", "acceptAddress": "上海", "scanType": "收件", "remark": "已揽收"}
KDNIAO = {"AcceptTime": "2026/02/05 10:00:00", "AcceptStation": "到达", "Action": "201"}


@pytest.mark.parametrize(
    ("told", "number", "codes", "code", "state"),
    [
        ({"apiResultData": json.dumps(SF_ANSWER)}, "SF1234567890", "sf", "50", State.PICKED_UP),
        (
            [
                {
                    "waybill_No": "YT1234567",
                    "upload_Time": "2026-02-05 10:00:00",
                    "processInfo": "x",
                    "infoContent": "GOT",
                }
            ],
            *("YT1234567", "yto", "GOT", State.PICKED_UP),
        ),
        ({"success": "true", "data": {"773012345678": [STO_SCAN]}}, "773012345678", "sto", "问题件", State.EXCEPTION),
        (
            {"data": {"mailno": "43105082", "status": "SIGNED", "time": "2026-02-05", "steps": [YUNDA_STEP]}},
            *("43105082", "yunda", "action:SENT", State.OUT_FOR_DELIVERY),
        ),
        (
            {"LogisticCode": "118650888018", "ShipperCode": "SF", "State": "2", "Traces": [KDNIAO]},
            *("118650888018", "kdniao", "201", State.ARRIVED_DEST),
        ),
        (
            {"waybillNo": "EA123456789CN", "responseItems": [{"opTime": "2026-02-05 10:00:00", "opCode": "704"}]},
            *("EA123456789CN", "ems", "704", State.DELIVERED),
        ),
        (
            {"traceLogs": [{"mailNo": "70000123", "traces": {"trace": [BEST_TRACE]}}]},
            "70000123",
            "best",
            None,
            State.PICKED_UP,
        ),
        (
            {
                "billCode": "JT123456",
                "details": [{"scanTime": "2026-02-05 10:00:00", "scanType": "快件签收", "scanNetworkName": "x"}],
            },
            *("JT123456", "jtexpress", "快件签收", State.DELIVERED),
        ),
    ],
)
def test_each_carriers_shape(told: Any, number: str, codes: str, code: str | None, state: State) -> None:
    event = one({"carrier": "?", "raw": told})
    assert (event.tracking_no, event.codes, event.code) == (number, codes, code)
    assert map_status(shipped_mapping(codes), code=event.code, text=event.text) is state


def test_plain_rows_in_chinese_and_english() -> None:
    row = {
        "运单号": "`7319055",
        "快递公司": "中通",
        "时间": "2026/2/5 10:00",
        "状态": "派件",
        "内容": "",
        "订单号": " A1 ",
    }
    event = one(row)
    assert (event.tracking_no, event.carrier, event.codes, event.code, event.order_no) == (
        "7319055",
        "zto",
        "zto",
        "派件",
        "A1",
    )
    assert event.occurred_at is not None
    assert event.occurred_at.isoformat() == "2026-02-05T02:00:00+00:00"
    row = {
        "tracking_no": "7319055",
        "carrier": "ZTO",
        "occurred_at": "20260205100000",
        "code": "ZT_05",
        "text": "已签收",
    }
    event = one(row)
    assert event.code == "ZT_05"
    assert map_status(shipped_mapping("zto"), code=event.code, text=event.text) is None


def test_a_status_in_plain_words_is_read_as_text() -> None:
    event = one({"运单号": "7319055", "时间": "2026-02-05 10:00:00", "状态": "运输中", "内容": ""}, carrier="申通")
    assert (event.code, event.text, event.codes, event.facts["status"]) == (None, "运输中", "sto", "运输中")
    event = one({"运单号": "7319055", "时间": "2026-02-05 10:00:00", "状态": "天上飞", "内容": ""}, codes="mine")
    assert (event.code, event.codes) == ("天上飞", "mine")


def test_an_empty_status_is_still_told() -> None:
    told = {"order_no": "A1", "logistics_no": "7319055", "status": "", "create_time": "2026-02-05 10:00:00"}
    event = one({"event": "order_status_update", "data": told | {"update_time": "2026-02-05 09:00:00"}})
    assert (event.code, event.text, event.order_no) == (None, "", "A1")
    assert event.facts["create_time"] == "2026-02-05 10:00:00"


def test_an_ems_deletion_says_what_it_takes_back() -> None:
    event = one({"waybillNo": "EA123456789CN", "opTime": "2026-02-05 10:00:00", "opCode": "743"})
    assert event.facts["revokes"] == "704"
    assert map_status(shipped_mapping("ems"), code="743", text="") is State.INFO


def test_a_push_that_ends_in_abort() -> None:
    result = {"message": "x", "nu": "4310508235533", "com": "yunda", "state": "0", "data": []}
    raw = {"status": "abort", "message": "3天查询无记录", "lastResult": result}
    event = one({"id": "a", "carrier": "zhongtong", "raw": raw})
    assert (event.code, event.text, event.carrier) == ("abort", "3天查询无记录", "yunda")
    event = one({"raw": "param=" + json.dumps(raw)})
    assert event.code == "abort"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"a": 1}, "not_recognised"),
        ([], "no_evidence"),
        ([1, "x", None], "not_recognised"),
        ({"raw": "<xml/>"}, "not_recognised"),
        ({"nu": "1", "com": "sf", "message": "查询无结果", "status": "201", "data": None}, "no_evidence"),
        ({"result": False, "returnCode": "503", "message": "验证签名失败"}, "error_answer"),
        ({"apiResultCode": "A1006", "apiErrorMsg": "数字签名无效"}, "error_answer"),
        ({"routeResps": [{"mailNo": "SF1", "routes": []}]}, "no_evidence"),
        ({"运单号": "", "时间": "2026-02-05", "状态": "派件"}, "no_tracking_no"),
        ({"运单号": "1", "时间": "明天", "状态": "派件"}, "bad_time"),
    ],
)
def test_what_is_not_read_is_said(told: Any, code: str) -> None:
    reading = read(told)
    assert not reading.items
    assert [note.code for note in reading.unreadable] == [code]


def test_nothing_comes_through_the_door() -> None:
    assert isinstance(CONNECTOR.check(delivery(b"{}"), {}), Refused)
    assert CONNECTOR.read(message(b"\xff", "tracking_file")).unreadable
