"""Files made to harm (恶意文件): refused or read as what they say, in bounded time and memory, whatever they unfold to."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest

from fenghe.kernel.intake import open_records
from fenghe.kernel.intake.refusals import ArchiveBomb, FileRefused

READ: Final = """
import sys, resource
from pathlib import Path
from fenghe.kernel.intake import open_records
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
try:
    print(sum(len(str(outcome)) for outcome in open_records(Path(sys.argv[1]))))
except Exception as refusal:
    print(type(refusal).__name__)
own = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
print(int(own) + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""Reads a file in a process of its own: how many signs it told or why it was refused, and the memory it took in KB.

Its own peak is read from /proc: what getrusage tells of a process begins with the peak of the one that started it.
"""

ENTITIES: Final = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS: Final = f'<!DOCTYPE x [<!ENTITY l0 "哈哈哈哈哈哈哈哈哈哈">{ENTITIES}]>'
"""Ten thousand million 哈 when unfolded."""
SPREADSHEET: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>'


def workbook(*, doctype: str, cell: str) -> bytes:
    """A workbook of one sheet: a heading, and one cell as given."""
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>订单编号</t></is></c></row><row r="2"><c r="A2" t="s"><v>0</v></c></row>'
    parts = {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPES}.worksheet+xml"/>'
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{TYPES}.sharedStrings+xml"/></Types>'
        ),
        "_rels/.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{SPREADSHEET}" xmlns:r="{RELATIONS}">'
            '<sheets><sheet name="订单" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="rId2" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
        ),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{SPREADSHEET}"><sheetData>{rows}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'{doctype}<sst xmlns="{SPREADSHEET}" count="1"><si><t>{cell}</t></si></sst>',
    }
    return zipped({name: f"{HEAD}{text}".encode() for name, text in parts.items()})


def zipped(files: dict[str, bytes]) -> bytes:
    """A ZIP of these."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return target.getvalue()


def read_apart(path: Path) -> tuple[str, int]:
    """(signs told or refusal, megabytes taken) in a process of its own, which may not run for long."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, timeout=60, check=True
    )
    told, kilobytes = done.stdout.split()
    return told, int(kilobytes) // 1024


def test_the_workbook_of_this_test_is_one(tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"
    path.write_bytes(workbook(doctype="", cell="26011220000001"))
    assert "26011220000001" in "".join(str(outcome) for outcome in open_records(path))


@pytest.mark.parametrize("name", ["orders.xlsx", "orders.xml", "orders.csv"])
def test_a_billion_laughs_are_not_unfolded(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("xlsx"):
        path.write_bytes(workbook(doctype=LAUGHS, cell="&l9;"))
    else:
        path.write_text(f"{HEAD}{LAUGHS}<x>&l9;</x>", encoding="utf-8")
    told, megabytes = read_apart(path)
    assert told == ("WorkbookBroken" if name.endswith("xlsx") else "UnknownFormat")
    assert megabytes < 500


def test_a_bomb_in_a_bomb_goes_off_in_nobodys_hands(tmp_path: Path) -> None:
    inner = zipped({"a.csv": "订单编号\n".encode() + b"1" * 60_000_000})
    bombs = {
        "inner.zip": zipped({f"{n}.zip": inner for n in range(10)}),
        "sheet.xlsx": zipped({"xl/a": b"\0" * 60_000_000}),
    }
    for name, body in bombs.items():
        path = tmp_path / f"outer-{name}.zip"
        path.write_bytes(zipped({name: body}))
        assert len(path.read_bytes()) < 1_000_000
        with pytest.raises(FileRefused):
            list(open_records(path))


def test_a_bomb_is_told_as_one(tmp_path: Path) -> None:
    path = tmp_path / "bill.zip"
    path.write_bytes(zipped({"bill.csv": b"a,b\n" + b" " * 60_000_000}))
    with pytest.raises(ArchiveBomb, match=r"bill\.zip"):
        list(open_records(path))
