"""RSA signatures and AES-GCM boxes of payment providers (支付签名): SHA-256 only, keys in any form they are given. Pure."""

import base64
import binascii
import re
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

_PEM: Final = re.compile(r"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)


class BadKey(ValueError):
    """This is no RSA key (PEM, or the bare Base64 of one): the connection's settings must be put right."""


class CannotOpen(ValueError):
    """The box does not open with this key: it is another merchant's, or somebody has changed it."""


@lru_cache(maxsize=64)
def private_key(text: str) -> RSAPrivateKey:
    """A private key as a merchant holds it: PEM, or Base64 of PKCS#8 or PKCS#1. Raises BadKey."""
    try:
        key = load_pem_private_key(text.encode(), None) if "-----" in text else load_der_private_key(_der(text), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise BadKey("private key") from problem
    if not isinstance(key, RSAPrivateKey):
        raise BadKey("private key")
    return key


@lru_cache(maxsize=64)
def public_key(text: str) -> RSAPublicKey:
    """A provider's public key or certificate: PEM, or bare Base64 of either. Raises BadKey."""
    for read in (_key_of_certificate, _plain_key):
        try:
            key = read(text)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
        if isinstance(key, RSAPublicKey):
            return key
    raise BadKey("public key")


def _plain_key(text: str) -> object:
    return load_pem_public_key(text.encode()) if "-----" in text else load_der_public_key(_der(text))


def _key_of_certificate(text: str) -> object:
    return certificate(text).public_key()


def certificate(text: str) -> x509.Certificate:
    """A certificate in PEM or bare Base64."""
    if "-----" in text:
        return x509.load_pem_x509_certificate(text.encode())
    return x509.load_der_x509_certificate(_der(text))


def certificates(text: str) -> list[x509.Certificate]:
    """Every certificate of a bundle that can be read; others (SM2 among them) are left out."""
    found = []
    for block in _PEM.findall(text):
        try:
            found.append(x509.load_pem_x509_certificate(block.encode()))
        except (ValueError, UnsupportedAlgorithm):
            continue
    return found


def _der(text: str) -> bytes:
    return base64.b64decode("".join(text.split()), validate=True)


def sign(message: bytes, key_text: str) -> str:
    """Base64 of RSA PKCS#1 v1.5 SHA-256 over exact bytes."""
    return base64.b64encode(private_key(key_text).sign(message, PKCS1v15(), hashes.SHA256())).decode()


def signed_by(message: bytes, signature: str, key: RSAPublicKey) -> bool:
    """Is it this key's signature over these exact bytes?"""
    try:
        key.verify(base64.b64decode(signature, validate=True), message, PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def open_box(key: str, *, nonce: str, associated_data: str, ciphertext: str) -> bytes:
    """What AES-256-GCM sealed (the tag is the last 16 bytes). Raises CannotOpen."""
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
        return AESGCM(key.encode()).decrypt(nonce.encode(), sealed, associated_data.encode())
    except (InvalidTag, ValueError, OverflowError) as problem:
        raise CannotOpen from problem


def seal_box(key: str, plain: bytes, *, nonce: str, associated_data: str) -> str:
    """The opposite of `open_box`."""
    return base64.b64encode(AESGCM(key.encode()).encrypt(nonce.encode(), plain, associated_data.encode())).decode()
