"""`fenghe import KIND FILE... --source NAME`: files into the inbox, counted to the row, then judged."""

import contextlib
import getpass
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from psycopg import Connection
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from fenghe.cli.opening import another, working_connection
from fenghe.cli.output import CALL_WRONG, DEFAULT_DATA, DataDir, Json, Voice, speaking
from fenghe.hub import importing
from fenghe.hub.import_judging import Beside, judging_beside
from fenghe.hub.import_source import KINDS, READABLE, Plan, Wish, plan_import
from fenghe.hub.import_words import reason_words
from fenghe.hub.importing import FileReport, Steps
from fenghe.kernel.door.serving import seldom_collect
from fenghe.kernel.people.person import Actor

_KIND_HELP = f"{' '.join(KINDS)} (now: {' '.join(READABLE)})"
_MAPPING_HELP = (
    "orders and money: a layout's name, or a layout file ending in .json; tracking: whose status codes they are."
)
_ANYWAY_HELP = "Also files whose very bytes were imported under another source."
_HEADS = ("文件 file", "读取 read", "新存 stored", "重复 duplicate", "搁置 set aside")


def import_files(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=_KIND_HELP)],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV, JSON, NDJSON, XLSX, XLS; ZIP or GZ.")],
    source: Annotated[str, typer.Option("--source", help="Who tells this; made on first use.")],
    mapping: Annotated[str | None, typer.Option("--mapping", help=_MAPPING_HELP)] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help=_ANYWAY_HELP)] = False,
    data: DataDir = DEFAULT_DATA,
    judge: Annotated[bool, typer.Option("--judge/--no-judge", help="Judge what was stored before returning.")] = True,
    json: Json = False,
) -> None:
    """Import files; the same row is stored once, however often it is told."""
    seldom_collect()
    with speaking(json) as voice:
        wish = Wish(kind=kind, source=source, mapping=mapping)
        with working_connection(data, voice, name="import") as connection:
            plan = plan_import(connection, wish)
            before = importing.last_message(connection)
            with judging_beside(lambda: another(connection)) if judge else contextlib.nullcontext() as judging:
                reports = _import_all(connection, files, plan, voice, judging=judging, anyway=anyway)
                helped = _judge(judging, plan, voice) if judging and plan.exists else False
            judged = importing.outcome(connection, plan, after=before)
        _tell(voice, plan, reports, judged={**judged, "by_hub": helped})
    if any(one.refused for one in reports):
        raise typer.Exit(CALL_WRONG)


def actor() -> Actor:
    """Whoever sits at this terminal, as the access log names him."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "unknown"
    return Actor(f"cli:{name}", "local")


def _import_all(
    connection: Connection[Any], files: list[Path], plan: Plan, voice: Voice, *, judging: Beside | None, anyway: bool
) -> list[FileReport]:
    reports = []
    for path in files:
        with _progress(path, voice) as note:
            steps = Steps(note=note, taken=judging.take) if judging else Steps(note=note)
            report = importing.import_file(connection, path, plan, actor=actor(), steps=steps, anyway=anyway)
        _tell_problems(report, voice)
        reports.append(report)
    return reports


def _tell_problems(report: FileReport, voice: Voice) -> None:
    if report.refused:
        voice.warn(report.refused.message)
    for said in report.notes:
        voice.say(said)
    for one in report.problems:
        field = f" {one.field}" if one.field else ""
        voice.warn(f"{one.file}:{one.line}{field} 应为 {one.expected}，实际 {one.got}")
    if report.set_aside > len(report.problems):
        voice.warn(f"…… 还有 {report.set_aside - len(report.problems):,} 行，全部在收件箱的「搁置」里。")


@contextlib.contextmanager
def _progress(path: Path, voice: Voice) -> Iterator[Callable[[int, int], None]]:
    """A bar with rows and rows/s, where somebody watches."""
    if not voice.shows_progress:
        yield lambda _rows, _line: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[rows]:,} 行"),
        TextColumn("{task.fields[speed]:,.0f} 行/s"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=voice.err, transient=True) as bar:
        task = bar.add_task(path.name, total=_lines_of(path), rows=0, speed=0.0)

        def note(rows: int, line: int) -> None:
            elapsed = bar.tasks[0].elapsed or 0.001
            bar.update(task, completed=line, rows=rows, speed=rows / elapsed)

        yield note


def _lines_of(path: Path) -> int | None:
    """How many lines a text file has; None for what is packed, missing or has no lines."""
    try:
        with path.open("rb") as stream:
            if stream.read(4).startswith((b"PK", b"\x1f\x8b", b"\xd0\xcf")):
                return None
            stream.seek(0)
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b"")) or None
    except OSError:
        return None


def _judge(judging: Beside, plan: Plan, voice: Voice) -> bool:
    if not voice.shows_progress:
        return judging.finish(plan.source)
    with voice.err.status("研判中") as status:

        def note(pending: int, hub: bool) -> None:
            status.update(f"{'等待运行中的枢纽研判' if hub else '研判中'}：还有 {pending:,} 条")

        return judging.finish(plan.source, note=note)


def _tell(voice: Voice, plan: Plan, reports: list[FileReport], *, judged: dict[str, Any]) -> None:
    whole = importing.total(reports)
    voice.result(
        {
            **_numbers(whole),
            "incomplete": whole.incomplete,
            "source": plan.source,
            "judged": judged,
            "files": [msgspec.to_builtins(one) for one in reports],
        }
    )
    rows = [*reports, msgspec.structs.replace(whole, file="合计 total")] if len(reports) > 1 else reports
    voice.table(_HEADS, [_cells(one) for one in rows])
    if whole.reasons:
        told = [(reason_words(code), f"{count:,}") for code, count in whole.reasons.items()]
        voice.table(("搁置原因 reason", "行 rows"), told)
    if whole.incomplete:
        voice.say(f"另有 {whole.incomplete:,} 行只读懂了一部分，读不懂的部分记在收件箱里。")
    voice.say(_judged_words(judged))


def _numbers(report: FileReport) -> dict[str, Any]:
    return {
        "read": report.read,
        "stored": report.stored,
        "duplicate": report.duplicate,
        "set_aside": report.set_aside,
        "reasons": report.reasons,
    }


def _cells(one: FileReport) -> tuple[str, ...]:
    name = Path(one.file).name
    if one.refused and not one.read:
        return (name, "拒收 refused", "—", "—", "—")
    return (name, *(f"{number:,}" for number in (one.read, one.stored, one.duplicate, one.set_aside)))


def _judged_words(judged: dict[str, Any]) -> str:
    said = (
        f"研判：订单 {judged['orders']:,} 个，运单 {judged['shipments']:,} 个，新观测 {judged['observations']:,} 条，"
        f"新开工单 {judged['cases_opened']:,} 个"
    )
    money = [
        f"{word} {judged[name]:,} {unit}"
        for name, word, unit in (
            ("payments", "支付单", "笔"),
            ("refunds", "退款单", "笔"),
            ("facts", "凭证、出款与账单行", "条"),
        )
        if judged.get(name)
    ]
    said += f"，{'，'.join(money)}" if money else ""
    said += f"，其中 {judged['unmapped']:,} 条的状态码还没有映射" if judged["unmapped"] else ""
    return said + (f"；还有 {judged['pending']:,} 条等待研判。" if judged["pending"] else "。")
