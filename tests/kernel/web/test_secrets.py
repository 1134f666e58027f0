"""Secrets at rest: the round trip, and every way to tamper that must be refused."""

import base64
import os
import stat
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.secrets import BadKey, NotSealed, WrongKey, derive, hub_key, seal, seal_table, unseal, unseal_table

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


@given(st.binary(max_size=300), st.text(max_size=30))
def test_what_is_sealed_opens_again(secret: bytes, about: str) -> None:
    assert unseal(KEY, seal(KEY, secret, about=about), about=about) == secret


def test_the_same_secret_never_looks_the_same() -> None:
    assert len({seal(KEY, b"x", about="a") for _ in range(50)}) == 50
    assert b"the secret" not in seal(KEY, b"the secret", about="a")


@given(st.data())
def test_any_changed_bit_is_noticed(data: st.DataObject) -> None:
    sealed = bytearray(seal(KEY, b"app_secret", about="source:zto"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(NotSealed):
        unseal(KEY, bytes(sealed), about="source:zto")


@given(st.binary(max_size=80))
def test_any_other_bytes_are_refused(noise: bytes) -> None:
    with pytest.raises(NotSealed):
        unseal(KEY, noise, about="a")


def test_cut_moved_or_under_another_key() -> None:
    sealed = seal(KEY, b"x", about="source:zto")
    with pytest.raises(NotSealed):
        unseal(KEY, sealed[:-1], about="source:zto")
    with pytest.raises(NotSealed):
        unseal(KEY, sealed, about="source:sf")
    with pytest.raises(WrongKey, match="another key"):
        unseal(OTHER, sealed, about="source:zto")


def test_tables_and_derived_keys() -> None:
    table = {"app_key": "k", "密钥": "值"}
    assert unseal_table(KEY, seal_table(KEY, table, about="a"), about="a") == table
    assert derive(KEY, "one") == derive(KEY, "one")
    assert len({derive(KEY, "one"), derive(KEY, "two"), derive(OTHER, "one"), KEY}) == 4


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    key = hub_key(tmp_path, {})
    assert len(key) == 32
    assert hub_key(tmp_path, {}) == key
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["secret.key"]


def test_two_starters_agree_on_one_key(tmp_path: Path) -> None:
    with get_context("spawn").Pool(3) as pool:
        keys = pool.starmap(hub_key, [(tmp_path, {})] * 6)
    assert len(set(keys)) == 1


def test_the_environment_goes_first(tmp_path: Path) -> None:
    told = base64.b64encode(KEY).decode()
    assert hub_key(tmp_path, {"FENGHE_SECRET_KEY": f" {told}\n"}) == KEY
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["short", base64.b64encode(b"x" * 31).decode(), "?" * 44])
def test_a_bad_key_is_said_so(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadKey, match="32 bytes"):
        hub_key(tmp_path, {"FENGHE_SECRET_KEY": text})
    descriptor = os.open(tmp_path / "secret.key", os.O_CREAT | os.O_WRONLY, 0o600)
    os.write(descriptor, text.encode())
    os.close(descriptor)
    with pytest.raises(BadKey, match=r"secret\.key must hold"):
        hub_key(tmp_path, {})


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    hub_key(tmp_path, {})
    (tmp_path / "secret.key").chmod(0o640)
    with pytest.raises(BadKey, match="read by others"):
        hub_key(tmp_path, {})
