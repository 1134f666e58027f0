"""A list as a file (导出列表): every row its filter finds, on record, streamed."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import msgspec
from litestar.response import Stream

from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.routes_listing import room_hub
from fenghe.kernel.store_reading import Row, stream
from fenghe.kernel.store_subjects import source_titles
from fenghe.kernel.titles import Titles
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, export_response


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """What a list's file is called and holds, and how its making is written down."""

    filename: str
    header: tuple[str, ...]
    cells: Callable[[Row, Titles], Sequence[Cell]]
    action: str
    """The audit word: `shipment.export.done`."""
    about: str = ""
    """Leads the filter in the record, where one action stands for several lists."""
    names_sources: bool = False
    """Whether a cell names a connection: they are called as they are called now."""


async def export_list(
    request: ApiRequest, export: Export, *, statement: tuple[str, dict[str, Any]], asked: Any, file_format: ExportFormat
) -> Stream:
    """Every row of `statement` as a file; `asked` is the filter it was made from."""
    hub = room_hub(request)
    target = f"{export.about} {msgspec.to_builtins(asked)}".strip()
    await hub.sync(log_access, actor_of(request), action=export.action, target=target)
    titles = hub.titles.named(await hub.sync(source_titles)) if export.names_sources else hub.titles

    async def rows() -> AsyncIterator[Sequence[Cell]]:
        async for row in stream(hub.pool, *statement):
            yield export.cells(row, titles)

    return await export_response(export.header, rows(), file_format=file_format, filename=export.filename)
