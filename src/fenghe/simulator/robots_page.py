"""The groups as their members see them (群消息页): what the sandbox's robots took, the Markdown drawn as the apps draw it."""

import html
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from fenghe.kernel.values import CHINA


class Shown(Protocol):
    """A message to be shown."""

    @property
    def at(self) -> float:
        """Seconds of the clock."""

    @property
    def platform(self) -> str:
        """Which group."""

    @property
    def title(self) -> str:
        """Above it."""

    @property
    def text(self) -> str:
        """Its Markdown."""


TITLES: Final = {
    "dingtalk": "钉钉 · 物流预警群",
    "wecom": "企业微信 · 物流预警群",
    "feishu": "飞书 · 物流预警群",
    "sms": "短信",
    "webhook": "Webhook",
}
_LINK: Final = re.compile(r"\[([^\]]*)\]\((https?://[^\s)]*|/[^\s)]*)\)")
_STYLE: Final = """
body{margin:0;background:#e9edf2;font:15px/1.65 "Noto Sans SC","Noto Sans CJK SC",sans-serif;color:#1f2329}
main{max-width:560px;margin:0 auto;padding:20px 16px}
h1{font-size:15px;text-align:center;color:#646a73;font-weight:500;margin:0 0 16px}
article{display:flex;gap:10px;margin:0 0 18px}
.face{width:38px;height:38px;border-radius:8px;background:#2f6bff;color:#fff;display:grid;place-items:center;flex:none}
.who{font-size:12px;color:#8f959e}
.card{background:#fff;border-radius:10px;padding:12px 16px;box-shadow:0 1px 2px #0001;overflow-wrap:anywhere}
.card h3{margin:0 0 6px;font-size:17px}.card p{margin:4px 0}.card ul{margin:4px 0;padding-left:18px}
blockquote{margin:4px 0;padding-left:10px;border-left:3px solid #d0d5dd;color:#646a73}
.card a{color:#2f6bff;text-decoration:none}
"""


def page(taken: Sequence[Shown]) -> str:
    """All messages, newest last, group by group."""
    parts = []
    for platform, title in TITLES.items():
        own = [one for one in taken if one.platform == platform]
        if own:
            parts.append(f'<main data-group="{platform}"><h1>{html.escape(title)}({len(own)})</h1>')
            parts += [_article(one) for one in own[-50:]]
            parts.append("</main>")
    inside = "".join(parts) or "<main><h1>还没有消息</h1></main>"
    head = f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>沙箱群消息</title><style>{_STYLE}</style>'
    return f"{head}{inside}</html>"


def _article(one: Shown) -> str:
    when = datetime.fromtimestamp(one.at, UTC).astimezone(CHINA).strftime("%m-%d %H:%M")
    heading = f"<h3>{html.escape(one.title)}</h3>" if one.platform == "feishu" and one.title else ""
    return (
        f'<article><div class="face">缝</div><div><div class="who">缝合预警 · {when}</div>'
        f'<div class="card">{heading}{"".join(_blocks(one.text.splitlines()))}</div></div></article>'
    )


def _blocks(lines: Iterable[str]) -> Iterable[str]:
    items: list[str] = []
    for line in [*lines, ""]:
        if line.startswith("- "):
            items.append(f"<li>{_inline(line[2:])}</li>")
            continue
        if items:
            yield f"<ul>{''.join(items)}</ul>"
            items = []
        if line.startswith("#"):
            yield f"<h3>{_inline(line.lstrip('# '))}</h3>"
        elif line.startswith("> "):
            yield f"<blockquote>{_inline(line[2:])}</blockquote>"
        elif line.strip():
            yield f"<p>{_inline(line)}</p>"


def _inline(text: str) -> str:
    safe = html.escape(text, quote=True)
    linked = _LINK.sub(r'<a href="\2">\1</a>', safe)
    return re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", linked)
