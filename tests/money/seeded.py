"""Seeded months by hand (造数演练): files made, imported, scanned and reconciled by the commands a user has, then held against
what was planted. `python -m tests.money.seeded --orders 100000 --hand house`; see docs/development.md.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fenghe.kernel.database.opening import open_database
from tests.money import files as house_files
from tests.money.month import make
from tests.money.stranger import imagine, sell_abroad
from tests.money.stranger_files import HANDS, Files

HOUSE: Final = "house"
NOT_IN_FILES: Final = frozenset({"fx_difference"})
"""A bank's plain file says nothing of exchange: the house's month tells it only when poured into the tables."""

Planted = Mapping[str, Mapping[str, int]]


@dataclass
class Step:
    """One command: how long it took, and what its own process held at the most."""

    name: str
    seconds: float
    memory_mb: int
    told: dict[str, Any]


@dataclass
class Held:
    """Of one cause: planted, found, and which are missing or too many."""

    planted: int
    found: int
    missed: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)
    off: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """The part of what was planted that was found with its amount."""
        return 1.0 if not self.planted else (self.planted - len(self.missed) - len(self.off)) / self.planted

    @property
    def precision(self) -> float:
        """The part of what was found that was planted."""
        return 1.0 if not self.found else (self.found - len(self.surplus) - len(self.off)) / self.found


def month_of(hand: str, folder: Path, *, orders: int, seed: int, each: int) -> tuple[Files, Planted]:
    """The files of a month and what is wrong in it."""
    if hand == HOUSE:
        month = make(orders, seed=seed, faults=each)
        files: Files = [(kind, path, f"{kind}-files") for kind, path in house_files.write(folder, month).items()]
        return files, {cause: names for cause, names in month.planted.items() if cause not in NOT_IN_FILES}
    books = imagine(orders, seed=seed, each=each, fee_back=hand == "native")
    if hand == "native":
        sell_abroad(books, sales=12 + orders // 100, wrong=each, seed=seed)
    return HANDS[hand](folder, books), books.wrong


def found_in(breaks: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """What `fenghe breaks --json` lists, as the months write their faults down."""
    told: dict[str, dict[str, int]] = {}
    for one in breaks:
        scope = str(one["scope_key"])
        own = scope.startswith(("payout:", "line:"))
        name = scope.rpartition(":")[2] if own else one["order_no"] or one["payment_no"]
        names = told.setdefault(one["cause"], {})
        names[f"{name} again" if name in names else name] = one["amount_minor"]
    return told


def held_against(planted: Planted, found: Planted) -> dict[str, Held]:
    """By cause, what was planted against what was found."""
    result = {}
    for cause in sorted({*planted, *found}):
        ours, theirs = planted.get(cause, {}), found.get(cause, {})
        result[cause] = Held(
            planted=len(ours), found=len(theirs), missed=sorted(ours.keys() - theirs.keys()),
            surplus=sorted(theirs.keys() - ours.keys()),
            off=[f"{name}: {theirs[name]} for {ours[name]}" for name in sorted(ours.keys() & theirs.keys())
                 if ours[name] != theirs[name]],
        )  # fmt: skip
    return result


def command(*arguments: str | Path, data: Path) -> Step:
    """`fenghe ...` as its own process. Raises RuntimeError when it fails."""
    began = time.perf_counter()
    words = [sys.executable, "-m", "fenghe.cli.main", *map(str, arguments), "--data", str(data), "--json"]
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(words, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, arguments[:3]))}: {process.returncode}: {text[-2000:]!r}")
    return Step(str(arguments[0]), time.perf_counter() - began, usage.ru_maxrss // 1024, json.loads(text))


def grouped(files: Files) -> dict[tuple[str, str], list[Path]]:
    """The files by kind and source."""
    groups: dict[tuple[str, str], list[Path]] = {}
    for kind, path, source in files:
        groups.setdefault((kind, source), []).append(path)
    return groups


def take_in(files: Files, *, data: Path, tell: Any = lambda _step: None) -> list[Step]:
    """Import the files, those of one kind and source in one go."""
    steps = []
    for (kind, source), told in grouped(files).items():
        step = command("import", kind, *told, "--source", source, data=data)
        step.name = f"import {kind} {source}"
        if step.told["set_aside"] or step.told["judged"]["pending"]:
            raise RuntimeError(f"{step.name}: {step.told['reasons']} {step.told['files'][0]['problems'][:3]}")
        steps.append(step)
        tell(step)
    return steps


def run(arguments: Sequence[str]) -> int:
    """The command; 0 when everything planted was found and nothing else, and the waterfall adds up."""
    wish = _wish(arguments)
    with tempfile.TemporaryDirectory(prefix="fenghe-month-") as folder:
        place = Path(folder)
        began = time.perf_counter()
        files, planted = _made_apart(wish, place)
        size = sum(path.stat().st_size for _, path, _ in files) / 2**20
        print(
            f"{wish.hand}: {wish.orders:,} orders, {len(files)} files, {size:.0f} MB in {time.perf_counter() - began:.0f} s"
        )
        with open_database(place / "data", report=lambda *_: None):
            steps = take_in(files, data=place / "data", tell=_tell_import)
            scan = command("scan", "--all", data=place / "data")
            whole = command("reconcile", data=place / "data")
            listed = command("breaks", data=place / "data")
            again = command("reconcile", data=place / "data")
    held = held_against(planted, found_in(listed.told["breaks"]))
    return _tell(held, [*steps, scan, whole, listed, again])


def _made_apart(wish: Any, folder: Path) -> tuple[Files, Planted]:
    """By a process of its own: what this one holds is counted as the memory of every command it starts."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as maker:
        return maker.submit(month_of, wish.hand, folder, orders=wish.orders, seed=wish.seed, each=wish.each).result()


def _wish(arguments: Sequence[str]) -> Any:
    parser = argparse.ArgumentParser(prog="python -m tests.money.seeded", description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--hand", choices=(HOUSE, *HANDS), default=HOUSE)
    parser.add_argument("--each", type=int, default=20, help="faults of every kind")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args(arguments)


def _tell_import(step: Step) -> None:
    rows = step.told["read"]
    speed = rows / step.seconds
    print(
        f"  {step.name:28} {rows:>10,} rows {step.seconds:8.1f} s {speed:8,.0f} rows/s {step.memory_mb:5} MB",
        flush=True,
    )


def _tell(held: Mapping[str, Held], steps: Sequence[Step]) -> int:
    whole, again = steps[-3], steps[-1]
    for step in steps[-4:]:
        print(f"  {step.name:28} {step.seconds:8.1f} s {step.memory_mb:5} MB")
    for cause, one in held.items():
        print(
            f"  {cause:28} planted {one.planted:4} found {one.found:4} recall {one.recall:.3f} precision {one.precision:.3f}"
        )
        for word, names in (("missed", one.missed), ("surplus", one.surplus), ("amount", one.off)):
            print(*(f"      {word} {name}" for name in names[:5]), sep="\n", end="\n" if names else "")
    moved = {name: again.told[name] for name in ("opened", "reopened", "changed", "closed")}
    residue = whole.told["difference_minor"]
    print(
        f"  waterfall residue {residue}; a second run moved {moved}; most memory {max(one.memory_mb for one in steps)} MB"
    )
    exact = all(one.recall == one.precision == 1.0 for one in held.values())
    return 0 if exact and not residue and not any(moved.values()) else 1


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
