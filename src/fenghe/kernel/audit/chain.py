"""How audit rows are chained and sealed (哈希链与封条). Pure: the same code writes, verifies and exports.

Each subject's rows form a chain: hash = SHA-256(previous hash ‖ canonical row). Every seal is a Merkle root (RFC 6962
hashing) over the hashes of a run of rows by id, chained to the seal before, so a removed or re-ordered row shows.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

GENESIS: Final = bytes(32)
"""What the first row of a chain and the first seal point back to."""


class AuditRow(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One change of state as it is hashed: field order is part of the format, version `v1`."""

    format: str = "v1"
    subject_id: int
    seq: int
    from_state: str | None
    to_state: str
    source: str
    operator: str | None
    ip: str | None
    occurred_ms: int
    recorded_ms: int
    reason: str
    message_id: int | None
    evidence_key: str
    payload_digest: str | None
    reverses_seq: int | None
    rule_version: str


def row_hash(previous: bytes, row: AuditRow) -> bytes:
    """The row's link: SHA-256 over the previous link and the row as compact JSON."""
    return hashlib.sha256(previous + msgspec.json.encode(row)).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 §2.1 tree hash of the leaves in order."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        paired = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = paired + ([level[-1]] if len(level) % 2 else [])
    return level[0]


def seal_hash(previous: bytes, *, first_id: int, last_id: int, rows: int, root: bytes) -> bytes:
    """The seal's link over the seal before and what it covers."""
    return hashlib.sha256(previous + f"v1 {first_id} {last_id} {rows} ".encode() + root).digest()
