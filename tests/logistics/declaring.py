"""A world for tests of declarations: parcels with every kind of history, told by real messages."""

import json
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import httpx
import psycopg

from tests.rooms import Rooms
from tests.world import declare, moment, put_json, scan, tracking_no, trade

AT_ONCE: Final = {"distance": 2, "age_hours": 24, "settle_seconds": 0}
"""A fuse that asks a person at once: the tests do not wait for late scans."""
READ: Final = ("收件", "发件", "派件", "签收", "退件")
UNREAD: Final = ("ZT_01", "ZT_05", "ZT_07", "ZT_77")
LAYOUT: Final = {
    "carrier": "flash", "codes": "flash", "parcels": "parcels[*]", "events": "events[*]", "number": "^.no",
    "code": "code", "text": "text", "time": "time",
}  # fmt: skip
TEXTS: Final = ("已揽收", "正在派件", "签收", "飞船已起飞", "包裹在云里")


def build_parcels(url: str, *, parcels: int = 60, seed: int = 7) -> None:
    """Parcels of ZTO, half of them sold and handed over, and of a carrier declared without code."""
    chance = random.Random(seed)
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into source (id, connector, title, kind, config) values"
            " ('qianniu', 'taobao', '千牛', 'channel', '{}'), ('zto', 'zto', '中通推送', 'carrier', '{}'),"
            " ('flash', 'generic_json', '闪电快运', 'carrier', %s::jsonb)",
            (json.dumps({"layout": LAYOUT}),),
        )
        declare(connection, "fuse", "default", AT_ONCE)
        for n in range(parcels):
            if chance.random() < 0.5:
                put_json(connection, "qianniu", _sold(n))
            for told in _scans(chance, tracking_no(n)):
                put_json(connection, "zto", told)
            put_json(connection, "flash", {"parcels": [{"no": f"FL{n:010d}", "events": _events(chance)}]})


def _sold(n: int) -> dict[str, Any]:
    """The nth order, handed over to ZTO."""
    line = trade(0)["orders"]["order"][0]
    line |= {"invoice_no": tracking_no(n), "logistics_company": "中通快递", "consign_time": moment(n / 10 + 2)}
    return trade(n, status="WAIT_BUYER_CONFIRM_GOODS", orders={"order": [line]})


def _scans(chance: random.Random, number: str) -> list[dict[str, str]]:
    hours = sorted(chance.uniform(1, 60) for _ in range(chance.randint(1, 6)))
    return [scan(number, chance.choice(READ + UNREAD), at, chance.choice(TEXTS)) for at in hours]


def _events(chance: random.Random) -> list[dict[str, str]]:
    hours = sorted(chance.uniform(1, 60) for _ in range(chance.randint(1, 4)))
    return [
        {"code": chance.choice(("", "F1", "F2", "F3")), "text": chance.choice(TEXTS), "time": moment(at)}
        for at in hours
    ]


COUNTED: Final = ("shipments_changed", "cases_would_open", "cases_would_close")

Standing = dict[int, tuple[str, frozenset[str]]]
"""Each parcel's state and open cases."""


def standing(site: Rooms) -> Standing:
    """What is held of every parcel."""
    rows = site.sql("select id, state, open_cases from subject where kind = 'shipment'")
    return {row[0]: (row[1], frozenset(json.loads(row[2]))) for row in rows}


def open_cases(site: Rooms) -> int:
    """Cases a person has to look at."""
    return int(site.sql("select count(*) from work_case where status = 'open'")[0][0])


def changed(before: Standing, after: Standing) -> dict[str, Any]:
    """What really changed, in the words of a dry run."""
    moves = Counter((before[one][0], after[one][0]) for one in before if before[one][0] != after[one][0])
    return {
        "shipments_changed": sum(before[one] != after[one] for one in before),
        "cases_would_open": sum(len(after[one][1] - before[one][1]) for one in before),
        "cases_would_close": sum(len(before[one][1] - after[one][1]) for one in before),
        "changes": {(a, b): count for (a, b), count in moves.items()},
    }


def foretold_by_mapper(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What the mapper's dry run said would change."""
    told = {name: answer[name] for name in COUNTED}
    return told | {"changes": {(one["from"], one["to"]): one["count"] for one in answer["changes"]}}


def foretold(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What a dry run said would change."""
    told = {one["word"]: one["after"] for one in answer["figures"] if one["word"] in COUNTED}
    return told | {"changes": {(one["before"], one["after"]): one["count"] for one in answer["moves"]}}


def code_rule(value: str, state: str, **more: str) -> dict[str, str]:
    """A user's row for a code."""
    return {"match": "code", "value": value, "state": state, "note": "", **more}


def text_rule(value: str, state: str) -> dict[str, str]:
    """A user's row for a text."""
    return {"match": "text", "value": value, "state": state, "note": ""}


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """A refusal, as it was expected."""
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told.get("code")) == (status, code), answer.text
    return told
