"""Notifications of the sandbox's money (沙箱支付通知): signed as they are sent, tried again by the provider's own table.

Promises: a notification is given up only after the last try of the table and is then counted; time between tries is the
sandbox's, so that a day of retries passes in minutes, or at once where there is no clock.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping

import httpx

from fenghe.kernel.values import digest
from fenghe.simulator.clock import VirtualClock
from fenghe.simulator.dialects import alipay, wechatpay
from fenghe.simulator.dialects.words import Outgoing
from fenghe.simulator.pushing import Pushed
from fenghe.simulator.till import RETRIES, WECHATPAY, Notice
from fenghe.simulator.till_app import TillGateway

FORM = "application/x-www-form-urlencoded; charset=utf-8"


def render(gateway: TillGateway, notice: Notice, *, wall: int) -> Outgoing:
    """The signed call of a notification, as of this second of the wall."""
    till = gateway.till
    if notice.provider != WECHATPAY:
        body = alipay.notice(till, gateway.alipay_keys, notice.kind, notice.number, at=notice.due_at, turn=notice.turn)
        return Outgoing(body=body, headers={"content-type": FORM})
    body = wechatpay.notice(till, notice.kind, notice.number, at=notice.due_at, turn=notice.turn)
    nonce = digest("notice", notice.number, str(notice.turn), str(wall))
    headers = wechatpay.signed_headers(
        gateway.wechat_keys, body, wall=wall, nonce=nonce, by_public_key=notice.turn % 2 == 0
    )
    return Outgoing(body=body, headers={**headers, "content-type": "application/json"})


def acknowledged(provider: str, status: int, body: bytes) -> bool:
    """WeChat looks at the status, Alipay at seven letters."""
    return status in (200, 204) if provider == WECHATPAY else status == 200 and body.strip() == b"success"


async def tell_all(
    gateway: TillGateway,
    hub: str,
    *,
    sources: Mapping[str, str] | None = None,
    notices: Iterable[Notice] | None = None,
    clock: VirtualClock | None = None,
    senders: int = 10,
) -> Pushed:
    """Send every notification to `{hub}/hook/{source}`; `sources` names the hub's source of each provider."""
    report = Pushed()
    waiting = iter(gateway.till.notices() if notices is None else notices)
    names = sources or {}

    async def sender(client: httpx.AsyncClient) -> None:
        for notice in waiting:
            if clock is not None:
                await asyncio.sleep(clock.wait_seconds(notice.due_at))
            report.sent += 1
            url = f"{hub.rstrip('/')}/hook/{names.get(notice.provider, notice.provider)}"
            if await _tell(client, url, gateway, notice, report, clock):
                report.acknowledged += 1
            else:
                report.given_up.append(f"{notice.kind} {notice.number}")

    async with httpx.AsyncClient(timeout=30.0, limits=httpx.Limits(max_connections=senders)) as client:
        await asyncio.gather(*(sender(client) for _ in range(senders)))
    return report


async def _tell(
    client: httpx.AsyncClient,
    url: str,
    gateway: TillGateway,
    notice: Notice,
    report: Pushed,
    clock: VirtualClock | None,
) -> bool:
    for pause in (*RETRIES[notice.provider], None):
        report.tries += 1
        outgoing = render(gateway, notice, wall=int(time.time()))
        try:
            answer = await client.post(url, content=outgoing.body, headers=dict(outgoing.headers))
            if acknowledged(notice.provider, answer.status_code, answer.content):
                return True
            report.last_problem = f"{answer.status_code} {answer.text[:80]}"
        except httpx.TransportError as problem:
            report.last_problem = str(problem)
        if pause is not None:
            await asyncio.sleep(pause / clock.speed if clock is not None else 0.01)
    return False
