"""Exports and paging as a room uses them, through the app."""

import csv
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Stream
from python_calamine import CalamineWorkbook

from fenghe.kernel.database.address import Database
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.paging import Page, Paging, page_of
from fenghe.kernel.web.routes_support import ApiRequest, export_response, hub_of, paged, requires
from tests.api.serving import Site, serving


@get("/api/things", guards=[requires("orders.view")], dependencies=paged("n", "name", default="-n"))
async def list_things(paging: NamedDependency[Paging]) -> Page[int]:
    everything = sorted(range(45), reverse=paging.descending)
    chosen = everything[paging.offset : paging.offset + paging.size]
    return page_of(chosen, total=45, paging=paging, tabs={"all": 45})


@get("/api/things/export", guards=[requires("exports.create")])
async def export_things(request: ApiRequest, format: FromQuery[ExportFormat], rows: FromQuery[int] = 3) -> Stream:  # noqa: A002 - the contract's word
    async def read() -> AsyncIterator[Sequence[Cell]]:
        async with hub_of(request).pool.connection() as connection, connection.cursor(name="export") as cursor:
            await cursor.execute("select n, '=' || n from generate_series(1, %s) n", (rows,))
            async for row in cursor:
                yield row

    return await export_response(["编号", "名称"], read(), file_format=format, filename='订单 "今日"')


@pytest.fixture
def shop(migrated_database: Database) -> Iterator[Site]:
    with serving(migrated_database, routers=[Router("/", route_handlers=[list_things, export_things])]) as site:
        yield site


def test_a_list_is_paged(shop: Site) -> None:
    browser = shop.signed_in("wang", "cs")
    first = browser.get("/api/things").json()
    assert first == {"items": list(range(44, 24, -1)), "total": 45, "page": 1, "size": 20, "tabs": {"all": 45}}
    last = browser.get("/api/things", params={"page": 3, "sort": "n", "unknown": "ignored"}).json()
    assert last["items"] == [40, 41, 42, 43, 44]
    for query in ({"page": 0}, {"size": 101}, {"sort": "password"}, {"page": "x"}):
        answer = browser.get("/api/things", params=query)
        assert answer.status_code == 400
        assert answer.json()["fields"][0]["field"] == next(iter(query))


def test_paging_stands_in_the_schema(shop: Site) -> None:
    schema = shop.signed_in("wang", "cs").get("/api/schema/openapi.json").json()
    told: list[dict[str, Any]] = schema["paths"]["/api/things"]["get"]["parameters"]
    assert {one["name"] for one in told} == {"page", "size", "sort"}


def test_csv_streams_from_the_database(shop: Site) -> None:
    browser = shop.signed_in("wang", "cs")
    answer = browser.get("/api/things/export", params={"format": "csv", "rows": 1200})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "filename*=UTF-8''%E8%AE%A2%E5%8D%95%20%22" in answer.headers["content-disposition"]
    assert "content-length" not in answer.headers
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["编号", "名称"]
    assert rows[1200] == ["1200", "'=1200"]
    assert len(rows) == 1201


def test_xlsx_comes_whole(shop: Site) -> None:
    answer = shop.signed_in("wang", "cs").get("/api/things/export", params={"format": "xlsx", "rows": 1200})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert rows[1200] == [1200.0, "=1200"]
    assert len(rows) == 1201


def test_an_unknown_format_is_refused_and_a_right_is_needed(shop: Site) -> None:
    answer = shop.signed_in("wang", "cs").get("/api/things/export", params={"format": "exe"})
    assert (answer.status_code, answer.json()["fields"][0]["field"]) == (400, "format")
    assert shop.signed_in("zhao", "warehouse").get("/api/things/export", params={"format": "csv"}).status_code == 403
