"""What the queue of breaks may be narrowed by (差异筛选), as a condition over recon_break b and its values."""

from datetime import date
from typing import Any, Final

import msgspec

from fenghe.money.causes import TO_BANK, TO_VOUCHER, Cause

NOBODY: Final = "-"
PLACE_OF_BANK: Final = 2 * TO_BANK - 1


class BreakFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the list of breaks may be narrowed by."""

    cause: tuple[str, ...] = ()
    status: str = "open"
    day_from: date | None = None
    day_to: date | None = None
    order_no: str = ""
    numbers: tuple[str, ...] = ()
    """Order or payment numbers, as pasted."""
    ids: tuple[int, ...] = ()
    provider: str = ""
    channel: str = ""
    currency: str = ""
    owner: str = ""
    """A person's name; `-` is nobody."""
    age_days: int = 0
    """Found at least so many days ago."""
    fault: bool | None = None
    run: int | None = None
    """What this reconciliation stated, as it stated it; with `place` what it put into that step of its waterfall."""
    place: int | None = None


_PARTS: Final = (
    ("day_from", "b.day >= %(day_from)s"),
    ("day_to", "b.day <= %(day_to)s"),
    ("provider", "b.provider = %(provider)s"),
    ("channel", "b.channel = %(channel)s"),
    ("currency", "b.currency = %(currency)s"),
    ("order_no", "(b.order_no = %(order_no)s or b.payment_no = %(order_no)s)"),
    ("numbers", "(b.order_no = any(%(numbers)s) or b.payment_no = any(%(numbers)s))"),
    ("ids", "b.id = any(%(ids)s)"),
    ("age_days", "b.found_at <= now() - %(age_days)s * interval '1 day'"),
)
"""Fields that are conditions as soon as they say something."""


def conditions(asked: BreakFilter) -> tuple[str, dict[str, Any]]:
    """The filter as a condition over recon_break b, and its values."""
    said = {name: getattr(asked, name) for name in asked.__struct_fields__}
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}
    parts = [condition for name, condition in _PARTS if said[name]]
    parts += ["b.status = %(status)s"] if asked.status != "all" else []
    parts += ["b.fault = %(fault)s"] if asked.fault is not None else []
    if asked.owner == NOBODY:
        parts.append("b.owner_id is null")
    elif asked.owner:
        parts.append("b.owner_id in (select w.id from person w where w.name = %(owner)s)")
    if asked.run is not None:
        values["steps"] = _steps_of(asked.place)
        parts.append(_stated(asked))
    elif asked.cause:
        parts.append("b.cause = any(%(cause)s)")
    return " and ".join(parts) or "true", values


def _steps_of(place: int | None) -> list[int]:
    """Steps of which a break contributes to this place: what step 2 told is taken back in step 3."""
    if place is None:
        return []
    return [TO_VOUCHER, TO_BANK] if place == PLACE_OF_BANK else [(place + 1) // 2]


def _stated(asked: BreakFilter) -> str:
    """The run's own words decide: its cause, its amount, and whether two people had accepted it by then."""
    accepted = (
        "exists (select from recon_ruling r, recon_run n where n.id = %(run)s and r.act = 'force' and r.status = 'approved'"
        " and r.decided_at <= n.finished_at and r.body ->> 'key' = f.key and (r.body ->> 'amount_minor')::bigint = f.amount_minor)"
    )
    cause = ""
    if asked.cause:
        cause = (
            f" and ({accepted} and '{Cause.ACCEPTED}' = any(%(cause)s) or not {accepted} and f.cause = any(%(cause)s))"
        )
    place = ""
    if asked.place is not None:
        place = (
            " and exists (select from jsonb_array_elements(f.steps) s where (s ->> 1)::int = any(%(steps)s)"
            " and s ->> 0 = f.currency)"
        )
    return f"exists (select from recon_finding f where f.run_id = %(run)s and f.key = b.key{cause}{place})"
