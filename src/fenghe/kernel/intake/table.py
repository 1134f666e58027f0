"""From cells to records (表格): a heading and the rows under it, whatever kind of file they stood in."""

from collections.abc import Sequence

import msgspec

from fenghe.kernel.intake.records import Broken, Limits, Record, Shape, shown
from fenghe.kernel.intake.refusals import BadHeader

_EDGES = " \t\r\n\ufeff`'\"\u3000\xa0"


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of a table, cleaned and made distinct."""

    names: tuple[str, ...]
    where: str

    def record(self, cells: Sequence[str], *, line: int, shape: Shape) -> Record | Broken | None:
        """The row as a record; None for a row with nothing in it."""
        if not any(cell.strip() for cell in cells):
            return None
        if fault := self._fault(cells, shape):
            field, expected, got = fault
            return self.broken(line=line, field=field, expected=expected, got=got, text=",".join(cells))
        named = dict(zip(self.names, cells, strict=False))
        fields = {name: named.get(name, "") for name in self.names}
        return Record(line=line, where=self.where, fields=fields, body=msgspec.json.encode(fields))

    def _fault(self, cells: Sequence[str], shape: Shape) -> tuple[str, str, str] | None:
        width = len(self.names)
        if len(cells) < width and not shape.short_rows:
            return self.names[len(cells)], f"{width} fields", f"{len(cells)}"
        if any(cell.strip() for cell in cells[width:]):
            return self.names[-1], f"{width} fields", f"{len(cells)}"
        for name, cell in zip(self.names, cells, strict=False):
            if "\0" in cell:
                return name, "text without NUL bytes", shown(cell)
        return None

    def broken(self, *, line: int, field: str, expected: str, got: str, text: str) -> Broken:
        """A row of this table that cannot be read."""
        return Broken(line=line, where=self.where, field=field, expected=expected, got=got, text=shown(text, 300))


def read_heading(cells: Sequence[str], *, line: int, where: str, limits: Limits) -> Heading:
    """Names without blanks, marks and back-ticks; a repeated name gets a number, an empty one its place."""
    names = [cell.strip(_EDGES) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names or len(names) > limits.columns or any("\0" in name for name in names):
        raise BadHeader(
            name=where, line=line, expected=f"1 to {limits.columns} column names", got=shown(",".join(cells))
        )
    return Heading(names=_distinct(names), where=where)


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    distinct: dict[str, None] = {}
    for place, name in enumerate(names, start=1):
        wanted = candidate = name or f"column {place}"
        while candidate in distinct:
            seen[wanted] = seen.get(wanted, 1) + 1
            candidate = f"{wanted} ({seen[wanted]})"
        distinct[candidate] = None
    return tuple(distinct)
