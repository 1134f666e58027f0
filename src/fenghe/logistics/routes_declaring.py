"""What the routes of this room's declarations share (声明路由): notes, conflicts, a dry run as it is answered."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, NoReturn

import msgspec
from psycopg import Connection

from fenghe.kernel.declarations.store import DraftMoved, take_trial_slot
from fenghe.kernel.people.store import names_of
from fenghe.kernel.values import CHINA
from fenghe.kernel.web.problems import FieldProblem, Problem, bad_field, conflict, not_found
from fenghe.logistics.dry_run import Summary, summarize
from fenghe.logistics.mapping_view import RuleDifference
from fenghe.logistics.scale import TITLES, State
from fenghe.logistics.store_dry_run import Tried, Window

LONGEST_NOTE: Final = 500
LONGEST_NAME: Final = 100
SAMPLES: Final = 50
MOST_DAYS: Final = 92
TOPICS: Final = ("mappings", "messages", "orders", "cases", "workbench")
_UNSTORABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")


class DryRunBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days of history to try the draft on."""

    days: int = 3


class PublishBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, and which revision of the draft the person has seen."""

    note: Annotated[str, msgspec.Meta(max_length=5_000)]
    revision: int


class RollBackBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which version to go back to (0: as shipped), and why."""

    version: int
    note: Annotated[str, msgspec.Meta(max_length=5_000)]


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


def begin_dry_run(connection: Connection[Any], days: int) -> None:
    """Check what was asked and take a place; 429 when others are at it."""
    if not 1 <= days <= MOST_DAYS:
        raise bad_field("days", f"试运行的天数应为 1 到 {MOST_DAYS}")
    take_trial_slot(connection)


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


def checked_note(text: str) -> str:
    """The note of a publication: said, and not a novel."""
    note = text.strip()
    if not note or len(note) > LONGEST_NOTE:
        raise bad_field("note", f"请填写发布说明,1 到 {LONGEST_NOTE} 个字")
    return storable(note, "note")


def checked_name(text: str, what: str) -> str:
    """A name from the address; what cannot be stored does not exist."""
    if not text.strip() or len(text) > LONGEST_NAME or _UNSTORABLE.search(text):
        raise not_found(f"{what} {_UNSTORABLE.sub('?', text[:40])}")
    return text


def storable(text: str, field: str) -> str:
    """Text the database can hold, or the field it stands in."""
    if _UNSTORABLE.search(text):
        raise bad_field(field, "含有不可见的控制字符")
    return text


def unfit(fields: Sequence[FieldProblem]) -> Problem:
    """422: the draft cannot be tried or published as it is."""
    told = ";".join(one.message for one in fields[:5]) + (f";等共 {len(fields)} 处" if len(fields) > 5 else "")
    return Problem(422, f"{told}。请改正草稿后再试。", code="draft_unfit", fields=tuple(fields))


def no_draft() -> Problem:
    """409: there is nothing to try or to publish, or no longer."""
    return conflict("没有草稿:可能尚未修改,或已被发布、放弃。请刷新后查看。", code="no_draft")


def raise_moved(connection: Connection[Any], moved: DraftMoved) -> NoReturn:
    """409: who saved the draft meanwhile, and when."""
    draft = moved.draft
    if draft is None:
        raise conflict("草稿已被他人发布或放弃。请刷新后在现行版本上修改。", code="draft_gone")
    who = name_of(names_of(connection, [draft.author]), draft.author)
    raise conflict(
        f"{who} 已于 {clock(draft.updated_at)} 保存了这份草稿(第 {draft.revision} 次保存)。请刷新,核对后再保存或发布。",
        code="draft_moved",
    )


def name_of(names: dict[str, str], username: str) -> str:
    """What a person is called; somebody gone keeps his user name."""
    return names.get(username) or username


def clock(moment: datetime) -> str:
    """「11-22 14:23」 as the shop's clock shows it."""
    return moment.astimezone(CHINA).strftime("%m-%d %H:%M")
