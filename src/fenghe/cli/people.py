"""`fenghe user add NAME --role ROLE`: the first admin, and anybody else when the screens are out of reach."""

import sys
from typing import Annotated

import typer

from fenghe.cli.importing import actor
from fenghe.cli.opening import working_connection
from fenghe.cli.output import DEFAULT_DATA, CallWrong, DataDir, Json, speaking
from fenghe.kernel.people.roles import ROLES
from fenghe.kernel.people.store import create_person

_BY_TITLE = {title: role for role, title in ROLES.items()}
_ROLE_HELP = " ".join(f"{role}({title})" for role, title in ROLES.items())


def add(
    username: Annotated[str, typer.Argument(metavar="NAME", help="The name to sign in with.")],
    role: Annotated[list[str], typer.Option("--role", help=f"{_ROLE_HELP}; may be given several times.")],
    name: Annotated[str, typer.Option("--name", help="What the screens call him; else as NAME.")] = "",
    shop: Annotated[list[str] | None, typer.Option("--shop", help="A shop he may see; none given: all.")] = None,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from input.")] = False,
    data: DataDir = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Add a person who may sign in; without --password-stdin the password is asked for."""
    with speaking(json) as voice:
        roles = [_BY_TITLE.get(one.strip(), one.strip()) for one in role]
        password = _password(password_stdin)
        with working_connection(data, voice, name="user") as connection, connection.transaction():
            number = create_person(
                connection,
                username=username,
                name=name or username,
                roles=roles,
                password=password,
                actor=actor(),
                shops=shop or None,
            )
        voice.result({"id": str(number), "username": username.strip().lower(), "roles": sorted(set(roles))})
        voice.say(f"已添加 {username}（{'、'.join(ROLES[one] for one in sorted(set(roles)))}）。")


def _password(from_input: bool) -> str:
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise CallWrong("没有终端可以输入口令：请加 --password-stdin，并从标准输入给出口令。", code="no_password")
    return str(typer.prompt("口令", hide_input=True, confirmation_prompt="再输一遍"))
