"""快递100's callbacks: the salt, newest first, codes and states that contradict, aborts, bad input."""

import json
from pathlib import Path
from typing import Any

from fenghe.connectors import signing
from fenghe.connectors.kuaidi100 import CONNECTOR
from fenghe.kernel.connecting import Accepted, Refused
from fenghe.logistics.mapping import map_status, shipped_mapping
from fenghe.logistics.scale import State
from tests.connectors.carriers.telling import delivery, form, message

SALT = {"salt": "fenghe-salt"}


def told(*data: dict[str, Any], **envelope: Any) -> str:
    result = {"message": "ok", "nu": "YT9693083639795", "ischeck": "0", "com": "yuantong", "state": "0", "data": data}
    result |= envelope.pop("lastResult", {})
    return json.dumps({"status": "polling", "message": "", "lastResult": result} | envelope, ensure_ascii=False)


def scan(time: str, context: str, **more: Any) -> dict[str, Any]:
    return {"time": time, "ftime": time, "context": context} | more


def push(param: str) -> bytes:
    return form(sign=signing.kuaidi100_push_sign(param, "fenghe-salt"), param=param)


def test_the_vector_passes_and_answers_as_the_platform_wants(shared: Path) -> None:
    vectors = json.loads((shared / "protocols/vectors/carriers.json").read_text(encoding="utf-8"))
    vector = next(v for v in vectors if v["id"] == "kd100-push")
    body = form(param=vector["inputs"]["param"], sign=vector["expect"]["sign"])
    verdict = CONNECTOR.check(delivery(body), {"salt": vector["inputs"]["salt"]})
    assert isinstance(verdict, Accepted)
    assert json.loads(verdict.reply) == vector["expect"]["reply"]
    lower = form(param=vector["inputs"]["param"], sign=vector["expect"]["sign"].lower())
    assert isinstance(CONNECTOR.check(delivery(lower), {"salt": vector["inputs"]["salt"]}), Accepted)


def test_tampered_unsigned_and_unconfigured_are_refused() -> None:
    param = told(scan("2026-02-05 03:11:22", "已发出"))
    for body, secrets, reason in (
        (push(param).replace(b"polling", b"abort"), SALT, "signature_wrong"),
        (form(param=param), SALT, "signature_missing"),
        (form(param=param), {}, "salt_not_configured"),
        (form(sign="x"), SALT, "param_missing"),
    ):
        verdict = CONNECTOR.check(delivery(body), secrets)
        assert isinstance(verdict, Refused)
        assert verdict.reason == reason
        assert json.loads(verdict.reply)["result"] is False
    assert isinstance(CONNECTOR.check(delivery(form(param=param)), {"unsigned": "allowed"}), Accepted)


def test_reads_the_sample_oldest_first(shared: Path) -> None:
    param = (shared / "protocols/samples/kuaidi100_push_param.json").read_text(encoding="utf-8")
    reading = CONNECTOR.read(message(push(param), "kuaidi100"))
    assert not reading.unreadable
    assert [(e.item, e.code, e.carrier) for e in reading.items] == [
        (0, "103", "yto"),
        (1, "1001", "yto"),
        (2, "5", "yto"),
    ]
    assert reading.items[-1].facts["state"] == "5"
    assert "state" not in reading.items[0].facts


def test_equal_times_are_turned_round() -> None:
    same = "2026-02-05 03:11:22"
    param = told(scan(same, "已签收"), scan(same, "派件中"), scan("2026-02-04 10:00:00", "已揽收"))
    texts = [e.text for e in CONNECTOR.read(message(push(param), "kuaidi100")).items]
    assert texts == ["已揽收", "派件中", "已签收"]


def test_the_text_speaks_before_the_state_word() -> None:
    param = told(
        scan("2026-02-06 03:00:00", "无法识别的新说法", statusCode=None),
        scan("2026-02-05 03:00:00", "又一种说法", status="派件"),
        scan("2026-02-04 03:00:00", "已揽收", status="在途"),
        scan("2026-02-03 03:00:00", "第三种说法"),
        lastResult={"state": "5"},
    )
    events = CONNECTOR.read(message(push(param), "kuaidi100")).items
    assert [e.code for e in events] == [None, None, "派件", "5"]
    states = [map_status(shipped_mapping("kuaidi100"), code=e.code, text=e.text) for e in events]
    assert states == [None, State.PICKED_UP, State.OUT_FOR_DELIVERY, State.OUT_FOR_DELIVERY]


def test_contradictions_are_kept_as_facts() -> None:
    param = told(
        scan("2026-02-06 03:00:00", "已签收"),
        status="shutdown",
        billstatus="check",
        comNew="shentong",
        lastResult={"state": "0", "ischeck": "1"},
    )
    (event,) = CONNECTOR.read(message(push(param), "kuaidi100")).items
    assert event.code is None
    assert event.facts["state"] == "0"
    assert event.facts["ischeck"] == "1"
    assert event.facts["push_status"] == "shutdown"
    assert event.facts["push_comNew"] == "shentong"


def test_an_abort_is_recorded_and_never_a_move() -> None:
    param = told(status="abort", message="3天查询无记录", lastResult={"message": "单号不存在或者已经过期", "data": []})
    (event,) = CONNECTOR.read(message(push(param), "kuaidi100")).items
    assert (event.code, event.text, event.occurred_at) == ("abort", "3天查询无记录", None)
    assert map_status(shipped_mapping("kuaidi100"), code="abort", text=event.text) is State.EXPIRED
    with_data = told(scan("2026-02-06 03:00:00", "已揽收"), status="abort", message="60天无变化")
    events = CONNECTOR.read(message(push(with_data), "kuaidi100")).items
    assert [(e.item, e.code) for e in events] == [(0, None), (1, "abort")]


def test_bad_input_is_noted_never_raised() -> None:
    for body in (
        b"",
        b"param=",
        b"param=%7B%7D",
        b"param=[]",
        b"param=7",
        b"{}",
        b"x=1",
        form(param=told(lastResult={"data": 7})),
    ):
        reading = CONNECTOR.read(message(body, "kuaidi100"))
        assert not reading.items
        assert reading.unreadable
    reading = CONNECTOR.read(message(push(told(scan("2026-13-06", "x"), "y")), "kuaidi100"))  # type: ignore[arg-type]
    assert {note.code for note in reading.unreadable} == {"bad_time", "unreadable"}
