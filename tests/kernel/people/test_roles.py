"""Roles and rights: the table holds together, and money, rules and keys stay with few."""

import pytest

from fenghe.kernel.people.person import Person
from fenghe.kernel.people.roles import (
    GRANTS,
    PERMISSIONS,
    ROLES,
    permissions_of,
    title_of,
    unknown_permissions,
    unknown_roles,
)


def holders(right: str) -> set[str]:
    return {role for role, rights in GRANTS.items() if right in rights}


def test_every_role_has_its_rights_and_every_right_a_holder() -> None:
    assert set(GRANTS) == set(ROLES)
    assert {right for rights in GRANTS.values() for right in rights} == set(PERMISSIONS)


@pytest.mark.parametrize(
    ("right", "roles"),
    [
        ("users.manage", {"admin"}),
        ("tokens.manage", {"admin"}),
        ("sources.manage", {"admin"}),
        ("orders.pii", {"cs", "admin"}),
        ("mapping.publish", {"ops", "admin"}),
        ("policy.publish", {"ops", "admin"}),
        ("inbox.view", {"ops", "auditor", "admin"}),
        ("audit.view", {"finance", "auditor", "admin"}),
        ("cases.rule", {"cs", "ops", "admin"}),
    ],
)
def test_who_holds_what_can_hurt(right: str, roles: set[str]) -> None:
    assert holders(right) == roles


def test_an_auditor_changes_nothing() -> None:
    assert not {
        one
        for one in GRANTS["auditor"]
        if one.split(".")[1] in {"rule", "assign", "edit", "publish", "manage", "replay"}
    }


def test_roles_add_up_and_unknown_ones_give_nothing() -> None:
    assert permissions_of(["warehouse", "finance"]) == GRANTS["warehouse"] | GRANTS["finance"]
    assert permissions_of(["king"]) == frozenset()
    assert permissions_of([]) == frozenset()
    assert unknown_roles(["cs", "king"]) == ["king"]
    assert unknown_permissions(["orders.view", "x"]) == ["x"]
    assert title_of("users.manage") == "管理人员与角色"
    assert title_of("x") == "x"


def test_a_person_may_what_his_rights_say() -> None:
    person = Person(id=1, username="a1", name="a", roles=(), permissions=frozenset({"x"}), locale="en", shops=None)
    assert person.may("x")
    assert not person.may("y")
