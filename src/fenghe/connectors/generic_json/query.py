"""Asking a declared carrier (自定义承运商查询): address, headers and body with {number}, {phone}, {secret} put in.

Promises: a number can't break out of its place: in an address it is percent-encoded, in a body it is JSON text.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from fenghe.connectors.asking import Heard, Wanted
from fenghe.connectors.generic_json.layout import layout_of
from fenghe.connectors.generic_json.paths import Path
from fenghe.connectors.generic_json.push import read_layout
from fenghe.connectors.scans import NotReadable, decode_json, shorten, text_of
from fenghe.kernel.connecting import Request

_PLACES: Final = re.compile(r"\{(number|phone|secret)\}")


class DeclaredQuery:
    """A query made of a source's settings; `config` is what the source declares."""

    batch = 1

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config

    @property
    def seconds_between(self) -> int:
        """As declared; a minute where nothing is."""
        told = str(self._config.get("seconds_between", 60))
        return int(told) if told.isdigit() else 60

    def ask(self, wanted: Sequence[Wanted], *, settings: Mapping[str, str], now: datetime, nonce: str) -> Request:  # noqa: ARG002
        """Config: `query_url`, `query_method`, `query_headers`, `query_body`."""
        (one,) = wanted
        plain = {"number": one.number, "phone": one.phone_tail, "secret": settings.get("secret", "")}
        in_address = {name: quote(value, safe="") for name, value in plain.items()}
        in_json = {name: json.dumps(value)[1:-1] for name, value in plain.items()}
        in_header = {name: value.replace("\r", "").replace("\n", "") for name, value in plain.items()}
        headers = self._config.get("query_headers")
        named = dict(headers) if isinstance(headers, Mapping) else {}
        return Request(
            url=_fill(str(self._config.get("query_url", "")), in_address),
            method=str(self._config.get("query_method", "GET")).upper(),
            headers={str(name): _fill(str(value), in_header) for name, value in named.items()},
            body=_fill(str(self._config.get("query_body", "")), in_json).encode(),
        )

    def hear(self, body: bytes, wanted: Sequence[Wanted], *, settings: Mapping[str, str]) -> Heard:  # noqa: ARG002
        """Config: `layout`; `error`: where the carrier's error text is; `nothing`: how it says that it knows nothing.

        Events speak first: a warning beside them is no error. An answer that says `nothing` in the carrier's own
        words is an answer, else a parcel it does not know would never be missed.
        """
        layout = layout_of(self._config)
        if isinstance(layout, list):
            return Heard(error="layout_wrong", said="; ".join(layout), permanent=True)
        try:
            told = decode_json(body)
        except NotReadable as problem:
            return Heard(error="not_readable", said=problem.note.got)
        reading = read_layout(told, layout, number=wanted[0].number if wanted else "")
        if reading.items:
            return Heard(reading=reading)
        if nothing := nothing_said(self._config, told):
            return Heard(said=shorten(nothing))
        error = str(self._config.get("error", ""))
        if error and (said := Path(error).text(told, told, told)):
            return Heard(error="carrier_error", said=shorten(said))
        return Heard(reading=reading)


def nothing_said(config: Mapping[str, Any], told: Any) -> str:
    """The word by which the answer says that nothing is known of the parcel; "" when it does not say so."""
    declared = config.get("nothing")
    if not isinstance(declared, Mapping) or not declared.get("path"):
        return ""
    values = declared.get("values") or ()
    known = {str(value) for value in values} if isinstance(values, list | tuple) else {str(values)}
    said = [text_of(thing).strip() for thing in Path(str(declared["path"])).found(told, told, told)]
    return next((word for word in said if word in known), "")


def _fill(template: str, values: Mapping[str, str]) -> str:
    """Only these three words are places, filled in one go; anything else in braces (JSON) stays."""
    return _PLACES.sub(lambda found: values[found.group(1)], template)
