"""Asking a carrier again (再次查询): which source, when, and what the case is told; the act behind it for the sender.

Promises: the same number is never asked sooner than its platform allows, however many people want it; who asked is told
in the case's log what came of it, also when nobody can be asked.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from psycopg import Connection

from fenghe.connectors.asking import Tracker, Wanted
from fenghe.hub import store_asking
from fenghe.hub.store_asking import Asker
from fenghe.hub.trackers import ANY_CARRIER, DECLARED, TRACK_QUERY, TRACKERS, asked_json, settings_of, tracker_of
from fenghe.kernel.cases.kinds import moment_words
from fenghe.kernel.connecting import Answer, Request
from fenghe.kernel.connections.store import Source
from fenghe.kernel.outbox import store
from fenghe.kernel.outbox.sender import Outcome
from fenghe.kernel.outbox.store import Claimed
from fenghe.kernel.values import to_ms
from fenghe.logistics import store_heartbeat as heartbeat
from fenghe.logistics.events import CARRIERS


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The question is on its way under this name. `joined`: it was already, for somebody else."""

    key: str
    source: str
    due_at: datetime
    joined: bool
    words: str


class CannotAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody can be asked; `words` say why and what to do."""

    words: str


def ask_again(
    connection: Connection[Any], *, number: str, now: datetime, case_id: int | None = None
) -> Asked | CannotAsk:
    """Put the question about a parcel into the outbox, in the caller's transaction, and note it in the case."""
    outcome = _ask(connection, number, now=now, case_id=case_id)
    if case_id is not None:
        store_asking.log_case(connection, case_id, outcome.words)
    return outcome


def _ask(connection: Connection[Any], number: str, *, now: datetime, case_id: int | None) -> Asked | CannotAsk:
    parcel = store_asking.find_parcel(connection, number)
    if parcel is None:
        return CannotAsk(words=f"没有再次查询：系统里没有运单 {number}")
    asker = choose(store_asking.find_askers(connection, [*TRACKERS, DECLARED]), parcel.carrier)
    tracker = None if asker is None else tracker_of(asker.connector, asker.config)
    if asker is None or tracker is None:
        return CannotAsk(words=f"没有再次查询：{_nobody(parcel.carrier)}")
    polled_at = heartbeat.asked_at(connection, number)
    key, due_at, joined = _when(connection, f"{TRACK_QUERY}:{asker.id}:{number}", tracker, now=now, polled_at=polled_at)
    if not joined:
        wanted = wanted_of(number, carrier=parcel.carrier, phone=parcel.phone, order_no=parcel.order_no)
        payload = {**msgspec.to_builtins(wanted), "case_id": case_id}
        joined = not store.enqueue(
            connection, idempotency_key=key, source=asker.id, act=TRACK_QUERY, payload=payload, due_at=due_at
        )
    words = f"向{asker.title}再次查询运单 {number}" + ("（此前已在排队）" if joined else "")
    if due_at > now:
        words += f"，对方限制同一单号的查询间隔，{moment_words(due_at)} 发出"
    return Asked(key=key, source=asker.id, due_at=due_at, joined=joined, words=words)


def choose(askers: Sequence[Asker], carrier: str) -> Asker | None:
    """The carrier itself, a declared source of that carrier, or else whoever asks them all; None: nobody can."""
    if not carrier:
        return None
    own = [one for one in askers if one.connector == carrier and one.connector != ANY_CARRIER]
    declared = [one for one in askers if one.connector == DECLARED and _declares(one.config, carrier)]
    everyone = [one for one in askers if one.connector == ANY_CARRIER]
    return next(iter([*own, *declared, *everyone]), None)


def _declares(config: Mapping[str, Any], carrier: str) -> bool:
    layout = config.get("layout")
    return bool(config.get("query_url")) and isinstance(layout, Mapping) and layout.get("carrier") == carrier


def _nobody(carrier: str) -> str:
    if not carrier:
        return "还不知道这个运单是哪家承运商的"
    title = CARRIERS[carrier][0] if carrier in CARRIERS else carrier
    return f"没有可以查询{title}的连接，请在「连接」页添加{title}或快递100"


def wanted_of(number: str, *, carrier: str, phone: str, order_no: str) -> Wanted:
    """A parcel to ask about, with the last four digits of the receiver's phone where there are four."""
    digits = phone.strip()[-4:]
    tail = digits if len(digits) == 4 and digits.isascii() and digits.isdigit() else ""
    return Wanted(number=number, carrier=carrier, phone_tail=tail, order_no=order_no)


def _when(
    connection: Connection[Any], name: str, tracker: Tracker, *, now: datetime, polled_at: datetime | None
) -> tuple[str, datetime, bool]:
    """(key, due time, is it waiting already) of the next question of this name.

    One key a span of the platform's interval: two people who ask at once meet in one row, and a question waits until
    the interval after the one before (the heartbeat's, too) is over.
    """
    span = max(1, tracker.seconds_between) * 1000
    here = to_ms(now) // span
    earlier = store.entries(connection, [f"{name}:{here + step}" for step in (-1, 0, 1, 2)])
    waiting = [one for one in earlier if one.status == "waiting"]
    if waiting:
        return waiting[0].idempotency_key, max(now, waiting[0].due_at), True
    asked = [one.done_at for one in earlier] + [polled_at]
    last = max((moment for moment in asked if moment is not None), default=None)
    due_at = now if last is None else max(now, last + timedelta(milliseconds=span))
    return f"{name}:{to_ms(due_at) // span}", due_at, False


class TrackQuery:
    """The act `track.query`."""

    def prepare(self, payload: Mapping[str, Any], source: Source, *, now: datetime, nonce: str) -> Request | Answer:
        """Signed with the source's own secrets."""
        tracker = tracker_of(source.connector, source.config)
        if tracker is None:
            return Answer(body=b"", error=f"连接 {source.id} 不能查询轨迹", permanent=True)
        settings = settings_of(source.config, source.secrets)
        return tracker.ask(_wanted_in(payload), settings=settings, now=now, nonce=nonce)

    def judge(self, body: bytes, payload: Mapping[str, Any], source: Source) -> Answer:
        """An answer that says nothing is an answer; an error in the platform's words is none."""
        tracker = tracker_of(source.connector, source.config)
        if tracker is None:
            return Answer(body=body, error=f"连接 {source.id} 不能查询轨迹", permanent=True)
        heard = tracker.hear(body, _wanted_in(payload), settings=settings_of(source.config, {}))
        if heard.error is None:
            return Answer(body=body)
        said = f"{heard.said}（{heard.error}）" if heard.said else heard.error
        return Answer(body=body, error=said, permanent=heard.permanent, retry_after_seconds=heard.retry_after_seconds)

    def asked(self, payload: Mapping[str, Any]) -> str:
        """The parcel."""
        return asked_json(_wanted_in(payload))

    def ended(self, connection: Connection[Any], claimed: Claimed, outcome: Outcome) -> None:
        """The case hears of it, and the heartbeat leaves the number alone for a while."""
        heartbeat.note_asked(connection, claimed.payload["number"], now=datetime.now(UTC))
        case_id = claimed.payload.get("case_id")
        if case_id is None:
            return
        number = claimed.payload["number"]
        if outcome.error is None:
            words = f"运单 {number} 的查询有了答复，原文见报文 {outcome.message_id}"
        else:
            words = f"运单 {number} 再次查询没有成功：{outcome.error}"
        store_asking.log_case(connection, int(case_id), words)


def _wanted_in(payload: Mapping[str, Any]) -> list[Wanted]:
    return [msgspec.convert({name: payload.get(name) or "" for name in Wanted.__struct_fields__}, Wanted)]
