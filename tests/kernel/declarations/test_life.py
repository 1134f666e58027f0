"""The one life of declarations: whoever races whom, one draft is kept, one version is made, and what is unreadable is not kept."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from fenghe.kernel.database.address import Database
from fenghe.kernel.declarations import life, store
from fenghe.kernel.declarations.contract import DeclaredKind, Named
from fenghe.kernel.people.person import Actor
from fenghe.kernel.web.problems import FieldProblem, Problem
from fenghe.logistics.store_declared import HeartbeatKind
from tests.database import cluster, migrated_database, migrated_template

__all__ = ["cluster", "migrated_database", "migrated_template"]

ANN, BOB = Actor(person="ann", ip="10.0.0.1"), Actor(person="bob", ip="10.0.0.2")


class Greeting(DeclaredKind):
    """A kind whose bodies say something, and follow the default while nobody said otherwise."""

    kind = "greeting"
    title = "问候"
    edit_right = "policy.edit"
    publish_right = "policy.publish"
    new_names = r"[a-z]{1,10}"

    def names(self, connection: Connection[Any]) -> Sequence[Named]:
        """One there is anyhow."""
        return [Named(name="default", title="默认")]

    def shipped(self, name: str, in_force: Mapping[str, Any]) -> Any:
        """The default's."""
        return {"words": "hello"} if name == "default" else in_force.get("default", {"words": "hello"})

    def problems(self, connection: Connection[Any], name: str, body: Any) -> Sequence[FieldProblem]:
        """Nothing said."""
        return [] if body["words"] else [FieldProblem("words", "请说点什么")]


def both(url: str, *deeds: Callable[[Connection[Any]], object]) -> list[object]:
    """Do them at once, each on its own connection; what each came to, or its refusal's code."""
    told: list[object] = []
    ready = threading.Barrier(len(deeds))

    def run(deed: Callable[[Connection[Any]], object]) -> None:
        with psycopg.connect(url) as connection:
            ready.wait()
            try:
                told.append(deed(connection))
            except Problem as problem:
                connection.rollback()
                told.append(problem.code)

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return told


def saved(connection: Connection[Any], words: str, revision: int | None, *, who: Actor = ANN) -> int:
    """Save a draft of the default."""
    return life.save(connection, Greeting(), "default", body={"words": words}, revision=revision, actor=who).revision


def test_of_two_editors_one_is_told_that_the_draft_moved(migrated_database: Database) -> None:
    url = migrated_database.app_url
    first = both(url, lambda c: saved(c, "a", None), lambda c: saved(c, "b", None, who=BOB))
    assert sorted(map(str, first)) == ["1", "draft_moved"]
    again = both(url, lambda c: saved(c, "c", 1), lambda c: saved(c, "d", 1, who=BOB))
    assert sorted(map(str, again)) == ["2", "draft_moved"]


def test_two_who_publish_at_once_make_one_version(migrated_database: Database) -> None:
    def publish(connection: Connection[Any]) -> object:
        published, _ = life.publish(connection, Greeting(), "default", note="上线", revision=1, actor=BOB)
        return published.version

    with psycopg.connect(migrated_database.app_url) as connection:
        saved(connection, "a", None)
    assert sorted(map(str, both(migrated_database.app_url, publish, publish))) == ["1", "no_draft"]
    with psycopg.connect(migrated_database.app_url) as connection:
        assert [one.version for one in store.history(connection, "greeting", "default")] == [1]
        rows = connection.execute("select target from access_log where action = 'declaration.publish.done'").fetchall()
    assert rows == [("greeting default v1: 上线",)]


def test_what_follows_the_default_goes_back_to_it(migrated_database: Database) -> None:
    with psycopg.connect(migrated_database.app_url) as connection:
        for name, words in (("default", "你好"), ("zto", "喂")):
            draft = life.save(connection, Greeting(), name, body={"words": words}, revision=None, actor=ANN)
            life.publish(connection, Greeting(), name, note="n", revision=draft.revision, actor=ANN)
        back, _ = life.roll_back(connection, Greeting(), "zto", version=0, note="随默认", actor=ANN)
        assert (back.version, back.body, back.rolled_back_to) == (2, {"words": "你好"}, 0)
        with pytest.raises(Problem, match="就是现行版本"):
            life.roll_back(connection, Greeting(), "zto", version=2, note="n", actor=ANN)


def test_only_names_that_fit_can_be_given(migrated_database: Database) -> None:
    with psycopg.connect(migrated_database.app_url) as connection:
        for name in ("Zto", "a b", "abcdefghijk"):
            with pytest.raises(Problem, match="编号"):
                life.save(connection, Greeting(), name, body={"words": "x"}, revision=None, actor=ANN)
        assert life.save(connection, Greeting(), "zto", body={"words": "x"}, revision=None, actor=ANN).revision == 1
        with pytest.raises(Problem, match="心跳阈值 nobody"):
            life.save(connection, HeartbeatKind(), "nobody", body={}, revision=None, actor=ANN)


def test_a_body_that_cannot_be_read_is_not_kept_and_one_with_problems_not_published(
    migrated_database: Database,
) -> None:
    with psycopg.connect(migrated_database.app_url) as connection:
        with pytest.raises(Problem, match="读不懂"):
            life.save(connection, HeartbeatKind(), "zto", body={"empties": "three"}, revision=None, actor=ANN)
        assert store.find_draft(connection, "heartbeat", "zto") is None
        assert saved(connection, "", None) == 1
        with pytest.raises(Problem, match="请说点什么"):
            life.publish(connection, Greeting(), "default", note="n", revision=1, actor=ANN)
        assert store.history(connection, "greeting", "default") == []
