"""`fenghe user add`: a person who can sign in, and refusals in words."""

from fenghe.kernel.people.passwords import verify_password
from tests.cli.commands import Commands

PASSWORD = "Gouwu-2026-che"


def test_a_person_is_added_and_his_password_opens(fenghe: Commands) -> None:
    added = fenghe(
        *("user", "add", "wangwu", "--role", "客服", "--role", "ops", "--name", "王五", "--shop", "一店"),
        *("--password-stdin", "--json"),
        typed=f"{PASSWORD}\n",
    )
    assert '"roles":["cs","ops"]' in added.stdout
    ((name, roles, shops, stored),) = fenghe.rows("select name, roles, shops, password_hash from person")
    assert (name, roles, shops) == ("王五", ["cs", "ops"], ["一店"])
    assert verify_password(stored, PASSWORD) and not verify_password(stored, PASSWORD + "\n")
    ((person, action),) = fenghe.rows("select person, action from access_log where action like 'person.%%'")
    assert person.startswith("cli:") and action == "person.create.done"
    assert PASSWORD not in added.output


def test_refusals_are_sentences(fenghe: Commands) -> None:
    fenghe("user", "add", "wangwu", "--role", "admin", "--password-stdin", typed=PASSWORD)
    wrong = {
        ("wangwu", "admin", PASSWORD): "已有人使用",
        ("Wang Wu", "admin", PASSWORD): "用户名",
        ("lisi", "boss", PASSWORD): "没有角色 boss",
        ("lisi", "admin", "123"): "口令",
    }
    for (name, role, password), words in wrong.items():
        result = fenghe("user", "add", name, "--role", role, "--password-stdin", status=2, typed=password)
        assert words in result.stderr
    assert fenghe.rows("select count(*) from person") == [(1,)]


def test_without_a_terminal_a_password_is_not_waited_for(fenghe: Commands) -> None:
    result = fenghe("user", "add", "lisi", "--role", "admin", status=2)
    assert "--password-stdin" in result.stderr
