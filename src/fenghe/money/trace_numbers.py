"""What a number belongs to (编号归属): the rows that bear it, tied into chains; two chains of one number are told apart. Pure.

Promises: rows hang together by an order's, a payment's, a pay-out's or its bank line's number and by nothing else; whichever
number of a chain is entered, the chain has the same key.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec


class Bearer(msgspec.Struct, frozen=True, kw_only=True):
    """One row that bears the number. `kind`: order, payment, refund, parcel, voucher, ledger, line, batch; `id` is its own."""

    kind: str
    id: int
    order_no: str = ""
    payment_no: str = ""
    batch_no: str = ""
    bank_ref: str = ""
    title: str = ""
    currency: str = ""
    amount_minor: int | None = None
    at: datetime | None = None

    @property
    def name(self) -> str:
        """What the screen says to mean this one: `order:12`."""
        return f"{self.kind}:{self.id}"


class Tie(msgspec.Struct, frozen=True):
    """A payment is an order's."""

    payment_no: str
    order_no: str


class Numbers(msgspec.Struct, kw_only=True):
    """The numbers and rows a chain is made of.

    `through`: pay-outs by which its money went, of which only the whole is its concern; `refs`: the bank's own numbers of these.
    `order_ids`: the order alone that is meant where several bear one number.
    """

    orders: set[str] = msgspec.field(default_factory=set)
    payments: set[str] = msgspec.field(default_factory=set)
    batches: set[str] = msgspec.field(default_factory=set)
    through: set[str] = msgspec.field(default_factory=set)
    refs: set[str] = msgspec.field(default_factory=set)
    rows: set[str] = msgspec.field(default_factory=set)
    order_ids: set[int] = msgspec.field(default_factory=set)

    def ids(self, kind: str) -> list[int]:
        """The rows of one kind, by their own ids."""
        return sorted(int(name.partition(":")[2]) for name in self.rows if name.startswith(f"{kind}:"))

    @property
    def key(self) -> str:
        """The chain's name, the same whichever of its numbers was entered."""
        if self.order_ids:
            return f"order:{min(self.order_ids)}"
        for head, numbers in (("order_no", self.orders), ("payment_no", self.payments), ("batch_no", self.batches)):
            if numbers:
                return f"{head}:{min(numbers)}"
        return min(self.rows)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One chain that bears the number, and the row by which it is chosen."""

    numbers: Numbers
    bearer: Bearer


_RANK = ("order", "payment", "refund", "parcel", "voucher", "ledger", "line", "batch")


def chains(bearers: Sequence[Bearer], ties: Iterable[Tie]) -> list[Found]:
    """The chains of these rows, the one with an order first; orders of one number at several channels are chains of their own."""
    groups = _Groups()
    for tie in ties:
        groups.join([("payment", tie.payment_no), ("order", tie.order_no)])
    for one in bearers:
        groups.join([("row", one.name), *_nodes(one)])
    members: dict[str, list[Bearer]] = {}
    for one in bearers:
        members.setdefault(groups.root(("row", one.name)), []).append(one)
    found = [chain for root, rows in members.items() for chain in _of(rows, groups.members(root))]
    return sorted(found, key=lambda one: (_RANK.index(one.bearer.kind), one.bearer.id))


def chosen(found: Sequence[Found], which: str) -> Found | None:
    """The chain that is meant: the only one, or the one whose row was named."""
    if len(found) == 1 and not which:
        return found[0]
    return next((one for one in found if which and which in one.numbers.rows), None)


def _nodes(one: Bearer) -> list[tuple[str, str]]:
    told = (("order", one.order_no), ("payment", one.payment_no), ("batch", one.batch_no), ("ref", one.bank_ref))
    return [node for node in told if node[1]]


def _of(rows: Sequence[Bearer], nodes: Iterable[tuple[str, str]]) -> list[Found]:
    named = list(nodes)
    numbers = Numbers(
        orders={number for kind, number in named if kind == "order"},
        payments={number for kind, number in named if kind == "payment"},
        batches={number for kind, number in named if kind == "batch"},
        rows={one.name for one in rows},
    )
    head = min(rows, key=lambda one: (_RANK.index(one.kind), one.id))
    twins = [one for one in rows if one.kind == "order" and one.order_no == head.order_no]
    if len(twins) < 2:
        return [Found(numbers=numbers, bearer=head)]
    others = {one.name for one in rows if one.kind != "order"}
    return [
        Found(
            numbers=msgspec.structs.replace(numbers, rows={one.name, *others}, order_ids={one.id}),
            bearer=one,
        )
        for one in twins
    ]


class _Groups:
    """What hangs together, by joining."""

    def __init__(self) -> None:
        self._above: dict[tuple[str, str], tuple[str, str]] = {}

    def _top(self, node: tuple[str, str]) -> tuple[str, str]:
        self._above.setdefault(node, node)
        while self._above[node] != node:
            self._above[node] = self._above[self._above[node]]
            node = self._above[node]
        return node

    def join(self, nodes: Sequence[tuple[str, str]]) -> None:
        """These belong together."""
        first = self._top(nodes[0])
        for node in nodes[1:]:
            self._above[self._top(node)] = first

    def root(self, node: tuple[str, str]) -> str:
        """The group of a node, by name."""
        return "\x00".join(self._top(node))

    def members(self, root: str) -> list[tuple[str, str]]:
        """The numbers of a group."""
        return [node for node in self._above if node[0] != "row" and self.root(node) == root]
