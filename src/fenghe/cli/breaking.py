"""`fenghe breaks`: what does not agree, why, with both documents; out to a sheet and back from it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from psycopg import Connection

from fenghe.cli.importing import actor
from fenghe.cli.opening import working_connection
from fenghe.cli.output import DEFAULT_DATA, CallWrong, DataDir, Json, Voice, speaking
from fenghe.cli.reconciling import DAY, FIRST, LAST, day_of, money
from fenghe.kernel.web.exporting import XlsxWriter, csv_chunks
from fenghe.money import sheet, store_breaks, store_edits
from fenghe.money.causes import Cause, title_of
from fenghe.money.store_break_filter import BreakFilter
from fenghe.money.store_sheet import NotASheet, read_sheet

_SHOWN: Final = 40
_HEADS: Final = ("号码", "原因", "代码", "日期", "状态", "金额")


def breaks(  # noqa: PLR0913, PLR0917 - a command's options
    cause: Annotated[list[str] | None, typer.Option("--cause", help="A cause's code; may be given again.")] = None,
    day: Annotated[str | None, typer.Option("--day", help=DAY)] = None,
    first: Annotated[str | None, typer.Option("--from", help=FIRST)] = None,
    last: Annotated[str | None, typer.Option("--to", help=LAST)] = None,
    order: Annotated[str, typer.Option("--order", help="An order or payment number.")] = "",
    status: Annotated[str, typer.Option("--status", help="open, closed or all.")] = "open",
    export: Annotated[Path | None, typer.Option("--export", help="Write them to this file: .xlsx or .csv.")] = None,
    edits: Annotated[Path | None, typer.Option("--edits", help="A sheet that came back: what it would change.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="With --edits: make the changes.")] = False,
    data: DataDir = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """List breaks: what does not agree, why, both documents, and the amount."""
    with speaking(json) as voice:
        asked = _filter(cause or [], day=day, first=first, last=last, order=order, status=status)
        with working_connection(data, voice, name="breaks", create=False) as connection:
            if edits is not None:
                _take_back(connection, edits, apply=apply, voice=voice)
                return
            listed = store_breaks.list_breaks(connection, asked)
            summed = store_breaks.summary(connection, asked)
            if export is not None:
                _export(connection, export, listed)
        voice.result({"count": len(listed), "summary": summed, "breaks": listed})
        _say(voice, listed, summed)
        if export is not None:
            voice.say(f"已写到 {export}。")


def _say(voice: Voice, listed: Sequence[Mapping[str, Any]], summed: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        [
            one["order_no"] or one["payment_no"] or one["scope_key"],
            title_of(one["cause"]),
            one["cause"],
            str(one["day"] or ""),
            "未结" if one["status"] == "open" else "已结",
            money(one["amount_minor"], one["currency"]),
        ]
        for one in listed[:_SHOWN]
    ]
    voice.table(_HEADS, rows, numbers_from=5)
    if len(listed) > _SHOWN:
        voice.say(f"…… 共 {len(listed):,} 笔，--json 或 --export 可得全部。")
    for one in summed:
        amount = money(one["amount_minor"], one["currency"])
        voice.say(f"{one['title']} {one['currency']}：{one['count']:,} 笔，合计 {amount}")


def _filter(
    causes: Sequence[str], *, day: str | None, first: str | None, last: str | None, order: str, status: str
) -> BreakFilter:
    unknown = [one for one in causes if one not in set(Cause)]
    if unknown:
        raise CallWrong(f"没有 {unknown[0]} 这种原因，可用的有 {'、'.join(Cause)}", code="cause_unknown")
    if status not in ("open", "closed", "all"):
        raise CallWrong("--status 应为 open、closed 或 all。", code="status_unknown")
    if day and (first or last):
        raise CallWrong("--day 与 --from/--to 只能选一种。", code="days_unclear")
    begin, end = (day or first), (day or last)
    return BreakFilter(
        cause=tuple(causes),
        status=status,
        order_no=order.strip(),
        day_from=day_of(begin) if begin else None,
        day_to=day_of(end) if end else None,
    )


def _export(connection: Connection[Any], path: Path, listed: Sequence[Mapping[str, Any]]) -> None:
    secret = store_edits.sheet_secret(connection)
    rows = (sheet.cells(secret, one) for one in listed)
    match path.suffix.lower():
        case ".xlsx":
            writer = XlsxWriter(path, sheet.HEADINGS)
            for row in rows:
                writer.write(row)
            writer.close()
        case ".csv":
            with path.open("wb") as stream:
                stream.writelines(csv_chunks(sheet.HEADINGS, rows))
        case _:
            raise CallWrong("--export 需要 .xlsx 或 .csv 的文件名。", code="export_unknown")


def _take_back(connection: Connection[Any], path: Path, *, apply: bool, voice: Voice) -> None:
    try:
        rows = read_sheet(path)
    except NotASheet as unread:
        raise CallWrong(str(unread), code=unread.code) from None
    with connection.transaction():
        taken = store_edits.take_back(connection, rows, apply=apply, actor=actor())
    wanted, refused, changed = taken.edits, taken.refused, taken.changed
    voice.result(
        {
            "rows": len(rows),
            "edits": msgspec.to_builtins(wanted),
            "refused": msgspec.to_builtins(refused),
            "changed": changed,
        }
    )
    for one in wanted[:_SHOWN]:
        told = "，".join(
            f"{name}：{before or '（空）'} → {after or '（空）'}" for name, (before, after) in one.changes.items()
        )
        voice.say(f"第 {one.line} 行 {one.key}：{told}")
    for problem in refused[:_SHOWN]:
        voice.warn(f"第 {problem.line} 行「{problem.field}」：{problem.reason}")
    voice.say(f"{len(rows):,} 行：会改动 {len(wanted):,} 笔，拒收 {len(refused):,} 行。")
    voice.say(f"已改动 {changed:,} 笔。" if apply else "这是预览，加上 --apply 才会改动。")
