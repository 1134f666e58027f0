"""Cases and robots for the tests of notifications, written as any room writes them: set-wise, by SQL."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import orjson
import psycopg
from psycopg import Connection

from fenghe.connectors.robots import CHANNELS
from fenghe.hub.notices import words
from fenghe.kernel.notices.notice import EVENTS
from fenghe.kernel.notices.rule import NOTICE_RULE, NoticeRule
from fenghe.kernel.notices.tasks import NoticeDuty, SendDuty
from fenghe.kernel.secrets import about_robot, seal_table

KEY: Final = bytes(range(32))


class Desk:
    """A database with people, cases and robots, and the duties beside them."""

    def __init__(self, connection: Connection[Any], url: str) -> None:
        self.connection = connection
        self.url = url
        self.duty = NoticeDuty(words)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database says."""
        return self.connection.execute(query.encode(), values or None).fetchall()

    def person(self, username: str, *roles: str, shops: list[str] | None = None) -> int:
        """Somebody with an inbox."""
        ((number,),) = self.rows(
            "insert into person (username, name, password_hash, roles, shops) values (%s, %s, 'x', %s, %s) returning id",
            username, f"名{username}", list(roles), shops,
        )  # fmt: skip
        return int(number)

    def cases(self, count: int = 1, *, kind: str = "shipment.distance", severity: int = 3, **more: Any) -> list[int]:
        """So many open cases, in one statement."""
        told = {"owner_id": None, "due_at": None, "title": "运单 731 的说法不一", **more}
        found = self.rows(
            "insert into work_case (key, kind, severity, title, owner_id, due_at) select %s || n || '-' ||"
            " (select count(*) from work_case), %s, %s, %s, %s, %s from generate_series(1, %s) n returning id",
            kind, kind, severity, told["title"], told["owner_id"], told["due_at"], count,
        )  # fmt: skip
        return [row[0] for row in found]

    def close(self, *ids: int) -> None:
        """Evidence closed them."""
        self.rows(
            "update work_case set status = 'self_closed', closed_at = now(), changed_at = now() where id = any(%s)"
            " returning id",
            list(ids),
        )

    def rule(self, name: str, rule: NoticeRule) -> None:
        """Put a rule in force."""
        self.rows(
            "insert into declaration_version (kind, name, version, body, note, author) select %s, %s,"
            " coalesce(max(version), 0) + 1, %s::jsonb, 'test', 'test' from declaration_version where kind = %s and"
            " name = %s returning id",
            NOTICE_RULE, name, orjson.dumps(msgspec.to_builtins(rule)).decode(), NOTICE_RULE, name,
        )  # fmt: skip

    def only(self, rule: NoticeRule, name: str = "mine") -> None:
        """This rule and none of the shipped ones."""
        for shipped in ("personal", "severe", "overdue"):
            self.rule(shipped, NoticeRule(title="off", enabled=False))
        self.rule(name, rule)

    def robot(self, name: str, kind: str, secrets: dict[str, str], **config: Any) -> None:
        """A robot with sealed secrets."""
        sealed = seal_table(KEY, secrets, about=about_robot(name)) if secrets else None
        self.rows(
            "insert into notice_robot (id, kind, title, config, secrets_sealed) values (%s, %s, %s, %s::jsonb, %s)"
            " returning id",
            name, kind, f"机器人{name}", orjson.dumps(config).decode(), sealed,
        )  # fmt: skip

    def turn(self, *, minutes: float = 0, duty: NoticeDuty | None = None) -> int:
        """Turn until nothing moves, at a moment so many minutes from now."""
        moved = 0
        now = datetime.now(UTC) + timedelta(minutes=minutes)
        while step := (duty or self.duty).turn(self.connection, now=now):
            moved += step
        return moved

    @contextmanager
    def sender(self, **more: Any) -> Iterator[SendDuty]:
        """A sender; its pool is closed after."""
        with closing(SendDuty(CHANNELS, key=KEY, **more)) as one:
            yield one

    def send(self, turns: int = 1, **more: Any) -> int:
        """So many turns of sending."""
        with self.sender(**more) as one:
            return sum(one.turn(self.connection, now=datetime.now(UTC)) for _ in range(turns))

    def events(self) -> list[str]:
        """What was noticed, in order."""
        found = [row[0] for row in self.rows("select event from notice order by id")]
        assert set(found) <= set(EVENTS)
        return found

    def letters(self) -> list[tuple[Any, ...]]:
        """Messages for robots: status, count, title."""
        return self.rows("select status, count, title from notice_delivery order by id")

    def mail(self, person: int) -> list[tuple[Any, ...]]:
        """Somebody's inbox: event, count."""
        return self.rows("select event, count from notice_mail where person_id = %s order by id", person)


@contextmanager
def connected(url: str) -> Iterator[Connection[Any]]:
    """A connection of a worker."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection
