"""Somebody's own PostgreSQL instead of ours (外部数据库): FENGHE_DATABASE_URL, checked before we write to it."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from fenghe.kernel.database import store
from fenghe.kernel.database.address import APP_ROLE, Database, checked, with_login, without_password
from fenghe.kernel.database.trouble import DatabaseTrouble

OWNER_VARIABLE: Final = "FENGHE_DATABASE_URL"
APP_VARIABLE: Final = "FENGHE_APP_DATABASE_URL"
CREATE_ROLE: Final = f"create role {APP_ROLE} login password '...';"
OLDEST: Final = 150000


class CannotConnect(DatabaseTrouble):
    """{variable}: PostgreSQL could not be reached: {reason}"""


class TooOld(DatabaseTrouble):
    """{variable}: this PostgreSQL is version {found}; Fenghe needs 15 or newer."""


class AppRoleNeeded(DatabaseTrouble):
    """The hub works as a second role that owns nothing, and {reason}. As the server's administrator, run
    {remedy} and give that role's address in FENGHE_APP_DATABASE_URL."""


class AppRoleTooStrong(DatabaseTrouble):
    """The application's role {power}, so it could change the audit table: give an ordinary role in
    FENGHE_APP_DATABASE_URL."""


def external(environ: Mapping[str, str]) -> Database | None:
    """The database that the environment names, its application role ready; None when it names none."""
    if not environ.get(OWNER_VARIABLE):
        return None
    owner_url = _reached(checked(environ[OWNER_VARIABLE], variable=OWNER_VARIABLE), OWNER_VARIABLE)
    refuse_old(store.server_version(owner_url))
    named = environ.get(APP_VARIABLE)
    app_url = _named_app(owner_url, named) if named else _own_app(owner_url)
    power = store.find_excess_power(app_url, owner_url)
    if power is not None:
        raise AppRoleTooStrong(power=power)
    store.open_to_app(owner_url, APP_ROLE)
    return Database(owner_url=owner_url, app_url=app_url)


def refuse_old(version: int) -> None:
    """The version as the server counts: 140011 is 14.11."""
    if version < OLDEST:
        raise TooOld(variable=OWNER_VARIABLE, found=f"{version // 10000}.{version % 10000}")


def _reached(url: str, variable: str) -> str:
    reason = store.complaint(url)
    if reason is not None:
        raise CannotConnect(variable=variable, reason=reason)
    return url


def _named_app(owner_url: str, named: str) -> str:
    """The role that the operator chose. Migrations grant to `fenghe_app`, so it is that role or a member of it."""
    app_url = _reached(checked(named, variable=APP_VARIABLE), APP_VARIABLE)
    role = store.role_of(app_url)
    if role != APP_ROLE:
        refusal = store.join_app_role(owner_url, role)
        if refusal is not None:
            remedy = f"create role {APP_ROLE} nologin; grant {APP_ROLE} to {role};"
            raise AppRoleNeeded(reason=f"the role {role} is not a member of {APP_ROLE} ({refusal})", remedy=remedy)
    return app_url


def _own_app(owner_url: str) -> str:
    """The role `fenghe_app`, made by the owner. Its password follows from the owner's, so all hosts find the same."""
    _, owner_password = without_password(owner_url)
    if not owner_password:
        raise AppRoleNeeded(reason=f"no password can be derived: {OWNER_VARIABLE} has none", remedy=CREATE_ROLE)
    drawn = hmac.new(owner_password.encode(), APP_ROLE.encode(), hashlib.sha256).digest()
    password = base64.urlsafe_b64encode(drawn).decode().rstrip("=")
    app_url = with_login(owner_url, user=APP_ROLE, password=password)
    if not store.role_exists(owner_url, APP_ROLE):
        refusal = store.create_app_role(owner_url, APP_ROLE, password)
        if refusal is not None and not store.role_exists(owner_url, APP_ROLE):
            raise AppRoleNeeded(reason=f"the owner may not create it ({refusal})", remedy=CREATE_ROLE)
        store.open_to_app(owner_url, APP_ROLE)
    reason = store.complaint(app_url)
    if reason is not None:
        reason = f"the {APP_ROLE} that exists there does not know our password ({reason})"
        raise AppRoleNeeded(reason=reason, remedy=CREATE_ROLE.replace("create", "alter"))
    return app_url
