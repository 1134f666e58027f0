"""`fenghe demo --once`: the seed article's ghosts are all found, and a second run tells the same world."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from fenghe.hub.demo_books import CAUSES, OF_BREAKS
from fenghe.hub.demo_world import GHOSTS, MONEY_FAULTS
from fenghe.simulator.books import ORDERS_STRUCK, REFUNDS_UNBOOKED
from tests.cli.commands import in_its_own_process

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(400)]
OF_CASES = "待人工工单"
PLANTED = (
    sum(strike.count for strike in MONEY_FAULTS if strike.kind in CAUSES)
    + sum(ORDERS_STRUCK.values())
    + REFUNDS_UNBOOKED
    + 1
)
"""What is wrong with the sandbox's money and books; the one is the pay-out that came short."""
TOLD = (
    "推送(真实 HTTP)",
    "推送的报文(入库且去重)",
    "搁置待人工(读不懂的)",
    "订单",
    "运单",
    "幽灵订单(我方已发货,承运商仍待揽收)",
    "  开出工单、状态未被覆盖",
    "  绑定到订单",
    "  未绑定,开出工单",
    OF_BREAKS,
    "财务文件(凭证、出款、银行流水、支付账单)行数",
    "对账瀑布(应收 → 渠道 → 凭证 → 银行)",
)
"""What a second telling may not change; what is asked for in between may bring scans that no push told, and so end a case."""


def found(data: Path) -> dict[str, Any]:
    """The demo's table, by its lines; nothing may be otherwise than the world holds."""
    said, troubles = in_its_own_process("demo", "--once", "--json", data=data).communicate(timeout=180)
    assert said, troubles
    report = json.loads(said)
    assert report["problems"] == []
    return dict(report["lines"])


def lines_below(found: dict[str, Any], head: str) -> list[int]:
    """The indented counts below a line."""
    below = itertools.dropwhile(lambda name: name != head, found)
    next(below)
    return [found[name] for name in itertools.takewhile(lambda name: name.startswith("  "), below)]


def test_the_ghosts_end_as_cases_and_again_at_the_second_run(tmp_path: Path) -> None:
    first = found(tmp_path / "demo")
    assert first["幽灵订单(我方已发货,承运商仍待揽收)"] == first["  开出工单、状态未被覆盖"] == GHOSTS == 127
    assert first[OF_CASES] == sum(lines_below(first, OF_CASES))
    assert first["审计链核验"] == "完好"
    assert first[OF_BREAKS] == sum(lines_below(first, OF_BREAKS)) == PLANTED
    assert first["对账瀑布(应收 → 渠道 → 凭证 → 银行)"] == "每一级都分毫不差"
    assert first["拒绝(签名不符)"] == 5
    assert first["推送的报文(入库且去重)"] + first["重复送达(只计数,历次累计)"] == first["推送(真实 HTTP)"] + 1
    second = found(tmp_path / "demo")
    assert {name: second[name] for name in TOLD} == {name: first[name] for name in TOLD}
    assert second["拒绝(签名不符)"] == 10
    assert second["重复送达(只计数,历次累计)"] == 2 * second["推送(真实 HTTP)"] + 2 - second["推送的报文(入库且去重)"]
