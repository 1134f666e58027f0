"""The heartbeat's duties (状态心跳值守): begin watches, say whom to ask, hold answers against the history, alert and clear.

Promises: three empty answers in a row open exactly one card and mark the parcel, whoever counts them and however often
they are killed; evidence from anywhere (a poll, a push, a person) takes the mark away on record; a carrier that cannot be
asked is a finding of its own and silences nobody's parcel.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from fenghe.hub import store_asking
from fenghe.hub.asking import choose
from fenghe.hub.declared import Declared
from fenghe.hub.trackers import DECLARED, TRACKERS, tracker_of
from fenghe.kernel.cases.kinds import moment_words
from fenghe.kernel.judging import store as judging
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.values import Observation, from_ms, to_ms
from fenghe.logistics import store_accounts as accounts
from fenghe.logistics import store_heartbeat as store
from fenghe.logistics.events import CARRIERS
from fenghe.logistics.heartbeat import Act, Outcome, Standing, first_due, valid_events, weigh
from fenghe.logistics.rule import ShipmentRule
from fenghe.logistics.store_accounts import Trouble
from fenghe.logistics.store_heartbeat import Answered, Fresh, Placed, Settled

BATCH: Final = 1_000
SILENT: Final = "shipment.silent"
CANNOT_ASK: Final = "carrier.cannot_ask"
TOPICS: Final = ("orders", "cases", "workbench")
PATIENCE: Final = timedelta(minutes=30)
"""So long a source may fail before people are told that its parcels cannot be asked about."""


class BeginWatches:
    """Gives new watches their place in the interval, and says whom each carrier's parcels are asked of."""

    name = "heartbeat_place"
    every_seconds = 2.0
    _assign_every = timedelta(minutes=1)

    def __init__(self) -> None:
        self._judge = Judge()
        self._assigned_at: datetime | None = None

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """One batch of new watches."""
        self._judge.refresh(connection)
        with connection.transaction():
            fresh = store.claim_new(connection, limit=BATCH)
            if fresh:
                store.place(connection, [self._place(one, now) for one in fresh], now=now)
        if self._assigned_at is None or now - self._assigned_at >= self._assign_every:
            assign(connection, None)
            self._assigned_at = now
        elif fresh:
            assign(connection, sorted({one.carrier or "" for one in fresh}))
        return len(fresh)

    def _place(self, one: Fresh, now: datetime) -> Placed:
        policy = self._judge.declared.heartbeat(one.carrier)[0]
        old = one.shipped_at is not None and now - one.shipped_at > timedelta(days=policy.give_up_days)
        if one.final or old:
            return Placed(id=one.id, due_at=None, stopped="final" if one.final else "given_up")
        return Placed(
            id=one.id,
            due_at=first_due(one.track_id, policy, now=now),
            valid_count=self._judge.valid(one.history, now),
            seen_at=one.changed_at,
        )


def assign(connection: Connection[Any], fresh: Sequence[str] | None) -> int:
    """Whom to ask about each carrier's parcels, by the connections there are now; returns how many moved.

    `fresh`: only parcels of these carriers that have nobody yet, which is cheap; None: all, as connections change.
    """
    with connection.transaction():
        carriers = store.carriers(connection) if fresh is None else fresh
        askers = store_asking.find_askers(connection, [*TRACKERS, DECLARED])
        unable = accounts.unable(connection)
        able = [one for one in askers if one.id not in unable and tracker_of(one.connector, one.config) is not None]
        chosen = [choose(able, carrier) for carrier in carriers]
        sources = [one.id if one else None for one in chosen]
        return store.assign(connection, carriers, sources, only_new=fresh is not None)


class Judge:
    """The declarations in force, and how many events of a history count under them."""

    def __init__(self) -> None:
        self.declared = Declared()
        self._rule = ShipmentRule(self.declared.policy)

    def refresh(self, connection: Connection[Any]) -> None:
        """Learn of what was published."""
        self.declared.refresh(connection)

    def valid(self, history: Sequence[Observation], now: datetime) -> int:
        """Events that count: known words with a time, of this life of the number."""
        if not any(one.kind == "event" for one in history):
            return 0
        projection, _ = self._rule.project(history, to_ms(now))
        return valid_events(history, projection.effects)


class SettleAnswers:
    """Holds answers against the history; opens the card of a parcel that stays silent and closes it when it speaks."""

    name = "heartbeat"
    every_seconds = 1.0

    def __init__(self) -> None:
        self._judge = Judge()

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """One batch of answered polls, and one of marked parcels that were heard of since."""
        self._judge.refresh(connection)
        return self._settle(connection, store.claim_answered, now) + self._settle(connection, store.claim_heard, now)

    def _settle(self, connection: Connection[Any], claim: Any, now: datetime) -> int:
        with connection.transaction():
            looked: list[Answered] = claim(connection, limit=BATCH)
            if not looked:
                return 0
            opened, closed, settled = [], [], []
            for one in looked:
                after, act = self._look(one, now)
                settled.append(after)
                match act:
                    case Act.ALERT:
                        opened.append(self._card(one, after, now))
                    case Act.CLEAR:
                        closed.append(_closing(one, after))
                    case None:
                        pass
            store.settle(connection, settled, now=now)
            judging.open_cases(connection, opened)
            judging.close_cases(connection, closed)
            if opened or closed:
                beat(connection, TOPICS)
        return len(looked)

    def _look(self, one: Answered, now: datetime) -> tuple[Settled, Act | None]:
        policy, version = self._judge.declared.heartbeat(one.carrier)
        valid = one.valid_count if one.history is None else self._judge.valid(one.history, now)
        news = valid > one.valid_count or one.final
        standing, act, outcome = Standing(empties=one.empties, silent=one.silent), None, None
        if news:
            outcome = Outcome.NEWS
            standing, act = weigh(standing, outcome, policy)
        elif one.polled:
            outcome = Outcome.EMPTY
            standing, act = weigh(standing, outcome, policy)
        settled = Settled(
            id=one.id,
            empties=standing.empties,
            silent=standing.silent,
            episode=one.episode + (act is Act.ALERT),
            news=news,
            valid_count=valid,
            seen_at=one.changed_at,
            outcome=str(outcome) if outcome and one.polled else None,
            stopped="final" if one.final else None,
            rule_version=version,
        )
        return settled, act

    def _card(self, one: Answered, after: Settled, now: datetime) -> dict[str, Any]:
        policy, version = self._judge.declared.heartbeat(one.carrier)
        title = f"{one.number}:连续 {after.empties} 次查询无新轨迹,物流异常待跟进"
        return {
            "key": f"heartbeat:silent:{one.id}:{after.episode}",
            "kind": SILENT,
            "severity": 2,
            "subject_id": one.id,
            "title": title,
            "ours": None,
            "theirs": None,
            "distance": None,
            "reason": "silent",
            "evidence": {"keys": [], "role": "ops", "polls": one.recent, "told": _words(one, after, now)},
            "rule_version": version,
            "due_hours": policy.due_hours,
        }


def _words(one: Answered, after: Settled, now: datetime) -> str:
    """Why there is a card, as one would say it to a colleague."""
    polls = [from_ms(poll["at"]) for poll in one.recent if poll.get("outcome") != "error"][-after.empties :]
    asked = "、".join(moment_words(moment) for moment in polls) or moment_words(now)
    carrier = CARRIERS.get(one.carrier or "", ("承运商",))[0]
    last = f"最近一次有新轨迹是 {moment_words(one.news_at)}" if one.news_at else "自开始盯单以来还没有任何新轨迹"
    shipped = f"{moment_words(one.shipped_at)} 发货," if one.shipped_at else ""
    return (
        f"{shipped}向{carrier}查询了 {after.empties} 次({asked}),对方都有答复,但没有一条新的有效轨迹;{last}。"
        "请运营联系承运商核实包裹去向;一旦有新轨迹(查询或推送),本工单自动关闭。"
    )


def _closing(one: Answered, after: Settled) -> Mapping[str, Any]:
    return {
        "key": f"heartbeat:silent:{one.id}:{after.episode}",
        "status": "self_closed",
        "resolution": "evidence",
        "resolved_by": None,
        "closed_by": f"valid_events:{one.valid_count}->{after.valid_count}",
    }


class WatchAccounts:
    """Says when a carrier cannot be asked, resumes watches of parcels that are not at their end after all."""

    name = "heartbeat_accounts"
    every_seconds = 30.0

    def __init__(self) -> None:
        self._judge = Judge()

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """All accounts at once: there are few."""
        self._judge.refresh(connection)
        policy = self._judge.declared.heartbeat(None)[0]
        with connection.transaction():
            stuck = now - policy.period * policy.empties
            found = accounts.failing(connection, before=now - PATIENCE, unanswered_before=stuck)
            found += accounts.without_asker(connection)
            cards = [_trouble_card(one, policy.due_hours) for one in found]
            judging.open_cases(connection, cards)
            keys = {card["key"] for card in cards}
            gone = [key for key in accounts.open_keys(connection, CANNOT_ASK) if key not in keys]
            judging.close_cases(connection, [_gone(key) for key in gone])
            accounts.forget_hours(connection, now=now)
            store.resume(connection, now=now)
            if gone or cards:
                beat(connection, TOPICS)
        return 0


def _trouble_card(one: Trouble, due_hours: int) -> dict[str, Any]:
    carrier = CARRIERS[one.carrier][0] if one.carrier in CARRIERS else one.carrier or "承运商不明的运单"
    if one.source is None:
        title = f"问不到{carrier}:没有可以查询的连接"
        words = (
            f"没有连接可以查询{carrier},这些运单没有状态心跳。请在「连接」页添加{carrier}或快递100,或补齐其查询凭证。"
        )
    elif one.numbers:
        title = f"问不到:连接「{one.title}」有运单一直查询出错"
        which = "、".join(one.numbers)
        words = f"连接「{one.title}」的这些运单一直查询出错(如 {which}):{one.error}。出错不算空答复,不会被标为异常。"
    else:
        title = f"问不到:连接「{one.title}」连续出错"
        since = f"自 {moment_words(one.since)} 起" if one.since else ""
        words = f"连接「{one.title}」{since}只有错误({one.error}),它的运单暂停心跳,不计入空答复。请检查密钥、网络与对方公告。"
    return {
        "key": f"heartbeat:cannot_ask:{one.source or 'carrier:' + one.carrier}",
        "kind": CANNOT_ASK,
        "severity": 3 if one.source else 2,
        "subject_id": None,
        "title": title,
        "ours": None,
        "theirs": None,
        "distance": None,
        "reason": "cannot_ask",
        "evidence": {"keys": list(one.numbers), "role": "ops", "told": words, "parcels": one.parcels},
        "rule_version": "",
        "due_hours": due_hours,
    }


def _gone(key: str) -> Mapping[str, Any]:
    return {"key": key, "status": "self_closed", "resolution": "evidence", "resolved_by": None, "closed_by": None}
