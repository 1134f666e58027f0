"""Lists as screens ask for them: filters from an address, numbers from a spreadsheet, bounded counts."""

from datetime import UTC, datetime

import msgspec
import pytest

from fenghe.kernel.listing import (
    MAX_BULK,
    Counts,
    check_expected,
    listing,
    moment_from,
    moment_to,
    numbers_of,
    read_filter,
)
from fenghe.kernel.web.paging import Paging
from fenghe.kernel.web.problems import Problem


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A filter."""

    q: str = ""
    held: bool | None = None


def test_a_filter_is_read_from_an_address() -> None:
    assert read_filter(Wanted, [("q", "1"), ("held", "true"), ("page", "3"), ("q", "2")]) == Wanted(q="1,2", held=True)
    assert read_filter(Wanted, [("held", " "), ("q", "")]) == Wanted()
    assert read_filter(Wanted, [("held", False)]) == Wanted(held=False)
    with pytest.raises(Problem) as wrong:
        read_filter(Wanted, [("held", "maybe")])
    assert [one.field for one in wrong.value.fields] == ["held"]


def test_numbers_are_taken_as_spreadsheets_give_them() -> None:
    assert numbers_of(" `12\t'34'\n=56\r\n78,90、12,ab;cd ") == ["12", "34", "56", "78", "90", "ab", "cd"]
    assert numbers_of(" \n") == []
    with pytest.raises(Problem):
        numbers_of(" ".join(str(n) for n in range(501)))


def test_a_day_is_chinas_and_whole() -> None:
    assert moment_from("2026-02-05", "at") == datetime(2026, 2, 4, 16, tzinfo=UTC)
    assert moment_to("2026-02-05", "at") == datetime(2026, 2, 5, 16, tzinfo=UTC)
    assert moment_to("2026-02-05T14:23:00Z", "at") == datetime(2026, 2, 5, 14, 23, tzinfo=UTC)
    assert moment_from("", "at") is None
    with pytest.raises(Problem):
        moment_to("tomorrow", "at")


def paging(page: int) -> Paging:
    """Pages of two."""
    return Paging(page=page, size=2, sort="id", descending=True)


def test_an_exact_count_is_told_as_it_is() -> None:
    page = listing(["a"], counts=Counts(total=3, limit=10, tabs={"all": 3, "held": 0}, tab="all"), paging=paging(2))
    assert (page.total, page.capped, page.tabs, page.capped_tabs) == (3, False, {"all": 3, "held": 0}, [])


def test_a_count_that_stopped_says_so_and_lets_one_go_on() -> None:
    over = listing(["a", "b"], counts=Counts(total=11, limit=10, tabs={"all": 11}, tab="all"), paging=paging(1))
    assert (over.total, over.capped, over.tabs, over.capped_tabs) == (10, True, {"all": 10}, ["all"])
    deep = listing(["a", "b"], counts=Counts(total=11, limit=10), paging=paging(7))
    assert deep.total == 15
    last = listing(["a"], counts=Counts(total=11, limit=10), paging=paging(7))
    assert last.total == 13
    some = Counts(total=1, limit=10, tabs={"all": 9, "held": 1}, tab="held", at_least={"all", "held"})
    assert listing(["a", "b"], counts=some, paging=paging(1)).tabs == {"all": 9, "held": 3}


@pytest.mark.parametrize(("found", "expected", "status"), [(3, 4, 409), (MAX_BULK + 1, None, 422)])
def test_a_bulk_act_is_for_what_was_seen(found: int, expected: int | None, status: int) -> None:
    with pytest.raises(Problem) as refused:
        check_expected(found, expected)
    assert refused.value.status == status
    check_expected(3, 3)
    check_expected(3, None)
