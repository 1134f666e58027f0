"""How vouchers are chained and shown to a stranger (凭证链的哈希与证明). Pure: the same code writes, verifies and exports.

hash = SHA-256(previous hash ‖ canonical voucher with its entries). A seal is a Merkle root (RFC 6962) over the hashes of a
run of vouchers; the path from one voucher to its root proves, offline, that it is in the books.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

GENESIS: Final = bytes(32)


class ChainedEntry(msgspec.Struct, frozen=True, array_like=True):
    """An entry as it is hashed."""

    account: str
    debit_minor: int
    credit_minor: int


class ChainedVoucher(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A voucher as it is hashed: field order is part of the format, version `v1`."""

    format: str = "v1"
    voucher_no: str
    period: str
    booked_on: str
    occurred_ms: int | None
    event: str
    document_kind: str
    document_key: str
    order_no: str
    payment_no: str
    currency: str
    total_minor: int
    memo: str
    reverses_no: str | None
    message_id: int | None
    rule_version: str
    posted_by: str
    posted_ms: int
    entries: tuple[ChainedEntry, ...]


def canonical(voucher: ChainedVoucher) -> bytes:
    """The exact bytes that are hashed: compact JSON."""
    return msgspec.json.encode(voucher)


def voucher_hash(previous: bytes, voucher: ChainedVoucher) -> bytes:
    """The voucher's link."""
    return hashlib.sha256(previous + canonical(voucher)).digest()


class ProofStep(msgspec.Struct, frozen=True):
    """One step up a Merkle tree: the sibling's hash (hex) and the side it stands on."""

    side: str
    hash: str


def inclusion_path(leaves: Sequence[bytes], place: int) -> list[ProofStep]:
    """The steps from leaf `place` to the root of RFC 6962's tree over the leaves."""
    if not 0 <= place < len(leaves):
        raise IndexError(place)
    level = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]
    path = []
    while len(level) > 1:
        sibling = place ^ 1
        if sibling < len(level):
            path.append(ProofStep("left" if sibling < place else "right", level[sibling].hex()))
        paired = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = paired + ([level[-1]] if len(level) % 2 else [])
        place //= 2
    return path


def root_of(leaf: bytes, path: Sequence[ProofStep]) -> bytes:
    """The root that a leaf and its path lead to."""
    node = hashlib.sha256(b"\x00" + leaf).digest()
    for step in path:
        other = bytes.fromhex(step.hash)
        node = hashlib.sha256(b"\x01" + (other + node if step.side == "left" else node + other)).digest()
    return node
