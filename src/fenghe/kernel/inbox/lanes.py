"""Lanes (车道): while there is a backlog, messages about one thing go to one worker, and workers seldom meet. Pure.

A lane is a hint that the door takes from the bytes without reading them. A wrong lane, or none, costs time and never
correctness: whoever judges a message locks what it is about.
"""

import zlib
from typing import Final

import msgspec

LANES: Final = 240
"""Many, and divisible by most numbers of workers."""
ANY: Final = -1
"""The lane of a message of which nobody said what it is about: it is anybody's."""


class Share(msgspec.Struct, frozen=True):
    """A worker's share of the lanes: those that leave the remainder `place` when divided by `workers`."""

    place: int = 0
    workers: int = 1


WHOLE: Final = Share()
"""Every lane."""


def lane_of(about: str) -> int:
    """The lane of a message about this number."""
    return zlib.crc32(about.encode("utf-8", "replace")) % LANES if about else ANY
