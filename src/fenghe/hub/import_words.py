"""What is said of files and rows that were not taken (导入说明): the user's words for every refusal and reason."""

import re
from pathlib import Path
from typing import Final

from fenghe.hub.import_survey import NotThisFile
from fenghe.kernel.intake import FileRefused

REFUSALS: Final = {
    "FileTooLarge": "{name} 超过一次导入的上限 {limit} 字节，请拆分后再导入。",
    "EmptyFile": "{name} 是空文件。",
    "UnknownFormat": "{name} 不是能读的文件（{found}）：应为 CSV、JSON、NDJSON、XLSX、XLS，或它们的 ZIP、GZ。",
    "HeaderNotFound": "{name} 的前 {lines} 行里没有同时含 {columns} 的表头。",
    "BadHeader": "{name} 第 {line} 行的表头读不了：应为 {expected}，实际 {got}。",
    "ArchiveBomb": "{name} 解压后过大，已拒收：{found}，上限 {limit}。",
    "ArchiveTooDeep": "{name} 压缩包套得太深，请先解压。",
    "ArchiveBroken": "{name} 已损坏，无法解压：{found}。",
    "ArchiveLocked": "{name} 有密码保护，请另存为无密码的文件。",
    "WorkbookBroken": "{name} 不是能读的工作簿：{found}。",
    "SheetNotFound": "{name} 没有工作表 {sheet}，现有 {sheets}。",
    "TooManyRows": "{name} 有 {found} 行，超过一张表的上限 {limit} 行，请拆分。",
    "DocumentTooLarge": "{name} 是一整个 JSON 文档，超过 {limit} 字节；请导出为每行一条，或数组。",
    "BadXml": "{name} 的 XML 第 {line} 行第 {column} 列读不了：{found}。",
    "XmlRefused": "XML 已拒收：{found}。",
}
"""By the name of the refusal; a new one is told in its own words until it has some here."""

REASONS: Final = {
    "broken_row": "坏行",
    "unreadable": "字段有误",
    "missing": "缺字段",
    "total_row": "合计行（不是流水）",
    "bad_time": "时间有误",
    "no_tracking_no": "缺运单号",
    "no_layout": "列不符合布局",
    "not_recognised": "认不出",
    "no_evidence": "没有轨迹",
    "error_answer": "出错的回答",
    "not_json": "不是 JSON",
    "too_deep": "嵌套过深",
    "too_many": "内容过多",
}
"""Words for the codes that rows are set aside with."""


def refusal_words(problem: Exception, path: Path) -> tuple[str, str]:
    """(code, sentence) of a refusal."""
    match problem:
        case NotThisFile():
            return problem.code, str(problem)
        case FileRefused():
            name = type(problem).__name__
            template = REFUSALS.get(name)
            return _snake(name), template.format(**{"name": path.name, **problem.details}) if template else str(problem)
        case OSError():
            return "not_readable", f"{path} 无法读取：{problem.strerror or problem}。"
        case _:
            raise problem


def reason_words(code: str) -> str:
    """A reason as the table shows it."""
    return f"{REASONS[code]} {code}" if code in REASONS else code


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
