"""Commands beside a hub, commands without one, and somebody's own PostgreSQL."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fenghe.kernel.database import store
from fenghe.kernel.database.address import NotADatabaseUrl, socket_url, with_database, with_login
from fenghe.kernel.database.external import (
    APP_VARIABLE,
    OWNER_VARIABLE,
    AppRoleNeeded,
    AppRoleTooStrong,
    CannotConnect,
    TooOld,
    external,
    refuse_old,
)
from fenghe.kernel.database.leftovers import server_processes
from fenghe.kernel.database.opening import NoDatabaseHere, attach, hold_database, open_database
from fenghe.kernel.database.place import DataDirInUse
from fenghe.kernel.database.supervisor import running
from tests.database import SMALL
from tests.kernel.database.hubs import COMMAND, Child, ask, hub, tell

NOBODY: dict[str, str] = {}
"""An environment that names no database."""


def test_a_command_joins_the_hub_that_runs(tmp_path: Path) -> None:
    keeper = hub(tmp_path)
    tell(keeper.said["owner_url"], "create table seen as select 1 as one")
    with open_database(tmp_path, create=False, environ=NOBODY) as database:
        assert ask(database.owner_url, "select one from seen") == 1
        assert ask(database.app_url, "select current_user") == "fenghe_app"
        assert ask(str(database.superuser_url), "select current_user") == "postgres"
    assert ask(keeper.said["owner_url"], "select one from seen") == 1
    keeper.end()


def test_a_command_without_a_hub_starts_the_server_for_its_own_time(tmp_path: Path) -> None:
    with open_database(tmp_path, settings=SMALL, environ=NOBODY) as database:
        assert ask(database.app_url, "select current_user") == "fenghe_app"
        assert server_processes(tmp_path / "postgresql")
    assert server_processes(tmp_path / "postgresql") == ()
    assert attach(tmp_path) is None


def test_the_server_of_a_command_waits_for_the_commands_that_joined_it(tmp_path: Path) -> None:
    first, second = Child(COMMAND, str(tmp_path)), Child(COMMAND, str(tmp_path))
    assert first.hear()["started"] == second.hear()["started"]
    for child in (first, second):
        assert child.process.stdin is not None
    time.sleep(0.1)
    first.process.stdin.close()  # type: ignore[union-attr]
    time.sleep(1)  # whichever started the server wants to stop it, unless the other is still at work
    assert second.process.poll() is None
    second.process.stdin.close()  # type: ignore[union-attr]
    assert (first.hear(), second.hear()) == ({"still": 1}, {"still": 1})
    first.end()
    second.end()
    assert server_processes(tmp_path / "postgresql") == ()


def test_a_command_waits_for_a_hub_that_is_still_starting(tmp_path: Path) -> None:
    with running(tmp_path, settings=SMALL):
        pass
    keeper = hub(tmp_path)
    os.kill(keeper.said["server"], signal.SIGSTOP)
    sockets = json.loads((tmp_path / "server.json").read_text())["socket_directory"]
    (tmp_path / "server.json").unlink()  # as before a hub's server has come up
    command = Child(COMMAND, str(tmp_path))
    time.sleep(1)
    assert command.process.poll() is None
    os.kill(keeper.said["server"], signal.SIGCONT)
    (tmp_path / "server.json").write_text(json.dumps({"socket_directory": sockets, "port": 5432}))
    assert command.hear()["started"] == ask(keeper.said["app_url"], "select pg_postmaster_start_time()::text")
    command.end()
    keeper.end()


def test_nothing_to_join_where_nobody_lives(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert attach(tmp_path / "nothing") is None
    with pytest.raises(NoDatabaseHere, match="check --data"), open_database(tmp_path, create=False, environ=NOBODY):
        pytest.fail("opened what is not there")
    assert list(tmp_path.iterdir()) == []
    other = tmp_path_factory.mktemp("other")
    with running(tmp_path, settings=SMALL), running(other, settings=SMALL):
        (tmp_path / "server.json").write_text((other / "server.json").read_text())
        assert attach(tmp_path) is None  # a server answers there, but it is not ours


def test_a_hub_holds_alone(tmp_path: Path) -> None:
    with hold_database(tmp_path, settings=SMALL, environ=NOBODY) as database, ExitStack() as stack:
        assert ask(database.app_url, "select 1") == 1
        with pytest.raises(DataDirInUse):
            stack.enter_context(hold_database(tmp_path, settings=SMALL, environ=NOBODY))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Somebody's own PostgreSQL, by its administrator's address, with an ordinary owner `shop` of a database `shop`."""
    with running(tmp_path / "theirs", settings=SMALL) as database:
        admin = str(database.superuser_url)
        tell(admin, "create role shop login createrole password 'shop''s own'")
        tell(admin, "create database shop owner shop")
        tell(admin, "drop owned by fenghe_app cascade; drop role fenghe_app")
        yield with_database(admin, "shop")


def shop(admin: str) -> str:
    """The owner's address."""
    return with_login(admin, user="shop", password="shop's own")


def test_an_external_database_gets_its_application_role(server: str, tmp_path: Path) -> None:
    environ = {OWNER_VARIABLE: shop(server)}
    with open_database(tmp_path / "unused", environ=environ) as database:
        assert ask(database.owner_url, "select current_user || ' ' || current_database()") == "shop shop"
        assert ask(database.app_url, "select current_user || ' ' || current_database()") == "fenghe_app shop"
    with hold_database(tmp_path / "unused", environ=environ) as again:
        assert again.app_url == database.app_url  # another host comes to the same password
    assert not (tmp_path / "unused").exists()


def test_a_chosen_application_role_becomes_a_member_of_ours(server: str) -> None:
    tell(server, "create role till login password 't'")
    till = with_login(server, user="till", password="t")
    database = external({OWNER_VARIABLE: shop(server), APP_VARIABLE: till})
    assert database is not None
    tell(database.owner_url, "create table sold (id int); grant select on sold to fenghe_app")
    assert ask(database.app_url, "select current_user::text || count(*) from sold") == "till0"


def test_an_owner_without_the_right_to_make_roles_is_told_what_to_do(server: str) -> None:
    tell(server, "alter role shop nocreaterole")
    with pytest.raises(AppRoleNeeded, match=r"may not create it .*create role fenghe_app login password"):
        external({OWNER_VARIABLE: shop(server)})
    tell(server, "create role till login password 't'")
    till = with_login(server, user="till", password="t")
    with pytest.raises(AppRoleNeeded, match="create role fenghe_app nologin; grant fenghe_app to till;"):
        external({OWNER_VARIABLE: shop(server), APP_VARIABLE: till})
    tell(server, "create role fenghe_app login password 'another'")
    with pytest.raises(AppRoleNeeded, match="alter role fenghe_app login password"):
        external({OWNER_VARIABLE: shop(server)})
    tell(server, "grant fenghe_app to till")
    assert external({OWNER_VARIABLE: shop(server), APP_VARIABLE: till}) is not None


@pytest.mark.parametrize(
    ("power", "named"),
    [
        ("alter role till superuser", "is a superuser"),
        ("alter role till bypassrls", "bypasses row security"),
        ("alter role till createrole", "may create roles"),
        ("grant shop to till", "is a member of the owner's role"),
    ],
)
def test_a_role_that_could_change_the_audit_is_refused(server: str, power: str, named: str) -> None:
    tell(server, f"create role till login password 't'; {power}")
    till = with_login(server, user="till", password="t")
    with pytest.raises(AppRoleTooStrong, match=named):
        external({OWNER_VARIABLE: shop(server), APP_VARIABLE: till})
    with pytest.raises(AppRoleTooStrong):
        external({OWNER_VARIABLE: shop(server), APP_VARIABLE: shop(server)})


def test_an_address_that_leads_nowhere(tmp_path: Path) -> None:
    for nonsense in ("mysql://u:secret@h/d", "host=here password=secret", "postgresql://u:secret@h"):
        with pytest.raises(NotADatabaseUrl, match=f"{OWNER_VARIABLE} is not") as refusal:
            external({OWNER_VARIABLE: nonsense})
        assert "secret" not in str(refusal.value)
    with pytest.raises(CannotConnect, match=OWNER_VARIABLE) as unreachable:
        external({OWNER_VARIABLE: socket_url(str(tmp_path), user="u", password="secret")})
    assert "secret" not in str(unreachable.value)
    assert external({}) is None


def test_an_old_server_is_refused(server: str) -> None:
    refuse_old(store.server_version(server))
    refuse_old(150000)
    with pytest.raises(TooOld, match=r"version 14\.11"):
        refuse_old(140011)
