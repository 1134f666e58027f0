"""The hub on a test's clock (状态心跳演练): shops hand parcels over, the poller asks, the worker judges, the duties look."""

import itertools
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import orjson
import psycopg
from psycopg import Connection

from fenghe.hub.heartbeat import BeginWatches, SettleAnswers, WatchAccounts
from fenghe.hub.polling import Poller
from fenghe.hub.worker import Worker
from fenghe.kernel.connections.store import NewSource, create_source
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.people.person import Actor
from fenghe.logistics.heartbeat import DEFAULT_HEARTBEAT
from tests.kernel.outbox.outside import KEY, Outside, Reply, Seen

START = datetime.now(UTC).replace(microsecond=0)
_numbers = itertools.count(1)


class Beating:
    """A hub in which time passes when a test says so."""

    def __init__(self, connection: Connection[Any], url: str) -> None:
        self.connection = connection
        self.url = url
        self.now = START
        self.worker = Worker(connection)
        self._poller: Poller | None = None
        self.begin, self.settle, self.accounts = BeginWatches(), SettleAnswers(), WatchAccounts()

    def close(self) -> None:
        """As if the process ended."""
        if self._poller is not None:
            self._poller.close()
            self._poller = None

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database."""
        return self.connection.execute(query.encode(), values).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        """The first column of the only row."""
        ((value,),) = self.rows(query, *values)
        return value

    def source(self, name: str, connector: str, config: dict[str, Any], secrets: Mapping[str, str] = {}) -> None:
        """A configured connection."""
        wish = NewSource(id=name, connector=connector, title=f"{connector}连接", config=config, secrets=dict(secrets))
        create_source(self.connection, wish, kind="carrier", key=KEY, actor=Actor("admin", "local"))

    def sold(
        self, number: str, *, carrier: str = "中通快递", phone: str = "13800001234", hours_ago: float = 1.0
    ) -> None:
        """A shop says that it handed this parcel over."""
        shipped = (self.now - timedelta(hours=hours_ago)).astimezone(UTC).isoformat()
        row = {"订单号": f"FH{next(_numbers)}", "渠道": "taobao", "订单状态": "已发货", "快递单号": number}
        row |= {"快递公司": carrier, "收货电话": phone, "发货时间": shipped}
        if not self.rows("select from source where id = 'shop'"):
            self.source("shop", "order_file", {"layout": "fenghe"})
        self.put("shop", orjson.dumps(row), way="file")
        self.judge()

    def put(self, source: str, body: bytes, *, way: str = "webhook") -> None:
        """A message as the door (or an import) stores it."""
        with self.connection.transaction():
            inbox.store_many(
                self.connection, source=source, way=way, arrivals=[inbox.Arrival(dedupe_key=body, body=body)]
            )

    def judge(self) -> None:
        """Let the worker do all there is to do, and the duties look at it."""
        while self.worker.turn().messages:
            continue
        while self.begin.turn(self.connection, now=self.now):
            continue
        while self.settle.turn(self.connection, now=self.now):
            continue

    def ask(self, poller: Poller | None = None) -> int:
        """Ask about everything that is due now and wait for the answers; returns the calls made."""
        if poller is None:
            self._poller = poller = self._poller or Poller(self.connection, key=KEY)
        calls, deadline = 0, time.monotonic() + 20
        while time.monotonic() < deadline:
            moved = poller.turn(now=self.now)
            calls += moved
            if not moved and not poller.under_way:
                return calls
            time.sleep(0.005)
        raise AssertionError("not asked in time")

    def interval(self, poller: Poller | None = None) -> None:
        """One period (two hours less its margin) passes in ten steps: every parcel's place comes exactly once."""
        for _ in range(10):
            self.now += DEFAULT_HEARTBEAT.period / 10
            self.ask(poller)
            self.judge()

    def pass_until_asked(self, number: str) -> None:
        """Time passes until this parcel is due, is asked about, and its answer is settled."""
        due = self.one(
            "select due_at from shipment_watch w join shipment p using (subject_id) where tracking_no = %s", number
        )
        self.now = max(self.now, due)
        self.ask()
        self.judge()

    def cards(self, kind: str = "shipment.silent") -> list[tuple[str, str]]:
        """(status, title) of the cards of a kind, the oldest first."""
        found = self.rows("select status, title from work_case where kind = %s order by id", kind)
        return [(row[0], row[1]) for row in found]

    def watch(self, number: str) -> dict[str, Any]:
        """The watch of a parcel."""
        watch: dict[str, Any] = self.one(
            "select to_jsonb(w) from shipment_watch w join shipment p using (subject_id) where tracking_no = %s", number
        )
        return watch

    def marked(self) -> list[str]:
        """Numbers that carry the mark 物流异常待跟进."""
        found = self.rows(
            "select tracking_no from shipment_watch w join shipment p using (subject_id) where silent_since is not null"
            " order by 1"
        )
        return [row[0] for row in found]


class Carrier:
    """A ZTO-like gateway whose answers a test decides, by number: scans, or an error."""

    def __init__(self, outside: Outside) -> None:
        self.scans: dict[str, list[dict[str, str]]] = {}
        self.down = False
        self.refusal: dict[str, Any] | None = None
        self.asked: list[str] = []
        outside.answer = self._answer

    def tells(self, number: str, code: str, at: datetime, text: str = "") -> None:
        """One more scan in this carrier's own system."""
        self.scans.setdefault(number, []).append(scan(number, code, at, text))

    def _answer(self, seen: Seen) -> Reply:
        number = orjson.loads(seen.body)["billCode"]
        self.asked.append(number)
        if self.down:
            return Reply(status=500, body=b"oops")
        if self.refusal is not None:
            return Reply(body=orjson.dumps(self.refusal))
        body = {"status": True, "statusCode": "SYS000", "message": "ok", "result": self.scans.get(number, [])}
        return Reply(body=orjson.dumps(body))


def scan(number: str, code: str, at: datetime, text: str = "") -> dict[str, str]:
    """One scan as ZTO tells it."""
    told = at.astimezone(UTC) + timedelta(hours=8)
    return {"billCode": number, "scanType": code, "scanDate": told.strftime("%Y-%m-%d %H:%M:%S"), "desc": text or code}


def numbers_in(body: bytes) -> Sequence[str]:
    """The waybills a call to 丰桥 asks about."""
    told: list[str] = orjson.loads(parse_qs(body.decode())["msgData"][0])["trackingNumber"]
    return told


def second_connection(url: str) -> Connection[Any]:
    """Another worker's."""
    return psycopg.connect(url, autocommit=True)
