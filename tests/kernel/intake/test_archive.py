"""Archives are unpacked within bounds they cannot lie about; what they hold is read as if it had come alone."""

import gzip
import io
import random
import zipfile
from pathlib import Path

import pytest

from fenghe.kernel.intake import Broken, Limits, Record, open_records
from fenghe.kernel.intake.refusals import ArchiveBomb, ArchiveBroken, ArchiveLocked, ArchiveTooDeep, UnknownFormat

TABLE = "订单编号,金额\n1,2\n"


def _zip(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return target.getvalue()


def _read(
    tmp_path: Path, content: bytes, name: str = "orders.zip", limits: Limits | None = None
) -> list[Record | Broken]:
    path = tmp_path / name
    path.write_bytes(content)
    return list(open_records(path, limits=limits))


def test_every_member_is_read_under_its_name(tmp_path: Path) -> None:
    files = {"二月/a.csv": TABLE.encode(), "b.json": b'[{"a":1}]', "__MACOSX/._a.csv": b"\0", "empty.csv": b""}
    outcomes = _read(tmp_path, _zip(files))
    assert [outcome.where for outcome in outcomes] == ["orders.zip › 二月/a.csv", "orders.zip › b.json"]


def test_names_in_gbk_are_read(tmp_path: Path) -> None:
    plain = _zip({"PLACEHLD.csv": TABLE.encode("gbk")})
    outcomes = _read(tmp_path, plain.replace(b"PLACEHLD", "业务明细".encode("gbk")))
    assert [outcome.where for outcome in outcomes] == ["orders.zip › 业务明细.csv"]


def test_a_member_of_another_kind_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    outcomes = _read(tmp_path, _zip({"readme.pdf": b"%PDF-1.7", "a.csv": TABLE.encode()}))
    assert [type(outcome) for outcome in outcomes] == [Broken, Record]
    assert isinstance(outcomes[0], Broken)
    assert (outcomes[0].where, outcomes[0].got) == ("orders.zip › readme.pdf", "a PDF")


def test_an_archive_in_an_archive_is_opened_once(tmp_path: Path) -> None:
    once = _zip({"inner.zip": _zip({"a.csv": TABLE.encode()})})
    assert [outcome.where for outcome in _read(tmp_path, once)] == ["orders.zip › inner.zip › a.csv"]
    with pytest.raises(ArchiveTooDeep, match="unpack it first"):
        _read(tmp_path, _zip({"outer.zip": once}))
    with pytest.raises(ArchiveTooDeep):
        _read(tmp_path, gzip.compress(gzip.compress(gzip.compress(b"a,b\n1,2\n"))), "a.csv.gz")


def test_gz(tmp_path: Path) -> None:
    (record,) = _read(tmp_path, gzip.compress(TABLE.encode("gbk")), "bill.csv.gz")
    assert (record.where, record.line) == ("bill.csv", 2)
    with pytest.raises(ArchiveBroken, match="damaged"):
        _read(tmp_path, gzip.compress(TABLE.encode() * 100)[:-20], "bill.csv.gz")


@pytest.mark.parametrize("name", ["bomb.zip", "bomb.csv.gz"])
def test_what_swells_two_hundredfold_is_a_bomb(tmp_path: Path, name: str) -> None:
    swollen = b"a,b\n" + b" " * 50_000_000
    body = gzip.compress(swollen) if name.endswith("gz") else _zip({"a.csv": swollen})
    assert len(body) < 100_000
    with pytest.raises(ArchiveBomb, match="200 times its size"):
        _read(tmp_path, body, name)


def test_the_whole_of_an_archive_is_bounded_in_size_and_number(tmp_path: Path) -> None:
    files = {f"{number}.csv": TABLE.encode() for number in range(101)}
    with pytest.raises(ArchiveBomb, match="101 files, allowed 100 files"):
        _read(tmp_path, _zip(files))
    nested = _zip({f"{number}.zip": _zip(dict(list(files.items())[:60])) for number in range(2)})
    with pytest.raises(ArchiveBomb, match="files"):
        _read(tmp_path, nested)
    with pytest.raises(ArchiveBomb, match="more than 1000 bytes"):
        _read(tmp_path, _zip({"a.csv": b"a,b\n" + b"1,2\n" * 500}), limits=Limits(archive_bytes=1000))


def test_a_size_declared_too_small_does_not_help_a_bomb(tmp_path: Path) -> None:
    body = bytearray(_zip({"a.csv": b"a,b\n" + b"1,2\n" * 5000}))
    entry = body.rindex(b"PK\x01\x02")
    body[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    with pytest.raises((ArchiveBomb, ArchiveBroken)):
        _read(tmp_path, bytes(body), limits=Limits(archive_bytes=1000))


def test_locked_and_damaged_archives_are_said(tmp_path: Path) -> None:
    locked = bytearray(_zip({"a.csv": TABLE.encode()}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + offset] |= 1
    with pytest.raises(ArchiveLocked, match="password"):
        _read(tmp_path, bytes(locked))
    with pytest.raises(ArchiveBroken, match="damaged"):
        _read(tmp_path, _zip({"a.csv": TABLE.encode()})[:40])
    spoilt = _zip({"a.csv": TABLE.encode()}, method=zipfile.ZIP_STORED).replace(b"1,2\n", b"9,2\n")
    with pytest.raises(ArchiveBroken, match="CRC"):
        _read(tmp_path, spoilt)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"%PDF-1.4", "a PDF"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (b"<html><table><tr><td>1</td></tr></table>", "a web page"),
        (b'<?xml version="1.0"?><a/>', "an XML document"),
        (bytes(range(8)) * 4 + b"\0" * 20, "not a text file"),
        (random.Random(1).randbytes(5000), "not a text file"),
    ],
)
def test_other_files_are_refused_by_their_kind(tmp_path: Path, body: bytes, found: str) -> None:
    with pytest.raises(UnknownFormat, match=f"orders.xls is {found}"):
        _read(tmp_path, body, "orders.xls")


def test_real_provider_archives(shared: Path) -> None:
    for path in sorted((shared / "protocols" / "samples").glob("alipay_*.zip")):
        where = {outcome.where for outcome in open_records(path)}
        assert any("明细" in name for name in where), path.name
