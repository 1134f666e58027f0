"""Pages of a list: bounds, order, and what is refused in words."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.web.paging import MAX_ROWS_DEEP, MAX_SIZE, Paging, page_of, read_id, read_ids, read_paging
from fenghe.kernel.web.problems import Problem

SORTS = ("created_at", "state")


def read(page: int = 1, size: int = 20, sort: str | None = None) -> Paging:
    return read_paging(page=page, size=size, sort=sort, sorts=SORTS, default="-created_at")


def test_default_and_chosen_order() -> None:
    assert (read().sort, read().descending) == ("created_at", True)
    assert (read(sort="state").sort, read(sort="state").descending) == ("state", False)
    assert (read(sort="-state").sort, read(sort="-state").descending) == ("state", True)


@given(st.integers(-5, 10_000), st.integers(-5, 300))
def test_a_page_is_either_within_bounds_or_refused(page: int, size: int) -> None:
    fine = page >= 1 and 1 <= size <= MAX_SIZE and page * size <= MAX_ROWS_DEEP
    if fine:
        assert 0 <= read(page, size).offset <= MAX_ROWS_DEEP - size
    else:
        with pytest.raises(Problem, match="bad_field"):
            read(page, size)


@pytest.mark.parametrize("sort", ["password_hash", "--state", "state; drop table person", "-"])
def test_only_named_columns_sort(sort: str) -> None:
    with pytest.raises(Problem, match="bad_field"):
        read(sort=sort)


def test_tabs_are_left_out_where_there_are_none() -> None:
    bare = msgspec.json.decode(msgspec.json.encode(page_of([1], total=1, paging=read())))
    assert bare == {"items": [1], "total": 1, "page": 1, "size": 20}
    tabbed = msgspec.json.decode(msgspec.json.encode(page_of([], total=0, paging=read(), tabs={"open": 2})))
    assert tabbed["tabs"] == {"open": 2}


def test_ids_are_read_or_refused() -> None:
    assert read_ids(None) is None
    assert read_ids(" ") is None
    assert read_ids("1, 22,") == (1, 22)
    for text in ("x", "1;2", "-1", "1" * 19, "１２", "1.5", ",".join("1" * 1001)):
        with pytest.raises(Problem, match="bad_field"):
            read_ids(text)
    assert read_id("999999999999999999") == 10**18 - 1
