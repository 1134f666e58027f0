"""What notifications and answers say of payments and refunds (支付归一): every code, fen and yuan, and what nobody has seen yet."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fenghe.connectors import alipay, wechatpay
from fenghe.connectors.paying import same_house
from fenghe.connectors.wechatpay.push import PLAIN
from fenghe.kernel.connecting import InboundMessage, Reading
from fenghe.money.events import PaymentState, PaymentTold, RefundState, RefundTold
from fenghe.simulator.paying import render
from fenghe.simulator.till_app import TillGateway
from tests.connectors.payments.tills import faulty, till


def read(connector: Any, body: bytes, headers: Mapping[str, str]) -> Reading:
    return connector.read(
        InboundMessage(id=1, source="pay", connector=connector.name, received_ms=0, headers=headers, body=body)
    )


def wechat(kind: str, told: Mapping[str, Any]) -> Reading:
    body = json.dumps({"event_type": "x", "resource": {"original_type": kind}}).encode()
    return read(wechatpay.CONNECTOR, body, {PLAIN: json.dumps(told)})


def test_the_plaintexts_of_wechats_documentation(shared: Path) -> None:
    told = json.loads((shared / "protocols/samples/wechat_notification_plaintexts.json").read_bytes())
    seen = []
    for name, one in told.items():
        kind = "refund" if "refund_id" in one else "transaction" if "trade_state" in one else name
        seen += [type(item).__name__ for item in wechat(kind, one).items] if isinstance(one, dict) else []
    assert {"PaymentTold", "RefundTold"} <= set(seen)


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("SUCCESS", PaymentState.SUCCESS), ("REFUND", PaymentState.SUCCESS), ("CLOSED", PaymentState.CLOSED),
        ("REVOKED", PaymentState.CLOSED), ("PAYERROR", PaymentState.FAILED), ("USERPAYING", PaymentState.AWAITING),
        ("NOTPAY", PaymentState.AWAITING), ("GLIMMERING", None),
    ],
)  # fmt: skip
def test_every_state_of_a_wechat_transaction(code: str, state: PaymentState | None) -> None:
    told = {
        "transaction_id": "4200",
        "out_trade_no": "FH1",
        "trade_state": code,
        "amount": {"total": 1990, "payer_total": 990},
    }
    (one,) = wechat("transaction", told).items
    assert isinstance(one, PaymentTold)
    assert (one.state, one.status_code, one.amount_minor, one.buyer_paid_minor) == (state, code, 1990, 990)


def test_a_wechat_order_nobody_paid_is_no_payment_and_a_payment_without_a_number_is_a_finding() -> None:
    assert wechat("transaction", {"out_trade_no": "FH1", "trade_state": "NOTPAY"}) == Reading()
    finding = wechat("transaction", {"out_trade_no": "FH1", "trade_state": "SUCCESS"})
    assert not finding.items and finding.unreadable[0].field == "transaction_id"


@pytest.mark.parametrize("total", ["19.90", 19.9, -1.5, "1e3", "十九"])
def test_an_amount_that_is_no_whole_fen_is_unsaid_and_noted(total: Any) -> None:
    found = wechat("transaction", {"transaction_id": "42", "trade_state": "SUCCESS", "amount": {"total": total}})
    (one,) = found.items
    assert one.amount_minor is None and found.unreadable[0].field == "amount.total"


def test_every_state_of_a_wechat_refund() -> None:
    for code, state in (("SUCCESS", RefundState.SUCCESS), ("ABNORMAL", RefundState.FAILED), ("CLOSED", RefundState.CLOSED),
                        ("PROCESSING", RefundState.PROCESSING), ("X", None)):  # fmt: skip
        (one,) = wechat("refund", {"refund_id": "50", "refund_status": code, "amount": {"refund": 5, "total": 9}}).items
        assert isinstance(one, RefundTold) and (one.state, one.amount_minor) == (state, 5)


def test_other_kinds_and_broken_bodies_are_kept_for_a_person() -> None:
    for reading in (
        wechat("profitsharing", {"order_id": "1"}),
        read(wechatpay.CONNECTOR, b'{"resource"', {PLAIN: "{}"}),
        read(wechatpay.CONNECTOR, b"{}", {}),
        read(wechatpay.CONNECTOR, b"[]", {PLAIN: "[]"}),
        read(alipay.CONNECTOR, b"\xff\xfe", {}),
        read(alipay.CONNECTOR, b"trade_status=TRADE_SUCCESS", {}),
        read(alipay.CONNECTOR, b'{"error_response":{}}', {":act": "payment.query"}),
    ):
        assert not reading.items and len(reading.unreadable) == 1


def form(**fields: str) -> bytes:
    return "&".join(f"{name}={value}" for name, value in fields.items()).encode()


@pytest.mark.parametrize(
    ("code", "more", "state"),
    [
        ("WAIT_BUYER_PAY", {}, PaymentState.AWAITING),
        ("TRADE_SUCCESS", {"gmt_payment": "2026-02-05+14:20:05"}, PaymentState.SUCCESS),
        ("TRADE_FINISHED", {"gmt_payment": "2026-02-05+14:20:05"}, PaymentState.SUCCESS),
        ("TRADE_CLOSED", {}, PaymentState.CLOSED),
        ("TRADE_CLOSED", {"gmt_payment": "2026-02-05+14:20:05", "refund_fee": "19.90"}, PaymentState.SUCCESS),
        ("TRADE_PONDERED", {}, None),
    ],
)
def test_every_state_of_an_alipay_trade(code: str, more: dict[str, str], state: PaymentState | None) -> None:
    found = read(
        alipay.CONNECTOR, form(trade_no="2026", out_trade_no="FH1", trade_status=code, total_amount="19.90", **more), {}
    )
    (one,) = found.items
    assert (one.state, one.amount_minor, one.status_code) == (state, 1990, code)


def test_an_alipay_refund_says_the_total_so_far_and_not_its_own_amount() -> None:
    body = form(
        trade_no="2026", out_trade_no="FH1", trade_status="TRADE_SUCCESS", total_amount="19.90", refund_fee="7.00",
        gmt_payment="2026-02-05+14:20:05", gmt_refund="2026-02-06+10:00:00.123", out_biz_no="RF7",
    )  # fmt: skip
    payment, refund = read(alipay.CONNECTOR, body, {}).items
    assert payment.state is PaymentState.SUCCESS and isinstance(refund, RefundTold)
    assert (refund.refund_no, refund.state, refund.amount_minor) == ("RF7", RefundState.SUCCESS, None)
    assert dict(refund.facts) == {"refund_fee": "7.00"}


def test_everything_the_sandbox_tells_is_understood_and_exact() -> None:
    orders, faults = faulty()
    gateway = TillGateway(till(orders, faults))
    world = gateway.till
    seen: dict[str, PaymentTold] = {}
    for notice in world.notices():
        outgoing = render(gateway, notice, wall=1_770_000_000)
        connector = wechatpay.CONNECTOR if notice.provider == "wechatpay" else alipay.CONNECTOR
        headers = dict(outgoing.headers)
        if notice.provider == "wechatpay":
            from fenghe.connectors.wechatpay.push import opened  # noqa: PLC0415

            headers[PLAIN] = opened(json.loads(outgoing.body), gateway.secrets("wechatpay")["api_v3_key"]).decode()
        reading = read(connector, outgoing.body, headers)
        assert not reading.unreadable
        seen |= {one.payment_no: one for one in reading.items if isinstance(one, PaymentTold)}
    for number, one in seen.items():
        truth = world.payments[number]
        assert (one.amount_minor, one.out_trade_no, one.paid_at) == (
            truth.amount_minor,
            truth.out_trade_no,
            truth.paid_at,
        )
    assert len(world.expected()) - len(seen) == 1, "one notification is lost"


def test_a_bill_is_fetched_from_its_provider_only() -> None:
    assert same_house("https://dwbillcenter.alipay.com/x?a=1", "https://openapi.alipay.com/gateway.do")
    assert same_house("https://api.mch.weixin.qq.com/v3/billdownload/file", "https://api.mch.weixin.qq.com")
    for elsewhere in (
        "https://evil.example/x", "http://api.mch.weixin.qq.com/x", "https://alipay.com.evil.example/", "file:///etc/passwd",
        "https://10.0.0.1/x", "",
    ):  # fmt: skip
        assert not same_house(elsewhere, "https://api.mch.weixin.qq.com")
    assert not same_house("http://10.1.0.1/x", "http://127.0.0.1:8000")
