"""The channels' HTTP face in the sandbox (沙箱渠道接口): POST /taobao, /pdd, /douyin/…, /jd; orders come from one book."""

from collections import Counter
from datetime import UTC, datetime
from typing import Final

from fenghe.simulator.app import App, Receive, Scope, Send
from fenghe.simulator.dialects import order_desks
from fenghe.simulator.dialects.order_desks import Access, Asked
from fenghe.simulator.till import Sold
from fenghe.simulator.till_app import answer_http, body_of, live

CHANNELS: Final = ("taobao", "pdd", "douyin", "jd")


class OrderDesk:
    """What each channel knows of orders; counts its calls. Nobody counts as a customer without the right keys."""

    def __init__(self, *, seed: int) -> None:
        self.orders: dict[str, dict[str, Sold]] = {channel: {} for channel in CHANNELS}
        self.access = {
            channel: Access(key=f"{channel}-{seed}", secret=f"secret-{channel}-{seed}", token=f"token-{channel}-{seed}")
            for channel in CHANNELS
        }
        self.calls: Counter[str] = Counter()

    def sell(self, *orders: Sold) -> None:
        """The channel of each knows it from now on."""
        for one in orders:
            self.orders[one.channel][one.order_no] = one

    def answer(self, channel: str, asked: Asked) -> bytes:
        """The channel's answer."""
        self.calls[channel] += 1
        wall = datetime.now(UTC)
        return order_desks.answer(channel, asked, access=self.access[channel], orders=self.orders[channel], wall=wall)


def build_orders_app(desk: OrderDesk) -> App:
    """The ASGI app of a desk."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        if scope["type"] != "http":
            return
        path = str(scope["path"])
        channel = path.strip("/").partition("/")[0]
        body = await body_of(receive)
        if channel not in CHANNELS or scope["method"] != "POST":
            await answer_http(send, 404, b'{"error":"no such gateway"}')
            return
        asked = Asked(path=path, query=scope["query_string"].decode("latin-1"), body=body)
        await answer_http(send, 200, desk.answer(channel, asked))

    return app
