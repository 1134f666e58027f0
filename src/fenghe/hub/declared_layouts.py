"""Statement layouts as declarations (账单布局): what they may say, and what a draft makes of the files that are still there."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.hub import store_uploads, uploads
from fenghe.hub.money_plan import STATEMENT_LAYOUT
from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.declarations.contract import DeclaredKind, Figure, Named, Trial, TrialRow, Window
from fenghe.kernel.intake import FileRefused
from fenghe.kernel.layouts import BadLayout
from fenghe.kernel.web.problems import FieldProblem
from fenghe.money.layouts import Layout, parse_layout, shipped_layout, shipped_layouts
from fenghe.money.routes_statements import VIEW

LARGEST_LAYOUT: Final = 32 * 1024
MOST_FILES: Final = 10
"""So many of the newest files a trial reads."""


class LayoutKind(DeclaredKind):
    """账单布局: a new name is a new layout; one's own lies over a shipped one of its name."""

    kind = STATEMENT_LAYOUT
    title = "账单布局"
    view_right = VIEW
    edit_right = "money.import"
    publish_right = "money.import"
    new_names = r"[a-z][a-z0-9_]{0,59}"
    topics = ("statements",)

    def names(self, connection: Connection[Any]) -> Sequence[Named]:  # noqa: ARG002
        """Those that are shipped."""
        return [Named(name=one.name, title=one.title) for one in shipped_layouts("statement")]

    def shipped(self, name: str, in_force: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """The shipped layout of that name."""
        layout = shipped_layout(name)
        return msgspec.to_builtins(layout) if layout is not None and layout.kind == "statement" else None

    def whole(self, body: Any) -> Any:
        """As it was written: what a layout leaves out is said by the layout's own rules."""
        if not isinstance(body, Mapping) or len(msgspec.json.encode(body)) > LARGEST_LAYOUT:
            raise msgspec.ValidationError(f"布局最多 {LARGEST_LAYOUT // 1024} KB")
        try:
            parse_layout(body)
        except BadLayout as problem:
            raise msgspec.ValidationError(f"{problem.path.removeprefix('$.')} 应为 {problem.expected}") from None
        return body

    def problems(self, connection: Connection[Any], name: str, body: Any) -> Sequence[FieldProblem]:  # noqa: ARG002
        """A layout of something else, or of another name than it is kept under."""
        layout = parse_layout(body)
        found = [] if layout.kind == "statement" else [FieldProblem("kind", "这里只做账单的布局")]
        return found if layout.name == name else [*found, FieldProblem("name", f"布局里写的名称是 {layout.name}")]

    def try_out(self, connection: Connection[Any], name: str, body: Any, *, window: Window) -> Trial:
        """How many rows of the files given lately it reads, against the layout in force."""
        if window.shops is not None:
            return Trial(read=0)
        since = datetime.now(UTC) - timedelta(days=window.days)
        kept = [row for row in store_uploads.recent(connection) if row["has_bytes"] and row["uploaded_at"] >= since]
        newest = declarations.newest(connection, STATEMENT_LAYOUT, name)
        before = parse_layout(newest.body) if newest and newest.body is not None else shipped_layout(name)
        after, read, rows = parse_layout(body), [0, 0], []
        for row in kept[:MOST_FILES]:
            counts = [_rows_read(connection, row["id"], row["name"], layout=one) for one in (before, after)]
            read = [total + count for total, count in zip(read, counts, strict=True)]
            if any(counts):
                rows.append(TrialRow(title=row["name"], before=f"{counts[0]} 行", after=f"{counts[1]} 行"))
        figures = [Figure(word="rows_read", title="读得懂的行", before=read[0], after=read[1])]
        return Trial(read=len(kept[:MOST_FILES]), truncated=len(kept) > MOST_FILES, figures=figures, rows=rows)


def _rows_read(connection: Connection[Any], upload: int, name: str, *, layout: Layout | None) -> int:
    if layout is None:
        return 0
    with uploads.as_file(connection, upload, name) as path:
        try:
            tried = uploads.attempt(path, layout, header_line=0)
        except FileRefused:
            return 0
    return tried.rows - tried.broken
