"""The declaration of who is reminded to pay (催付策略): its life as of any other, tried on the orders that await payment now."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.declarations.contract import DeclaredKind, Figure, Named, Trial, TrialRow, Window
from fenghe.kernel.store_reading import Row, fetch
from fenghe.kernel.web.problems import FieldProblem
from fenghe.money import store_reminder_queries as queries
from fenghe.money import store_reminders as store
from fenghe.money.observing import amount_words
from fenghe.money.reminder_policy import OWN, PLATFORMS, POLICY, ReminderRule, problems, shipped, title_of

SHOWN: Final = 50


class ReminderKind(DeclaredKind):
    """催付策略: one declaration a channel."""

    kind = POLICY
    title = "催付策略"
    edit_right = "money.edit"
    publish_right = "money.approve"
    second_person = False

    def names(self, connection: Connection[Any]) -> Sequence[Named]:
        """One's own channels together, each platform, and every own channel with orders that await payment."""
        rows = fetch(
            connection, "select distinct channel from order_book where state = 'await_payment' order by channel"
        )
        known, own = [OWN, *PLATFORMS], store.rules_in_force(connection).by_name[OWN][1].channels
        told = [row["channel"] for row in rows]
        seen = [one for one in told if one not in (*known, *own) and not problems(one, _plain())]
        return [Named(name=one, title=title_of(one)) for one in (*known, *seen)]

    def shipped(self, name: str, in_force: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """As it is while nobody publishes another; a channel of one's own begins as they all are."""
        return msgspec.to_builtins(shipped(name))

    def problems(self, connection: Connection[Any], name: str, body: Any) -> Sequence[FieldProblem]:
        """Times, limits, words, and a gateway that is there."""
        found = [FieldProblem(field, words) for field, words in problems(name, body)]
        robot = body.get("robot") if isinstance(body, dict) else None
        if robot and not found and robot not in store.gateways(connection):
            found.append(FieldProblem("robot", f"没有叫 {robot} 的短信网关，或它没有给买家的模板编号"))
        return found

    def try_out(self, connection: Connection[Any], name: str, body: Any, *, window: Window) -> Trial:
        """Whom it would remind at this moment, by the rule in force and by the draft; writes nothing."""
        now = datetime.now(UTC)
        before, cut = _due(connection, name, None, now, shops=window.shops)
        after, cut_too = _due(connection, name, msgspec.convert(body, ReminderRule), now, shops=window.shops)
        rows = [_row(row, before=True) for key, row in before.items() if key not in after]
        rows += [_row(row, before=key in before) for key, row in after.items() if key not in before]
        same = [_row(row, before=True, after=True) for key, row in after.items() if key in before]
        figures = [
            Figure(title="现在会催的订单", before=len(before), after=len(after)),
            Figure(title="涉及金额", before=_sum(before), after=_sum(after), currency="CNY"),
        ]
        return Trial(
            read=len({*before, *after}), truncated=cut or cut_too, figures=figures, rows=[*rows, *same][:SHOWN]
        )

    def took_force(self, connection: Connection[Any], name: str, body: Any) -> int:  # noqa: ARG002
        """Orders that wait are looked at again at once."""
        return store.look_now(connection)


def _plain() -> Any:
    return msgspec.to_builtins(ReminderRule())


def _due(
    connection: Connection[Any], name: str, rule: ReminderRule | None, now: datetime, *, shops: Sequence[str] | None
) -> tuple[dict[int, Row], bool]:
    rules = store.rules_in_force(connection, None if rule is None else {name: rule})
    rows, cut = queries.would_remind(connection, rules, now=now, shops=shops, name=name)
    return {row["order_id"]: row for row in rows if row["due"]}, cut


def _sum(rows: dict[int, Row]) -> int:
    return sum(row["due_minor"] for row in rows.values() if row["currency"] == "CNY")


def _row(row: Row, *, before: bool, after: bool | None = None) -> TrialRow:
    will = not before if after is None else after
    words = f"催付第 {row['sent'] + 1} 次"
    return TrialRow(
        title=f"{row['order_no']} · {amount_words(row['due_minor'], row['currency'])} · {row['phone']}",
        link=f"/orders/{row['order_id']}",
        before=words if before else "不催",
        after=words if will else "不催",
    )
