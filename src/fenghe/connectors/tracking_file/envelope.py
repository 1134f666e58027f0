"""What stands around the scans of an exported record (信封): whose parcel it was said to be, and whether it was signed for.

Only what the scans do not say themselves is kept, as facts of the newest: an audit holds it against them.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from fenghe.connectors.tracking_file.fields import CARRIER, NUMBER, SIGNED, moment_text, part, plain_record
from fenghe.kernel.connecting import Reading
from fenghe.logistics.events import TrackingEvent, carrier_word, clean_tracking_no

MAX_DEPTH: Final = 5
_CARRIERS: Final = (
    *CARRIER, "shippingcode", "shippingname", "expspellname", "exptextname", "expname", "expressname", "companycode",
    "expresscode", "logisticsname", "logisticscode", "type",
)  # fmt: skip
_LOOSE: Final = frozenset({"number", "trackingid", "单号"})
"""Names under which an order's number may stand as well."""
_NUMBERS: Final = (*(name for name in NUMBER if name not in _LOOSE), "invoiceno", "postid")
_TRACKERS: Final = frozenset({"kuaidi100", "kdniao"})


def with_envelope(reading: Reading, fields: Any) -> Reading:
    """The events with what the record around them says otherwise than they do."""
    events = [item for item in reading.items if isinstance(item, TrackingEvent)]
    around = list(_around(fields, 0))
    newest = max(range(len(events)), key=lambda at: (events[at].occurred_at is not None, at), default=None)
    if newest is None or not around:
        return reading
    facts = _facts(events[newest], around, alone=len({one.tracking_no for one in events}) == 1)
    if not facts:
        return reading
    items = list(events)
    items[newest] = msgspec.structs.replace(items[newest], facts={**items[newest].facts, **facts})
    return msgspec.structs.replace(reading, items=tuple(items))


def _facts(event: TrackingEvent, around: Sequence[dict[str, Any]], *, alone: bool) -> dict[str, str]:
    facts: dict[str, str] = {}
    carriers = [word for record in around for name in _CARRIERS if (word := carrier_word(part(record, (name,))))]
    other = next((word for word in carriers if event.carrier and word != event.carrier), None)
    if other:
        facts["named_carrier"] = other
    numbers = [clean_tracking_no(text) for record in around if (text := part(record, _NUMBERS))]
    if alone and (stranger := next((one for one in numbers if one != event.tracking_no and _is_number(one)), None)):
        facts["named_number"] = stranger
    if event.codes not in _TRACKERS and "signed" not in event.facts:
        facts |= _last("signed", around, SIGNED)
    if event.codes == "kdniao":
        facts |= _last("state", around, ("state",))
    return facts


def _last(name: str, around: Sequence[dict[str, Any]], names: tuple[str, ...]) -> dict[str, str]:
    """What the innermost record says."""
    said = [text for record in around if (text := part(record, names))]
    return {name: said[-1]} if said else {}


def _is_number(text: str) -> bool:
    return sum(map(str.isdigit, text)) >= 8


def _around(fields: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Every record that holds scans somewhere inside, outermost first; a scan itself is none."""
    if depth > MAX_DEPTH:
        return
    if isinstance(fields, list):
        if len(fields) == 1:
            yield from _around(fields[0], depth + 1)
        return
    if not isinstance(fields, dict):
        return
    inner = [one for one in fields.values() if isinstance(one, dict | list) and one]
    record = plain_record(fields)
    if inner and not (moment_text(record) and depth > 1):
        yield record
    for one in inner:
        yield from _around(one, depth + 1)


def number_in(fields: Any, depth: int = 0) -> str:
    """The first tracking number that a record names, however it is wrapped."""
    if depth > MAX_DEPTH:
        return ""
    if isinstance(fields, list):
        return next((found for one in fields[:5] if (found := number_in(one, depth + 1))), "")
    if not isinstance(fields, dict):
        return ""
    own = part(plain_record(fields), NUMBER)
    inner = (one for one in fields.values() if isinstance(one, dict | list))
    return own or next((found for one in inner if (found := number_in(one, depth + 1))), "")
