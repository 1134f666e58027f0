"""再次查询: a person wants the carrier asked again; the sandbox's gateways answer in the carriers' own protocols."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psycopg
import pytest
from psycopg import Connection

from fenghe.connectors import zto
from fenghe.hub import rooms
from fenghe.hub.acts import ACTS
from fenghe.hub.asking import Asked, CannotAsk, ask_again, choose
from fenghe.hub.store_asking import Asker
from fenghe.hub.trackers import with_answers
from fenghe.hub.worker import Worker
from fenghe.kernel.connections.store import NewSource, create_source
from fenghe.kernel.database.address import Database
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.outbox.sender import Sender
from fenghe.kernel.people.person import Actor
from fenghe.simulator.parcels import Parcel
from fenghe.simulator.running import running
from fenghe.simulator.telling import truth
from fenghe.simulator.world import World
from tests.kernel.outbox.outside import KEY, Outside, Reply, work_off

NOW = datetime(2026, 2, 5, 6, 23, tzinfo=UTC)
CARRIER_OF = {"kuaidi100": "圆通速递", "zto": "中通快递", "sf": "顺丰速运"}


class Hub:
    """The application on a database, with what a test does to it."""

    def __init__(self, connection: Connection[Any]) -> None:
        self.connection = connection
        self.worker = Worker(connection, with_answers(rooms.connectors()))

    def source(self, name: str, connector: str, config: dict[str, Any], secrets: dict[str, str]) -> None:
        """A configured connection."""
        wish = NewSource(id=name, connector=connector, title=f"{connector}连接", config=config, secrets=secrets)
        create_source(self.connection, wish, kind="carrier", key=KEY, actor=Actor("admin", "local"))

    def sold(self, number: str, *, carrier: str, phone: str = "", order_no: str = "FH1") -> int:
        """The shop says that it handed a parcel over; a case is opened on it."""
        row = {"订单号": order_no, "渠道": "taobao", "订单状态": "已发货", "快递单号": number, "快递公司": carrier}
        row |= {"收货电话": phone, "发货时间": "2026-02-04 10:00:00"}
        if not self.rows("select from source where id = 'shop'"):
            self.source("shop", "order_file", {"layout": "fenghe"}, {})
        body = orjson.dumps(row)
        arrival = inbox.Arrival(dedupe_key=body, body=body)
        with self.connection.transaction():
            inbox.store_many(self.connection, source="shop", way="file", arrivals=[arrival])
        self.worker.turn()
        (found,) = self.rows("select subject_id from shipment where tracking_no = %s", number)
        (case,) = self.rows(
            "insert into work_case (key, kind, severity, subject_id, title) values (%s, 'x', 1, %s, 'x') returning id",
            number,
            found[0],
        )
        return int(case[0])

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database."""
        return self.connection.execute(query.encode(), values).fetchall()

    def log(self, case_id: int) -> list[str]:
        """What the case's log says."""
        return [row[0] for row in self.rows("select body from case_entry where case_id = %s order by id", case_id)]

    def send(self) -> None:
        """Make the calls that are due."""
        with closing(Sender(self.connection, ACTS, key=KEY)) as sender:
            work_off(sender)


@pytest.fixture
def hub(migrated_database: Database) -> Iterator[Hub]:
    """The hub."""
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        yield Hub(connection)


WORLD = World(seed=7, now=NOW, parcels=12, days=2.0)


def travelled(teller: str) -> Parcel:
    """A parcel of this platform that has some scans by now."""
    return next(one for one in WORLD.parcels if one.teller == teller and len(WORLD.visible(one.number, NOW)) >= 2)


@pytest.mark.parametrize("teller", ["zto", "sf", "kuaidi100"])
def test_the_carrier_is_asked_and_its_answer_is_judged(hub: Hub, teller: str) -> None:
    parcel = travelled(teller)
    with running(WORLD) as address:
        hub.source("asked", teller, {"base_url": f"{address}/{teller}"}, WORLD.secrets[teller])
        names = {"yto": "圆通速递", "sto": "申通快递", "yunda": "韵达快递"}
        carrier = names.get(parcel.carrier, CARRIER_OF[teller])
        case = hub.sold(parcel.number, carrier=carrier, phone=f"1380000{parcel.phone_tail}")
        asked = ask_again(hub.connection, number=parcel.number, case_id=case, now=datetime.now(UTC))
        assert isinstance(asked, Asked) and not asked.joined
        hub.send()
    assert hub.rows("select status, last_error from outbox") == [("done", None)]
    ((message, source, headers),) = hub.rows("select id, source, headers from inbound_message where way = 'poll'")
    assert source == "asked" and headers[":act"] == "track.query"
    (wanted,) = orjson.loads(headers[":asked"])
    assert wanted["number"] == parcel.number and wanted.get("phone_tail", "") == ""
    hub.worker.turn()
    assert hub.rows("select status, finding from message_handling where message_id = %s", message) == [(1, None)]
    ((told, known),) = hub.rows(
        "select count(*), count(status) from observation o join subject s on s.id = o.subject_id"
        " where s.key = %s and o.message_id = %s",
        parcel.number,
        message,
    )
    assert told == len(truth(WORLD.visible(parcel.number, NOW), teller)) and known >= 2
    assert hub.log(case) == [
        f"向{teller}连接再次查询运单 {parcel.number}",
        f"运单 {parcel.number} 的查询有了答复，原文见报文 {message}",
    ]


def test_an_answer_that_says_nothing_is_kept_and_moves_nothing(hub: Hub) -> None:
    parcel = travelled("zto")
    with running(WORLD) as address:
        hub.source("z", "zto", {"base_url": f"{address}/zto"}, WORLD.secrets["zto"])
        hub.sold(parcel.number, carrier="中通快递", phone="13800009999")
        before = hub.rows("select state, version from subject where key = %s", parcel.number)
        ask_again(hub.connection, number=parcel.number, now=datetime.now(UTC))
        hub.send()
    hub.worker.turn()
    assert hub.rows("select h.status, h.finding from message_handling h join inbound_message m on m.id = h.message_id"
                    " where m.way = 'poll'") == [(1, None)]  # fmt: skip
    assert hub.rows("select state, version from subject where key = %s", parcel.number) == before


def test_a_wrong_secret_is_told_in_the_carriers_words(hub: Hub) -> None:
    parcel = travelled("zto")
    with running(WORLD) as address:
        hub.source("z", "zto", {"base_url": f"{address}/zto"}, {"app_key": "k", "app_secret": "wrong"})
        case = hub.sold(parcel.number, carrier="中通快递")
        ask_again(hub.connection, number=parcel.number, case_id=case, now=datetime.now(UTC))
        hub.send()
    assert hub.rows("select status, attempts from outbox") == [("failed", 1)]
    assert "没有成功：数据签名错误" in hub.log(case)[-1]


def test_nobody_to_ask_is_said_and_nothing_is_sent(hub: Hub) -> None:
    case = hub.sold("SF1234567890123", carrier="顺丰速运")
    hub.source("z", "zto", {}, {})
    for number, words in (
        ("SF1234567890123", "没有可以查询顺丰速运的连接，请在「连接」页添加顺丰速运或快递100"),
        ("SF9", "系统里没有运单 SF9"),
    ):
        outcome = ask_again(hub.connection, number=number, case_id=case, now=NOW)
        assert isinstance(outcome, CannotAsk) and words in outcome.words
        assert hub.log(case)[-1] == outcome.words
    unknown = hub.sold("X123456789", carrier="")
    assert (
        "还不知道这个运单是哪家承运商的"
        in ask_again(hub.connection, number="X123456789", case_id=unknown, now=NOW).words
    )
    assert hub.rows("select count(*) from outbox") == [(0,)]


def test_the_same_number_is_never_asked_sooner_than_allowed(hub: Hub) -> None:
    hub.sold("YT7123456789012", carrier="圆通速递")
    hub.source("k", "kuaidi100", {}, {})
    now = datetime.now(UTC)
    first = ask_again(hub.connection, number="YT7123456789012", now=now)
    second = ask_again(hub.connection, number="YT7123456789012", now=now + timedelta(seconds=5))
    assert isinstance(first, Asked) and isinstance(second, Asked)
    assert not first.joined and second.joined
    assert "此前已在排队" in second.words
    hub.rows("update outbox set status = 'done', done_at = %s returning id", now)
    for minutes in (1, 29):
        third = ask_again(hub.connection, number="YT7123456789012", now=now + timedelta(minutes=minutes))
        assert isinstance(third, Asked)
        assert third.due_at == now + timedelta(minutes=30)
    assert hub.rows("select count(*), count(*) filter (where status = 'waiting') from outbox") == [(2, 1)]
    hub.rows("update outbox set status = 'done', done_at = due_at where status = 'waiting' returning id")
    later = ask_again(hub.connection, number="YT7123456789012", now=now + timedelta(minutes=61))
    assert isinstance(later, Asked) and later.due_at == now + timedelta(minutes=61)


def test_two_people_who_ask_at_once_ask_once(hub: Hub, migrated_database: Database) -> None:
    hub.sold("73123456789012", carrier="中通快递")
    hub.source("z", "zto", {}, {})
    with psycopg.connect(migrated_database.app_url) as other:
        asked = [ask_again(one, number="73123456789012", now=NOW) for one in (hub.connection, other)]
    assert [one.joined for one in asked if isinstance(one, Asked)] == [False, True]
    assert hub.rows("select count(*) from outbox") == [(1,)]


def test_a_declared_carrier_is_asked_by_its_own_declaration(hub: Hub, outside: Outside) -> None:
    layout = {
        "carrier": "best", "codes": "best", "events": "traces[*]",
        "number": "^.no", "time": "at", "code": "state", "text": "say",
    }  # fmt: skip
    config = {"layout": layout, "query_url": outside.url + "/t/{number}", "query_headers": {"x-key": "{secret}"}}
    hub.source("best", "generic_json", config, {"secret": "s3", "scheme": "none"})
    trace = {"at": "2026-02-05 10:00:00", "state": "签收", "say": "已签收"}
    outside.answer = lambda _seen: Reply(body=orjson.dumps({"no": "B123456789", "traces": [trace]}))
    hub.sold("B123456789", carrier="百世快递")
    ask_again(hub.connection, number="B123456789", now=datetime.now(UTC))
    hub.send()
    (seen,) = outside.seen
    assert (seen.path, seen.headers["x-key"]) == ("/t/B123456789", "s3")
    hub.worker.turn()
    query = "select o.code from observation o join inbound_message m on m.id = o.message_id where m.way = 'poll'"
    assert hub.rows(query) == [("签收",)]


def asker(name: str, connector: str, **config: Any) -> Asker:
    """A source that may be asked."""
    return Asker(id=name, connector=connector, title=name, config=config)


def test_who_is_chosen() -> None:
    everyone, own = asker("k", "kuaidi100"), asker("z", "zto")
    declared = asker("g", "generic_json", query_url="http://x", layout={"carrier": "best"})
    mute = asker("m", "generic_json", layout={"carrier": "best"})
    all_of_them = [everyone, own, mute, declared]
    assert choose(all_of_them, "zto") is own
    assert choose(all_of_them, "best") is declared
    assert choose(all_of_them, "sf") is everyone
    assert choose([own, mute], "best") is None
    assert choose(all_of_them, "") is None


def test_a_push_is_still_read_as_a_push() -> None:
    wrapped = with_answers({"zto": zto.CONNECTOR})["zto"]
    assert (wrapped.name, wrapped.kind) == ("zto", "carrier")
