"""How a file of money is laid out (资金文件布局): which column says what. A declaration that a user may write. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from fenghe.kernel.layouts import (
    Ambiguous,
    BadLayout,
    ColumnLayout,
    ColumnSource,
    NoLayout,
    best_of,
    check_source,
    decoded,
    nearest_of,
    source_in_full,
)
from fenghe.money.headers import stem_of, tidy

Kind = Literal["payments", "refunds", "vouchers", "payouts", "statement"]
Value = Literal["text", "id", "money", "time", "date", "rate", "word"]
Unit = Literal["", "major", "minor"]

SHIPPED: Final = Path(__file__).with_name("shipped")

_NUMBERS: Final[dict[str, Value]] = {"payment_no": "id", "out_trade_no": "id", "order_no": "id"}

FIELDS: Final[Mapping[Kind, Mapping[str, Value]]] = {
    "payments": {
        "provider": "text", "status": "word", "currency": "text", "amount": "money", "buyer_paid": "money",
        "fee": "money", "paid_at": "time", "occurred_at": "time", "method": "text", "buyer": "text", **_NUMBERS,
    },
    "refunds": {
        "provider": "text", "refund_no": "id", "out_refund_no": "id", "status": "word", "currency": "text",
        "amount": "money", "refunded_at": "time", "occurred_at": "time", **_NUMBERS,
    },
    "vouchers": {
        "voucher_no": "id", "voucher_type": "word", "refund_no": "id", "currency": "text", "amount": "money",
        "income": "money", "expense": "money", "booked_on": "date", "account": "text", "remark": "text", **_NUMBERS,
    },
    "payouts": {
        "provider": "text", "payout_no": "id", "currency": "text", "amount": "money", "gross": "money", "fee": "money",
        "commission": "money", "paid_out_on": "date", "occurred_at": "time", "bank_ref": "id", "account": "text",
        **_NUMBERS,
    },
    "statement": {
        "provider": "text", "account": "text", "currency": "text", "occurred_at": "time", "booked_on": "date",
        "line_no": "id", "refund_no": "id", "batch_no": "id", "net": "money", "income": "money", "expense": "money",
        "amount": "money", "direction": "word", "gross": "money", "fee": "money", "balance": "money",
        "counterparty": "text", "summary": "text", "kind": "word", "status": "word", "void": "word", "method": "text",
        "buyer": "text", "out_refund_no": "id", "trade_amount": "money", "refund_amount": "money",
        "foreign_currency": "text", "foreign": "money", "rate": "rate", **_NUMBERS,
    },
}  # fmt: skip
"""What a row of each kind of file may say; the names are those of the told item, amounts without `_minor`."""

LINE_KINDS: Final = frozenset(
    {
        "payment", "refund", "fee", "fee_refund", "commission", "split", "split_return", "payout", "transfer",
        "adjustment", "fx", "other",
    }
)  # fmt: skip
"""What a movement on a statement can be."""


class Source(ColumnSource, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a value of money comes from. Amounts of a `sum` that the file does not have are left out."""

    less: tuple[str, ...] = ()
    """Amounts to be taken off."""
    glue: str = " "
    """What stands between joined texts."""
    holds: dict[str, str] = msgspec.field(default_factory=dict)
    """For words that vary: a part of the word → what we call it; the first that is in the word counts."""
    unit: Unit = ""
    """Amounts are in yuan (major) or fen (minor); unsaid: the heading tells, and where it does not, the file is looked at."""
    sign: Literal["", "+", "-", "absolute"] = ""
    """How the amount counts: as told, turned round, or without its sign."""


Told = str | tuple[str, ...] | Source
"""A source; a bare name, or a list of names, is short for its columns."""


class Total(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A figure that the file tells of itself (汇总数): `says` is how it is called there; it must equal what the rows give."""

    says: str
    count: bool = False
    """How many rows; else the sum of the column `sum`."""
    sum: str = ""
    where: dict[str, tuple[str, ...]] = {}
    """Only rows whose column is one of these words."""
    absolute: bool = False
    """Told without its sign."""


class Layout(ColumnLayout, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A layout of money."""

    kind: Kind
    fields: dict[str, Told]
    provider: str = ""
    ledger: Literal["", "trade", "funds", "settlement", "bank"] = ""
    components: dict[str, Literal["+", "-", "?"]] = msgspec.field(default_factory=dict)
    """A wide row's money parts and how each counts towards the net; `?`: as told, or turned round where only that adds up."""
    direction_rule: Literal["times", "absolute"] = "times"
    """A direction turns the told amount (a reversed one stays reversed), or decides alone."""
    expense_is: Literal["positive", "negative"] = "positive"
    outgoing: Mapping[str, str] = {}
    """Kinds that only come in → what such a row is where the money goes out (of WeChat's 交易 only the fee goes out)."""
    numbered: bool = False
    """The provider gives every movement its own number: the same one told twice is one."""
    trades: bool = False
    """Its payments and refunds are the provider's word on payments and refunds too."""
    summary_of: str = ""
    """Its rows only add up those of files of another layout: nothing of it is booked."""
    totals: tuple[Total, ...] = ()
    totals_head: tuple[str, ...] = ()
    """Columns of the second heading that stands before the row of totals."""
    ends_with: tuple[str, ...] = ()
    """A whole file has a line that begins with one of these: one without is cut."""
    begins_with: tuple[str, ...] = ()
    """Only a file with a line that begins so before its heading has to end as `ends_with` says; none: every file has."""
    free_text: tuple[str, ...] = ()
    """Columns in which a bare comma may stand."""


def source_of(told: Told) -> Source:
    """The source in full."""
    return source_in_full(told, Source)


@lru_cache(maxsize=2048)
def _names(told: str, money: bool) -> frozenset[str]:
    """How a column of this name may be found: by its name, and an amount also by its name without the unit."""
    return frozenset({tidy(told), stem_of(told)[0]}) if money else frozenset({tidy(told)})


def find_column(name: str, have: Mapping[str, str], *, money: bool) -> str | None:
    """The file's column that a layout calls `name`; `have` is the file's columns by their tidied names and stems."""
    return next((have[told] for told in (tidy(name), *_names(name, money)) if told in have), None)


def columns_by_name(columns: Iterable[str], *, money: bool = False) -> dict[str, str]:
    """The file's columns by tidied name; with `money` also by their stems, the first that has a stem."""
    told = tuple(columns)
    have: dict[str, str] = {}
    for name in told:
        have.setdefault(tidy(name), name)
    if money:
        for name in told:
            have.setdefault(stem_of(name)[0], name)
    return have


def find_layout(columns: Iterable[str], layouts: Sequence[Layout]) -> Layout | Ambiguous | NoLayout:
    """The layout that fits the columns: all it needs is there, and of several it knows the most of them."""
    told = tuple(columns)
    missing = {layout.name: missing_columns(layout, told) for layout in layouts}
    fitting = [layout for layout in layouts if not missing[layout.name]]
    if not fitting:
        return nearest_of(told, layouts, missing)
    special = [layout for layout in fitting if not layout.general] or fitting
    have = {tidy(name) for name in told}
    return best_of(special, lambda layout: len(have & _known(layout)) + len(layout.needs))


def missing_columns(layout: Layout, columns: Iterable[str]) -> tuple[str, ...]:
    """What the layout needs and the file does not have."""
    have = columns_by_name(columns, money=True)
    return tuple(
        names[0] for names in layout.needed() if not any(find_column(name, have, money=True) for name in names)
    )


@lru_cache(maxsize=256)
def _known_of(name: str, told: tuple[str, ...]) -> frozenset[str]:  # noqa: ARG001 - the name makes the key readable
    return frozenset(tidy(column) for column in told)


def _known(layout: Layout) -> frozenset[str]:
    told = [column for source in map(source_of, layout.fields.values()) for column in columns_of(source)]
    needs = [name for names in layout.needed() for name in names]
    return _known_of(layout.name, (*told, *needs, *layout.components))


def columns_of(source: Source) -> tuple[str, ...]:
    """Every column that a source may look at."""
    return (*source.columns, *source.sum, *source.less, *source.join)


def parse_layout(body: bytes | Mapping[str, Any]) -> Layout:
    """A layout from its JSON. Raises BadLayout with the place and what is expected there."""
    layout = decoded(body, Layout)
    _check(layout)
    return msgspec.structs.replace(layout, fields={name: source_of(told) for name, told in layout.fields.items()})


_MUST: Final[Mapping[Kind, tuple[tuple[str, ...], ...]]] = {
    "payments": (("payment_no",), ("amount",)),
    "refunds": (("refund_no",), ("amount",)),
    "vouchers": (("voucher_no",), ("amount", "income", "expense")),
    "payouts": (("payout_no",), ("amount",)),
    "statement": (("occurred_at", "booked_on"), ("net", "amount", "income", "expense")),
}
"""Of each of these, one field must be told, or there is nothing to keep."""


def _check(layout: Layout) -> None:
    if layout.kind == "statement" and not layout.ledger:
        raise BadLayout("$.ledger", "trade, funds, settlement or bank")
    known = FIELDS[layout.kind]
    for name, told in layout.fields.items():
        if name not in known:
            raise BadLayout(f"$.fields.{name}", f"one of {', '.join(known)}")
        _check_source(f"$.fields.{name}", source_of(told), known[name])
    for any_of in () if layout.summary_of else _MUST[layout.kind]:
        if not any(name in layout.fields for name in any_of):
            raise BadLayout(f"$.fields.{any_of[0]}", f"the column of {' or '.join(any_of)}")
    if "amount" in layout.fields and layout.kind == "statement" and "direction" not in layout.fields:
        raise BadLayout("$.fields.direction", "which way an amount goes; a signed amount is called net")


def _check_source(path: str, source: Source, value: Value) -> None:
    adds = value == "money" or not (source.sum or source.less)
    check_source(path, source, (source.columns, source.sum or source.less, source.join), adds=adds)


@cache
def shipped_layouts(kind: Kind) -> tuple[Layout, ...]:
    """The layouts of a kind that come with the product, by name."""
    told = (parse_layout(path.read_bytes()) for path in sorted(SHIPPED.glob("*.json")))
    return tuple(layout for layout in told if layout.kind == kind)


@lru_cache(maxsize=256)
def shipped_layout(name: str) -> Layout | None:
    """The shipped layout of this name; a general one's name with `_yuan` or `_fen` reads its bare amounts so."""
    kinds: tuple[Kind, ...] = ("payments", "refunds", "vouchers", "payouts", "statement")
    every = {layout.name: layout for kind in kinds for layout in shipped_layouts(kind)}
    if name in every:
        return every[name]
    base, _, unit = name.rpartition("_")
    if base in every and every[base].general and unit in ("yuan", "fen"):
        return _in_unit(every[base], name, "major" if unit == "yuan" else "minor")
    return None


def _in_unit(layout: Layout, name: str, unit: Unit) -> Layout:
    known = FIELDS[layout.kind]
    fields: dict[str, Told] = {
        field: msgspec.structs.replace(source_of(told), unit=unit) if known[field] == "money" else told
        for field, told in layout.fields.items()
    }
    return msgspec.structs.replace(layout, name=name, fields=fields)
