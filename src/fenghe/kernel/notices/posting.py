"""Posting (寄出): one message to one robot, bounded in time; every outcome is a value. HTTP by ourselves, the rest by apprise."""

import threading
from datetime import datetime
from typing import Any, Final, cast

import httpx

from fenghe.kernel.connecting import Answer
from fenghe.kernel.connecting_robots import AppriseChannel, Channel, HttpChannel, Posted, Robot
from fenghe.kernel.outbox import calling

TIMEOUT_SECONDS: Final = 10.0
MOST_BYTES: Final = 64 * 1024
_apprise_lock: Final = threading.Lock()
"""apprise says why it failed only in its log, which is one for the process."""


def post(client: httpx.Client, channel: Channel, robot: Robot, *, posted: Posted, now: datetime) -> Answer:
    """Send it and say what the platform's answer amounts to. Never raises for what the outside does."""
    try:
        if hasattr(channel, "prepare"):
            return _by_http(client, cast("HttpChannel", channel), robot, posted=posted, now=now)
        return _by_apprise(cast("AppriseChannel", channel), robot, posted)
    except Exception as problem:  # noqa: BLE001 - a fault of one channel must not stop the others
        return Answer(body=b"", error=f"内部错误:{type(problem).__name__}"[:200], permanent=True)


def _by_http(client: httpx.Client, channel: HttpChannel, robot: Robot, *, posted: Posted, now: datetime) -> Answer:
    request = channel.prepare(posted, robot, now=now)
    answer = calling.call(client, request, timeout_seconds=TIMEOUT_SECONDS, most_bytes=MOST_BYTES)
    return _without_secrets(channel.judge(answer), robot)


def _without_secrets(answer: Answer, robot: Robot) -> Answer:
    """An error that names the address may hold the robot's key: it is taken out before anybody reads the log."""
    if answer.error is None:
        return answer
    error = answer.error
    for value in robot.secrets.values():
        if len(value) >= 4:
            error = error.replace(value, "***")
    return Answer(
        body=answer.body,
        error=error,
        permanent=answer.permanent,
        retry_after_seconds=answer.retry_after_seconds,
        unsent=answer.unsent,
    )


def _by_apprise(channel: AppriseChannel, robot: Robot, posted: Posted) -> Answer:
    apprise = _apprise()
    with _apprise_lock, apprise.LogCapture(level=apprise.logging.WARNING) as said:
        service = apprise.Apprise.instantiate(channel.address(robot, timeout_seconds=TIMEOUT_SECONDS))
        if service is None:
            return _without_secrets(Answer(body=b"", error=_last(said, "设置不对,无法连接"), permanent=True), robot)
        done = service.notify(body=posted.message.text, title=posted.message.title)
        if done:
            return Answer(body="服务器已接收".encode())
        return _without_secrets(Answer(body=b"", error=_last(said, "发送失败,对方没有说原因")), robot)


def _apprise() -> Any:
    """Imported at the first message: its plugins take seconds and much memory, and most hubs only speak to robots."""
    import apprise  # noqa: PLC0415

    return apprise


def _last(said: Any, otherwise: str) -> str:
    lines = [line.strip() for line in said.getvalue().splitlines() if line.strip()]
    return "; ".join(lines[-3:])[:500] or otherwise
