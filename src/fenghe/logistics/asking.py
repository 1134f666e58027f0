"""How connections are asked (询问方式): whose declaration says how fast, and how many numbers go into one call. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from fenghe.logistics.heartbeat import HeartbeatPolicy

BATCHES: Final = {"sf": 10}
"""Numbers one call may ask about where it is more than one."""


def rate_name(connector: str, config: Mapping[str, Any]) -> str:
    """Whose declaration says how fast a source may be asked: its connector's, or its declared carrier's."""
    layout = config.get("layout")
    declared = layout.get("carrier") if isinstance(layout, Mapping) else None
    return str(declared) if declared and connector == "generic_json" else connector


def batch_of(connector: str, policy: HeartbeatPolicy) -> int:
    """How many numbers one call to a source asks about."""
    most = BATCHES.get(connector, 1)
    return min(policy.batch or most, most)
