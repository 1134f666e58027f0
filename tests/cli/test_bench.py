"""`fenghe bench`: every webhook acknowledged, everything judged, and ratios of what was measured in the same run."""

import json
from pathlib import Path

import pytest

from tests.cli.commands import Commands


@pytest.mark.heavy
def test_a_small_bench_measures_what_it_says(fenghe: Commands, tmp_path: Path) -> None:
    options = ("--stored", "500,1500", "--requests", "300", "--events", "300", "--rounds", "1")
    report = json.loads(fenghe("bench", *options, "--json").stdout)
    assert report["audit"]["bad"] is None and report["audit"]["rows"] > 600
    judged, taken = report["figures"][::2], report["figures"][1::2]
    assert ["500 stored" in judged[0]["what"], "1,500 stored" in judged[1]["what"]] == [True, True]
    assert all("{200: 300}" in one["note"] for one in taken)
    for one in report["figures"]:
        assert one["ratio"] == pytest.approx(one["per_second"] / one["limit"])
        assert one["ratio"] > 0
    assert {one["at_least"] for one in judged} == {1.5} and {one["at_least"] for one in taken} == {0.8}
