"""RSA keys of the sandbox (沙箱密钥), drawn from its seed: the same world signs with the same keys, and no key lies in the tree."""

from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from random import Random
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

BITS: Final = 1024
"""Of each prime: a key of 2048 bits."""
EXPONENT: Final = 65537
_ROUNDS: Final = 16
_SMALL: Final = [n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]


@lru_cache(maxsize=32)
def key_of(seed: str) -> RSAPrivateKey:
    """The key of this name; never for anything but the sandbox."""
    random = Random(f"key-{seed}")
    p, q = _prime(random), _prime(random)
    private = pow(EXPONENT, -1, (p - 1) * (q - 1))
    public = RSAPublicNumbers(e=EXPONENT, n=p * q)
    return RSAPrivateNumbers(
        p=p,
        q=q,
        d=private,
        dmp1=rsa_crt_dmp1(private, p),
        dmq1=rsa_crt_dmq1(private, q),
        iqmp=rsa_crt_iqmp(p, q),
        public_numbers=public,
    ).private_key()


def _prime(random: Random) -> int:
    start = random.getrandbits(BITS) | (3 << (BITS - 2)) | 1
    for step in count(0, 2):
        if _probably_prime(start + step, random) and (start + step - 1) % EXPONENT:
            return start + step
    raise AssertionError("there is always a next prime")


def _probably_prime(n: int, random: Random) -> bool:
    """Miller-Rabin after the small primes."""
    if any(n % small == 0 for small in _SMALL):
        return False
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_passes(n, random.randrange(2, n - 1), odd, twos) for _ in range(_ROUNDS))


def _passes(n: int, base: int, odd: int, twos: int) -> bool:
    x = pow(base, odd, n)
    if x in (1, n - 1):
        return True
    for _ in range(twos - 1):
        x = x * x % n
        if x == n - 1:
            return True
    return False


def private_pem(key: RSAPrivateKey) -> str:
    """PKCS#8, as platforms hand it out."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: RSAPrivateKey) -> str:
    """The public half."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def certificate_of(key: RSAPrivateKey, *, name: str, serial: int) -> x509.Certificate:
    """A certificate over the key, signed by itself, good for all times of the sandbox."""
    told = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.COUNTRY_NAME, "CN")])
    return (
        x509.CertificateBuilder()
        .subject_name(told)
        .issuer_name(told)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )


def certificate_pem(certificate: x509.Certificate) -> str:
    """As text."""
    return certificate.public_bytes(Encoding.PEM).decode()
