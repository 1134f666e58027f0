"""Months that a stranger imagined, in three hands: everything wrong is found under its name, and nothing else is."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Commands
from tests.cli.conftest import fenghe
from tests.money.seeded import found_in, grouped, held_against
from tests.money.stranger import Books, imagine, sell_abroad
from tests.money.stranger_files import HANDS, Files

__all__ = ["fenghe"]


def imagined(hand: str, *, orders: int, seed: int, each: int) -> Books:
    """A month in a hand; only the providers' own bills tell of sales abroad."""
    books = imagine(orders, seed=seed, each=each, fee_back=hand == "native")
    if hand == "native":
        sell_abroad(books, sales=12 + orders // 100, wrong=each, seed=seed)
    return books


def take_in(run: Commands, files: Files) -> None:
    """Import all files of a month, each kind and source in one go."""
    for (kind, source), paths in grouped(files).items():
        report = run.json("import", kind, *paths, "--source", source)
        assert report["set_aside"] == 0, report
        assert all(one["checks"] == [] for one in report["files"]), report


def held(run: Commands, wrong: Any) -> dict[str, Any]:
    """What does not agree between what was planted and what was found."""
    told = held_against(wrong, found_in(run.json("breaks")["breaks"]))
    return {cause: one for cause, one in told.items() if one.missed or one.surplus or one.off}


@pytest.mark.parametrize("hand", HANDS)
def test_a_strangers_month(fenghe: Commands, tmp_path: Path, hand: str) -> None:
    books = imagined(hand, orders=500, seed=3, each=2)
    files = HANDS[hand](tmp_path, books)
    take_in(fenghe, files)
    report = fenghe.json("reconcile")
    assert report["difference_minor"] == 0
    assert held(fenghe, books.wrong) == {}
    for (kind, source), paths in grouped(files).items():
        again = fenghe.json("import", kind, *paths, "--source", source)
        assert (again["stored"], again["set_aside"]) == (0, 0)
    again = fenghe.json("reconcile")
    assert [again[name] for name in ("opened", "reopened", "changed", "closed")] == [0, 0, 0, 0]


@pytest.mark.heavy
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("hand", HANDS)
def test_a_strangers_larger_month(fenghe: Commands, tmp_path: Path, hand: str) -> None:
    books = imagined(hand, orders=3_000, seed=29, each=8)
    take_in(fenghe, HANDS[hand](tmp_path, books))
    assert fenghe.json("reconcile")["difference_minor"] == 0
    assert held(fenghe, books.wrong) == {}
