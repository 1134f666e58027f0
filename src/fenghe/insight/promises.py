"""Promises (时效承诺): how long each stage may take and what a breach costs, per channel, order type, region and carrier. Pure.

A declaration of kind `promise`, named by channel (`default` for all others), body {"rules": [Rule]}. The most specific rule
wins; a channel's own table is asked before the default one. What is shipped is a starting point that a shop replaces by
what its platforms say today.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from fenghe.insight.clocks import OrderMoments, Stage, Terms
from fenghe.insight.regions import REMOTE, in_regions
from fenghe.kernel.values import CHINA, from_ms

KIND: Final = "promise"
DEFAULT: Final = "default"
PRESALE: Final = "presale"
MOST_RULES: Final = 200
MOST_HOURS: Final = 24 * 120
WHOLE: Final = 10_000
"""Basis points of the whole."""


class Penalty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a breach costs: a fixed amount and a share of what was paid (in basis points), not less and not more than."""

    fixed_minor: int = 0
    share_bp: int = 0
    least_minor: int = 0
    most_minor: int | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row: a stage's hours for the orders it is about. Empty means any, but 预售 is only meant by rows that name it.

    `since` and `until` are days (China) of the moment the clock started; `until` is the last of them.
    """

    stage: Stage
    hours: int
    order_type: str = ""
    regions: tuple[str, ...] = ()
    carrier: str = ""
    warn_hours: int = 4
    penalty: Penalty = Penalty()
    since: str = ""
    until: str = ""
    note: str = ""


class PromiseBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One channel's table."""

    rules: tuple[Rule, ...] = ()


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a clock is about, as far as promises ask."""

    channel: str
    order_type: str = ""
    region: str = ""
    carrier: str = ""


Tables = Mapping[str, tuple[int, PromiseBody]]
"""Version and table in force by name; a name that was never published is there as shipped, with version 0."""


def order_kind(order_type: str) -> str:
    """`presale` however the channel words it; anything else as it is."""
    return PRESALE if order_type == PRESALE or "预售" in order_type else order_type


def terms_of(about: About, stage: Stage, *, started_ms: int, tables: Tables) -> tuple[Terms | None, Penalty]:
    """What is promised of a stage that began then; None when nothing is."""
    for name in dict.fromkeys((about.channel, DEFAULT)):
        version, body = tables.get(name, (0, PromiseBody()))
        fitting = [
            (_specific(rule), -place, rule)
            for place, rule in enumerate(body.rules)
            if rule.stage == stage and _fits(rule, about, started_ms)
        ]
        if fitting:
            _, place, rule = max(fitting, key=lambda one: one[:2])
            named = f"{name}@{version}#{1 - place}"
            return Terms(hours=rule.hours, warn_hours=rule.warn_hours, promise=named), rule.penalty
    return None, Penalty()


def _specific(rule: Rule) -> tuple[int, str]:
    """How much a row says; of equals the newer one counts."""
    return sum((bool(rule.carrier), bool(rule.regions), bool(rule.order_type))), rule.since


def _fits(rule: Rule, about: About, started_ms: int) -> bool:
    kind = order_kind(about.order_type)
    if rule.order_type:
        if order_kind(rule.order_type) != kind:
            return False
    elif kind == PRESALE and rule.stage == Stage.SHIP:
        return False
    if rule.carrier and rule.carrier != about.carrier:
        return False
    if rule.regions and not in_regions(about.region, rule.regions):
        return False
    day = from_ms(started_ms).astimezone(CHINA).date().isoformat()
    return (not rule.since or rule.since <= day) and (not rule.until or day <= rule.until)


def own_word(stage: Stage, known: OrderMoments, terms: Terms | None) -> Terms | None:
    """The channel's own word on this order (承诺发货时间) is taken before any rule; its warning time is the rule's."""
    said = {Stage.SHIP: known.promised_ship_ms, Stage.SIGN: known.promised_sign_ms}.get(stage)
    if said is None:
        return terms
    return Terms(hours=None, due_ms=said, promise="order", warn_hours=terms.warn_hours if terms else 4)


def cost(penalty: Penalty, amount_minor: int | None) -> int | None:
    """What a breach costs, None when it is a share of an amount nobody told. Part of a cent counts as one."""
    if penalty.share_bp and amount_minor is None:
        return None
    share = -(-(amount_minor or 0) * penalty.share_bp // WHOLE)
    least = max(penalty.fixed_minor + share, penalty.least_minor)
    return least if penalty.most_minor is None else min(least, penalty.most_minor)


def body_of(told: Any) -> PromiseBody:
    """A table from what was stored or sent; raises msgspec.ValidationError."""
    return msgspec.convert(told, PromiseBody)


def tables_of(published: Mapping[str, tuple[int, Any]]) -> dict[str, tuple[int, PromiseBody]]:
    """Every table in force: what was published, over what is shipped."""
    shipped = {name: (0, body) for name, body in SHIPPED.items()}
    return shipped | {name: (version, body_of(body)) for name, (version, body) in published.items()}


def problems(body: PromiseBody) -> list[str]:
    """What is wrong with a table, row by row, in the user's words; empty when it may be published."""
    found = [f"最多 {MOST_RULES} 行"] if len(body.rules) > MOST_RULES else []
    for place, rule in enumerate(body.rules, 1):
        found += [f"第 {place} 行:{what}" for what in _row_problems(rule)]
    seen: dict[tuple[Any, ...], int] = {}
    for place, rule in enumerate(body.rules, 1):
        name = (rule.stage, rule.order_type, frozenset(rule.regions), rule.carrier, rule.since, rule.until)
        if name in seen:
            found.append(f"第 {place} 行与第 {seen[name]} 行适用范围相同")
        seen.setdefault(name, place)
    return found


def _row_problems(rule: Rule) -> list[str]:
    penalty = rule.penalty
    amounts = (penalty.fixed_minor, penalty.least_minor, penalty.most_minor or 0)
    checks = (
        (1 <= rule.hours <= MOST_HOURS, f"时限应为 1 到 {MOST_HOURS} 小时"),
        (0 <= rule.warn_hours <= rule.hours, "提前提醒应为 0 到时限之间的小时数"),
        (all(0 <= one <= 100_000_000 for one in amounts), "金额应在 0 到 1,000,000 元之间"),
        (0 <= penalty.share_bp <= WHOLE, "比例应在 0% 到 100% 之间"),
        (penalty.most_minor is None or penalty.most_minor >= penalty.least_minor, "封顶金额低于保底金额"),
        (_is_day(rule.since) and _is_day(rule.until), "日期应像 2026-02-05"),
        (not (rule.since and rule.until) or rule.since <= rule.until, "截止日早于起始日"),
        (len(rule.note) <= 200 and len(rule.regions) <= 100, "备注最多 200 字,地区最多 100 个"),
    )
    return [what for holds, what in checks if not holds]


def _is_day(text: str) -> bool:
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


FROM: Final = {
    Stage.SHIP: "付款",
    Stage.PICKUP: "发货",
    Stage.FIRST_TRANSIT: "揽收",
    Stage.STALL: "上一条轨迹",
    Stage.DELIVERY: "开始派件",
    Stage.SIGN: "发货",
}
UNTIL: Final = {
    Stage.SHIP: "发货",
    Stage.PICKUP: "揽收",
    Stage.FIRST_TRANSIT: "有中转轨迹",
    Stage.STALL: "有新轨迹",
    Stage.DELIVERY: "送达",
    Stage.SIGN: "签收",
}

_MARK: Final = "出厂默认,请按平台现行规则核对"


def _table(ship_hours: int, penalty: Penalty, *more: Rule) -> PromiseBody:
    ship = Rule(stage=Stage.SHIP, hours=ship_hours, warn_hours=6, penalty=penalty, note=_MARK)
    return PromiseBody(rules=(ship, *more))


_PICKED_UP: Final = Rule(stage=Stage.PICKUP, hours=24, penalty=Penalty(fixed_minor=300), note=_MARK)

SHIPPED: Final[Mapping[str, PromiseBody]] = {
    DEFAULT: PromiseBody(
        rules=(
            Rule(stage=Stage.SHIP, hours=48, warn_hours=6, note=_MARK),
            Rule(stage=Stage.PICKUP, hours=24, note=_MARK),
            Rule(stage=Stage.FIRST_TRANSIT, hours=24, note=_MARK),
            Rule(stage=Stage.STALL, hours=72, warn_hours=12, note=_MARK),
            Rule(stage=Stage.STALL, hours=120, warn_hours=12, regions=REMOTE, note=_MARK),
            Rule(stage=Stage.DELIVERY, hours=24, note=_MARK),
            Rule(stage=Stage.SIGN, hours=168, warn_hours=24, note=_MARK),
            Rule(stage=Stage.SIGN, hours=360, warn_hours=24, regions=REMOTE, note=_MARK),
        )
    ),
    "taobao": _table(48, Penalty(share_bp=500, least_minor=100, most_minor=3_000), _PICKED_UP),
    "pdd": _table(
        48,
        Penalty(fixed_minor=300),
        Rule(stage=Stage.PICKUP, hours=24, penalty=Penalty(fixed_minor=300), note=_MARK),
        Rule(stage=Stage.FIRST_TRANSIT, hours=24, penalty=Penalty(fixed_minor=300), note=_MARK),
    ),
    "douyin": _table(48, Penalty(share_bp=500, least_minor=300, most_minor=3_000), _PICKED_UP),
    "jd": _table(48, Penalty(fixed_minor=500), _PICKED_UP),
}
"""Where a shop starts. Platforms change their terms: each row says that it is a default."""
