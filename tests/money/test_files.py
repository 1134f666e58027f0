"""The month through the commands that a user has: files in, breaks out, every one of them planted."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Commands
from tests.cli.conftest import fenghe
from tests.money import files
from tests.money.month import Month, make

__all__ = ["fenghe"]
FILE_CAUSES_LEFT_OUT = {"fx_difference"}
"""A bank's plain file says nothing of exchange."""


def take_in(run: Commands, folder: Path, month: Month, *, seed: int = 0) -> None:
    """Import all files of a month, in any order."""
    told = list(files.write(folder, month).items())
    random.Random(seed).shuffle(told)
    for kind, path in told:
        if len(path.read_text(encoding="utf-8").splitlines()) == 1:
            continue
        report = run.json("import", kind, path, "--source", f"{kind}-files")
        assert report["set_aside"] == 0, report


def found(document: dict[str, Any]) -> dict[str, dict[str, int]]:
    """What `fenghe breaks --json` lists, as the month writes its faults down."""
    told: dict[str, dict[str, int]] = {}
    for one in document["breaks"]:
        scope = one["scope_key"]
        name = (
            scope.rpartition(":")[2] if scope.startswith(("payout:", "line:")) else one["order_no"] or one["payment_no"]
        )
        told.setdefault(one["cause"], {})[name] = one["amount_minor"]
    return told


@pytest.mark.heavy
@pytest.mark.timeout(1200)
def test_a_month_of_files(fenghe: Commands, tmp_path: Path) -> None:
    month = make(10_000, faults=20, seed=11)
    take_in(fenghe, tmp_path, month)
    report = fenghe.json("reconcile")
    assert report["difference_minor"] == 0
    told = found(fenghe.json("breaks"))
    planted = {cause: names for cause, names in month.planted.items() if cause not in FILE_CAUSES_LEFT_OUT}
    for cause in sorted({*planted, *told}):
        assert told.get(cause, {}) == planted.get(cause, {}), cause
    again = fenghe.json("reconcile")
    assert (again["opened"], again["reopened"], again["changed"], again["closed"]) == (0, 0, 0, 0)
    one = fenghe.json("breaks", "--order", next(iter(month.planted["voucher_missing"])))
    assert [row["cause"] for row in one["breaks"]] == ["voucher_missing"]


def test_a_leg_without_any_source_is_said_once(fenghe: Commands, tmp_path: Path) -> None:
    month = make(40, faults={"voucher_missing": 1, "order_without_payment": 2}, settled=False)
    month.vouchers.clear()
    take_in(fenghe, tmp_path, month)
    report = fenghe.json("scan", "--all")
    assert report["coverage"]["vouchers"] is False
    assert [one["cause"] for one in report["found"]] == ["order_without_payment"]


def test_days_and_words_that_cannot_be(fenghe: Commands, tmp_path: Path) -> None:
    month = make(5, faults=0, settled=False)
    take_in(fenghe, tmp_path, month)
    for wrong in (
        ("scan", "--day", "2026-13-40"),
        ("scan", "--day", "2026-02-01", "--all"),
        ("reconcile", "--from", "2026-03-01", "--to", "2026-02-01"),
        ("breaks", "--cause", "no_such_cause"),
        ("breaks", "--status", "half"),
    ):
        assert "error" in fenghe.json(*wrong, status=2)


def test_other_rules_are_tried_and_nothing_is_changed(fenghe: Commands, tmp_path: Path) -> None:
    month = make(40, faults={"cent_difference": 2}, settled=False)
    take_in(fenghe, tmp_path, month)
    fenghe.json("reconcile")
    before = fenghe.rows("select count(*), max(id) from recon_run")
    rules = tmp_path / "rules.json"
    rules.write_text('{"matching": {"cent_tolerance_minor": 0}}', encoding="utf-8")
    told = fenghe.json("reconcile", "--try", rules)
    assert {one["cause"] for one in told["before"]} == {"cent_difference"}
    assert {one["cause"] for one in told["after"]} == {"amount_wrong"}
    assert fenghe.rows("select count(*), max(id) from recon_run") == before
    rules.write_text('{"matching": {"cent_tolerance": 0}}', encoding="utf-8")
    assert "error" in fenghe.json("reconcile", "--try", rules, status=2)
