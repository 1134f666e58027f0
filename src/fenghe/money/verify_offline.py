#!/usr/bin/env python3
"""Is this voucher chain genuine? (凭证链离线验真) Needs Python 3.9 or newer and nothing else, and asks nobody.

usage: python verify.py proof.json [MESSAGE ...]

It says TRUE and exits 0 only if every voucher's hash is that of its content, debits equal credits, every voucher is a leaf of the
sealed Merkle root it names, and every root is bound into its seal's link. Compare the links it prints with those the seller
published: a seller who rewrote his books cannot keep them. Each MESSAGE is a file with the exact bytes of a raw
message (原始报文): it must be one of those whose digests the proof holds.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def compact(value: Any) -> bytes:
    """Compact JSON exactly as the books hash it: no blanks, UTF-8 as it stands."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def hashed(voucher: Any) -> str:
    """The link of a voucher: over the link before and its content."""
    return hashlib.sha256(bytes.fromhex(voucher["previous"]) + compact(voucher["content"])).hexdigest()


def root_of(leaf: bytes, path: Any) -> str:
    """The Merkle root (RFC 6962) that a leaf and its path lead to."""
    node = hashlib.sha256(b"\x00" + leaf).digest()
    for side, sibling in path:
        other = bytes.fromhex(sibling)
        node = hashlib.sha256(b"\x01" + (other + node if side == "left" else node + other)).digest()
    return node.hex()


def sealed(seal: Any) -> str:
    """The link of a seal."""
    head = f"v1 {seal['first_id']} {seal['last_id']} {seal['rows']} ".encode()
    return hashlib.sha256(bytes.fromhex(seal["previous"]) + head + bytes.fromhex(seal["root"])).hexdigest()


def problems(proof: Any) -> Iterator[str]:
    """Everything that is wrong, in words."""
    seals = {seal["hash"]: seal for seal in proof["seals"]}
    for seal in proof["seals"]:
        if sealed(seal) != seal["hash"]:
            yield f"封条 {seal['hash'][:16]} 的哈希不符 (the seal's link does not hold)"
    for voucher in proof["vouchers"]:
        number, entries = voucher["content"][1], voucher["content"][-1]
        if hashed(voucher) != voucher["hash"]:
            yield f"{number} 的内容与哈希不符 (its content does not match its hash)"
        if sum(entry[1] for entry in entries) != sum(entry[2] for entry in entries):
            yield f"{number} 借贷不平 (debits and credits differ)"
        seal = seals.get(voucher["seal"])
        if seal is None:
            yield f"{number} 没有封存 (it is not sealed)"
        elif root_of(bytes.fromhex(voucher["hash"]), voucher["path"]) != seal["root"]:
            yield f"{number} 不在它所说的封存里 (it is not under the root it names)"


def strangers(proof: Any, files: list[str]) -> Iterator[str]:
    """Files that are none of the messages the chain stands on."""
    known = {one["sha256"] for one in proof.get("messages", [])}
    for name in files:
        if hashlib.sha256(Path(name).read_bytes()).hexdigest() not in known:
            yield f"{name} 不是这条链所依据的报文 (not a message that this chain stands on)"


def main(arguments: list[str]) -> int:
    """Verify the file named on the command line."""
    say = sys.stdout.write
    if not arguments:
        say(f"{__doc__}\n")
        return 2
    body = Path(arguments[0]).read_bytes()
    try:
        proof = json.loads(body)
        found = [*problems(proof), *strangers(proof, arguments[1:])]
        vouchers, seals = proof["vouchers"], [seal["hash"] for seal in proof["seals"]]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as problem:
        say(f"假 FALSE: 读不懂这个文件 (cannot be read): {problem!r}\n")
        return 1
    say(f"proof.json SHA-256 {hashlib.sha256(body).hexdigest()} (应与 PDF 上印的一致, as printed in the PDF)\n")
    for line in [*(f"seal {seal}" for seal in seals), *found]:
        say(f"  {line}\n")
    if found or not vouchers:
        say("假 FALSE\n")
        return 1
    say(
        f"真 TRUE: {len(vouchers)} 张凭证 (vouchers), {len(proof.get('messages', []))} 条报文的摘要 (digests of messages)\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
