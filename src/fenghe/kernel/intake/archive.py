"""Archives (压缩包): members of a ZIP or GZ unpacked one by one, within bounds that they cannot lie about."""

import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fenghe.kernel.intake.encoding import CHUNK
from fenghe.kernel.intake.records import Limits
from fenghe.kernel.intake.refusals import ArchiveBomb, ArchiveBroken, ArchiveLocked

_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db")


class Budget:
    """How much may still be unpacked; shared by everything that came in one file."""

    def __init__(self, name: str, limits: Limits) -> None:
        self._name = name
        self._limits = limits
        self._entries = 0
        self._bytes = 0

    def entry(self, count: int = 1) -> None:
        """Count members. Raises ArchiveBomb."""
        self._entries += count
        if self._entries > self._limits.archive_entries:
            raise ArchiveBomb(
                name=self._name, found=f"{self._entries} files", limit=f"{self._limits.archive_entries} files"
            )

    def take(self, size: int, *, unpacked: int, packed: int) -> None:
        """Count bytes as they come out of a member that was `packed` bytes. Raises ArchiveBomb."""
        self._bytes += size
        if self._bytes > self._limits.archive_bytes:
            limit = f"{self._limits.archive_bytes} bytes"
            raise ArchiveBomb(name=self._name, found=f"more than {limit}", limit=limit)
        if unpacked > max(packed, 1) * self._limits.archive_ratio and unpacked > self._limits.archive_free_bytes:
            ratio = f"{self._limits.archive_ratio} times its size"
            raise ArchiveBomb(name=self._name, found=f"more than {ratio}", limit=ratio)


def is_workbook(path: Path) -> bool:
    """Whether a ZIP is really an XLSX. Raises nothing: what cannot be opened is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    return "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names)


def check_workbook(path: Path, budget: Budget) -> None:
    """An XLSX is a ZIP too: unpack it into nothing, so that it cannot be a bomb. Raises as `members`."""
    with _opened(path, str(path.name)) as archive:
        for info in archive.infolist():
            for _ in _unpacked(archive, info, budget, str(path.name)):
                pass


def members(path: Path, name: str, budget: Budget) -> Iterator[tuple[str, Path]]:
    """Name and unpacked file of each member of a ZIP; the file is gone when the next is asked for."""
    with _opened(path, name) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir() and not _is_litter(info.filename)]
        budget.entry(len(infos))
        for info in infos:
            with _spilled(_unpacked(archive, info, budget, name)) as unpacked:
                yield _member_name(info), unpacked


@contextmanager
def gunzipped(path: Path, name: str, budget: Budget) -> Iterator[Path]:
    """The unpacked file of a GZ."""
    budget.entry()
    with _spilled(_gunzip(path, name, budget)) as unpacked:
        yield unpacked


def _gunzip(path: Path, name: str, budget: Budget) -> Iterator[bytes]:
    packed, unpacked = path.stat().st_size, 0
    with gzip.open(path) as stream:
        try:
            while chunk := stream.read(CHUNK):
                unpacked += len(chunk)
                budget.take(len(chunk), unpacked=unpacked, packed=packed)
                yield chunk
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ArchiveBroken(name=name, found=str(error)) from None


@contextmanager
def _opened(path: Path, name: str) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ArchiveBroken(name=name, found=str(error)) from None
    with archive:
        yield archive


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget, name: str) -> Iterator[bytes]:
    if info.flag_bits & 0x1:
        raise ArchiveLocked(name=name)
    unpacked = 0
    try:
        with archive.open(info) as member:
            while chunk := member.read(CHUNK):
                unpacked += len(chunk)
                budget.take(len(chunk), unpacked=unpacked, packed=info.compress_size)
                yield chunk
    except (zipfile.BadZipFile, EOFError, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise ArchiveBroken(name=f"{name} › {_member_name(info)}", found=str(error)) from None


@contextmanager
def _spilled(chunks: Iterator[bytes]) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(prefix="fenghe-intake-") as spill:
        for chunk in chunks:
            spill.write(chunk)
        spill.flush()
        yield Path(spill.name)


def _is_litter(filename: str) -> bool:
    return filename.startswith(_LITTER) or filename.rpartition("/")[2] in _LITTER


def _member_name(info: zipfile.ZipInfo) -> str:
    """Chinese Windows writes names in GBK and says nothing of it; `zipfile` then reads them as CP437."""
    if info.flag_bits & 0x800:
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename
