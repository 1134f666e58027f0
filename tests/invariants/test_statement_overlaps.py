"""However a statement is cut into overlapping files, in whatever order they come: the same lines, each once, the same sums."""

import csv
import io
import random
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fenghe.hub import importing
from fenghe.hub.import_judging import judge_imported
from fenghe.hub.import_source import Wish, plan_import
from fenghe.kernel.database.address import Database
from fenghe.kernel.people.person import Actor
from tests.database import cluster, migrated_database, migrated_template

__all__ = ["cluster", "migrated_database", "migrated_template"]

ME = Actor("t", "local")
HEAD = (
    "记账时间",
    "微信支付业务单号",
    "资金流水单号",
    "业务名称",
    "业务类型",
    "收支类型",
    "收支金额(元)",
    "账户结余(元)",
    "资金变更提交申请人",
    "备注",
    "业务凭证号",
)
TOTALS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"

MOVES = st.lists(
    st.tuples(st.sampled_from(["收入", "支出"]), st.integers(1, 5_000), st.integers(0, 3)), min_size=1, max_size=12
)


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    """A source of its own for each history."""
    return iter(range(1, 1_000_000))


def rows_of(moves: list[tuple[str, int, int]]) -> list[tuple[str, ...]]:
    """Movements with numbers of their own and a balance."""
    balance = 100_000
    rows: list[tuple[str, ...]] = []
    for place, (way, amount, minute) in enumerate(moves):
        balance += amount if way == "收入" else -amount
        told = (f"2026-02-05 10:0{minute}:00", f"42{place}", f"100{place}", "交易", "交易", way)
        rows.append(
            (
                *told,
                f"{amount // 100}.{amount % 100:02d}",
                f"{balance // 100}.{balance % 100:02d}",
                "s",
                "",
                f"A{place}",
            )
        )
    return rows


def bill(rows: list[tuple[str, ...]]) -> str:
    """A fund bill of these rows with its totals."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    for row in rows:
        text.write(",".join(f"`{cell}" for cell in row) + "\n")
    sums = {way: sum(int(row[6].replace(".", "")) for row in rows if row[5] == way) for way in ("收入", "支出")}
    counted = {way: sum(row[5] == way for row in rows) for way in ("收入", "支出")}
    told = [len(rows), counted["收入"], f"{sums['收入'] / 100:.2f}", counted["支出"], f"{sums['支出'] / 100:.2f}"]
    return text.getvalue() + TOTALS + "\n" + ",".join(f"`{cell}" for cell in told) + "\n"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=MOVES,
    cuts=st.lists(st.tuples(st.integers(0, 11), st.integers(1, 12)), min_size=1, max_size=4),
    chance=st.randoms(),
)
def test_any_overlapping_files_come_to_the_same_lines(
    migrated_database: Database, tmp_path: Path, numbers: Iterator[int],
    moves: list[tuple[str, int, int]], cuts: list[tuple[int, int]], chance: random.Random,
) -> None:  # fmt: skip
    rows = rows_of(moves)
    pieces = [rows[start : start + size] for start, size in cuts] + [rows]
    chance.shuffle(pieces)
    source = f"s{next(numbers)}"
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        for place, piece in enumerate(piece for piece in pieces if piece):
            shuffled = chance.sample(piece, len(piece))
            file = tmp_path / f"{source}-{place}.csv"
            file.write_text(bill(shuffled), encoding="utf-8")
            plan = plan_import(connection, Wish(kind="statement", source=source))
            report = importing.import_file(connection, file, plan, actor=ME, anyway=True)
            assert report.refused is None and report.read == report.stored + report.duplicate + report.set_aside == len(
                piece
            )
            assert not [check for check in report.checks if not check.field.startswith("余额")]
        judge_imported(connection, source)
        found = connection.execute(
            "select line_no, net_minor, balance_minor from statement_line where source = %s order by line_no", (source,)
        ).fetchall()
    wanted = [
        (row[2], (1 if row[5] == "收入" else -1) * int(row[6].replace(".", "")), int(row[7].replace(".", "")))
        for row in rows
    ]
    assert found == sorted(wanted)
