"""Advisory locks (咨询锁): each has a number of its own, or two things that have nothing to do with each other wait."""

import re

from tests.house.tree import python_files, text_of

NUMBER = re.compile(r"^_?[A-Z_]*LOCK(?:: Final)? = (\d+)", re.MULTILINE)
WRITTEN = re.compile(r"advisory\w*\((\d+)")


def numbers() -> dict[str, set[str]]:
    """Every number, with the files that give it to a lock."""
    found: dict[str, set[str]] = {}
    for name in python_files("src"):
        for number in NUMBER.findall(text_of(name)) + WRITTEN.findall(text_of(name)):
            found.setdefault(number, set()).add(name)
    return found


def test_no_two_files_use_one_number() -> None:
    found = numbers()
    assert len(found) >= 15, "the locks were not found"
    assert {number: names for number, names in found.items() if len(names) > 1} == {}
