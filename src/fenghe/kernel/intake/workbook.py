"""Tables in workbooks (XLSX, XLS): one sheet, its cells as text, read in a bounded process beside us."""

import contextlib
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Any

import orjson

from fenghe.kernel.intake.records import Broken, Limits, Record, Shape
from fenghe.kernel.intake.refusals import (
    ArchiveLocked,
    BadHeader,
    HeaderNotFound,
    SheetNotFound,
    TooManyRows,
    WorkbookBroken,
)
from fenghe.kernel.intake.table import Heading, read_heading

_DIED = b'{"error":"broken","found":"it asks for too much memory"}'
_READER = Path(__file__).with_name("sheet_process.py")


def workbook_records(path: Path, *, name: str, shape: Shape, limits: Limits) -> Iterator[Record | Broken]:
    """The rows of one sheet. Raises WorkbookBroken and the other refusals imported above."""
    with contextlib.closing(_sent_rows(path, name, shape, limits)) as rows:
        where, _ = next(rows)
        heading: Heading | None = None
        passed = 0
        for line, cells in rows:
            texts = [cell if isinstance(cell, str) else cell[0] for cell in cells]
            if any(texts) and texts[0].startswith(shape.skip_prefixes):
                continue
            if heading is None:
                passed += 1
                heading = _heading(texts, line=line, where=where, shape=shape, limits=limits, passed=passed)
            elif outcome := _row(heading, cells, texts, line=line, shape=shape):
                yield outcome
        if heading is None and shape.header_has:
            raise HeaderNotFound(name=where, columns="、".join(shape.header_has), lines=passed)


def sheet_rows(path: Path, name: str, *, sheet: str | None, limits: Limits) -> Iterator[tuple[int, list[Any]]]:
    """The rows of one sheet as they stand: line and cells, a number that has lost digits as a list."""
    with contextlib.closing(_sent_rows(path, name, Shape(sheet=sheet), limits)) as rows:
        next(rows)
        yield from rows


def _heading(texts: list[str], *, line: int, where: str, shape: Shape, limits: Limits, passed: int) -> Heading | None:
    if not any(text.strip() for text in texts) or not all(
        any(name in text for text in texts) for name in shape.header_has
    ):
        if shape.header_has and passed >= limits.preamble_lines:
            raise HeaderNotFound(name=where, columns="、".join(shape.header_has), lines=passed)
        return None
    if len(texts) > limits.columns and any(texts[limits.columns :]):
        raise BadHeader(name=where, line=line, expected=f"at most {limits.columns} columns", got=f"{len(texts)}")
    return read_heading(texts[: limits.columns], line=line, where=where, limits=limits)


def _row(heading: Heading, cells: list[Any], texts: list[str], *, line: int, shape: Shape) -> Record | Broken | None:
    place = next((place for place, cell in enumerate(cells) if not isinstance(cell, str)), None)
    if place is not None and place < len(heading.names):
        return heading.broken(
            line=line,
            field=heading.names[place],
            expected="a long number kept as text (the sheet has dropped its last digits)",
            got=texts[place],
            text=",".join(texts),
        )
    return heading.record(texts, line=line, shape=shape)


def _sent_rows(path: Path, name: str, shape: Shape, limits: Limits) -> Generator[tuple[Any, Any], None, None]:
    """First (where, None), then (line, cells). The process ends with the iterator."""
    command = [sys.executable, "-I", str(_READER), str(path), shape.sheet or "", str(limits.sheet_rows)]
    command += [str(limits.sheet_process_bytes), str(limits.sheet_process_seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            yield from _rows(process, name, shape, limits)
        finally:
            process.kill()


def _rows(process: subprocess.Popen[bytes], name: str, shape: Shape, limits: Limits) -> Iterator[tuple[Any, Any]]:
    output: IO[bytes] | None = process.stdout
    if output is None:
        raise RuntimeError("the sheet reader was started without a pipe")
    first: dict[str, Any] = orjson.loads(output.readline() or _DIED)
    if "error" in first:
        _refuse(first, name, shape, limits)
    yield f"{name} › {first['sheet']}", None
    line = 0
    for line, raw in enumerate(output, start=1):
        cells = orjson.loads(raw)
        if isinstance(cells, dict):
            _refuse(cells, name, shape, limits)
        yield line, [""] * first["column"] + cells
    if process.wait() != 0:
        raise WorkbookBroken(name=name, found=f"the reader stopped at row {line}")


def _refuse(told: dict[str, Any], name: str, shape: Shape, limits: Limits) -> None:
    match told["error"]:
        case "no_sheet":
            raise SheetNotFound(name=name, sheet=shape.sheet or "at all", sheets="、".join(told["found"]) or "none")
        case "too_many_rows":
            raise TooManyRows(name=name, found=told["found"], limit=limits.sheet_rows)
        case "locked":
            raise ArchiveLocked(name=name)
        case _:
            raise WorkbookBroken(name=name, found=told["found"])
