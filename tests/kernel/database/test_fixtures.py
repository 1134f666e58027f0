"""The fixtures that other tests stand on: each test alone in its database, all tables there."""

from fenghe.kernel.database.address import Database
from tests.kernel.database.hubs import ask, tell


def test_a_migrated_database_has_its_tables(migrated_database: Database) -> None:
    assert ask(migrated_database.owner_url, "select count(*) from alembic_version") == 1
    assert ask(migrated_database.app_url, "select current_user") == "fenghe_app"


def test_two_databases_do_not_see_each_other(migrated_database: Database, fresh_database: Database) -> None:
    tell(migrated_database.owner_url, "create table only_here (id int)")
    assert ask(migrated_database.owner_url, "select to_regclass('only_here') is not null") is True
    assert ask(fresh_database.owner_url, "select to_regclass('only_here') is not null") is False


def test_what_one_test_left_the_next_does_not_find(migrated_database: Database) -> None:
    assert ask(migrated_database.owner_url, "select to_regclass('only_here') is not null") is False
