"""A number's voucher chain, read and printed (凭证溯源、凭证链报告): for screen and command, and to be verified by a stranger."""

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.printing.pdf import render
from fenghe.kernel.titles import Titles
from fenghe.kernel.values import CHINA, Money, minor_digits
from fenghe.money import store_seeking, store_trace
from fenghe.money.numbers import Shortened, clean_number, order_no_of
from fenghe.money.posting import EVENTS
from fenghe.money.seeking_view import SearchView, view_of
from fenghe.money.store_declared import chart_in_force
from fenghe.money.store_proof import proof_of
from fenghe.money.tasks_ledger import seal
from fenghe.money.trace import STATES, TITLES, Chain, Document, Kind, chain
from fenghe.money.trace_numbers import Found, Numbers, chosen

TEMPLATE: Final = Path(__file__).parent / "shipped" / "trace.typ"
VERIFIER: Final = Path(__file__).with_name("verify_offline.py")
SUBJECTS: Final = {Kind.ORDER: "order", Kind.PARCEL: "shipment", Kind.PAYMENT: "payment", Kind.REFUND: "refund"}
SHORTENED: Final = "这个编号被表格软件缩短过(如 2.07E+17),末尾几位已经丢失,请从原文件里复制完整的编号"
HELD: Final = "读自本系统;单据原文见收件箱报文号。"


class AccountBalance(msgspec.Struct, frozen=True, kw_only=True):
    """What the books hold for a chain on one account."""

    account: str
    title: str
    currency: str
    balance_minor: int


class Traced(msgspec.Struct, frozen=True, kw_only=True):
    """A number's chain, with what the books hold for it. `which`: the row by which it was chosen where a number has several."""

    number: str
    chain: Chain
    accounts: Sequence[AccountBalance]
    which: str
    numbers: Numbers


class Several(msgspec.Struct, frozen=True, kw_only=True):
    """Chains that bear one number: somebody has to say which is meant."""

    number: str
    choices: Sequence[Found]


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody knows the number; `looked`: what it was looked for as."""

    number: str
    looked: Sequence[str]
    problem: str = ""


def names_of(number: str) -> list[str]:
    """The forms in which a number is looked up: cleaned, and without a channel's prefix; none when a spreadsheet cut it."""
    try:
        cleaned = clean_number(number)
    except Shortened:
        return []
    return [one for one in dict.fromkeys((cleaned, order_no_of(cleaned))) if one]


def unknown_key(number: str) -> str:
    """What a search about a number that nobody knows is called."""
    return f"number:{number}"


def find_chain(connection: Connection[Any], number: str, *, which: str = "") -> Found | Several | Unknown:
    """The chain that bears a number."""
    names = names_of(number)
    if not names:
        return Unknown(number=number.strip(), looked=(), problem=SHORTENED)
    found = store_trace.chains_of(connection, names)
    one = chosen(found, which)
    if one is not None:
        return one
    if found:
        return Several(number=names[0], choices=found)
    return Unknown(number=names[0], looked=store_trace.LOOKED_THROUGH)


def trace(connection: Connection[Any], number: str, *, now: datetime, which: str = "") -> Traced | Several | Unknown:
    """The chain of any number: order, payment, refund, voucher, settlement, pay-out, bank line or tracking number."""
    found = find_chain(connection, number, which=which)
    if not isinstance(found, Found):
        return found
    return whole(connection, names_of(number)[0], found, which=which, now=now)


def whole(connection: Connection[Any], number: str, found: Found, *, which: str, now: datetime) -> Traced:
    """Everything of a chain that was found."""
    numbers = found.numbers
    documents = store_trace.documents(connection, numbers)
    for _ in range(2):  # a line names its pay-out, and the pay-out the bank's own number of its line
        through, refs = store_trace.batches_of(documents) - numbers.batches, store_trace.refs_of(documents)
        if through <= numbers.through and refs <= numbers.refs:
            break
        numbers.through, numbers.refs = through, refs
        own = [one for one in documents if one.kind not in (*store_trace.PASSED, Kind.BANK)]
        documents = own + store_trace.documents(connection, numbers, store_trace.PASSED)
    documents += store_trace.evidence(connection, (numbers.key, unknown_key(number)))
    titles = chart_in_force(connection).titles()
    accounts = [
        AccountBalance(
            account=row["account"],
            title=titles.get(row["account"]) or str(row["account"]),
            currency=row["currency"],
            balance_minor=row["balance_minor"],
        )
        for row in store_trace.account_balances(connection, numbers)
    ]
    told = chain(documents, coverage=store_trace.coverage(connection), now=now)
    return Traced(number=number, chain=told, accounts=accounts, which=which, numbers=numbers)


def bundle(connection: Connection[Any], traced: Traced, *, now: datetime, titles: Titles) -> dict[str, bytes]:
    """The report with its proof: chain.pdf, proof.json, verify.py. Seals what is not sealed yet, so that all is proven."""
    vouchers = [int(one.id.partition(":")[2]) for one in traced.chain.documents if one.kind is Kind.LEDGER]
    while seal(connection):
        continue
    messages = sorted({one.message_id for one in traced.chain.documents if one.message_id is not None})
    proof = proof_of(connection, vouchers) | {"messages": store_trace.message_digests(connection, messages)}
    body = orjson.dumps(proof, option=orjson.OPT_INDENT_2)
    told = _printed(traced, proof, body, now=now, titles=titles, accounts=chart_in_force(connection).titles())
    searched = store_seeking.searches(connection, (traced.numbers.key, unknown_key(traced.number)))
    pdf = render(TEMPLATE, told | {"searches": [_searched(view_of(row)) for row in searched]})
    return {"chain.pdf": pdf, "proof.json": body, "verify.py": VERIFIER.read_bytes()}


def packed(files: Mapping[str, bytes], *, now: datetime) -> bytes:
    """The bundle as one ZIP."""
    made = io.BytesIO()
    stamp = now.astimezone(CHINA).timetuple()[:6]
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(zipfile.ZipInfo(name, stamp), body)
    return made.getvalue()


def state_title(one: Document, titles: Titles) -> str:
    """What a document's state or kind is called."""
    kind = SUBJECTS.get(one.kind)
    if kind is not None:
        told = titles.state(kind, one.state) or one.state
        return titles.reason(kind, told) if told == one.state else told
    return (EVENTS if one.kind is Kind.LEDGER else STATES).get(one.state, one.state)


def _printed(
    traced: Traced,
    proof: Mapping[str, Any],
    body: bytes,
    *,
    now: datetime,
    titles: Titles,
    accounts: Mapping[str, str],
) -> dict[str, Any]:
    return {
        "subtitle": f"查询编号 {traced.number},{_moment(now)} 出具",
        "footer": f"缝合 Fenghe · 交易凭证链 · {traced.number} · {HELD}",
        "places": [
            {"words": one.words, "amount": _money(one.currency, one.amount_minor)} for one in traced.chain.places
        ],
        "accounts": [
            {"words": f"{one.account} {one.title}", "amount": _money(one.currency, one.balance_minor)}
            for one in traced.accounts
        ],
        "gaps": [one.words for one in traced.chain.gaps],
        "uncovered": list(traced.chain.uncovered),
        "documents": [_document(one, titles) for one in traced.chain.documents],
        "messages": [_message(one, traced.chain.documents) for one in proof["messages"]],
        "vouchers": [_voucher(one, proof, accounts) for one in proof["vouchers"]],
        "proof_digest": hashlib.sha256(body).hexdigest(),
    }


def _searched(one: SearchView) -> dict[str, Any]:
    """One search as the report tells it: who asked whom, when, and the answer in words."""
    return {
        "title": f"{one.words} · {one.asked_by} · {_moment(one.asked_at)} · 补上 {one.closed} 个缺口",
        "questions": [
            {
                "words": question.words,
                "status": question.status_title,
                "answer": question.answer,
                "at": _moment(question.answered_at or question.asked_at),
            }
            for question in one.questions
        ],
    }


def _document(one: Document, titles: Titles) -> dict[str, str]:
    return {
        "kind": TITLES[one.kind],
        "number": one.title if one.kind is Kind.EVIDENCE else one.number,
        "state": state_title(one, titles),
        "amount": _money(one.currency, one.amount_minor) if one.amount_minor is not None else "",
        "at": _moment(one.at) if one.at else "",
    }


def _message(one: Mapping[str, Any], documents: Sequence[Document]) -> dict[str, str]:
    """The raw message that a document stands in, by the digest of its exact bytes."""
    beside = [document for document in documents if document.message_id == one["message_id"]]
    named = "、".join(dict.fromkeys(f"{TITLES[document.kind]} {document.number}" for document in beside[:3]))
    return {"id": str(one["message_id"]), "documents": named, "hash": one["sha256"]}


def _voucher(one: Mapping[str, Any], proof: Mapping[str, Any], accounts: Mapping[str, str]) -> dict[str, Any]:
    content = one["content"]
    currency = content[10]
    root = next(seal["root"] for seal in proof["seals"] if seal["hash"] == one["seal"])
    return {
        "number": content[1],
        "memo": content[12],
        "booked_on": content[3],
        "hash": one["hash"],
        "root": root,
        "entries": [
            {
                "account": f"{account} {accounts.get(account, '')}",
                "debit": _money(currency, debit) if debit else "",
                "credit": _money(currency, credit) if credit else "",
            }
            for account, debit, credit in content[-1]
        ],
    }


def _money(currency: str, amount_minor: int) -> str:
    money = Money(currency=currency, amount_minor=amount_minor)
    digits = minor_digits(money.currency)
    whole, part = divmod(abs(amount_minor), 10**digits)
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{currency} {whole:,}" + (f".{part:0{digits}d}" if digits else "")


def _moment(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
