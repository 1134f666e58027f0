"""Passwords: hashes that verify, names that cost the same, and what is too easy."""

import time

import pytest
from argon2 import PasswordHasher

from fenghe.kernel.people.passwords import check_new_password, hash_password, is_outdated, verify_password
from fenghe.kernel.web.problems import Problem


def test_the_right_password_and_nothing_else() -> None:
    stored = hash_password("correct horse battery")
    assert stored.startswith("$argon2id$")
    assert stored != hash_password("correct horse battery")
    assert verify_password(stored, "correct horse battery")
    assert not verify_password(stored, "correct horse batterz")
    assert not verify_password(stored, "")
    assert not verify_password("not a hash", "x")


def test_nobodys_password_is_never_right_and_costs_as_much() -> None:
    stored = hash_password("correct horse battery")
    verify_password(None, "warm up")
    spent = []
    for who in (stored, None):
        begun = time.process_time()
        for _ in range(3):
            assert not verify_password(who, "nobody has this name"[: 5 if who else None] + "x")
        spent.append(time.process_time() - begun)
    assert not verify_password(None, "nobody has this name")
    assert spent[1] > spent[0] / 3, "the same work is done for a name that does not exist"


def test_a_huge_password_is_never_right() -> None:
    long = "x" * 5000
    assert not verify_password(PasswordHasher().hash(long), long)


def test_weaker_settings_are_noticed() -> None:
    assert not is_outdated(hash_password("correct horse battery"))
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=8192).hash("x"))


@pytest.mark.parametrize("password", ["short", "x" * 129, "aaaaaaaaaaaa", "1234567890", "Password123", "my-LiNa-2026"])
def test_too_easy(password: str) -> None:
    with pytest.raises(Problem, match="口令"):
        check_new_password(password, username="lina")


@pytest.mark.parametrize("password", ["correct horse battery", "九个汉字加一个数字也行哦9", "x7!kQ-28zz"])
def test_good_enough(password: str) -> None:
    check_new_password(password, username="lina")
