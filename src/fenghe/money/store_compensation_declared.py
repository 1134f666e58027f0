"""The declaration of what may be compensated (补偿策略): its life as of any other, tried on the breaks that stand now."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.declarations.contract import DeclaredKind, Figure, Named, Trial, TrialRow, Window
from fenghe.kernel.store_reading import fetch
from fenghe.kernel.web.problems import FieldProblem
from fenghe.money import store_compensation as store
from fenghe.money.causes import Cause
from fenghe.money.compensation import Nothing, propose
from fenghe.money.compensation_policy import NAMES, POLICY, SHIPPED, CauseRule, problems

READ: Final = 2_000
SHOWN: Final = 50
MODES: Final = {"automatic": "自动执行", "propose": "提给人批准", "off": "不处理"}


class CompensationKind(DeclaredKind):
    """补偿策略: one declaration a cause."""

    kind = POLICY
    title = "补偿策略"
    edit_right = "money.edit"
    publish_right = "money.approve"
    second_person = True

    def names(self, connection: Connection[Any]) -> Sequence[Named]:  # noqa: ARG002
        """Every cause that something can be done about."""
        return [Named(name=name, title=title) for name, title in NAMES.items()]

    def shipped(self, name: str, in_force: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """As it is while nobody publishes another."""
        return msgspec.to_builtins(SHIPPED[Cause(name)]) if name in NAMES else None

    def problems(self, connection: Connection[Any], name: str, body: Any) -> Sequence[FieldProblem]:  # noqa: ARG002
        """What moves money is never automatic; limits are whole numbers."""
        return [FieldProblem(field, words) for field, words in problems(name, body)]

    def try_out(self, connection: Connection[Any], name: str, body: Any, *, window: Window) -> Trial:
        """What would be done about the breaks of this cause that stand now, of the last days; writes nothing."""
        rows = fetch(
            connection,
            "select b.id, b.key, b.cause, b.field, b.scope_key, b.currency, b.amount_minor, b.documents, b.last_run as episode,"
            " b.order_no from recon_break b where b.status = 'open' and b.cause = %(cause)s and b.scope_key like 'order:%%'"
            " and b.found_at >= now() - %(days)s * interval '1 day' order by b.id desc limit %(limit)s",
            {"cause": name, "days": window.days, "limit": READ + 1},
        )
        read, rule = rows[:READ], msgspec.convert(body, CauseRule)
        before = store.rules_in_force(connection)[name][1]
        facts = store.facts_of(connection, read)
        able, shown, amount = 0, [], 0
        for row in read:
            found = propose(store.seen(row), facts[row["id"]])
            fits = not isinstance(found, Nothing)
            able += fits
            amount += abs(row["amount_minor"]) if fits else 0
            now_words, then_words = (MODES[one.mode] if fits else "做不了" for one in (before, rule))
            if now_words != then_words:
                title = f"差异 {row['order_no'] or row['id']}"
                shown.append(TrialRow(title=title, before=now_words, after=then_words))
        figures = [
            Figure(
                title="会处理的差异",
                before=able if before.mode != "off" else 0,
                after=able if rule.mode != "off" else 0,
            ),
            Figure(
                title="涉及金额",
                before=amount if before.mode != "off" else 0,
                after=amount if rule.mode != "off" else 0,
                currency="CNY",
            ),
        ]
        return Trial(read=len(read), truncated=len(rows) > READ, figures=figures, rows=shown[:SHOWN])

    def took_force(self, connection: Connection[Any], name: str, body: Any) -> int:  # noqa: ARG002
        """Breaks of this cause are looked at again at once, those that wait for the limit too."""
        now = datetime.now(UTC)
        connection.execute(
            "update compensation set due_at = %s where cause = %s and state = 'approved' and waits <> ''", (now, name)
        )
        return store.look_now(connection, cause=name)
