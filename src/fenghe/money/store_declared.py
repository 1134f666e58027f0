"""The ledger's declarations (过账规则、科目表): what they may say, and what publishing one would book differently."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.declarations.contract import DeclaredKind, Figure, Named, Trial, TrialRow, Window
from fenghe.kernel.web.problems import FieldProblem
from fenghe.money.chart import CHART, SHIPPED_CHART, Chart
from fenghe.money.posting import EVENTS, POSTING, SHIPPED_RULES, PostingRule

DEFAULT: Final = "default"
SHOWN: Final = 50


def chart_in_force(connection: Connection[Any]) -> Chart:
    """The chart that counts now."""
    newest = declarations.newest(connection, CHART, DEFAULT)
    return msgspec.convert(newest.body, Chart) if newest else SHIPPED_CHART


class PostingKind(DeclaredKind):
    """过账规则: one declaration an event."""

    kind = POSTING
    title = "过账规则"
    edit_right = "money.edit"
    publish_right = "money.approve"
    second_person = True

    def names(self, connection: Connection[Any]) -> Sequence[Named]:  # noqa: ARG002
        """Every event there is."""
        return [Named(name=name, title=title) for name, title in EVENTS.items()]

    def shipped(self, name: str, in_force: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """The shipped rule."""
        rule = SHIPPED_RULES.get(name)
        return msgspec.to_builtins(rule) if rule else None

    def problems(self, connection: Connection[Any], name: str, body: Any) -> Sequence[FieldProblem]:
        """Unknown accounts, sides that cannot balance, an event that does not exist."""
        if name not in EVENTS:
            return [FieldProblem("name", f"没有 {name} 这个事件")]
        try:
            rule = msgspec.convert(body, PostingRule)
        except msgspec.ValidationError as problem:
            return [FieldProblem("body", f"格式不对:{problem}")]
        return [FieldProblem("entries", words) for words in rule.problems(chart_in_force(connection))]

    def try_out(self, connection: Connection[Any], name: str, body: Any, *, window: Window) -> Trial:
        """How the vouchers of this event in the last days would have been booked: sums by account, before and after."""
        rule = msgspec.convert(body, PostingRule)
        clearing = dict(chart_in_force(connection).clearing)
        rows = connection.execute(
            "select e.account, sum(e.debit_minor - e.credit_minor)::bigint, count(distinct v.id), v.currency"
            " from ledger_voucher v join ledger_entry e on e.voucher_id = v.id where v.event = %s"
            " and v.posted_at >= now() - %s * interval '1 day' and v.reverses_id is null group by e.account, v.currency",
            (name, window.days),
        ).fetchall()
        sums = connection.execute(
            "select count(*), coalesce(sum(v.total_minor), 0)::bigint from ledger_voucher v where v.event = %s"
            " and v.posted_at >= now() - %s * interval '1 day' and v.reverses_id is null",
            (name, window.days),
        ).fetchone()
        read, total = (sums[0], sums[1]) if sums else (0, 0)
        before = {row[0]: row[1] for row in rows}
        after: dict[str, int] = {}
        for entry in rule.entries:
            account = entry.account if entry.account in clearing.values() or "{" not in entry.account else "{clearing}"
            after[account] = after.get(account, 0) + (total if entry.side == "debit" else -total)
        titles = chart_in_force(connection).titles()
        figures = [
            Figure(title=f"{code} {titles.get(code, '')}".strip(), before=before.get(code, 0), after=after.get(code, 0))
            for code in sorted({*before, *after})
        ]
        return Trial(read=read, figures=figures)

    def took_force(self, connection: Connection[Any], name: str, body: Any) -> int:  # noqa: ARG002
        """What is booked stays as it is; new movements follow the rule, and those that had a problem are tried again."""
        cursor = connection.execute(
            "update ledger_cursor set changed_at = '2000-01-01', row_id = 0 where exists (select from ledger_posting"
            " where problem is not null)"
        )
        return cursor.rowcount


class ChartKind(DeclaredKind):
    """科目表: one chart."""

    kind = CHART
    title = "会计科目表"
    edit_right = "money.edit"
    publish_right = "money.approve"
    second_person = True

    def names(self, connection: Connection[Any]) -> Sequence[Named]:  # noqa: ARG002
        """The one there is."""
        return [Named(name=DEFAULT, title="会计科目表")]

    def shipped(self, name: str, in_force: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """The shipped chart."""
        return msgspec.to_builtins(SHIPPED_CHART) if name == DEFAULT else None

    def problems(self, connection: Connection[Any], name: str, body: Any) -> Sequence[FieldProblem]:
        """Codes, parents, kinds; an account with entries may not go."""
        if name != DEFAULT:
            return [FieldProblem("name", "科目表只有一份:default")]
        try:
            chart = msgspec.convert(body, Chart)
        except msgspec.ValidationError as problem:
            return [FieldProblem("body", f"格式不对:{problem}")]
        codes = {one.code for one in chart.accounts}
        used = [row[0] for row in connection.execute("select distinct account from ledger_balance order by 1")]
        gone = [FieldProblem("accounts", f"科目 {code} 已有发生额,不能删除") for code in used if code not in codes]
        return [*(FieldProblem("accounts", words) for words in chart.problems()), *gone]

    def try_out(self, connection: Connection[Any], name: str, body: Any, *, window: Window) -> Trial:  # noqa: ARG002
        """Accounts that come, go or change, and the rules that speak of accounts which would be gone."""
        new, old = msgspec.convert(body, Chart), chart_in_force(connection)
        codes = {one.code for one in new.accounts}
        before, after = old.titles(), new.titles()
        changed = [code for code in sorted({*before, *after}) if before.get(code) != after.get(code)]
        orphaned = [
            TrialRow(title=f"过账规则 {EVENTS.get(one.name, one.name)}", before=entry["account"], after="科目不存在")
            for one in declarations.in_force_of_kind(connection, POSTING)
            for entry in one.body.get("entries", ())
            if not entry["account"].startswith("{") and entry["account"] not in codes
        ]
        rows = [TrialRow(title=code, before=before.get(code, ""), after=after.get(code, "")) for code in changed]
        figures = [
            Figure(title="科目", before=len(before), after=len(after)),
            Figure(title="受影响的过账规则", after=len(orphaned)),
        ]
        return Trial(read=len(before), figures=figures, rows=[*orphaned, *rows][:SHOWN])
