"""One call to the outside over HTTP (外呼): bounded in time and size, and every outcome is a value."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx
import msgspec

from fenghe.kernel.connecting import Answer, Request

MOST_BYTES: Final = 5_000_000
CONNECT_SECONDS: Final = 5.0
_TEMPORARY: Final = frozenset({408, 425, 429})


def new_client() -> httpx.Client:
    """For one process; it may be used from several threads. Redirects are not followed: a platform's API has none."""
    return httpx.Client(
        follow_redirects=False,
        headers={"user-agent": "fenghe", "accept-encoding": "identity"},
        limits=httpx.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=30),
    )


def call(client: httpx.Client, request: Request, *, timeout_seconds: float, most_bytes: int = MOST_BYTES) -> Answer:
    """Send and read the whole answer, or say what went wrong and whether trying again may help."""
    most_bytes = request.most_bytes or most_bytes
    deadline = time.monotonic() + timeout_seconds
    timeout = httpx.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds))
    try:
        with client.stream(
            request.method, request.url, content=request.body, headers=dict(request.headers), timeout=timeout
        ) as response:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > most_bytes:
                    return Answer(body=b"", error=f"答复超过 {most_bytes} 字节", permanent=True)
                if time.monotonic() > deadline:
                    return Answer(body=b"", error=f"{timeout_seconds:g} 秒内没有答完")
            return _judged(response, bytes(body))
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as problem:
        return Answer(body=b"", error=f"地址或请求有误：{problem}"[:500], permanent=True)
    except (httpx.ConnectError, httpx.ConnectTimeout) as problem:
        return Answer(body=b"", error=f"连不上：{type(problem).__name__} {problem}"[:500], unsent=True)
    except httpx.TimeoutException:
        return Answer(body=b"", error=f"{timeout_seconds:g} 秒内没有答复")
    except httpx.HTTPError as problem:
        return Answer(body=b"", error=f"连不上：{type(problem).__name__} {problem}"[:500])


def _judged(response: httpx.Response, body: bytes) -> Answer:
    status = response.status_code
    told = Answer(body=body, status=status, headers={name.lower(): value for name, value in response.headers.items()})
    if 200 <= status < 300:
        return told
    error = f"HTTP {status}"
    if status >= 500 or status in _TEMPORARY:
        later = retry_after(response.headers.get("retry-after", ""), now=datetime.now(UTC))
        return msgspec.structs.replace(told, error=error, retry_after_seconds=later)
    return msgspec.structs.replace(told, error=error, permanent=True)


def retry_after(told: str, *, now: datetime) -> float | None:
    """Seconds that the header asks us to wait; None where it says nothing we can read."""
    told = told.strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        moment = parsedate_to_datetime(told)
    except (ValueError, TypeError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
