"""A list of rows from the database (列表): its page, its tabs' counts and its export read the same rows in the same order."""

from collections.abc import Mapping
from typing import Any

import msgspec
from psycopg import Connection

from fenghe.kernel.listing import Counts
from fenghe.kernel.store_reading import COUNT_TO, Row, Where, count_of, fetch, find, order_by
from fenghe.kernel.web.paging import Paging
from fenghe.kernel.web.problems import bad_field


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A list of rows as its page, its tabs' counts and its export read it: what is shown, from where, in which orders and tabs."""

    columns: str
    source: str
    sorts: Mapping[str, str]
    tie: str
    """Makes every order total."""
    tabs: Mapping[str, str]
    """Each tab's own condition."""
    bare: str = ""
    """Where rows are counted while nothing narrows them; empty: the same source."""

    def check_tab(self, tab: str) -> None:
        """400 for a tab there is not."""
        if tab not in self.tabs:
            raise bad_field("tab", f"没有 {tab} 这个标签,可用的有 {'、'.join(self.tabs)}")

    def statement(self, where: Where, *, tab: str, paging: Paging) -> str:
        """Every row of a tab, in order."""
        order = order_by(self.sorts, sort=paging.sort, descending=paging.descending, tie=self.tie)
        return f"select {self.columns} from {self.source} where {where.sql(self.tabs[tab])} order by {order}"

    def page(self, connection: Connection[Any], where: Where, *, tab: str, paging: Paging) -> list[Row]:
        """The rows of one page."""
        query = f"{self.statement(where, tab=tab, paging=paging)} limit %(size)s offset %(offset)s"
        return fetch(connection, query, where.values | {"size": paging.size, "offset": paging.offset})

    def counts(self, connection: Connection[Any], where: Where, *, tab: str) -> Counts:
        """How many rows each tab has, in one statement."""
        source = self.bare if self.bare and where.empty else self.source
        parts = [f'{count_of(source, where.sql(only), up_to=COUNT_TO)} as "{name}"' for name, only in self.tabs.items()]
        found = find(connection, "select " + ", ".join(parts), where.values) or {}
        tabs = {name: int(count) for name, count in found.items()}
        return Counts(total=tabs[tab], limit=COUNT_TO, tabs=tabs, tab=tab)
