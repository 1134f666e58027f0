"""Passwords (口令): argon2id hashes, and what a password must be. A wrong name costs as long as a wrong password."""

from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fenghe.kernel.web.problems import bad_field

SHORTEST: Final = 10
LONGEST: Final = 128
"""Characters; the upper bound keeps a huge password from costing memory and time."""
FEWEST_DIFFERENT: Final = 5
_TOO_COMMON: Final = frozenset(
    {"1234567890", "0123456789", "qwertyuiop", "password123", "administrator", "fenghe12345"}
)
_HASHER: Final = PasswordHasher()


def hash_password(password: str) -> str:
    """The hash to be stored; takes some 50 ms on purpose."""
    return _HASHER.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Whether it is the password of this hash. None (nobody of that name) takes as long and is never right."""
    try:
        _HASHER.verify(stored or _nobodys_hash(), password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None and len(password) <= LONGEST


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody has this name")


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker settings than today's."""
    return _HASHER.check_needs_rehash(stored)


def check_new_password(password: str, *, username: str) -> None:
    """Raises a problem in words when it is too easy to guess."""
    lowered = password.lower()
    if not SHORTEST <= len(password) <= LONGEST:
        raise bad_field("password", f"口令应为 {SHORTEST} 到 {LONGEST} 个字符")
    if len(set(lowered)) < FEWEST_DIFFERENT or lowered in _TOO_COMMON:
        raise bad_field("password", "口令太容易被猜到，请换一个")
    if username.lower() in lowered:
        raise bad_field("password", "口令中不能包含用户名")
