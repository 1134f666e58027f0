"""Alipay's signatures (支付宝签名): RSA2 only, over sorted parameters or the exact text of an answer; certificate serials. Pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from fenghe.connectors import rsa_signing

_UNSIGNED: Final = frozenset({"sign", "sign_type"})
_NAMES: Final = {
    NameOID.COMMON_NAME: "CN",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.COUNTRY_NAME: "C",
    NameOID.LOCALITY_NAME: "L",
    NameOID.STATE_OR_PROVINCE_NAME: "ST",
}
_RSA: Final = "1.2.840.113549.1.1"


def request_text(params: Mapping[str, str]) -> bytes:
    """What a request signs: everything that says something, sorted; the sign_type is signed too."""
    return _joined(params, frozenset({"sign"}))


def notice_text(fields: Mapping[str, str]) -> bytes:
    """What a notification signs: the decoded fields without sign and sign_type."""
    return _joined(fields, _UNSIGNED)


def _joined(params: Mapping[str, str], without: Iterable[str]) -> bytes:
    skipped = set(without)
    return "&".join(
        f"{name}={params[name]}" for name in sorted(params) if name not in skipped and params[name]
    ).encode()


def signed_request(params: Mapping[str, str], key: str) -> dict[str, str]:
    """The same parameters with their sign. Raises BadKey."""
    return {**params, "sign": rsa_signing.sign(request_text(params), key)}


def answer_text(body: str, name: str) -> str | None:
    """The object of this name, cut out of the body exactly as it was received; None when there is none."""
    found = re.search(rf'"{re.escape(name)}"\s*:\s*(?={{)', body)
    if found is None:
        return None
    depth, inside, at = 0, False, found.end()
    while at < len(body):
        letter = body[at]
        if inside:
            if letter == "\\":
                at += 1
            inside = letter != '"'
        elif letter == '"':
            inside = True
        elif letter in "{}":
            depth += 1 if letter == "{" else -1
            if depth == 0:
                return body[found.end() : at + 1]
        at += 1
    return None


def alipay_key(settings: Mapping[str, str]) -> RSAPublicKey:
    """Alipay's public key, or that of its certificate in certificate mode. Raises BadKey."""
    return rsa_signing.public_key(settings.get("alipay_public_cert") or settings.get("alipay_public_key", ""))


def cert_serial(text: str) -> str:
    """How Alipay names a certificate: MD5 over the issuer's names, backwards, and the decimal serial."""
    return _serial(rsa_signing.certificate(text))


def root_serial(bundle: str) -> str:
    """The root file's name: that of each RSA-signed certificate, joined with `_`."""
    told = [
        one for one in rsa_signing.certificates(bundle) if one.signature_algorithm_oid.dotted_string.startswith(_RSA)
    ]
    return "_".join(map(_serial, told))


def _serial(one: x509.Certificate) -> str:
    names = [
        f"{_NAMES.get(part.oid, part.oid.dotted_string)}={_text(part.value)}" for part in reversed(list(one.issuer))
    ]
    text = f"{','.join(names)}{one.serial_number}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
