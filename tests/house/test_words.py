"""The screens' second language (界面用语): every reason the hub tells in Chinese has its English words."""

import re

from fenghe.hub.titles import titles
from tests.house.tree import ROOT

WORDS = ROOT / "web" / "src" / "i18n" / "words"


def test_every_reason_is_known_to_the_screens() -> None:
    said = "".join((WORDS / name).read_text(encoding="utf-8") for name in ("reasons.ts", "states.ts"))
    known = set(re.findall(r'"(?:reason|caseKind)\.[^"]+": \["([^"]+)"', said))
    told = {title for named in titles().reasons.values() for title in named.values()}
    assert len(told) > 30
    assert told - known == set()
