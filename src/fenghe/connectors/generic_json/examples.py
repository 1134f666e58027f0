"""Declared carriers to begin from (声明范例): layouts of foreign carriers' public answers, with the meaning of their codes.

Written from the carriers' own documentation of their fields; a user picks one, corrects it on the screen and saves it.
"""

from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from fenghe.connectors.generic_json.layout import JsonLayout

NAMES: Final = ("australiapost", "boxknight", "gls", "laposte", "roadie", "sendle", "ups", "usps")


class ExampleRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one code, or one text, of the carrier means in our words."""

    match: str
    value: str
    state: str


class Example(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A carrier declared without code: its settings, and its code list."""

    title: str
    config: dict[str, Any]
    mapping: tuple[ExampleRule, ...]

    @property
    def layout(self) -> JsonLayout:
        """Where things are in its answers."""
        return msgspec.convert(self.config["layout"], JsonLayout)


@cache
def examples() -> dict[str, Example]:
    """Every example by its carrier's word."""
    folder = files("fenghe.connectors.generic_json") / "shipped"
    return {name: msgspec.json.decode((folder / f"{name}.json").read_bytes(), type=Example) for name in NAMES}
