"""The screens' second language (界面用语): every title the hub tells in Chinese has its English words."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pytest

from fenghe.connectors.robots import CHANNELS as ROBOTS
from fenghe.hub import routes_contract
from fenghe.hub.declaring import declared_kinds
from fenghe.hub.titles import titles
from fenghe.insight import clocks, expected, freshness, routes_freshness
from fenghe.kernel import timeline
from fenghe.kernel.notices import notice, store_log
from fenghe.kernel.people.roles import PERMISSIONS, ROLES
from fenghe.logistics import contract, routes_callback_rows, routes_heartbeat
from fenghe.money import compensation_policy, posting, routes_compensation, statement_titles, trace
from tests.house.tree import ROOT

WORDS: Final = ROOT / "web" / "src" / "i18n" / "words"
HUB: Final = titles()

TOLD: Final[Mapping[str, Mapping[Any, str]]] = {
    **{f"states of {kind}": named for kind, named in HUB.states.items()},
    **{f"reasons of {kind}": named for kind, named in HUB.reasons.items()},
    "carriers": HUB.carriers,
    "channels": HUB.channels,
    "sources": HUB.sources,
    "decisions of cases": timeline.DECISIONS,
    "effects": timeline.EFFECTS,
    "stages": clocks.TITLES,
    "outcomes of clocks": clocks.OUTCOMES,
    "scopes of expected times": expected.SCOPES,
    "standings of sources": freshness.STANDINGS,
    "ways of arriving": routes_freshness.WAYS,
    "ends of watches": routes_heartbeat.STOPPED,
    "outcomes of polls": routes_heartbeat.OUTCOMES,
    "standings of accounts": routes_heartbeat.STANDINGS,
    "acts of contracts": contract.ACTS,
    "states of contracts": routes_contract.STATES,
    "findings of contracts": contract.TITLES,
    "rules of callbacks": routes_callback_rows.RULES,
    "events of notices": notice.EVENTS,
    "states of deliveries": store_log.STATUSES,
    "kinds of robots": {word: robot.title for word, robot in ROBOTS.items()},
    "events of the ledger": posting.EVENTS,
    "kinds of compensations": compensation_policy.TITLES,
    "states of compensations": routes_compensation.STATE_TITLES,
    "kinds of statement lines": statement_titles.KIND_TITLES,
    "ledgers of statements": statement_titles.LEDGER_TITLES,
    "documents of the trace": trace.TITLES,
    "states of what the trace shows": trace.STATES,
    "kinds of declarations": {kind: declared.title for kind, declared in declared_kinds().items()},
    "roles": ROLES,
    "rights": PERMISSIONS,
}


def known() -> set[str]:
    """Every Chinese word the screens have an English one for."""
    said = "".join(file.read_text(encoding="utf-8") for file in sorted(WORDS.glob("*.ts")))
    return set(re.findall(r'": \[\s*"([^"]+)"', said))


def foreign(told: Iterable[str]) -> set[str]:
    """Those that are Chinese."""
    return {word for word in told if re.search("[\u4e00-\u9fff]", word)}


@pytest.mark.parametrize("what", TOLD)
def test_every_title_is_known_to_the_screens(what: str) -> None:
    assert TOLD[what]
    assert foreign(TOLD[what].values()) - known() == set()


def test_a_title_without_words_is_found() -> None:
    assert foreign(["没有人译过的称呼", "plain"]) - known() == {"没有人译过的称呼"}
