"""Reads a workbook in a process of its own (工作簿读取进程), so that a hostile one cannot take our memory or time.

Run as a script: PATH SHEET ROWS BYTES SECONDS. Writes `{"column": first used column, "sheet": name}`, then one JSON
array a row; on failure one line `{"error": word, "found": text}`. Imports nothing of ours, so it starts quickly.
"""

import datetime as dt
import resource
import sys
from typing import Any

import orjson
import python_calamine


def cell_text(value: Any) -> str | list[str]:
    """A cell as its sheet shows it; a number that has lost digits is a list, for a broken row, not a value."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() | int():
            return _number_text(value)
        case dt.datetime():
            return _nearest_second(value).isoformat(sep=" ")
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)


def _number_text(value: float | int) -> str | list[str]:
    if value == int(value):
        return str(int(value)) if abs(value) < 2**53 else [f"{value:.6e}"]
    text = f"{value:.15g}"
    return format(value, ".15f").rstrip("0") if "e" in text else text


def _nearest_second(value: dt.datetime) -> dt.datetime:
    """Sheets keep times as parts of a day: 14:22:59.9999 was meant as 14:23:00."""
    rounded = value + dt.timedelta(milliseconds=2)
    return rounded.replace(microsecond=0) if rounded.microsecond < 4000 else value


def _write(value: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(value))
    sys.stdout.buffer.write(b"\n")


def _send_rows(path: str, sheet: str, rows: int) -> None:
    with python_calamine.CalamineWorkbook.from_path(path) as workbook:
        if not workbook.sheet_names or (sheet and sheet not in workbook.sheet_names):
            _write({"error": "no_sheet", "found": workbook.sheet_names})
            return
        name = sheet or workbook.sheet_names[0]
        table = workbook.get_sheet_by_name(name)
        height = table.end[0] + 1 if table.end else 0
        if height > rows:
            _write({"error": "too_many_rows", "found": height})
            return
        _write({"column": table.start[1] if table.start else 0, "sheet": name})
        for row in table.iter_rows():
            _write([cell_text(cell) for cell in row])


def main(path: str, sheet: str, *, rows: int, memory: int, seconds: int) -> None:
    """Send the rows to standard output within the given memory and processor time."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    try:
        _send_rows(path, sheet, rows)
    except python_calamine.PasswordError:
        _write({"error": "locked", "found": ""})
    except (python_calamine.CalamineError, ValueError, OSError, MemoryError) as error:
        _write({"error": "broken", "found": str(error)[:200] or type(error).__name__})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], rows=int(sys.argv[3]), memory=int(sys.argv[4]), seconds=int(sys.argv[5]))
