"""`fenghe callbacks audit`: what carriers told, stored or in an export, held against itself and against what we know."""

import contextlib
import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from psycopg import Connection

from fenghe.cli.importing import actor
from fenghe.cli.opening import working_connection
from fenghe.cli.output import CALL_WRONG, DEFAULT_DATA, CallWrong, DataDir, Json, Voice, speaking
from fenghe.hub import store_importing
from fenghe.hub.callback_files import Audit as FileAuditing
from fenghe.hub.callback_files import FileAudit, FileSource, totals
from fenghe.hub.callback_running import HOURS, carry_out
from fenghe.hub.callback_subjects import Audited
from fenghe.hub.declared import Declared
from fenghe.hub.import_words import reason_words
from fenghe.hub.titles import titles
from fenghe.kernel.database.opening import NoDatabaseHere
from fenghe.kernel.listing import moment_from, moment_to
from fenghe.kernel.values import to_ms
from fenghe.kernel.web.exporting import CsvWriter, XlsxWriter
from fenghe.logistics.callbacks import DEFAULT_AUDIT, AuditPolicy, Located, moment_text
from fenghe.logistics.routes_callback_rows import EXPORTED, LEVEL_TITLES, exported, kind_title, located_row
from fenghe.logistics.store_callback_audits import Audit
from fenghe.logistics.store_callbacks import Window

SHOWN: Final = 20
NEVER: Final = 10_000


class _Findings:
    """What was found: counted whole, the gravest kept, all of it written to the export."""

    def __init__(self, *, about: str, from_file: bool, keep: int, export: Callable[[Sequence[Any]], None]) -> None:
        self.found = 0
        self.kinds: Counter[str] = Counter()
        self.levels: Counter[int] = Counter()
        self.carriers: Counter[str] = Counter()
        self._about, self._from_file, self._keep, self._export = about, from_file, keep, export
        self._titles = titles()
        self._heap: list[tuple[tuple[int, int, int], Located]] = []

    def take(self, found: Sequence[Located]) -> None:
        """Count and keep."""
        for one in found:
            self.found += 1
            self.kinds[one.finding.kind] += 1
            self.levels[one.finding.severity] += 1
            self.carriers[one.finding.carrier or "?"] += 1
            place = (one.finding.severity, one.finding.at_ms, -self.found)
            if len(self._heap) < self._keep:
                heapq.heappush(self._heap, (place, one))
            elif self._heap and place > self._heap[0][0]:
                heapq.heapreplace(self._heap, (place, one))
            self._export(exported(self._row(one, self.found)))

    def _row(self, one: Located, n: int) -> Any:
        return located_row(one, self._titles, n=n, about=self._about, from_file=self._from_file)

    def gravest(self) -> list[Any]:
        """The gravest findings, as the screen would tell them."""
        kept = sorted(self._heap, key=lambda entry: entry[0], reverse=True)
        return [self._row(one, -place[2]) for place, one in kept]

    def numbers(self) -> dict[str, Any]:
        """Counts by kind, severity and carrier."""
        levels = {1: "low", 2: "medium", 3: "high"}
        return {
            "found": self.found,
            "counts": dict(self.kinds.most_common()),
            "severities": {levels[level]: count for level, count in sorted(self.levels.items(), reverse=True)},
            "carriers": dict(self.carriers.most_common()),
        }


def audit(  # noqa: PLR0913, PLR0917 - these are the command's own options
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE...]", help="Exports: JSON, NDJSON, CSV, XLSX; ZIP or GZ. None: what is stored."),
    ] = None,
    hours: Annotated[
        int | None, typer.Option("--hours", help=f"Stored messages of the last hours (default {HOURS}).")
    ] = None,
    since: Annotated[str, typer.Option("--since", help="Stored messages received from then on.")] = "",
    until: Annotated[str, typer.Option("--until", help="Stored messages received before then.")] = "",
    orders: Annotated[
        bool, typer.Option("--orders", help="Audit the times of orders instead of parcels' scans.")
    ] = False,
    source: Annotated[
        str, typer.Option("--source", help="Only this connection; for files: read as this connection tells.")
    ] = "",
    export: Annotated[Path | None, typer.Option("--export", help="Write all findings to a .csv or .xlsx file.")] = None,
    limit: Annotated[
        int, typer.Option("--limit", help="How many findings to print, gravest first.", min=0, max=NEVER)
    ] = 1_000,
    stop_hours: Annotated[
        int, typer.Option("--stop-hours", help="A parcel silent for so long has stopped.", min=1, max=24 * 90)
    ] = DEFAULT_AUDIT.stop_hours,
    data: DataDir = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Audit what carriers told: empty, unknown, contradictory, foreign, repeated, out of order, stopped."""
    with speaking(json) as voice:
        about = "orders" if orders else "tracking"
        policy = AuditPolicy(stop_hours=stop_hours)
        with _exporting(export) as write:
            found = _Findings(about=about, from_file=bool(files), keep=max(limit, SHOWN), export=write)
            if files:
                if hours is not None or since or until:
                    raise CallWrong("核查文件时不用 --hours、--since、--until:文件里的每一条都会核查。")
                refused = _audit_files(
                    voice, files, about, source, policy, data=data, found=found, limit=limit, export=export
                )
            else:
                window = _window(about, hours, since, until, source, now=datetime.now(UTC))
                _audit_stored(voice, window, policy, data=data, found=found, limit=limit, export=export)
                refused = False
    if refused:
        raise typer.Exit(CALL_WRONG)


def _window(about: str, hours: int | None, since: str, until: str, source: str, *, now: datetime) -> Window:
    end = min(moment_to(until, "until") or now, now)
    start = moment_from(since, "since")
    if start is not None and hours is not None:
        raise CallWrong("--hours 与 --since 只能用一个。")
    if start is None:
        if hours is not None and hours < 1:
            raise CallWrong("--hours 应为正整数。")
        start = end - timedelta(hours=HOURS if hours is None else hours)
    if start >= end:
        raise CallWrong("--since 应早于 --until。")
    return Window(about=about, since=start, until=end, source=source)


@contextlib.contextmanager
def _exporting(path: Path | None) -> Iterator[Callable[[Sequence[Any]], None]]:
    """Where findings are written as they are found; a file that cannot be written is said before anything is read."""
    if path is None:
        yield lambda _cells: None
        return
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise CallWrong(f"{path} 应以 .csv 或 .xlsx 结尾。")
    try:
        if path.suffix.lower() == ".csv":
            with path.open("wb") as file:
                writer = CsvWriter(EXPORTED)
                yield lambda cells: _write(file, writer.write(cells))
                file.write(writer.close())
        else:
            path.open("wb").close()
            book = XlsxWriter(path, EXPORTED)
            yield book.write
            book.close()
    except OSError as problem:
        raise CallWrong(f"{path} 写不了:{problem.strerror or problem}。") from None


def _write(file: Any, chunk: bytes) -> None:
    if chunk:
        file.write(chunk)


def _audit_stored(
    voice: Voice, window: Window, policy: AuditPolicy, *, data: Path, found: _Findings, limit: int, export: Path | None
) -> None:
    with working_connection(data, voice, name="callbacks", create=False) as connection:
        if window.source and store_importing.find_source(connection, window.source) is None:
            raise CallWrong(f"没有名为 {window.source} 的连接。")
        with _progress(voice) as note:
            done = carry_out(connection, window, asked_by=actor().person, policy=policy, note=note, take=found.take)
    _tell(
        voice,
        {
            "about": window.about, "origin": "stored", "since": window.since, "until": window.until, "source": window.source,
            "read": done.read, "audited": done.audited, "unreadable": done.unreadable, "pending": done.pending,
            "reasons": done.reasons, "subjects": done.subjects, "audit": str(done.id),
        },
        found, limit=limit, export=export, files=(),
    )  # fmt: skip


@contextlib.contextmanager
def _progress(voice: Voice) -> Iterator[Callable[[Audit], None]]:
    if not voice.shows_progress:
        yield lambda _audit: None
        return
    with voice.err.status("核查中") as status:
        yield lambda one: status.update(f"核查中:报文 {one.read:,} 条,对象 {one.subjects:,} 个,已发现 {one.found:,} 处")


def _audit_files(  # noqa: PLR0913 - what was asked for has these parts
    voice: Voice,
    files: Sequence[Path],
    about: str,
    source: str,
    policy: AuditPolicy,
    *,
    data: Path,
    found: _Findings,
    limit: int,
    export: Path | None,
) -> bool:
    """Read-only: the database, where there is one, only says what is known. True when a file was refused."""
    with _known(data, voice) as connection:
        declared = Declared()
        if connection is not None:
            declared.refresh(connection)
        told = _source(connection, source)
        audited = Audited(policy_of=declared.policy, policy=policy, now_ms=to_ms(datetime.now(UTC)))
        with FileAuditing(about, told, audited, declared=declared) as auditing:
            for path in files:
                if not path.is_file():
                    raise CallWrong(f"没有 {path} 这个文件,请检查路径。", code="no_file")
                _warn(voice, auditing.take(path))
            found.take(list(auditing.apart()))
            for one in auditing.judged(connection):
                found.take([one])
            reports, subjects = auditing.reports, auditing.subjects
    whole = totals(reports)
    _tell(
        voice,
        {
            "about": about, "origin": "files", "since": None, "until": None, "source": source, "read": whole.read,
            "audited": whole.audited, "unreadable": whole.unreadable, "pending": 0, "reasons": whole.reasons,
            "subjects": subjects, "held_against_known": connection is not None,
        },
        found, limit=limit, export=export, files=reports,
    )  # fmt: skip
    return any(one.refused for one in reports)


@contextlib.contextmanager
def _known(data: Path, voice: Voice) -> Iterator[Connection[Any] | None]:
    """A connection where there is a database; an export can be looked at without one."""
    with contextlib.ExitStack() as stack:
        try:
            connection = stack.enter_context(working_connection(data, voice, name="callbacks", create=False))
        except NoDatabaseHere:
            yield None
            return
        yield connection


def _source(connection: Connection[Any] | None, name: str) -> FileSource:
    if not name:
        return FileSource()
    found = store_importing.find_source(connection, name) if connection is not None else None
    if found is None:
        raise CallWrong(f"没有名为 {name} 的连接;核查来历不明的文件不必写 --source。")
    return FileSource(name=name, connector=found.connector, config=found.config)


def _warn(voice: Voice, report: FileAudit) -> None:
    if report.refused:
        voice.warn(report.refused[1])
    for one in report.problems:
        voice.warn(f"{one.field} 应为 {one.expected},实际 {one.got}")
    if report.unreadable > len(report.problems):
        voice.warn(f"…… 还有 {report.unreadable - len(report.problems):,} 条读不懂。")
    if report.read and not report.audited:
        voice.warn(f"{report.file} 里没有一条认得出来:订单表请加 --orders,声明过的承运商请加 --source。")


def _tell(
    voice: Voice,
    facts: dict[str, Any],
    found: _Findings,
    *,
    limit: int,
    export: Path | None,
    files: Sequence[FileAudit],
) -> None:
    gravest = found.gravest()
    voice.result(
        {
            **facts,
            **found.numbers(),
            "findings": gravest[:limit],
            "truncated": found.found > limit,
            "export": str(export) if export else None,
            "files": [_file(one) for one in files],
        }
    )
    voice.say(
        f"读取 {facts['read']:,} 条 = 已核查 {facts['audited']:,} + 读不懂 {facts['unreadable']:,}"
        + (f"(另有 {facts['pending']:,} 条还没研判)" if facts["pending"] else "")
        + f";对象 {facts['subjects']:,} 个,发现 {found.found:,} 处。"
    )
    if facts["reasons"]:
        voice.table(
            ("读不懂的原因 reason", "条"), [(reason_words(code), f"{n:,}") for code, n in facts["reasons"].items()]
        )
    if found.found:
        voice.table(
            ("问题 kind", "处"), [(f"{kind_title(kind)} {kind}", f"{n:,}") for kind, n in found.kinds.most_common()]
        )
    for row in gravest[: min(SHOWN, limit)]:
        level = LEVEL_TITLES[{"low": 1, "medium": 2, "high": 3}[row.severity]]
        place = row.where or (f"报文 #{row.message_id}" if row.message_id else "")
        voice.say(
            f"[{level}] {row.number or row.order_no} {row.kind_title}:{row.words}  ({moment_text(row.at)} {place})"
        )
    if found.found > SHOWN:
        voice.say(f"…… 共 {found.found:,} 处,用 --export 写成表格,或加 --json 查看。")
    if facts.get("held_against_known") is False:
        voice.say("这里没有数据库:没有与已知的订单、运单核对。")


def _file(report: FileAudit) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(report)
    told["refused"] = dict(zip(("code", "message"), report.refused, strict=True)) if report.refused else None
    return told
