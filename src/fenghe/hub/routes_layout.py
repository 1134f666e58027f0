"""Declaring a carrier over HTTP (承运商声明): examples to begin from, and what a layout reads from a pasted answer."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from litestar import Router, get, post
from litestar.params import JSONBody
from psycopg import Connection

from fenghe.connectors.generic_json.examples import examples
from fenghe.connectors.generic_json.preview import EventFound, PathFound, Preview, preview
from fenghe.hub.declared import Declared
from fenghe.kernel.web.routes_support import ApiRequest, hub_of, requires
from fenghe.logistics.mapping import Mapping, map_status
from fenghe.logistics.scale import TITLES

LONGEST: Final = 1_200_000


class LayoutBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings as they stand in the dialog, and an answer of the carrier; nothing of it is stored."""

    config: dict[str, Any]
    answer: Annotated[str, msgspec.Meta(max_length=LONGEST)]
    number: Annotated[str, msgspec.Meta(max_length=200)] = ""


class PreviewedEvent(EventFound, frozen=True, kw_only=True):
    """An event, and what the mapping in force makes of it."""

    state: str | None
    state_title: str | None


class LayoutPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What the layout reads from the answer."""

    problems: Sequence[str]
    paths: Sequence[PathFound]
    events: Sequence[PreviewedEvent]
    total: int
    unreadable: Sequence[str]
    answer: str
    said: str
    unmapped: Sequence[str]


class LayoutExample(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier's declaration to begin from; `rules` are for the mapper."""

    name: str
    title: str
    config: dict[str, Any]
    rules: int


@get("/api/sources/layout-examples", guards=[requires("sources.manage")])
async def list_examples(request: ApiRequest) -> list[LayoutExample]:  # noqa: ARG001 - guards need the request
    """声明范例：国外承运商公开接口的布局。"""
    return [
        LayoutExample(name=name, title=one.title, config=one.config, rules=len(one.mapping))
        for name, one in examples().items()
    ]


@post("/api/sources/layout-preview", guards=[requires("sources.manage")], status_code=200)
async def preview_layout(request: ApiRequest, data: JSONBody[LayoutBody]) -> LayoutPreview:
    """粘贴一份答复，看这份声明从中读出什么。"""
    read = preview(data.config, data.answer.encode("utf-8", "replace"), number=data.number)
    layout = data.config.get("layout")
    codes = str(layout.get("codes", "")) if isinstance(layout, dict) else ""
    mapping = await hub_of(request).sync(_mapping, codes)
    return _previewed(read, mapping)


def _mapping(connection: Connection[Any], codes: str) -> Mapping:
    declared = Declared()
    declared.refresh(connection)
    return declared.mapping(codes)[0]


def _previewed(read: Preview, mapping: Mapping) -> LayoutPreview:
    events = [_event(one, mapping) for one in read.events]
    unmapped = dict.fromkeys(one.code or one.text[:40] for one in events if one.state is None)
    return LayoutPreview(
        problems=read.problems,
        paths=read.paths,
        events=events,
        total=read.total,
        unreadable=read.unreadable,
        answer=read.answer,
        said=read.said,
        unmapped=list(unmapped),
    )


def _event(one: EventFound, mapping: Mapping) -> PreviewedEvent:
    state = map_status(mapping, code=one.code or None, text=one.text)
    return PreviewedEvent(
        **msgspec.structs.asdict(one),
        state=str(state) if state else None,
        state_title=TITLES[state] if state else None,
    )


router = Router("/", route_handlers=[list_examples, preview_layout], tags=["sources"])
