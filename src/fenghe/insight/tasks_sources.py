"""Watching sources (连接值守): one case for each that fell silent, closed by its next good message; rhythms learnt by night."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.insight import store_freshness as store
from fenghe.insight.freshness import Cadence, Judged, Standing, judge
from fenghe.insight.store_freshness import Heard, Watched
from fenghe.kernel.cases.store_noticing import Notice, close_noticed, open_noticed
from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.duties.contract import Hour
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.values import CHINA

KIND: Final = "cadence"
LEARN_AGAIN: Final = timedelta(hours=6)
"""A source whose rhythm is not known yet is looked at again after this long, without waiting for the night."""


def cadences(connection: Connection[Any]) -> dict[str, tuple[int, Cadence]]:
    """Version and expectation of each source that somebody declared one for."""
    return {
        one.name: (one.version, msgspec.convert(one.body, Cadence))
        for one in declarations.in_force(connection)
        if one.kind == KIND and one.body
    }


def judged(connection: Connection[Any], *, now: datetime) -> list[tuple[Heard, Judged, Cadence | None]]:
    """Every source with how it stands now: read, never remembered, so that a dead watcher hides nothing."""
    declared = cadences(connection)
    found = []
    for one in store.heard(connection):
        cadence = declared[one.id][1] if one.id in declared else None
        stands = judge(one.last_good_at, now=now, enabled=one.enabled, cadence=cadence, rhythm=one.rhythm)
        found.append((one, stands, cadence))
    return found


def case_key(source: str) -> str:
    """The name of the one case a silent source has."""
    return f"source:{source}:silent"


class SourceWatch:
    """Notices sources that fall silent (连接值守)."""

    name = "source_watch"
    every_seconds = 10.0

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """Look at every source; returns how many stand otherwise than before."""
        with connection.transaction():
            if not store.take_watch(connection):
                return 0
            self._learn(connection, now)
            found = judged(connection, now=now)
            silent = [one for one in found if one[1].standing is Standing.SILENT]
            open_noticed(connection, [_notice(one, stands) for one, stands, _ in silent if not one.case_open])
            for resolution, over in (("switched_off", True), ("heard_again", False)):
                keys = [
                    case_key(one.id)
                    for one, stands, _ in found
                    if one.case_open and _over(stands) and (stands.standing is Standing.OFF) is over
                ]
                close_noticed(connection, keys, resolution=resolution)
            store.write_watch(connection, [_watched(one, stands) for one, stands, _ in found], now=now)
            moved = sum(stands.standing != one.standing for one, stands, _ in found)
        if moved:
            beat(connection, ("cases", "workbench", "sources"))
        return 0

    def _learn(self, connection: Connection[Any], now: datetime) -> None:
        """Rhythms nobody has learnt yet, or too little of."""
        for one in store.heard(connection):
            unknown = one.learnt_at is None or not (one.rhythm and one.rhythm.known)
            if one.last_good_at and unknown and (one.learnt_at is None or one.learnt_at < now - LEARN_AGAIN):
                store.learn_rhythm(connection, one.id, until=one.last_good_at, now=now)


def _over(stands: Judged) -> bool:
    """What ends a silence: a good message, or that nobody expects one any more. To be late again is not silence."""
    return stands.standing is not Standing.SILENT


def _watched(one: Heard, stands: Judged) -> Watched:
    return Watched(
        source=one.id,
        last_good_at=one.last_good_at,
        last_way=one.last_way,
        standing=stands.standing,
        case_open=stands.standing is Standing.SILENT,
    )


def _notice(one: Heard, stands: Judged) -> Notice:
    last = one.last_good_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M") if one.last_good_at else "从未"
    basis = {"declared": "按声明的频率", "learnt": "按过去 14 天的规律"}.get(stands.by, "已超过 3 天")
    return Notice(
        key=case_key(one.id),
        kind="source.silent",
        severity=3 if one.kind == "channel" else 2,
        subject_id=None,
        title=f"{one.title}:静默,最后一次正常 {last}",
        told=(
            f"连接「{one.title}」最后一次正常收到消息是 {last},{basis}早该有新消息。"
            "靠它更新的数字此后都可能过时。请检查对方推送、密钥和网络;收到新消息后工单自动关闭。"
        ),
        due_at=None,
    )


class LearnRhythms:
    """Learns how often each source speaks (来源规律), every night."""

    name = "learn_source_rhythms"
    hour = Hour(at=time(3, 20))

    def keep(self, connection: Connection[Any], *, day: date, now: datetime) -> None:  # noqa: ARG002
        """From the days before each source's last good call."""
        with connection.transaction():
            for one in store.heard(connection):
                if one.last_good_at is not None:
                    store.learn_rhythm(connection, one.id, until=one.last_good_at, now=now)
