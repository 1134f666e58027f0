"""A sheet of breaks that came back (差异表回收): CSV or XLSX read into rows; what it is not, it says by name."""

from pathlib import Path
from typing import Final

from fenghe.kernel.intake.opening import open_records
from fenghe.kernel.intake.records import Broken
from fenghe.kernel.intake.refusals import FileRefused
from fenghe.kernel.web.exporting import unguard

MOST_ROWS: Final = 100_000
_NEEDED: Final = ("行签名", "差异编号")


class NotASheet(Exception):
    """This file is no sheet of breaks; its text says why, in the user's words."""

    def __init__(self, words: str, *, code: str) -> None:
        super().__init__(words)
        self.code = code


def read_sheet(path: Path, *, name: str = "") -> list[tuple[int, dict[str, str]]]:
    """The rows of a sheet with their lines; guards of CSV cells are taken off."""
    name = name or path.name
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        for row in open_records(path):
            if isinstance(row, Broken):
                words = f"{name} 第 {row.line} 行读不出来：应为 {row.expected}，实际 {row.got}"
                raise NotASheet(words, code="sheet_unreadable")
            rows.append((row.line, {one.strip(): unguard(str(text or "")) for one, text in row.fields.items()}))
            if len(rows) > MOST_ROWS:
                raise NotASheet(f"{name} 超过 {MOST_ROWS:,} 行，请分几张表上传。", code="sheet_too_long")
    except FileRefused as problem:
        raise NotASheet(f"{name} 读不出来：{problem}", code="sheet_unreadable") from None
    if rows and not set(_NEEDED) <= set(rows[0][1]):
        raise NotASheet(f"{name} 不是导出的差异表：缺少「行签名」「差异编号」两列。", code="not_a_break_sheet")
    return rows
