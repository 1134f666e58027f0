"""Whatever bytes a file holds: either it is refused with a said reason, or every record is whole or broken."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fenghe.kernel.intake import Broken, FileRefused, Limits, Record, open_records

LIMITS = Limits(
    record_chars=200,
    record_lines=5,
    document_bytes=300,
    archive_bytes=5000,
    archive_ratio=50,
    archive_free_bytes=500,
    columns=50,
)
_texts = st.text(st.sampled_from('ab,;\t"\n\r{}[]:0\\订\ufeff\0 '), max_size=120).map(lambda text: text.encode())
_bodies = st.binary(max_size=150) | _texts | _texts.map(lambda body: body.decode().encode("utf-16"))
_names = st.sampled_from(["a.csv", "a.json", "a.ndjson", "a.zip", "a.gz", "a.xls", "a"])


def _zipped(body: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", body)
    return target.getvalue()


@st.composite
def _spoilt(draw: st.DrawFn) -> bytes:
    """A file that was right once, with a piece replaced."""
    body: bytes = draw(_bodies | _bodies.map(_zipped) | _bodies.map(gzip.compress))
    start = draw(st.integers(0, len(body)))
    return body[:start] + draw(st.binary(max_size=4)) + body[start + draw(st.integers(0, 4)) :]


def _account(path: Path) -> tuple[int, int] | str:
    """Records and broken ones; or the reason of the refusal."""
    whole = broken = 0
    try:
        for outcome in open_records(path, limits=LIMITS):
            match outcome:
                case Record():
                    whole += 1
                case Broken():
                    broken += 1
                    assert outcome.expected
                    assert outcome.got
    except FileRefused as refusal:
        return f"{type(refusal).__name__}: {refusal}"
    return whole, broken


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(_bodies | _spoilt(), _names)
@example(b'{"data":[{"a":1}', "a.json")
@example(b"[" * 150, "a.json")
@example(b"PK\x05\x06" + b"\0" * 18, "a.zip")
@example(b"\xff\xfe", "a.csv")
@example(b"\xef\xbb\xbf", "a.csv")
@example(b'"', "a.csv")
@example(b'a\n"', "a.csv")
def test_no_bytes_raise_anything_but_a_said_refusal(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(body)
    first = _account(path)
    assert first == _account(path)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.sampled_from('ab,"订 '), max_size=12), max_size=12))
def test_every_line_is_accounted_for(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    """Rows without quotes are one record or one broken row each; blank ones are neither."""
    plain = [line.replace('"', "") for line in lines]
    path = tmp_path_factory.mktemp("lines") / "a.csv"
    path.write_text("a,b\n" + "\n".join(plain) + "\n")
    outcomes = list(open_records(path, limits=LIMITS))
    assert len(outcomes) == sum(1 for line in plain if line.replace(",", "").strip())
