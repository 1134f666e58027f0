"""The tiny path language (路径) that says where in a JSON answer a thing is: `parcels[*].events[*]`,
`status.code`, `a|b`. Pure.

Names by dots, `[*]` for every item, `[0]` for one, `|` for the first alternative that says something. `^.` starts
at the parcel and `$.` at the whole message instead of at the event. An empty path is the thing itself.
"""

import re
from typing import Any, Final

from fenghe.connectors.scans import MAX_EVENTS, text_of

_STEP: Final = re.compile(r"\[(\*|-?\d{1,4})\]|([^.\[\]|]+)")
_SHAPE: Final = re.compile(
    r"(?:[$^](?=[.\[]|$))?\.?(?:[^.\[\]|$^]+|\[(?:\*|-?\d{1,4})\])?(?:\.[^.\[\]|]+|\[(?:\*|-?\d{1,4})\])*"
)


class Path:
    """One path, read once. `found(here)` gives all it leads to, `text(here)` the first that says something."""

    __slots__ = ("_ways",)

    def __init__(self, text: str) -> None:
        self._ways = tuple(_way(alternative.strip()) for alternative in text.split("|"))

    @staticmethod
    def problem(text: str) -> str | None:
        """What is wrong with a path's text, in the user's words; None when nothing is."""
        for alternative in text.split("|"):
            if not _SHAPE.fullmatch(alternative.strip()):
                return f"路径 {alternative.strip()!r} 看不懂;写法如 parcels[*].events[*]、status.code、a|b"
        return None

    def found(self, here: Any, parcel: Any = None, whole: Any = None) -> list[Any]:
        """Everything the first alternative that leads anywhere leads to."""
        for start, steps in self._ways:
            things = _follow(whole if start == "$" else parcel if start == "^" else here, steps)
            if things and things != [None]:
                return things
        return []

    def text(self, here: Any, parcel: Any = None, whole: Any = None) -> str:
        """The text of the first alternative that has one."""
        for start, steps in self._ways:
            for thing in _follow(whole if start == "$" else parcel if start == "^" else here, steps):
                text = text_of(thing).strip()
                if text:
                    return text
        return ""


def _way(text: str) -> tuple[str, tuple[str | int | None, ...]]:
    """(where it starts, its steps): a name, a place, or None for every item."""
    start = text[:1] if text[:1] in ("$", "^") else ""
    steps: list[str | int | None] = []
    for match in _STEP.finditer(text[len(start) :]):
        place, name = match.groups()
        steps.append(name if name is not None else None if place == "*" else int(place))
    return start, tuple(steps)


def _follow(here: Any, steps: tuple[str | int | None, ...]) -> list[Any]:
    things = [here]
    for step in steps:
        things = [found for thing in things for found in _one_step(thing, step)][: MAX_EVENTS + 1]
    return things


def _one_step(thing: Any, step: str | int | None) -> list[Any]:
    if isinstance(thing, dict):
        return [thing[step]] if isinstance(step, str) and step in thing else []
    if isinstance(thing, list):
        if step is None:
            return thing[: MAX_EVENTS + 1]
        return thing[step : (step + 1) or None] if isinstance(step, int) else []
    return []
