"""Secrets at rest (密钥封存): AES-256-GCM under the hub's key; sealed for one purpose, they open for no other."""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
VARIABLE: Final = "FENGHE_SECRET_KEY"
FILE: Final = "secret.key"
_MARK: Final = b"\x01"
"""Format of a sealed value: mark, four bytes that tell which key, nonce, ciphertext with its tag."""
_KEY_NAME_BYTES: Final = 4
_HEAD: Final = len(_MARK) + _KEY_NAME_BYTES


class NotSealed(ValueError):
    """The bytes are not a value this hub sealed, or they were changed since, or they were sealed for something else."""


class WrongKey(NotSealed):
    """The value was sealed under another key: give the hub that one (FENGHE_SECRET_KEY or secret.key)."""


class BadKey(ValueError):
    """The key is not 32 bytes in base64, or its file can be read by others."""


def seal(key: bytes, plaintext: bytes, *, about: str) -> bytes:
    """Encrypt; `about` says what it is for and where it belongs, and must be told again to open it."""
    nonce = os.urandom(NONCE_BYTES)
    head = _MARK + _name_of(key)
    return head + nonce + AESGCM(key).encrypt(nonce, plaintext, head + about.encode())


def unseal(key: bytes, sealed: bytes, *, about: str) -> bytes:
    """What was sealed; raises NotSealed for anything that is not exactly that."""
    if len(sealed) < _HEAD + NONCE_BYTES or not sealed.startswith(_MARK):
        raise NotSealed(NotSealed.__doc__)
    head, nonce = sealed[:_HEAD], sealed[_HEAD : _HEAD + NONCE_BYTES]
    if head != _MARK + _name_of(key):
        raise WrongKey(WrongKey.__doc__)
    try:
        return AESGCM(key).decrypt(nonce, sealed[_HEAD + NONCE_BYTES :], head + about.encode())
    except InvalidTag:
        raise NotSealed(NotSealed.__doc__) from None


def _name_of(key: bytes) -> bytes:
    return hashlib.sha256(b"fenghe key name\x00" + key).digest()[:_KEY_NAME_BYTES]


def derive(key: bytes, about: str) -> bytes:
    """A key of its own for another purpose; knowing it tells nothing about the hub's key."""
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=about.encode()).derive(key)


def seal_table(key: bytes, table: Mapping[str, str], *, about: str) -> bytes:
    """Seal names and secrets together."""
    return seal(key, msgspec.json.encode(dict(table)), about=about)


def unseal_table(key: bytes, sealed: bytes, *, about: str) -> dict[str, str]:
    """The names and secrets of `seal_table`."""
    return msgspec.json.decode(unseal(key, sealed, about=about), type=dict[str, str])


def about_source(source: str) -> str:
    """What the secrets of a source are sealed for: moved to another source's row they do not open."""
    return f"source:{source}"


def about_robot(robot: str) -> str:
    """What the secrets of a robot are sealed for."""
    return f"robot:{robot}"


def source_unsealer(key: bytes) -> Callable[[str, bytes], dict[str, str]]:
    """`unseal(source id, sealed)` for whoever reads the table of sources himself."""
    return lambda source, sealed: unseal_table(key, sealed, about=about_source(source))


def hub_key(data_dir: Path, environ: Mapping[str, str] = os.environ) -> bytes:
    """The hub's key: of the environment, or of DATA/secret.key, which is made at the first start. Raises BadKey."""
    told = environ.get(VARIABLE, "").strip()
    if told:
        return _decoded(told, VARIABLE)
    path = data_dir / FILE
    _create_once(path)
    if path.stat().st_mode & 0o077:
        raise BadKey(f"{path} can be read by others: run chmod 600 on it, and change the secrets if others were there")
    return _decoded(path.read_text(encoding="ascii", errors="replace"), str(path))


def _create_once(path: Path) -> None:
    """Write a new key if there is none; two starters at once agree on one, and nobody ever sees half a key."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise BadKey(f"{where} must hold {KEY_BYTES} bytes in base64, as `openssl rand -base64 32` prints them")
    return key
