"""The trial of a status mapping as it is answered (映射试运行): what moves, which cases open, and some parcels to look at."""

from collections.abc import Sequence
from typing import Final

import msgspec

from fenghe.logistics.dry_run import Summary, summarize
from fenghe.logistics.mapping_view import RuleDifference
from fenghe.logistics.scale import TITLES, State
from fenghe.logistics.store_dry_run import Tried, Window

SAMPLES: Final = 50


class DryRunBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days of history to try the draft on."""

    days: int = 3


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """How many parcels would go from one state to another."""

    from_: str = msgspec.field(name="from")
    from_title: str
    to: str
    to_title: str
    count: int


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One parcel that would stand differently."""

    shipment_id: str
    tracking_no: str
    order_no: str | None
    from_title: str
    to_title: str
    opens_case: bool
    closes_case: bool


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What publishing the draft would change in the parcels heard of in these days.

    `events_reread`: scans that would have another meaning. `truncated`: there were more parcels than are read.
    """

    revision: int
    days: int
    events_read: int
    shipments_read: int
    truncated: bool
    events_reread: int
    shipments_changed: int
    cases_would_open: int
    cases_would_close: int
    changes: Sequence[Moved]
    samples: Sequence[Sample]
    diff: Sequence[RuleDifference]


def dry_run_of(
    window: Window,
    tried: Sequence[Tried],
    *,
    revision: int,
    days: int,
    shops: Sequence[str] | None,
    diff: Sequence[RuleDifference] = (),
) -> DryRun:
    """A dry run as it is answered; samples only of the shops this person may see."""
    summary: Summary = summarize(one.difference for one in tried)
    seen = (one for one in tried if one.difference.matters and (shops is None or one.shop in shops))
    return DryRun(
        revision=revision,
        days=days,
        events_read=window.events,
        shipments_read=len(window.parcels),
        truncated=window.truncated,
        events_reread=summary.reread,
        shipments_changed=summary.changed,
        cases_would_open=summary.opened,
        cases_would_close=summary.closed,
        changes=[
            Moved(from_=a, from_title=_title(a), to=b, to_title=_title(b), count=count)
            for a, b, count in ((one.before, one.after, one.count) for one in summary.moves)
        ],
        samples=[_sample(one) for one, _ in zip(seen, range(SAMPLES), strict=False)],
        diff=diff,
    )


def _sample(one: Tried) -> Sample:
    return Sample(
        shipment_id=str(one.id),
        tracking_no=one.tracking_no,
        order_no=one.order_no,
        from_title=_title(one.difference.before),
        to_title=_title(one.difference.after),
        opens_case=bool(one.difference.opened),
        closes_case=bool(one.difference.closed),
    )


def _title(state: str) -> str:
    return TITLES[State(state)]
