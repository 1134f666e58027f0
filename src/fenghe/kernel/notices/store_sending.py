"""Deliveries in the database (投递): claimed within each robot's bucket and breaker, finished once, never lost."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.connecting import Answer
from fenghe.kernel.connecting_robots import Channel, Message, Posted, Robot, limit_of
from fenghe.kernel.notices import pace
from fenghe.kernel.notices.pace import Bucket
from fenghe.kernel.outbox import breaker
from fenghe.kernel.outbox.breaker import Breaker, Limits
from fenghe.kernel.secrets import NotSealed

Unseal = Callable[[str, bytes], dict[str, str]]

BREAKER: Final = Limits(minimum=3, hold_seconds=30.0)
MOST_UNSURE: Final = 2
"""Sent so often without our learning what came of it: the second repeat is a person's decision."""
LONGEST_ANSWER: Final = 2_000
UNSURE: Final = "是否送达不明"
"""How the answer of a message begins that goes once at most and of which nobody knows whether it went."""


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is ours to send until its lease is over. `attempts` counts this one."""

    id: int
    posted: Posted
    robot: Robot | None
    """None: its secrets were sealed under another key."""
    robot_id: str
    kind: str
    attempts: int
    gate: str = ""
    """Who is asked once more before it goes out, and that it goes out once at most."""


def claim(
    connection: Connection[Any],
    channels: Mapping[str, Channel],
    unseal: Unseal,
    *,
    most: int,
    lease_seconds: float,
) -> list[Claimed]:
    """Take what is due, within every robot's bucket and breaker, in a transaction of its own.

    The pace of a robot is one row for all processes, held while we take: two workers together keep its limit too.
    """
    claimed: list[Claimed] = []
    with connection.transaction():
        rows = connection.execute(
            "select r.id, r.kind, r.title, r.config, r.secrets_sealed from notice_robot r where r.enabled and exists"
            " (select from notice_delivery d where d.robot = r.id and d.status = 'waiting' and d.due_at <= now())"
            " order by r.id"
        ).fetchall()
        ready = {row[0]: row for row in rows if row[1] in channels}
        for robot_id, held, now in _held(connection, list(ready)):
            row = ready[robot_id]
            taken = _take(
                connection, row, held, channels[row[1]], now=now, most=most - len(claimed), lease=lease_seconds
            )
            claimed += [_claimed(one, row, unseal) for one in taken]
    return claimed


def _held(connection: Connection[Any], robots: Sequence[str]) -> list[tuple[str, tuple[Any, ...], float]]:
    """The paces of these robots that nobody else holds and that are not paused: (robot, row, seconds now)."""
    if not robots:
        return []
    connection.execute(
        "insert into robot_pace (robot) select unnest(%s::text[]) on conflict (robot) do nothing", (list(robots),)
    )
    rows = connection.execute(
        "select robot, tokens, tokens_at, breaker, extract(epoch from clock_timestamp())::float from robot_pace"
        " where robot = any(%s) and (paused_until is null or paused_until <= now()) order by robot"
        " for update skip locked",
        (list(robots),),
    ).fetchall()
    return [(row[0], row, row[4]) for row in rows]


def _take(
    connection: Connection[Any],
    robot: tuple[Any, ...],
    held: tuple[Any, ...],
    channel: Channel,
    *,
    now: float,
    most: int,
    lease: float,
) -> list[tuple[Any, ...]]:
    limit = limit_of(channel, robot[3])
    bucket = pace.filled(None if held[1] is None else Bucket(held[1], held[2]), limit, now=now)
    state = _breaker(held[3])
    wanted = breaker.room(state, BREAKER, now=now, wanted=min(most, int(bucket.tokens + 1e-9)))
    rows = connection.execute(
        "with mine as materialized (select id from notice_delivery where robot = %s and status = 'waiting'"
        " and due_at <= now() order by severity desc, due_at, id limit %s for update skip locked)"
        " update notice_delivery d set attempts = d.attempts + 1, unsure = d.unsure + d.under_way::int,"
        " under_way = true, due_at = now() + %s * interval '1 second' from mine where d.id = mine.id"
        " returning d.id, d.key, d.title, d.body, d.plain, d.link, d.severity, d.count, d.attempts, d.unsure,"
        " d.gate",
        (robot[0], max(0, wanted), lease),
    ).fetchall()
    lost = [row[0] for row in rows if _lost(row)]
    _leave_to_a_person(connection, lost)
    going = [row for row in rows if not _lost(row)]
    _, bucket = pace.take(bucket, len(going))
    state = breaker.sent(state, now=now, count=len(going))
    connection.execute(
        "update robot_pace set tokens = %s, tokens_at = %s, breaker = %s::jsonb where robot = %s",
        (bucket.tokens, bucket.at, _as_json(state), robot[0]),
    )
    return going


def _lost(row: Sequence[Any]) -> bool:
    """What must go once at most is not sent again after one try of unknown end, anything else not after two."""
    return bool(row[9] >= (1 if row[10] else MOST_UNSURE))


def _leave_to_a_person(connection: Connection[Any], ids: Sequence[int]) -> None:
    connection.execute(
        "update notice_delivery set status = 'dead', under_way = false, answer = case gate when '' then %s else %s end"
        " where id = any(%s)",
        ("两次发送都没有等到结果就中断了,是否送达不明,不再自动重发", f"{UNSURE}:发送时中断了,不再重发", list(ids)),
    )


def _claimed(row: tuple[Any, ...], robot: tuple[Any, ...], unseal: Unseal) -> Claimed:
    message = Message(title=row[2], markdown=row[3], text=row[4], link=row[5], severity=row[6], count=row[7])
    return Claimed(
        id=row[0],
        posted=Posted(key=row[1], message=message),
        robot=opened(robot, unseal),
        robot_id=robot[0],
        kind=robot[1],
        attempts=row[8],
        gate=row[10],
    )


def opened(row: Sequence[Any], unseal: Unseal) -> Robot | None:
    """A robot with its secrets; None when they were sealed under another key."""
    try:
        secrets = unseal(row[0], bytes(row[4])) if row[4] else {}
    except NotSealed:
        return None
    return Robot(id=row[0], kind=row[1], title=row[2], config=row[3], secrets=secrets)


def _breaker(body: Any) -> Breaker:
    return msgspec.convert(body, Breaker) if body else Breaker()


def _as_json(state: Breaker) -> str:
    return orjson.dumps(msgspec.to_builtins(state)).decode()


def finish(connection: Connection[Any], claimed: Claimed, answer: Answer, *, delay_seconds: float | None) -> str:
    """Book what came of it: sent, tried again after the delay, or left to a person (None). Returns the status.

    Booked only while the message is still ours: whoever lost his lease does not overwrite what came after.
    """
    status = "sent" if answer.error is None else "dead" if delay_seconds is None else "waiting"
    if status == "dead" and claimed.gate and not answer.permanent and not answer.unsent:
        answer = msgspec.structs.replace(answer, error=f"{UNSURE}:{answer.error}")
    told = (answer.error or answer.body[:LONGEST_ANSWER].decode("utf-8", "replace")).replace("\x00", "")
    # Being asked to slow down is no failed attempt: a message is not given up for it.
    patience = 1 if answer.retry_after_seconds is not None and status == "waiting" else 0
    with connection.transaction():
        _learn(connection, claimed, answer)
        connection.execute(
            "update notice_delivery set status = %s, answer = %s, under_way = false, unsure = 0,"
            " attempts = attempts - %s, due_at = now() + %s * interval '1 second',"
            " sent_at = case when %s = 'sent' then now() else sent_at end"
            " where id = %s and status = 'waiting' and attempts = %s",
            (status, told[:LONGEST_ANSWER], patience, delay_seconds or 0.0, status, claimed.id, claimed.attempts),
        )
    return status


def _learn(connection: Connection[Any], claimed: Claimed, answer: Answer) -> None:
    """What the answer says of the robot: asked for patience it is paused, passing faults count against its breaker."""
    row = connection.execute(
        "select breaker, extract(epoch from clock_timestamp())::float from robot_pace where robot = %s for update",
        (claimed.robot_id,),
    ).fetchone()
    if row is None:
        return
    well = answer.error is None or answer.permanent or answer.retry_after_seconds is not None
    state = breaker.heard(_breaker(row[0]), BREAKER, now=row[1], well=well)
    pause = answer.retry_after_seconds if answer.error is not None else None
    connection.execute(
        "update robot_pace set breaker = %s::jsonb, paused_until = case when %s::float is null then paused_until"
        " else now() + %s * interval '1 second' end where robot = %s",
        (_as_json(state), pause, pause or 0.0, claimed.robot_id),
    )


def hold_back(connection: Connection[Any], claimed: Claimed, *, words: str, seconds: float | None) -> None:
    """It did not go out: its gate wants to be asked again after so many seconds, or (None) lets it out no more."""
    _learn(connection, claimed, Answer(body=b"", error=words, permanent=True))
    connection.execute(
        "update notice_delivery set under_way = false, unsure = 0, attempts = attempts - 1, answer = %s,"
        " status = case when %s::float is null then 'dropped' else 'waiting' end,"
        " due_at = now() + %s * interval '1 second' where id = %s and status = 'waiting' and attempts = %s",
        (words[:LONGEST_ANSWER], seconds, seconds or 0.0, claimed.id, claimed.attempts),
    )


def put_gated(connection: Connection[Any], *, key: str, robot: str, gate: str, kind: str, message: Message) -> None:
    """A message that goes out once at most, and only when its gate says so; a second of the same key is none."""
    connection.execute(
        "insert into notice_delivery (key, robot, rule, rule_version, event, kind, severity, title, body, plain, link, gate)"
        " values (%s, %s, '', 0, 'told', %s, %s, %s, %s, %s, %s, %s) on conflict (key) do nothing",
        (key, robot, kind, message.severity, message.title, message.markdown, message.text, message.link, gate),
    )


def put_letter(connection: Connection[Any], *, key: str, robot: str, message: Message, by: str) -> int:
    """A message of its own (a test), beside every rule; returns its id."""
    row = connection.execute(
        "insert into notice_delivery (key, robot, rule, rule_version, event, severity, title, body, plain, link,"
        " again_by) values (%s, %s, '', 0, 'test', %s, %s, %s, %s, %s, %s) returning id",
        (key, robot, message.severity, message.title, message.markdown, message.text, message.link, by),
    ).fetchone()
    if row is None:
        raise LookupError("a message was not written")
    return int(row[0])
