"""Processor time of a bench and everything it started: what a thing costs, whoever else uses the machine meanwhile."""

import os
from collections import defaultdict
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
PARENT, FIRST, LAST = 1, 11, 15
"""Places in /proc/PID/stat after the name: the parent, and user and system time of a process and its ended children."""


def seconds() -> float | None:
    """Processor seconds of this process, its children and theirs, ended ones included; None where /proc does not tell."""
    if not (PROC / "self/stat").exists():
        return None
    children: dict[int, list[int]] = defaultdict(list)
    ticks: dict[int, int] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (told := _stat(entry)):
            children[int(told[PARENT])].append(int(entry.name))
            ticks[int(entry.name)] = sum(map(int, told[FIRST:LAST]))
    total, family = 0, [os.getpid()]
    while family:
        one = family.pop()
        total += ticks.get(one, 0)
        family += children[one]
    return total / os.sysconf("SC_CLK_TCK")


def _stat(entry: Path) -> list[str]:
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended meanwhile
        return []


def per_unit_us(before: float | None, count: float) -> float | None:
    """Microseconds of processor time each of `count` things cost since `before`."""
    now = seconds()
    return None if before is None or now is None or not count else (now - before) / count * 1e6
