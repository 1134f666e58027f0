"""Templates of messages (模板): words with {placeholders}, checked before they are published; what fills them is only text.

A value can neither be a placeholder again nor mark-up: it is put in once, on one line, with the signs of Markdown widened
(`*` becomes `＊`): the robots do not agree on how to escape them, and a sign that is not one needs no escaping.
"""

import re
from collections.abc import Mapping
from typing import Final

LONGEST: Final = 4_000
LONGEST_VALUE: Final = 200
UNKNOWN: Final = "未知"

FIELDS: Final[Mapping[str, str]] = {
    "event": "发生的事(新工单、超时 ...)",
    "severity": "级别(严重、一般、轻微)",
    "kind": "工单类型",
    "title": "工单标题",
    "case": "工单号",
    "order_no": "订单号",
    "tracking_no": "运单号",
    "carrier": "承运商",
    "shop": "店铺",
    "ours": "我方状态",
    "theirs": "对方状态",
    "reason": "原因",
    "since": "发现时间",
    "lasting": "已持续多久",
    "due": "到期时间",
    "owner": "负责人",
    "money": "订单金额",
    "buyer": "买家(已脱敏)",
    "advice": "建议怎么办",
    "actor": "操作的人",
    "text": "补充说明或评论",
    "link": "手机页面的链接",
}
"""Placeholders a template may use, with what they stand for."""

_PLACE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_WIDE: Final = {ord(sign): chr(ord(sign) + 0xFEE0) for sign in "\\`*[]()#<>|~!"}
"""The same signs as Chinese type writes them: one character, the same look, no meaning."""
_LOOSE: Final = re.compile(r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")
"""An underscore inside a number (`dy_123`) stays what it is, to be copied; at its edge it would slant the text."""
_ADDRESS: Final = "://"
_SPACES: Final = re.compile(r"[\s\x00-\x1f\x7f\u2028\u2029]+")
_LIVE: Final = re.compile(r"@(?=\S)")
_ZERO_WIDTH: Final = "\u200b"


def problems(template: str) -> list[str]:
    """What keeps a template from being published, in words."""
    found = [] if template.strip() else ["模板不能为空"]
    if len(template) > LONGEST:
        found.append(f"模板最多 {LONGEST} 个字")
    for place in _PLACE.finditer(template):
        match place[0], place[1]:
            case (("{{" | "}}"), _):
                continue
            case ("{" | "}") as brace, _:
                found.append(f"第 {place.start() + 1} 个字是落单的 {brace};要写花括号请写两个")
            case _, name if name not in FIELDS:
                found.append(f"没有占位符 {{{name}}},可用的有 {'、'.join(FIELDS)}")
            case _:
                pass
    return found


def fill(template: str, values: Mapping[str, str], *, markdown: bool = True) -> str:
    """The template with its placeholders filled; what is not known says so."""

    def put(place: re.Match[str]) -> str:
        if place[0] in ("{{", "}}"):
            return place[0][0]
        if place[1] is None:
            return place[0]
        value = values.get(place[1], "")
        if place[1] == "link":
            return value
        return one_line(value, markdown=markdown) or UNKNOWN

    return _PLACE.sub(put, template)


def one_line(value: str, *, markdown: bool = True) -> str:
    """A value as it may stand in a message: on one line, of a bounded length, with nothing in it that acts."""
    flat = _SPACES.sub(" ", value).strip()
    if len(flat) > LONGEST_VALUE:
        flat = flat[: LONGEST_VALUE - 1] + "…"
    # `@all` in a buyer's remark must not ring everybody's phone.
    flat = _LIVE.sub(f"@{_ZERO_WIDTH}", flat)
    return _LOOSE.sub("＿", flat.replace(_ADDRESS, "：//").translate(_WIDE)) if markdown else flat


def plain(markdown: str) -> str:
    """The words of a message without its mark-up, for mail and short messages."""
    lines = [re.sub(r"^\s*(#{1,6}\s+|>\s?|-\s+)", "", line) for line in markdown.splitlines()]
    joined = "\n".join(lines)
    return re.sub(r"\[([^\]\n]*)\]\(([^()\s]*)\)", r"\1: \2", joined).replace("**", "")
