"""A PDF from a Typst template and data (PDF 输出). The font is a subset (GB 2312) of Noto Sans SC, shipped beside this file."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import typst

FONTS: Final = Path(__file__).parent


class NotPrinted(Exception):
    """The template could not be set; the message says where."""


def render(template: Path, data: Mapping[str, Any]) -> bytes:
    """The PDF of a template that reads `json(bytes(sys.inputs.data))`; nothing outside its folder is read.

    Raises NotPrinted.
    """
    told = json.dumps(data, ensure_ascii=False, default=_plain)
    try:
        made = typst.compile(
            template,
            root=template.parent,
            font_paths=[FONTS],
            format="pdf",
            sys_inputs={"data": told},
        )
    except typst.TypstError as problem:
        raise NotPrinted(str(problem)) from problem
    if not isinstance(made, bytes):
        raise NotPrinted("the template made no single document")
    return made


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be printed")
