"""The poller (状态心跳查询): asks carriers about the parcels that are due, within each account's limit, and brings answers in.

Promises: all workers together stay within an account's calls a minute; an answer enters by the inbox, once however often
it is repeated; an error, a silence of the platform and an empty answer are three things; a killed poller loses nothing.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import msgspec
import orjson
import psycopg
import structlog
from psycopg import Connection

from fenghe.connectors.asking import Heard, Tracker, Wanted
from fenghe.hub.asking import wanted_of
from fenghe.hub.declared import Declared
from fenghe.hub.trackers import TRACK_QUERY, asked_json, lacking, settings_of, tracker_of
from fenghe.kernel.connecting import Answer
from fenghe.kernel.connections.store import Source
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.outbox import breaker, calling, pacing
from fenghe.kernel.outbox import store as outbox
from fenghe.kernel.outbox.pacing import Pace
from fenghe.kernel.secrets import source_unsealer
from fenghe.kernel.values import digest, to_ms
from fenghe.logistics import store_accounts as accounts
from fenghe.logistics import store_heartbeat as store
from fenghe.logistics.asking import rate_name
from fenghe.logistics.events import TrackingEvent, clean_tracking_no
from fenghe.logistics.heartbeat import HeartbeatPolicy, next_due, retry_due
from fenghe.logistics.store_heartbeat import Booked, Poll

MOST_CALLS: Final = 16
"""Under way at once in this process."""
MOST_OF_A_SOURCE: Final = 8
EARLY: Final = timedelta(minutes=5)
"""So much ahead of its time a parcel may be asked, to fill a call that goes out anyway or a minute that would be idle."""
LEASE_SLACK_SECONDS: Final = 30.0
RELOAD_SECONDS: Final = 2.0
_log = structlog.get_logger("fenghe.poller")


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One call: the parcels it is about."""

    source: Source
    tracker: Tracker
    policy_name: str
    polls: Sequence[Poll]
    wanted: Sequence[Wanted]


class Poller:
    """One poller on one connection; any number may run beside each other against one database."""

    def __init__(self, connection: Connection[Any], *, key: bytes, most_calls: int = MOST_CALLS) -> None:
        self.connection = connection
        self.declared = Declared()
        self._unseal = source_unsealer(key)
        self._client = calling.new_client()
        self._most_calls = most_calls
        self._pool = ThreadPoolExecutor(most_calls, thread_name_prefix="fenghe-poll")
        self._under_way: dict[Future[Answer], Question] = {}
        self._sources: dict[str, Source | None] = {}
        self._able: dict[str, Tracker] = {}
        self._lacks: dict[str, str] = {}
        self._loaded_at = float("-inf")

    def close(self) -> None:
        """Let go of the calls under way: their leases bring them back."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    @property
    def under_way(self) -> int:
        """Calls that have not come back."""
        return len(self._under_way)

    def turn(self, *, now: datetime) -> int:
        """Bring in what came back and ask what is due; returns how many calls moved."""
        return self.collect(now=now) + self._send(now)

    def _send(self, now: datetime) -> int:
        self._load()
        count = 0
        for name, tracker in self._able.items():
            source = self._sources[name]
            if source is not None and len(self._under_way) < self._most_calls:
                questions = self._claim(name, source, tracker, now)
                for question in questions:
                    self._start(question, now)
                count += len(questions)
        return count

    def _load(self) -> None:
        if time.monotonic() - self._loaded_at < RELOAD_SECONDS:
            return
        self._sources = outbox.load_sources(self.connection, self._unseal)
        self.declared.refresh(self.connection)
        self._able = self._find_able()
        self._loaded_at = time.monotonic()

    def _find_able(self) -> dict[str, Tracker]:
        """Sources that can be asked; of the others it is noted what they lack, so that parcels go to somebody else."""
        able: dict[str, Tracker] = {}
        lacks: dict[str, str] = {}
        for name, source in self._sources.items():
            tracker = None if source is None else tracker_of(source.connector, source.config)
            if source is None or tracker is None:
                continue
            missing = lacking(source.connector, settings_of(source.config, source.secrets))
            lacks[name] = "、".join(missing)
            if not missing:
                able[name] = tracker
        if lacks != self._lacks:
            accounts.note_lacking(self.connection, lacks)
            self._lacks = lacks
        return able

    def _claim(self, name: str, source: Source, tracker: Tracker, now: datetime) -> list[Question]:
        """Take as many parcels as the account's bucket, its breaker and our own places allow.

        Where a call carries one parcel, a full bucket is used a little ahead of time: so a minute in which more are
        due than may be asked finds some of them asked already.
        """
        policy_name = rate_name(source.connector, source.config)
        rate = self.declared.heartbeat(policy_name)[0]
        batch = min(rate.batch or tracker.batch, tracker.batch)
        free = min(self._most_calls - self.under_way, MOST_OF_A_SOURCE - self._busy(name))
        if free <= 0:
            return []
        early = min(EARLY, rate.period / 20)
        ahead = now + early if batch == 1 else now
        if not store.count_due(self.connection, name, now=ahead, limit=1):
            return []
        with self.connection.transaction():
            account = accounts.lock(self.connection, name, wait=False)
            if account is None or (account.paused_until is not None and account.paused_until > now):
                return []
            seconds = now.timestamp()
            bucket = pacing.filled(account.bucket, pace_of(rate), now=seconds)
            state = _probes_forgotten(account, now)
            if bucket.tokens < pace_of(rate).burst:
                ahead = now
            due = store.count_due(self.connection, name, now=ahead, limit=free * batch)
            wanted = min(free, -(-due // batch))
            calls = breaker.room(state, Pace().breaker, now=seconds, wanted=min(wanted, int(bucket.tokens)))
            until = ahead if batch == 1 else now + early
            polls = self._take(name, tracker, count=calls * batch, until=until, now=now) if calls else []
            parts = [polls[at : at + batch] for at in range(0, len(polls), batch)]
            accounts.sent(
                self.connection,
                account,
                bucket=pacing.taken(bucket, len(parts)),
                breaker=breaker.sent(state, now=seconds, count=len(parts)),
                calls=len(parts),
                parcels=len(polls),
                now=now,
            )
        return [_question(source, tracker, policy_name, part) for part in parts]

    def _busy(self, source: str) -> int:
        return sum(1 for question in self._under_way.values() if question.source.id == source)

    def _take(self, name: str, tracker: Tracker, *, count: int, until: datetime, now: datetime) -> list[Poll]:
        """Claim, and leave out what need not be asked: parcels at their end, and numbers asked just now."""
        lease = timedelta(seconds=Pace().timeout_seconds + LEASE_SLACK_SECONDS)
        polls = store.claim(self.connection, name, until=until, limit=count, lease=lease, now=now)
        polls = self._without_ended(polls, now)
        rest = timedelta(seconds=tracker.seconds_between)
        soon = [one for one in polls if one.asked_before is not None and now - one.asked_before < rest]
        if soon:
            store.put_back(self.connection, soon, [(one.asked_before or now) + rest for one in soon])
        held = {one.id for one in soon}
        return [one for one in polls if one.id not in held]

    def _without_ended(self, polls: Sequence[Poll], now: datetime) -> list[Poll]:
        stops: list[tuple[int, str]] = [(one.id, "final") for one in polls if one.final]
        polls, others = self._onward([one for one in polls if not one.final])
        stops += [(one.id, "forwarded") for one in others]
        for one in polls:
            days = self.declared.heartbeat(one.carrier or None)[0].give_up_days
            if one.shipped_at is not None and now - one.shipped_at > timedelta(days=days):
                stops.append((one.id, "given_up"))
        if stops:
            # The mark and its card stay until the duty has looked at them: stopping here would lose them.
            store.stop(self.connection, list(dict(stops).items()), now=now)
        ended = dict(stops)
        return [one for one in polls if one.id not in ended]

    def _onward(self, polls: Sequence[Poll]) -> tuple[list[Poll], list[Poll]]:
        """The parcel is followed, not its number: (asked under the number it goes on under, watched there already)."""
        numbers = sorted({one.forwarded_to for one in polls if one.forwarded_to})
        if not numbers:
            return list(polls), []
        onward = store.successors(self.connection, numbers)
        asked, elsewhere, turned = [], [], []
        for one in polls:
            way = onward.get(one.forwarded_to or "")
            if way is None or (way.number, way.id) == (one.asks_no, one.follows_id):
                asked.append(one)
            elif way.watched:
                elsewhere.append(one)
            else:
                turned.append((one.id, way))
                asked.append(msgspec.structs.replace(one, number=way.number, answer_digest=None))
        store.follow(self.connection, turned)
        return asked, elsewhere

    def _start(self, question: Question, now: datetime) -> None:
        settings = settings_of(question.source.config, question.source.secrets)
        try:
            request = question.tracker.ask(question.wanted, settings=settings, now=now, nonce=uuid4().hex)
        except Exception as problem:  # noqa: BLE001 - a fault of one connector must not stop the others
            _log.exception("question cannot be built", source=question.source.id)
            broken: Future[Answer] = Future()
            broken.set_result(Answer(body=b"", error=f"内部错误：{problem!r}"[:500], permanent=True))
            self._under_way[broken] = question
            return
        timeout = Pace().timeout_seconds
        self._under_way[self._pool.submit(calling.call, self._client, request, timeout_seconds=timeout)] = question

    def collect(self, *, now: datetime) -> int:
        """Bring in the answers that are there, each source's in one transaction."""
        by_source: dict[str, list[tuple[Question, Heard, bytes]]] = defaultdict(list)
        for future in [future for future in self._under_way if future.done()]:
            question = self._under_way.pop(future)
            answer = _answer_of(future)
            by_source[question.source.id].append((question, _heard(question, answer), answer.body))
        for source, told in sorted(by_source.items()):
            self._book(source, told, now)
        return sum(len(told) for told in by_source.values())

    def _book(self, source: str, told: Sequence[tuple[Question, Heard, bytes]], now: datetime) -> None:
        with self.connection.transaction():
            booked: list[Booked] = []
            repeats: list[int] = []
            arrivals: dict[bytes, tuple[inbox.Arrival, list[Booked]]] = {}
            for question, heard, body in told:
                if heard.error is not None:
                    booked += [self._failed(poll, heard, now) for poll in question.polls]
                    continue
                same, fresh = self._answered(question, heard, now)
                repeats += [known for known, _ in same]
                booked += [one for _, one in same]
                if fresh:
                    key = bytes.fromhex(digest("answer", *sorted(part for one in fresh for part in _name(one))))
                    headers = _headers(question, [one.id for one in fresh])
                    arrivals[key] = (inbox.Arrival(dedupe_key=key, body=body, headers=headers), fresh)
            if arrivals:
                inbox.store_many(
                    self.connection, source=source, way="poll", arrivals=[one for one, _ in arrivals.values()]
                )
                ids = store.message_ids(self.connection, source, list(arrivals))
                booked += [
                    msgspec.structs.replace(one, message_id=ids[key], recent={**one.recent, "message": ids[key]})
                    for key, (_, fresh) in arrivals.items()
                    for one in fresh
                ]
            store.count_repeats(self.connection, repeats)
            store.book(self.connection, booked, now=now)
            self._learn(source, told, now)

    def _failed(self, poll: Poll, heard: Heard, now: datetime) -> Booked:
        policy = self.declared.heartbeat(poll.carrier or None)[0]
        errors = poll.errors + 1
        due = retry_due(poll.track_id, policy, now=now, errors=errors, asked_for=heard.retry_after_seconds)
        said = f"{heard.said}（{heard.error}）" if heard.said else heard.error or ""
        recent = {"at": to_ms(now), "outcome": "error"}
        return Booked(id=poll.id, turn=poll.turn, due_at=due, error=said[:300], recent=recent)

    def _answered(
        self, question: Question, heard: Heard, now: datetime
    ) -> tuple[list[tuple[int, Booked]], list[Booked]]:
        """(message that said the same before, poll), and the polls whose answer is another than before."""
        items: dict[str, list[TrackingEvent]] = defaultdict(list)
        for item in heard.reading.items:
            items[item.tracking_no].append(item)
        unread = [f"{note.field} {note.got}" for note in heard.reading.unreadable]
        same, fresh = [], []
        for poll, wanted in zip(question.polls, question.wanted, strict=True):
            told = items[clean_tracking_no(wanted.number)]
            due = next_due(poll.track_id, self.declared.heartbeat(poll.carrier or None)[0], asked_at=now)
            said = bytes.fromhex(digest(wanted.number, *unread, *(_words(one) for one in told)))
            recent = {"at": to_ms(now), "outcome": "answered", "events": len(told), "message": poll.message_id}
            one = Booked(id=poll.id, turn=poll.turn, due_at=due, digest=said, answer=_newest(told, now), recent=recent)
            if said == poll.answer_digest and poll.message_id is not None:
                same.append((poll.message_id, one))
            else:
                fresh.append(one)
        return same, fresh

    def _learn(self, source: str, told: Sequence[tuple[Question, Heard, bytes]], now: datetime) -> None:
        """What came back is held for or against the account, under its lock."""
        account = accounts.lock(self.connection, source, wait=True)
        if account is None:
            return
        state, seconds = account.breaker, now.timestamp()
        failed = [heard for _, heard, _ in told if heard.error is not None]
        for _, heard, _ in told:
            well = heard.error is None or heard.retry_after_seconds is not None
            state = breaker.heard(state, Pace().breaker, now=seconds, well=well)
        patience = max((heard.retry_after_seconds or 0.0 for heard in failed), default=0.0)
        last = failed[-1] if failed else None
        tally = accounts.Tally(
            source=source,
            errors=len(failed),
            answers=len(told) - len(failed),
            last_error=None if last is None else (last.said or last.error or "")[:300],
            paused_until=now + timedelta(seconds=min(patience, pacing.LONGEST_RETRY_SECONDS)) if patience else None,
        )
        accounts.heard(self.connection, tally, breaker=state, now=now)
        if state.state is not account.breaker.state:
            _log.warning("breaker", source=source, state=str(state.state))


def _probes_forgotten(account: accounts.Account, now: datetime) -> breaker.Breaker:
    """A probe whose poller was killed comes back to nobody: after its lease another may be sent."""
    state = account.breaker
    lease = timedelta(seconds=Pace().timeout_seconds + LEASE_SLACK_SECONDS)
    if state.probing and (account.last_call_at is None or now - account.last_call_at > lease):
        return msgspec.structs.replace(state, probing=0)
    return state


def pace_of(policy: HeartbeatPolicy) -> Pace:
    """A bucket that lets at most `calls_per_minute` go out in any minute, the burst included.

    A burst of two where the limit bears it: with one, what gathers while nobody looks would be lost.
    """
    per_second = policy.calls_per_minute / 60
    burst = max(1, int(per_second), min(2, policy.calls_per_minute // 10))
    return Pace(per_second=max(per_second - burst / 60, 1 / 60), burst=burst)


def _question(source: Source, tracker: Tracker, policy_name: str, polls: Sequence[Poll]) -> Question:
    wanted = [wanted_of(one.number, carrier=one.carrier, phone=one.phone, order_no=one.order_no) for one in polls]
    return Question(source=source, tracker=tracker, policy_name=policy_name, polls=polls, wanted=wanted)


def _answer_of(future: Future[Answer]) -> Answer:
    problem = future.exception()
    if problem is not None:
        _log.error("call broke", problem=repr(problem))
        return Answer(body=b"", error=f"内部错误：{problem!r}"[:500])
    return future.result()


def _heard(question: Question, answer: Answer) -> Heard:
    """What the answer amounts to in the platform's own words."""
    if answer.error is not None:
        return Heard(error=answer.error, permanent=answer.permanent, retry_after_seconds=answer.retry_after_seconds)
    try:
        return question.tracker.hear(answer.body, question.wanted, settings=settings_of(question.source.config, {}))
    except Exception as problem:  # noqa: BLE001 - a fault of one connector must not stop the others
        _log.exception("answer cannot be read", source=question.source.id)
        return Heard(error=f"内部错误：{problem!r}"[:500], permanent=True)


def _words(event: TrackingEvent) -> str:
    """What one event says, for telling whether an answer is another than before."""
    parts = (
        event.codes,
        event.code or "",
        str(event.occurred_at),
        event.text,
        event.location,
        event.forwarded_to or "",
    )
    return "\x1e".join(parts)


def _newest(told: Sequence[TrackingEvent], now: datetime) -> dict[str, Any]:
    """The last thing the answer says, kept to be held against what is pushed."""
    dated = [one for one in told if one.occurred_at is not None]
    if not dated:
        return {"at": to_ms(now), "events": len(told)}
    last = max(enumerate(dated), key=lambda pair: (pair[1].occurred_at, pair[0]))[1]
    when = to_ms(last.occurred_at) if last.occurred_at else None
    return {
        "at": to_ms(now),
        "events": len(told),
        "codes": last.codes,
        "code": last.code or "",
        "text": last.text[:200],
        "occurred": when,
    }


def _name(one: Booked) -> tuple[str, ...]:
    return (str(one.id), (one.digest or b"").hex())


def _headers(question: Question, fresh: Sequence[int]) -> str:
    """`:told` names the parcels of which the answer says something new: only those are read."""
    places = set(fresh)
    numbers = [one.number for poll, one in zip(question.polls, question.wanted, strict=True) if poll.id in places]
    headers = {":act": TRACK_QUERY, ":asked": asked_json(question.wanted), "content-type": "application/json"}
    if len(numbers) < len(question.wanted):
        headers[":told"] = orjson.dumps(numbers).decode()
    return orjson.dumps(headers).decode()


def run_poller(dsn: str, *, stop: Any, key: bytes, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
    """Ask until `stop` is set; a lost database is waited for, never given up on."""
    while not stop.is_set():
        try:
            with (
                psycopg.connect(dsn, autocommit=True, application_name="fenghe-poller") as connection,
                closing(Poller(connection, key=key)) as poller,
            ):
                _run_connected(poller, stop=stop, clock=clock)
        except psycopg.OperationalError as problem:
            _log.warning("database away, trying again", problem=str(problem).strip()[:200])
            stop.wait(0.5)


def _run_connected(poller: Poller, *, stop: Any, clock: Callable[[], datetime], last_seconds: float = 3.0) -> None:
    idle = 0.05
    while not stop.is_set():
        moved = poller.turn(now=clock())
        idle = 0.05 if moved else min(idle * 1.5, 0.5)
        stop.wait(0.01 if moved else (0.05 if poller.under_way else idle))
    deadline = time.monotonic() + last_seconds
    while poller.under_way and time.monotonic() < deadline:
        poller.collect(now=clock())
        time.sleep(0.02)
