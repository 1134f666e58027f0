"""Sources in the database: settings in the open, secrets sealed with the hub's key and never read back by a screen."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.secrets import about_source, seal_table, unseal_table
from fenghe.kernel.web.problems import bad_field, conflict, not_found

SOURCE_ID: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
SECRET_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
MOST_SECRETS: Final = 20
LONGEST_SECRET: Final = 16_384
"""Room for a certificate or a private key in PEM."""
LARGEST_CONFIG: Final = 65_536


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One outside party as the door and the outbox need it; the secrets are open, so never log or answer it."""

    id: str
    connector: str
    title: str
    kind: str
    enabled: bool
    config: dict[str, Any]
    secrets: dict[str, str]

    def __repr__(self) -> str:
        return f"Source(id={self.id!r}, connector={self.connector!r}, secrets={sorted(self.secrets)})"


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A source as the screens see it: of the secrets only the names."""

    id: str
    connector: str
    title: str
    kind: str
    enabled: bool
    hook_path: str
    config: dict[str, Any]
    secret_names: list[str]
    secrets_readable: bool
    """False: they were sealed under another key and must be entered again."""
    last_received_at: datetime | None
    received_24h: int
    refused_24h: int
    repeats_24h: int


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """What came from one source of late."""

    last_received_at: datetime | None = None
    received_24h: int = 0
    refused_24h: int = 0
    repeats_24h: int = 0


class NewSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A source to be made."""

    id: str
    connector: str
    title: str
    config: dict[str, Any] = {}
    secrets: dict[str, str] = {}


class SourceChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be changed of a source; a secret set to null is taken away, one not named stays."""

    title: str | None = None
    enabled: bool | None = None
    config: dict[str, Any] | None = None
    secrets: dict[str, str | None] | None = None


NO_TRAFFIC: Final = Traffic()


def load_sources(connection: Connection[Any], key: bytes) -> dict[str, Source]:
    """Every source with its secrets open, by id; raises NotSealed when the key is not the one they were sealed with."""
    rows = connection.execute(
        "select id, connector, title, kind, enabled, config, secrets_sealed from source order by id"
    )
    return {
        row[0]: Source(
            id=row[0],
            connector=row[1],
            title=row[2],
            kind=row[3],
            enabled=row[4],
            config=row[5],
            secrets=unseal_table(key, bytes(row[6]), about=about_source(row[0])) if row[6] else {},
        )
        for row in rows
    }


def list_sources(connection: Connection[Any], key: bytes) -> list[SourceRow]:
    """All sources with what came of late."""
    rows = connection.execute(f"select {_COLUMNS} from source where {_FOREIGN} order by kind, id").fetchall()
    moving = traffic(connection)
    return [_row(row, moving.get(row[0], NO_TRAFFIC), key) for row in rows]


def get_source(connection: Connection[Any], source_id: str, key: bytes) -> SourceRow:
    """One source."""
    row = connection.execute(f"select {_COLUMNS} from source where id = %s and {_FOREIGN}", (source_id,)).fetchone()
    if row is None:
        raise not_found(f"连接 {source_id[:63]}")
    return _row(row, traffic(connection).get(row[0], NO_TRAFFIC), key)


_COLUMNS: Final = "id, connector, title, kind, enabled, config, secrets_sealed"
_FOREIGN: Final = "kind <> 'person'"
"""People's own rulings come in by a source too, which is nobody's to configure."""


def _row(row: Sequence[Any], moved: Traffic, key: bytes) -> SourceRow:
    names = _secret_names(row[0], row[6], key)
    return SourceRow(
        id=row[0],
        connector=row[1],
        title=row[2],
        kind=row[3],
        enabled=row[4],
        hook_path=f"/hook/{row[0]}",
        config=row[5],
        secret_names=sorted(names or ()),
        secrets_readable=names is not None,
        last_received_at=moved.last_received_at,
        received_24h=moved.received_24h,
        refused_24h=moved.refused_24h,
        repeats_24h=moved.repeats_24h,
    )


def _secret_names(source_id: str, sealed: bytes | None, key: bytes) -> set[str] | None:
    if sealed is None:
        return set()
    try:
        return set(unseal_table(key, bytes(sealed), about=about_source(source_id)))
    except ValueError:
        return None


def traffic(connection: Connection[Any]) -> dict[str, Traffic]:
    """What each source sent in the last 24 hours, and when it last sent anything."""
    rows = connection.execute(
        "select s.id, m.last_at, coalesce(m.received, 0), coalesce(m.repeats, 0), coalesce(r.refused, 0) from source s"
        " left join (select i.source, max(i.received_at) as last_at, count(*) as received, sum(h.repeats) as repeats"
        "  from inbound_message i join message_handling h on h.message_id = i.id"
        "  where i.received_at > now() - interval '24 hours' group by i.source) m on m.source = s.id"
        " left join (select source, sum(count) as refused from refused_delivery"
        "  where hour > now() - interval '24 hours' group by source) r on r.source = s.id"
    ).fetchall()
    found = {
        row[0]: Traffic(last_received_at=row[1], received_24h=row[2], repeats_24h=row[3], refused_24h=row[4])
        for row in rows
    }
    silent = [name for name, one in found.items() if one.last_received_at is None]
    return found | {
        name: msgspec.structs.replace(found[name], last_received_at=at) for name, at in _last(connection, silent)
    }


def _last(connection: Connection[Any], sources: Sequence[str]) -> list[tuple[str, datetime]]:
    """When sources that were silent for a day last sent: one step down an index for each."""
    return connection.execute(
        "select s.id, m.received_at from unnest(%s::text[]) s(id) cross join lateral (select received_at"
        " from inbound_message where source = s.id order by received_at desc limit 1) m",
        (list(sources),),
    ).fetchall()


def create_source(connection: Connection[Any], wish: NewSource, *, kind: str, key: bytes, actor: Actor) -> None:
    """A new source; its id becomes part of the address the platform calls, so it cannot be changed later."""
    if not SOURCE_ID.fullmatch(wish.id):
        raise bad_field("id", "编号为 1 到 63 位小写字母、数字、点、下划线或短横，以字母或数字开头")
    _check_secrets(wish.secrets)
    row = connection.execute(
        "insert into source (id, connector, title, kind, config, secrets_sealed) values (%s, %s, %s, %s, %s, %s)"
        " on conflict (id) do nothing returning id",
        (
            wish.id,
            wish.connector,
            _checked_title(wish.title),
            kind,
            _checked_config(wish.config),
            _sealed(key, wish.id, wish.secrets),
        ),
    ).fetchone()
    if row is None:
        raise conflict(f"编号 {wish.id} 已有连接使用。请换一个。", code="source_taken")
    told = f"source {wish.id} {wish.connector} secrets {','.join(sorted(wish.secrets)) or 'none'}"
    log_access(connection, actor, action="source.create.done", target=told)


def change_source(
    connection: Connection[Any], source_id: str, change: SourceChange, *, key: bytes, actor: Actor
) -> SourceRow:
    """Change a source; unnamed secrets stay, also when nobody knows them."""
    row = connection.execute(
        f"select {_COLUMNS} from source where id = %s and {_FOREIGN} for update", (source_id,)
    ).fetchone()
    if row is None:
        raise not_found(f"连接 {source_id[:63]}")
    title = row[2] if change.title is None else _checked_title(change.title)
    enabled = row[4] if change.enabled is None else change.enabled
    config = _checked_config(row[5] if change.config is None else change.config)
    sealed = row[6] if change.secrets is None else _resealed(row, change.secrets, key)
    connection.execute(
        "update source set title = %s, enabled = %s, config = %s, secrets_sealed = %s where id = %s",
        (title, enabled, config, sealed, source_id),
    )
    told = [name for name, before, now in (("title", row[2], title), ("enabled", row[4], enabled)) if before != now]
    told += ["config"] if change.config is not None else []
    told += [f"secret {name}" for name in sorted(change.secrets or ())]
    log_access(
        connection, actor, action="source.change.done", target=f"source {source_id} {', '.join(told) or 'nothing'}"
    )
    return get_source(connection, source_id, key)


def _resealed(row: Sequence[Any], change: Mapping[str, str | None], key: bytes) -> bytes | None:
    given = {name: value for name, value in change.items() if value is not None}
    _check_secrets(given)
    kept = {} if row[6] is None else _opened(row, change, key)
    return _sealed(key, row[0], {**{name: value for name, value in kept.items() if name not in change}, **given})


def _opened(row: Sequence[Any], change: Mapping[str, str | None], key: bytes) -> dict[str, str]:
    """The old secrets. Sealed under a lost key they cannot be kept: then all must be given anew."""
    try:
        return unseal_table(key, bytes(row[6]), about=about_source(row[0]))
    except ValueError:
        if any(value is not None for value in change.values()):
            return {}
        raise bad_field("secrets", "原有密钥由另一把主密钥封存，已无法读取，请重新填写全部密钥") from None


def _sealed(key: bytes, source_id: str, secrets: Mapping[str, str]) -> bytes | None:
    return seal_table(key, secrets, about=about_source(source_id)) if secrets else None


def _check_secrets(secrets: Mapping[str, str]) -> None:
    if len(secrets) > MOST_SECRETS or not all(SECRET_NAME.fullmatch(name) for name in secrets):
        raise bad_field("secrets", f"密钥最多 {MOST_SECRETS} 项，名称只能用字母、数字、点、下划线、短横")
    if any(not 1 <= len(value) <= LONGEST_SECRET for value in secrets.values()):
        raise bad_field("secrets", f"每项密钥应为 1 到 {LONGEST_SECRET} 个字符；要删除一项请填 null")


def _checked_title(title: str) -> str:
    if not 1 <= len(title.strip()) <= 60:
        raise bad_field("title", "名称应为 1 到 60 个字")
    return title.strip()


def _checked_config(config: Mapping[str, Any]) -> str:
    text = msgspec.json.encode(dict(config)).decode()
    if len(text) > LARGEST_CONFIG:
        raise bad_field("config", f"设置最多 {LARGEST_CONFIG // 1024} KB")
    return text
