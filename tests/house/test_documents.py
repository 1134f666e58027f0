"""Documents (文档): what they link to exists, and the two front pages tell the same."""

import re
from pathlib import Path, PurePosixPath

import pytest

from tests.house.tree import ROOT, files, text_of, told

LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)(#[^)\s]*)?\)")


def broken_links(name: str, text: str) -> list[str]:
    """Links to files that do not exist."""
    places = [target for target, _ in LINK.findall(text) if "://" not in target and not target.startswith("mailto:")]
    return [f"{name}: {place}" for place in places if not (ROOT / name).parent.joinpath(PurePosixPath(place)).exists()]


def test_no_link_is_broken() -> None:
    found = [one for name in files() if Path(name).suffix == ".md" for one in broken_links(name, text_of(name))]
    assert not found, told(found)


def test_a_planted_broken_link_is_seen() -> None:
    assert broken_links(
        "README.md", "[a](docs/nowhere.md) ![b](nowhere.png) [c](LICENSE) [d](https://x.example/y)"
    ) == [
        "README.md: docs/nowhere.md",
        "README.md: nowhere.png",
    ]


@pytest.mark.parametrize(
    "pattern", [r"^\./dev .*?(?=\s+#)", r"`(?:src|web|tests|docs)[\w/.-]*`", r"^!\[.*?\]\((.*?)\)"]
)
def test_the_two_front_pages_tell_the_same(pattern: str) -> None:
    english, chinese = (re.findall(pattern, text_of(name), re.MULTILINE) for name in ("README.md", "README.zh-CN.md"))
    assert english == chinese
