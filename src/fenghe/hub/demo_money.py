"""What the demo must find about money (演示资金): each payment of the sandbox against what the hub made of it, to the cent."""

from typing import Any

import msgspec
from psycopg import Connection

from fenghe.hub import store_demo
from fenghe.money.observing import amount_words
from fenghe.simulator.money_faults import TITLES, MoneyFault


class Found(msgspec.Struct, kw_only=True):
    """What the demo found, as lines for people, and where it is not what the world holds."""

    lines: list[tuple[str, int | str]]
    problems: list[str]


def _expected(world: Any) -> dict[str, str]:
    """By payment what must have become of it, of those made by the world's moment."""
    till = world.till.till
    return {
        number: verdict
        for number, verdict in till.expected().items()
        if (till.payments[number].paid_at or world.now) <= world.now
    }


def settled(connection: Connection[Any], world: Any) -> bool:
    """Every payment is there, those whose notification was lost by asking for them, and each has its verdict."""
    held = store_demo.bindings(connection)
    return all(number in held for number in _expected(world)) and not store_demo.money_waits(connection)


def money_found(connection: Connection[Any], world: Any) -> Found:
    """Payments by verdict against the till."""
    till, expected, held = world.till.till, _expected(world), store_demo.bindings(connection)
    wrong = [number for number, verdict in expected.items() if held.get(number) != verdict]
    lost = [one for one in till.payments.values() if one.fault is MoneyFault.LOST_NOTICE and one.payment_no in expected]
    refused = [number for number in expected if held.get(number) not in (None, "bound")]
    amount = sum(till.payments[number].amount_minor for number in refused)
    lines: list[tuple[str, int | str]] = [
        ("支付单(微信支付、支付宝,真实签名)", len(held)),
        ("  绑定到订单", sum(verdict == "bound" for verdict in held.values())),
        ("  未绑定,开出工单", len(refused)),
        ("  未绑定的钱", amount_words(amount, "CNY")),
        *((f"    {_title(kind)}", count) for kind in MoneyFault if (count := _count(held, kind))),
        ("  通知丢失、由查询补上", sum(one.payment_no in held for one in lost)),
        ("退款单", store_demo.refunds(connection)),
    ]
    problems = [
        f"支付单 {number} 应为 {expected[number]},实为 {held.get(number, '没有')}" for number in sorted(wrong)[:5]
    ]
    if len(wrong) > len(problems):
        problems.append(f"另有 {len(wrong) - len(problems)} 笔支付单不符预期")
    return Found(lines=lines, problems=problems)


def _title(kind: MoneyFault) -> str:
    return TITLES[kind].partition("：")[0]


def _count(held: dict[str, str], kind: MoneyFault) -> int:
    return sum(verdict == kind for verdict in held.values())
