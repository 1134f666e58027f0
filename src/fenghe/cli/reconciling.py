"""`fenghe scan` (T+1 凭证完整性扫描) and `fenghe reconcile` (对账): what does not agree, by name, to the cent."""

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from psycopg import Connection

from fenghe.cli.importing import actor
from fenghe.cli.opening import working_connection
from fenghe.cli.output import DEFAULT_DATA, CallWrong, DataDir, Json, Voice, speaking
from fenghe.kernel.values import minor_digits
from fenghe.money import store_breaks
from fenghe.money.causes import MEANINGS, Cause, title_of
from fenghe.money.policy import problems
from fenghe.money.store_break_filter import BreakFilter
from fenghe.money.tasks_recon import Ask, Report, run, try_rules, yesterday
from fenghe.money.waterfall import Row, whole

DAY: Final = "One day, as 2026-02-01 (China)."
FIRST: Final = "First day."
LAST: Final = "Last day; yesterday if not said."
_ALL: Final = "The whole history."
_TRY: Final = "A JSON file of match rules: say what would be found by them, and change nothing."
_SHOWN: Final = 40


def scan(
    day: Annotated[str | None, typer.Option("--day", help=DAY)] = None,
    first: Annotated[str | None, typer.Option("--from", help=FIRST)] = None,
    last: Annotated[str | None, typer.Option("--to", help=LAST)] = None,
    everything: Annotated[bool, typer.Option("--all", help=_ALL)] = False,
    data: DataDir = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Compare orders, payments and vouchers. Without days: what is new up to yesterday, and all that stands open."""
    with speaking(json) as voice:
        ask = _ask("scan", day=day, first=first, last=last, everything=everything, otherwise="new")
        with working_connection(data, voice, name="scan") as connection:
            report = _run(connection, ask, voice)
            asked = BreakFilter(day_from=ask.first if ask.scope == "days" else None, day_to=ask.last)
            listed = [
                one for one in store_breaks.list_breaks(connection, asked) if one["scope_key"].startswith("order:")
            ]
        _tell(voice, report, listed)


def reconcile(
    day: Annotated[str | None, typer.Option("--day", help=DAY)] = None,
    first: Annotated[str | None, typer.Option("--from", help=FIRST)] = None,
    last: Annotated[str | None, typer.Option("--to", help=LAST)] = None,
    everything: Annotated[bool, typer.Option("--all", help=_ALL)] = False,
    rules: Annotated[Path | None, typer.Option("--try", help=_TRY)] = None,
    data: DataDir = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Reconcile orders, providers, vouchers, pay-outs and the bank, and state the waterfall. Without days: everything."""
    with speaking(json) as voice:
        ask = _ask("reconcile", day=day, first=first, last=last, everything=everything, otherwise="all")
        with working_connection(data, voice, name="reconcile") as connection:
            if rules is not None:
                _try(connection, ask, rules, voice)
                return
            report = _run(connection, ask, voice)
        _tell(voice, report, None)


def _try(connection: Connection[Any], ask: Ask, path: Path, voice: Voice) -> None:
    """What would be different by other rules; nothing is changed."""
    try:
        bodies = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, Any]])
    except (OSError, msgspec.DecodeError) as problem:
        raise CallWrong(
            f'{path} 应为 JSON：{{"matching": {{…}}, "rates": {{…}}, "fx": {{…}}}}（{problem}）',
            code="rules_unreadable",
        ) from None
    wrong = [f"{name}：{one}" for name, body in bodies.items() for one in problems(name, body)]
    if wrong:
        raise CallWrong("；".join(wrong), code="rules_wrong")
    before, after = (found_rows(one) for one in try_rules(connection, ask, bodies, now=datetime.now(UTC)))
    voice.result({"before": before, "after": after, "changed": before != after})
    heads = ("原因", "代码", "币种", "现在笔数", "现在金额", "改后笔数", "改后金额")
    names = sorted({(one["cause"], one["currency"]) for one in (*before, *after)})
    old, new = ({(one["cause"], one["currency"]): one for one in told} for told in (before, after))
    none = {"count": 0, "amount": "0.00"}
    rows = [
        [
            title_of(name[0]),
            *name,
            *(str(side.get(name, none)[field]) for side in (old, new) for field in ("count", "amount")),
        ]
        for name in names
    ]
    voice.table(heads, rows, numbers_from=3)
    voice.say("这是试算，什么都没有改。")


def day_of(text: str) -> date:
    """A day as people write it."""
    try:
        return date.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        raise CallWrong(f"日期应写成 2026-02-01，得到的是 {text}", code="day_unreadable") from None


def _ask(kind: str, *, day: str | None, first: str | None, last: str | None, everything: bool, otherwise: str) -> Ask:
    if sum(map(bool, (day, first or last, everything))) > 1:
        raise CallWrong("--day、--from/--to、--all 只能选一种。", code="days_unclear")
    told = actor()
    if day:
        return Ask(kind=kind, scope="days", first=day_of(day), last=day_of(day), by=told.person)
    until = day_of(last) if last else yesterday(datetime.now(UTC))
    if first or last:
        begin = day_of(first) if first else date(2000, 1, 1)
        if begin > until:
            raise CallWrong(f"起始日 {begin} 晚于截止日 {until}。", code="days_reversed")
        return Ask(kind=kind, scope="days", first=begin, last=until, by=told.person)
    scope = "all" if everything else otherwise
    return Ask(kind=kind, scope=scope, last=until if scope == "new" else None, by=told.person)


def _run(connection: Connection[Any], ask: Ask, voice: Voice) -> Report:
    if not voice.shows_progress:
        return run(connection, ask, now=datetime.now(UTC), clock=time.perf_counter)
    with voice.err.status("比对中"):
        return run(connection, ask, now=datetime.now(UTC), clock=time.perf_counter)


def money(amount_minor: int, currency: str) -> str:
    """An amount in major units, exactly."""
    digits = minor_digits(currency)
    sign, whole_part = "-" if amount_minor < 0 else "", abs(amount_minor)
    if not digits:
        return f"{sign}{whole_part:,}"
    return f"{sign}{whole_part // 10**digits:,}.{whole_part % 10**digits:0{digits}d}"


def found_rows(report: Report) -> list[dict[str, Any]]:
    """What a run found, by cause and currency."""
    return [
        {
            "cause": cause,
            "title": title_of(cause),
            "fault": MEANINGS[Cause(cause)].fault,
            "currency": currency,
            **told,
            "amount": money(told["amount_minor"], currency),
        }
        for cause, by_currency in sorted(report.found.items())
        for currency, told in sorted(by_currency.items())
    ]


def waterfall_rows(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """A waterfall for the eye and for machines."""
    return [
        {
            **msgspec.to_builtins(one),
            "title": title_of(one.cause) if one.cause else one.step,
            "amount": money(one.amount_minor, one.currency),
        }
        for one in rows
    ]


def _tell(voice: Voice, report: Report, listed: list[dict[str, Any]] | None) -> None:
    found = found_rows(report)
    document: dict[str, Any] = {
        "run": report.run, "kind": report.kind, "scope": report.scope, "from": report.day_from, "to": report.day_to,
        "chains": report.chains, "opened": report.moved.opened, "reopened": report.moved.reopened,
        "changed": report.moved.changed, "closed": report.moved.closed, "found": found, "coverage": report.coverage,
        "rules": report.rules, "seconds": report.seconds,
    }  # fmt: skip
    if report.kind == "reconcile":
        document |= {
            "waterfall": waterfall_rows(whole(report.waterfall)),
            "by_channel": waterfall_rows(report.waterfall),
            "difference_minor": sum(abs(one["amount_minor"]) for one in report.gaps),
            "gaps": report.gaps,
            "gross": report.gross,
            "days": report.days,
        }
    if listed is not None:
        document["breaks"] = listed
    voice.result(document)
    _say(voice, report, found)


def _say(voice: Voice, report: Report, found: list[dict[str, Any]]) -> None:
    moved = report.moved
    voice.say(
        f"比对了 {report.chains:,} 个订单号：新差异 {moved.opened:,}，重新出现 {moved.reopened:,}，"
        f"有变化 {moved.changed:,}，已消除 {moved.closed:,}。"
    )
    for leg, covered in report.coverage.items():
        if covered is False:
            voice.say(f"没有「{_LEGS.get(leg, leg)}」的任何数据：这一段没有比对。")
    if found:
        heads = ("原因", "代码", "币种", "笔数", "金额")
        rows = [[one["title"], one["cause"], one["currency"], f"{one['count']:,}", one["amount"]] for one in found]
        voice.table(heads, rows, numbers_from=3)
    else:
        voice.say("没有差异。")
    for one in waterfall_rows(whole(report.waterfall)) if report.waterfall else ():
        indent = "  " if one["cause"] else ""
        voice.say(f"{indent}{one['title']}  {one['amount']} {one['currency']}（{one['count']:,}）")
    if report.waterfall:
        voice.say("瀑布每一级都分毫不差。" if not report.gaps else f"瀑布有缺口：{report.gaps}")


_LEGS: Final = {
    "orders": "订单", "payments": "支付", "refunds": "渠道退款", "vouchers": "财务凭证", "payouts": "出款", "bank": "银行流水",
}  # fmt: skip
