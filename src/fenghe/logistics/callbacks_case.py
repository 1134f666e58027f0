"""A parcel while it is audited (核查中的运单): its scans in order, what we hold of it, and how a finding on it is made. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from fenghe.kernel.values import Observation, Projection
from fenghe.logistics.callbacks import SEVERITY, AuditPolicy, Finding, Parcel, Scan, Telling, finding_key
from fenghe.logistics.callbacks_contradictions import short


class Case(msgspec.Struct):
    """A parcel while it is looked at."""

    parcel: Parcel
    scans: list[tuple[Scan, Telling]]
    """Every scan once, in the order it happened; scans without a time of their own last."""
    projection: Projection
    policy: AuditPolicy
    now_ms: int
    order_no: str
    created_ms: int | None
    carrier: str

    def found(self, kind: str, scan: Scan | None, telling: Telling | None, **told: Any) -> Finding:
        """A finding on one scan; where it came from and what the fuse did with it are filled in."""
        key = scan.told.key if scan else ""
        effect = self.projection.effects.get(key)
        parts = told.pop("parts", (key, told["rule"]))
        filled: dict[str, Any] = {
            "severity": SEVERITY[kind],
            "number": self.parcel.number,
            "order_no": self.order_no,
            "carrier": self.carrier,
            "evidence": (key,) if key else (),
            "at_ms": telling.heard_ms if telling else self.now_ms,
            "source": telling.source if telling else "",
            "message_id": telling.message_id if telling else None,
            "where": telling.where if telling else "",
            "codes": scan.codes if scan else "",
            "code": scan.told.code if scan else "",
            "effect": effect.effect if effect else "",
            "effect_reason": effect.reason if effect else "",
        }
        return Finding(kind=kind, key=finding_key(kind, self.parcel.number, *parts), **(filled | told))


def case_of(parcel: Parcel, projection: Projection, *, policy: AuditPolicy, now_ms: int) -> Case:
    scans = sorted(
        parcel.scans().values(), key=lambda one: (timeless(one[0]), one[0].told.occurred_ms, one[0].told.key)
    )
    handover = min(
        (one for one in parcel.words if one.kind == "handover"),
        key=lambda one: (one.occurred_ms, one.key),
        default=None,
    )
    ours: Mapping[str, Any] = handover.facts if handover else {}
    told = sorted({str(name) for scan, _ in scans if (name := scan.told.facts.get("carrier"))})
    return Case(
        parcel=parcel,
        scans=scans,
        projection=projection,
        policy=policy,
        now_ms=now_ms,
        order_no=str(ours.get("order_no") or parcel.known.order_no),
        created_ms=int(ours["order_created_ms"]) if "order_created_ms" in ours else parcel.known.order_created_ms,
        carrier=str(ours.get("carrier") or parcel.known.carrier or (told[0] if len(told) == 1 else "")),
    )


def timeless(scan: Scan) -> bool:
    return "no_time" in scan.told.facts


def beside(told: Observation) -> str:
    return f"(文字:{short(told.text)})" if told.text else ""


class Nothing(msgspec.Struct, frozen=True):
    effect: str = ""
    reason: str = ""


NOTHING: Final = Nothing()


def excluded(case: Case, scan: Scan) -> bool:
    return case.projection.effects.get(scan.told.key, NOTHING).effect == "excluded"
