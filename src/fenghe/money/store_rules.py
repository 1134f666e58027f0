"""Match rules as declarations (匹配规则): what they may say, and what a draft would find in history. Nothing of a trial is kept."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from fenghe.kernel.declarations.contract import DeclaredKind, Figure, Named, Trial, TrialRow, Window
from fenghe.kernel.values import CHINA
from fenghe.kernel.web.problems import FieldProblem, conflict
from fenghe.money import store_recon
from fenghe.money.causes import title_of
from fenghe.money.policy import KIND, SHIPPED, problems
from fenghe.money.tasks_recon import Ask, Report, try_here

TITLES: Final = {"matching": "匹配与容差", "rates": "手续费与佣金费率", "fx": "汇率"}
MOST_PAYMENTS: Final = 200_000
"""So many payments a trial looks at; fewer days are taken when there are more."""


class MatchKind(DeclaredKind):
    """匹配规则: tolerances, rates, exchange."""

    kind = KIND
    title = "匹配规则"
    edit_right = "money.reconcile"
    publish_right = "money.reconcile"
    second_person = True

    def names(self, connection: Connection[Any]) -> Sequence[Named]:  # noqa: ARG002
        """The three there are."""
        return [Named(name=name, title=TITLES[name]) for name in SHIPPED]

    def shipped(self, name: str, in_force: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """What is in force while nothing is published."""
        return SHIPPED.get(name)

    def problems(self, connection: Connection[Any], name: str, body: Any) -> Sequence[FieldProblem]:  # noqa: ARG002
        """Unknown passes, rates of nothing, negative tolerances."""
        return [FieldProblem("body", words) for words in problems(name, body)]

    def try_out(self, connection: Connection[Any], name: str, body: Any, *, window: Window) -> Trial:
        """Reconcile the last days of what is known twice, by the rules in force and by the draft, and keep nothing."""
        now = datetime.now(UTC)
        first, last, shortened = span_of(connection, days=window.days, today=now.astimezone(CHINA).date())
        if not store_recon.hold_if_free(connection):
            raise conflict("现在有一次对账在进行，请等它结束后再试算。", code="run_under_way")
        ask = Ask(kind="reconcile", scope="days", first=first, last=last)
        before, after = try_here(connection, ask, {name: body}, now=now)
        figures = [Figure(title=f"对账范围 {first} 至 {last}，订单号", before=before.chains, after=after.chains)]
        return Trial(
            read=before.chains,
            truncated=shortened,
            figures=[*figures, *_figures(before, after)],
            rows=_rows(before, after),
        )


def span_of(connection: Connection[Any], *, days: int, today: date) -> tuple[date, date, bool]:
    """The last so many days up to the newest payment or order (an old shop has old days), fewer where there is too much."""
    row = connection.execute(
        "select greatest((select max(paid_at) from payment), (select max(coalesce(paid_at, created_at)) from order_book))"
    ).fetchone()
    last = min(row[0].astimezone(CHINA).date(), today) if row and row[0] else today
    first = last - timedelta(days=days - 1)
    cut = connection.execute(
        "select paid_at from payment where paid_at >= %s order by paid_at desc offset %s limit 1",
        (datetime.combine(first, datetime.min.time(), tzinfo=CHINA), MOST_PAYMENTS),
    ).fetchone()
    if cut is None:
        return first, last, False
    return min(cut[0].astimezone(CHINA).date() + timedelta(days=1), last), last, True


def _pairs(before: Report, after: Report) -> list[tuple[str, str]]:
    told = {(cause, currency) for one in (before, after) for cause, by in one.found.items() for currency in by}
    return sorted(told)


_NONE: Final = {"count": 0, "amount_minor": 0}


def _of(report: Report, pair: tuple[str, str]) -> dict[str, int]:
    return report.found.get(pair[0], {}).get(pair[1], _NONE)


def _figures(before: Report, after: Report) -> list[Figure]:
    figures = []
    for pair in _pairs(before, after):
        old, new = _of(before, pair), _of(after, pair)
        name = f"{title_of(pair[0])} {pair[1]}"
        figures += [
            Figure(title=f"{name} 笔数", before=old["count"], after=new["count"]),
            Figure(title=f"{name} 金额", before=old["amount_minor"], after=new["amount_minor"], currency=pair[1]),
        ]
    return figures


def _rows(before: Report, after: Report) -> list[TrialRow]:
    return [
        TrialRow(
            title=title_of(cause),
            link=f"/recon/breaks?cause={cause}&currency={currency}",
            before=f"{_of(before, (cause, currency))['count']} 笔",
            after=f"{_of(after, (cause, currency))['count']} 笔",
        )
        for cause, currency in _pairs(before, after)
        if _of(before, (cause, currency)) != _of(after, (cause, currency))
    ]
