"""Robots in the database (机器人): settings in the open, secrets sealed with the hub's key and never read back by a screen."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.connecting_robots import ROBOT_ID, Channel, Message, setting_problems
from fenghe.kernel.notices import store_sending
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.secrets import NotSealed, about_robot, seal_table, unseal_table
from fenghe.kernel.web.problems import FieldProblem, bad_field, bad_fields, conflict, not_found

MOST_SECRET: Final = 4_096
LARGEST_CONFIG: Final = 16_384


class RobotRow(msgspec.Struct, frozen=True, kw_only=True):
    """A robot as the screens see it: of the secrets only the names."""

    id: str
    kind: str
    kind_title: str
    title: str
    enabled: bool
    config: dict[str, Any]
    secret_names: list[str]
    secrets_readable: bool
    state: str
    """`ready`, `off`, `paused` (the platform asked for patience), `open` (only errors: left alone), `unreadable`."""
    state_until: datetime | None
    waiting: int
    sent_24h: int
    dead: int
    last_sent_at: datetime | None
    last_error: str


class RobotWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A robot to be made."""

    id: str
    kind: str
    title: str
    config: dict[str, Any] = {}
    secrets: dict[str, str] = {}


class RobotChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be changed; a secret set to null is taken away, one not named stays."""

    title: str | None = None
    enabled: bool | None = None
    config: dict[str, Any] | None = None
    secrets: dict[str, str | None] | None = None


_ROWS: Final = (
    "select r.id, r.kind, r.title, r.config, r.secrets_sealed, r.enabled, p.paused_until > now() as paused,"
    " p.paused_until, p.breaker, extract(epoch from now())::float as now, coalesce(d.waiting, 0) as waiting,"
    " coalesce(d.sent, 0) as sent, coalesce(d.dead, 0) as dead, d.last_sent_at, coalesce(e.answer, '') as last_error"
    " from notice_robot r left join robot_pace p on p.robot = r.id left join (select robot,"
    "  count(*) filter (where status = 'waiting') as waiting, count(*) filter (where status = 'dead') as dead,"
    "  count(*) filter (where status = 'sent' and sent_at > now() - interval '24 hours') as sent,"
    "  max(sent_at) as last_sent_at from notice_delivery where status in ('waiting', 'dead')"
    "  or created_at > now() - interval '30 days' group by robot) d on d.robot = r.id"
    " left join lateral (select answer from notice_delivery x where x.robot = r.id and x.status in ('waiting', 'dead')"
    "  and x.answer <> '' order by x.id desc limit 1) e on true"
)


def list_robots(connection: Connection[Any], channels: Mapping[str, Channel], key: bytes) -> list[RobotRow]:
    """All robots with how they fare."""
    return [_row(row, channels, key) for row in connection.execute(f"{_ROWS} order by r.id".encode()).fetchall()]


def get_robot(connection: Connection[Any], robot_id: str, *, channels: Mapping[str, Channel], key: bytes) -> RobotRow:
    """One robot."""
    row = connection.execute(f"{_ROWS} where r.id = %s".encode(), (robot_id,)).fetchone()
    if row is None:
        raise not_found(f"机器人 {robot_id[:63]}")
    return _row(row, channels, key)


def _row(row: tuple[Any, ...], channels: Mapping[str, Channel], key: bytes) -> RobotRow:
    robot = store_sending.opened(row, lambda name, sealed: unseal_table(key, sealed, about=about_robot(name)))
    holds = (row[8] or {}).get("state") == "open" and row[8].get("until", 0) > row[9]
    state = (
        "off" if not row[5] else "unreadable" if robot is None else "paused" if row[6] else "open" if holds else "ready"
    )
    until = (
        row[7]
        if row[6]
        else datetime.fromtimestamp(row[8]["until"], tz=row[7].tzinfo if row[7] else None)
        if holds
        else None
    )
    return RobotRow(
        id=row[0],
        kind=row[1],
        kind_title=channels[row[1]].title if row[1] in channels else row[1],
        title=row[2],
        enabled=row[5],
        config=row[3],
        secret_names=sorted(robot.secrets) if robot else [],
        secrets_readable=robot is not None,
        state=state,
        state_until=until.astimezone() if until else None,
        waiting=row[10],
        sent_24h=row[11],
        dead=row[12],
        last_sent_at=row[13],
        last_error=row[14][:300],
    )


def create_robot(
    connection: Connection[Any], wish: RobotWish, *, channels: Mapping[str, Channel], key: bytes, actor: Actor
) -> None:
    """A new robot."""
    if not ROBOT_ID.fullmatch(wish.id):
        raise bad_field("id", "编号为 1 到 63 位小写字母、数字、点、下划线或短横,以字母或数字开头")
    channel = channels.get(wish.kind)
    if channel is None:
        raise bad_field("kind", f"没有 {wish.kind[:40]} 这种机器人,可用的有 {'、'.join(channels)}")
    secrets = {name: value for name, value in wish.secrets.items() if value}
    _check(channel, wish.config, secrets)
    row = connection.execute(
        "insert into notice_robot (id, kind, title, config, secrets_sealed) values (%s, %s, %s, %s::jsonb, %s)"
        " on conflict (id) do nothing returning id",
        (wish.id, wish.kind, _title(wish.title), _config(wish.config), _sealed(key, wish.id, secrets)),
    ).fetchone()
    if row is None:
        raise conflict(f"编号 {wish.id} 已有机器人使用。请换一个。", code="robot_taken")
    log_access(connection, actor, action="robot.create.done", target=f"robot {wish.id} {wish.kind}")


def change_robot(
    connection: Connection[Any],
    robot_id: str,
    change: RobotChange,
    *,
    channels: Mapping[str, Channel],
    key: bytes,
    actor: Actor,
) -> None:
    """Change a robot; unnamed secrets stay."""
    row = connection.execute(
        "select id, kind, title, config, secrets_sealed, enabled from notice_robot where id = %s for update",
        (robot_id,),
    ).fetchone()
    if row is None:
        raise not_found(f"机器人 {robot_id[:63]}")
    config = row[3] if change.config is None else change.config
    secrets = _kept(row, change.secrets, key)
    if change.config is not None or change.secrets is not None:
        _check(channels[row[1]], config, secrets)
    connection.execute(
        "update notice_robot set title = %s, enabled = %s, config = %s::jsonb, secrets_sealed = %s where id = %s",
        (
            row[2] if change.title is None else _title(change.title),
            row[5] if change.enabled is None else change.enabled,
            _config(config),
            row[4] if change.secrets is None else _sealed(key, robot_id, secrets),
            robot_id,
        ),
    )
    if change.config is not None or change.secrets is not None:
        # Mended settings deserve a new chance at once.
        connection.execute("update robot_pace set paused_until = null, breaker = '{}' where robot = %s", (robot_id,))
    told = [name for name in ("title", "enabled", "config") if getattr(change, name) is not None]
    told += [f"secret {name}" for name in sorted(change.secrets or ())]
    log_access(connection, actor, action="robot.change.done", target=f"robot {robot_id} {', '.join(told)}")


def _kept(row: Sequence[Any], change: Mapping[str, str | None] | None, key: bytes) -> dict[str, str]:
    try:
        before = unseal_table(key, bytes(row[4]), about=about_robot(row[0])) if row[4] else {}
    except NotSealed:
        before = {}
        if change is None:
            return {}
    return {name: value for name, value in {**before, **(change or {})}.items() if value}


def _check(channel: Channel, config: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    found = [FieldProblem(field, words) for field, words in setting_problems(channel, config, list(secrets))]
    known = {one.name for one in channel.fields if one.secret}
    found += [FieldProblem(name, f"没有密钥项 {name}") for name in secrets if name not in known]
    found += [FieldProblem(name, "密钥太长") for name, value in secrets.items() if len(value) > MOST_SECRET]
    if found:
        raise bad_fields(found)


def _sealed(key: bytes, robot_id: str, secrets: Mapping[str, str]) -> bytes | None:
    return seal_table(key, dict(secrets), about=about_robot(robot_id)) if secrets else None


def _title(title: str) -> str:
    if not 1 <= len(title.strip()) <= 60:
        raise bad_field("title", "名称应为 1 到 60 个字")
    return title.strip()


def _config(config: Mapping[str, Any]) -> str:
    text = orjson.dumps(dict(config)).decode()
    if len(text) > LARGEST_CONFIG:
        raise bad_field("config", "设置太大")
    return text


def test_robot(connection: Connection[Any], robot_id: str, *, channels: Mapping[str, Channel], actor: Actor) -> int:
    """Put a test message in front of the robot, by the same road as every other; returns the delivery's id."""
    row = connection.execute("select kind, title, enabled from notice_robot where id = %s", (robot_id,)).fetchone()
    if row is None:
        raise not_found(f"机器人 {robot_id[:63]}")
    if not row[2] or row[0] not in channels:
        raise conflict("机器人已停用。请先启用,再发测试消息。", code="robot_off")
    words = f"测试消息:机器人「{row[1]}」已接入缝合。收到它,说明配置正确。"
    message = Message(title="缝合测试消息", markdown=f"### 缝合测试消息\n\n{words}", text=words, link="", severity=1)
    log_access(connection, actor, action="robot.test.done", target=f"robot {robot_id}")
    return store_sending.put_letter(
        connection, key=f"test:{uuid.uuid4().hex}", robot=robot_id, message=message, by=actor.person
    )


def robots_known(connection: Connection[Any]) -> dict[str, str]:
    """Titles of all robots, by id."""
    return dict(connection.execute("select id, title from notice_robot order by id").fetchall())
