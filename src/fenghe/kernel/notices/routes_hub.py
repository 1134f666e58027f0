"""What the routes of notifications ask of the running hub (通知接线约定): the robots' dialects and the words of messages."""

from collections.abc import Callable, Mapping
from typing import Protocol

from fenghe.kernel.connecting_robots import Channel
from fenghe.kernel.notices.store_routing import Words
from fenghe.kernel.web.hub import WebHub
from fenghe.kernel.web.routes_support import ApiRequest


class NoticeHub(WebHub, Protocol):
    """The part of the hub that notifies."""

    @property
    def key(self) -> bytes:
        """32 bytes that seal secrets at rest."""

    @property
    def robots(self) -> Mapping[str, Channel]:
        """Every kind of robot, by its word."""

    @property
    def words(self) -> Callable[[], Words]:
        """What messages call things."""


def notice_hub(request: ApiRequest) -> NoticeHub:
    """The running hub."""
    hub: NoticeHub = request.app.state.hub
    return hub
