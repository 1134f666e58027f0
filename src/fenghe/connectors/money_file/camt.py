"""ISO 20022 camt.052, .053 and .054 (银行对账报文): a document to its entries, and an entry to lines of a statement.

All versions: names are taken without their namespace, and what newer versions nest deeper is looked for in both places.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from xml.etree.ElementTree import Element

import msgspec

from fenghe.connectors.money_file.lines import FileTold
from fenghe.connectors.sales import minor_units
from fenghe.kernel.connecting import Reading, Unreadable
from fenghe.kernel.values import CHINA, BadValue
from fenghe.money.events import LineTold
from fenghe.money.numbers import order_no_of
from fenghe.money.remarks import order_no_in

LAYOUT: Final = "camt"

MESSAGES: Final = {"BkToCstmrAcctRpt": "Rpt", "BkToCstmrStmt": "Stmt", "BkToCstmrDbtCdtNtfctn": "Ntfctn"}
"""The three messages and what their statements are called."""
_NAMESPACE: Final = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.05[234]\.001\.\d\d")
_STATEMENT_WORDS: Final = (
    "Id StmtPgntn RptPgntn NtfctnPgntn ElctrncSeqNb LglSeqNb RptgSeq CreDtTm FrToDt CpyDplctInd RptgSrc Acct RltdAcct"
    " Intrst Bal TxsSummry Ntry AddtlStmtInf AddtlRptInf AddtlNtfctnInf"
)
_ENTRY_WORDS: Final = (
    "NtryRef Amt CdtDbtInd RvslInd Sts BookgDt ValDt AcctSvcrRef Avlbty BkTxCd ComssnWvrInd AddtlInfInd AmtDtls Chrgs"
    " TechInptChanl Intrst CardTx NtryDtls AddtlNtryInf"
)
_STATEMENT: Final = frozenset(_STATEMENT_WORDS.split())
_ENTRY: Final = frozenset(_ENTRY_WORDS.split())
_NEEDED: Final = ("Amt", "CdtDbtInd", "Sts")


class NotCamt(ValueError):
    """The document is no camt.05x, or not as the standard has it."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(f"expected {expected}, got {got}")
        self.expected = expected
        self.got = got


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """A balance as the bank states it."""

    currency: str
    amount_minor: int


class Statement(msgspec.Struct, kw_only=True):
    """One statement, report or notification of a document."""

    name: str
    account: str
    currency: str
    opening: Balance | None
    closing: Balance | None
    totals: dict[str, str]
    period: tuple[date | None, date | None]
    entries: list[dict[str, Any]]


def read_document(root: Element) -> list[Statement]:
    """Every statement of a document. Raises NotCamt."""
    space, _, name = root.tag.rpartition("}")
    if name != "Document" or not _NAMESPACE.fullmatch(space.strip("{")):
        raise NotCamt("a camt.052, camt.053 or camt.054 document", root.tag[:120])
    bodies = [child for child in root if _name(child) in MESSAGES]
    if len(bodies) != 1 or len(root) != 1:
        raise NotCamt(f"one of {', '.join(MESSAGES)}", ", ".join(_name(child) for child in root)[:120] or "nothing")
    body = bodies[0]
    wanted = MESSAGES[_name(body)]
    strange = [_name(child) for child in body if _name(child) not in (wanted, "GrpHdr", "SplmtryData")]
    if strange:
        raise NotCamt(f"GrpHdr and {wanted}", strange[0])
    if body.find("{*}GrpHdr/{*}MsgId") is None:
        raise NotCamt("a group header with MsgId", "none")
    found = [_statement(child) for child in body if _name(child) == wanted]
    if not found:
        raise NotCamt(f"at least one {wanted}", "none")
    return found


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: Element, path: str) -> str:
    """The text at a path, namespaces left out; "" where there is none."""
    return (element.findtext("/".join(f"{{*}}{step}" for step in path.split("/"))) or "").strip()


def _statement(told: Element) -> Statement:
    strange = [_name(child) for child in told if _name(child) not in _STATEMENT]
    if strange:
        raise NotCamt(f"an element of a {_name(told)}", strange[0])
    if not _text(told, "Id"):
        raise NotCamt("a statement with its Id", "none")
    account = _text(told, "Acct/Id/IBAN") or _text(told, "Acct/Id/Othr/Id")
    if not account:
        raise NotCamt("the account of the statement (Acct/Id)", "none")
    entries = [_entry(child, account) for child in told if _name(child) == "Ntry"]
    balances = [(_balance_code(child), _balance(child)) for child in told if _name(child) == "Bal"]
    currencies = [entry["Amt"]["@Ccy"] for entry in entries]
    return Statement(
        name=_text(told, "Id"),
        account=account,
        currency=_text(told, "Acct/Ccy") or next(iter(currencies), ""),
        opening=next((one for code, one in balances if code in ("OPBD", "PRCD")), None),
        closing=next((one for code, one in balances if code == "CLBD"), None),
        totals=_totals(told),
        period=(_day(_text(told, "FrToDt/FrDtTm")), _day(_text(told, "FrToDt/ToDtTm"))),
        entries=entries,
    )


def _balance_code(told: Element) -> str:
    return _text(told, "Tp/CdOrPrtry/Cd")


def _balance(told: Element) -> Balance:
    amount = told.find("{*}Amt")
    currency = "" if amount is None else amount.get("Ccy", "")
    sign = {"CRDT": 1, "DBIT": -1}.get(_text(told, "CdtDbtInd"))
    if amount is None or sign is None or not re.fullmatch("[A-Z]{3}", currency):
        raise NotCamt("a balance with amount, currency and CRDT or DBIT", _text(told, "Amt") or "nothing")
    try:
        return Balance(currency=currency, amount_minor=sign * minor_units(amount.text or "", currency))
    except BadValue as problem:
        raise NotCamt(problem.expected, problem.got) from None


def _totals(told: Element) -> dict[str, str]:
    names = {
        "NbOfNtries": "TxsSummry/TtlNtries/NbOfNtries",
        "CdtNbOfNtries": "TxsSummry/TtlCdtNtries/NbOfNtries",
        "CdtSum": "TxsSummry/TtlCdtNtries/Sum",
        "DbtNbOfNtries": "TxsSummry/TtlDbtNtries/NbOfNtries",
        "DbtSum": "TxsSummry/TtlDbtNtries/Sum",
    }
    return {name: text for name, path in names.items() if (text := _text(told, path))}


def _entry(told: Element, account: str) -> dict[str, Any]:
    strange = [_name(child) for child in told if _name(child) not in _ENTRY]
    missing = [name for name in _NEEDED if told.find(f"{{*}}{name}") is None]
    if strange or missing:
        got = strange[0] if strange else f"an entry without {missing[0]}"
        raise NotCamt("an entry (Ntry) as the standard has it", got)
    amount = told.find("{*}Amt")
    if amount is None or not re.fullmatch("[A-Z]{3}", amount.get("Ccy", "")):
        raise NotCamt("an amount with its currency", "none")
    return {"account": account, **_plain(told)}


def _plain(told: Element) -> dict[str, Any]:
    """An element as JSON: children by name, several of one name as a list, attributes with an `@`."""
    found: dict[str, Any] = {f"@{name.rpartition('}')[2]}": value for name, value in told.attrib.items()}
    for child in told:
        name = _name(child)
        value = _plain(child) if len(child) or child.attrib else (child.text or "").strip()
        if isinstance(value, dict) and not len(child):
            value["#"] = (child.text or "").strip()
        if name in found:
            found[name] = [*found[name], value] if isinstance(found[name], list) else [found[name], value]
        else:
            found[name] = value
    return found


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date() if text else None
    except ValueError:
        raise NotCamt("a day of the calendar", text) from None


class _Told:
    """A place in the JSON of an entry, read by paths; of several with one name the first."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def each(self, path: str) -> Iterator[Any]:
        """Every value at a path."""
        values = [self._value]
        for step in path.split("/"):
            found = [value[step] for value in values if isinstance(value, Mapping) and step in value]
            values = [one for value in found for one in (value if isinstance(value, list) else [value])]
        yield from values

    def text(self, *paths: str) -> str:
        """The first text at any of the paths."""
        for path in paths:
            for value in self.each(path):
                text = value.get("#", "") if isinstance(value, Mapping) else value
                if text:
                    return str(text).strip()
        return ""


class _Bad(Exception):
    """Something in the entry cannot be read."""

    def __init__(self, field: str, expected: str, got: str, code: str = "unreadable") -> None:
        super().__init__(field)
        self.note = Unreadable(item=0, field=field, expected=expected, got=got[:200], code=code)


def read_entry(fields: Mapping[str, Any], *, provider: str, told: FileTold) -> Reading:
    """The lines of one entry: a batch whose parts tell their amounts is told part by part."""
    try:
        return Reading(items=tuple(_lines(_Told(fields), provider=provider, told=told)))
    except _Bad as problem:
        return Reading(unreadable=(problem.note,))


def _lines(entry: _Told, *, provider: str, told: FileTold) -> Iterator[LineTold]:
    status = entry.text("Sts/Cd", "Sts")
    if status not in ("BOOK", ""):
        raise _Bad("Sts", "a booked entry (BOOK); a pending one comes again when it is booked", status, "not_booked")
    currency, net = _amount(entry, "Amt", "CdtDbtInd")
    details = [_Told(one) for one in entry.each("NtryDtls/TxDtls")]
    parts = [_part(detail, currency, net) for detail in details] if len(details) > 1 else []
    amounts = [part for part in parts if part is not None]
    whole = len(amounts) == len(details) and sum(amounts) == net
    told_parts = (
        list(zip(details, amounts, strict=True)) if parts and whole else [(details[0] if details else entry, net)]
    )
    occurred, booked = _when(entry)
    others = details if not whole or not parts else []
    for item, (detail, amount) in enumerate(told_parts):
        summary = _summary(entry, [detail, *others[1:]])
        end_to_end = detail.text("Refs/EndToEndId")
        yield LineTold(
            provider=provider,
            account=entry.text("account"),
            ledger="bank",
            kind=_kind(entry),
            occurred_at=occurred,
            booked_on=booked,
            line_no=entry.text("AcctSvcrRef", "NtryRef") or detail.text("Refs/AcctSvcrRef"),
            order_no=order_no_in(summary) or order_no_of(end_to_end if any(map(str.isdigit, end_to_end)) else ""),
            batch_no=entry.text("NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/MsgId") or _reference(detail),
            currency=currency,
            net_minor=amount,
            counterparty=_counterparty(detail, amount),
            summary=summary,
            file_digest=told.digest,
            item=item,
            **_foreign(detail, currency, amount),
        )


def _amount(told: _Told, path: str, sign_path: str) -> tuple[str, int]:
    value = next(told.each(path), None)
    currency = value.get("@Ccy", "") if isinstance(value, Mapping) else ""
    sign = {"CRDT": 1, "DBIT": -1}.get(told.text(sign_path))
    if sign is None:
        raise _Bad(sign_path, "CRDT or DBIT", told.text(sign_path))
    try:
        return currency, sign * minor_units(told.text(path), currency)
    except BadValue as problem:
        raise _Bad(path, problem.expected, problem.got) from None


def _part(detail: _Told, currency: str, net: int) -> int | None:
    """What a part of a batch comes to, in the entry's currency; None where it does not say."""
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        value = next(detail.each(path), None)
        if isinstance(value, Mapping) and value.get("@Ccy") == currency:
            sign = {"CRDT": 1, "DBIT": -1}.get(detail.text("CdtDbtInd"), 1 if net >= 0 else -1)
            try:
                return sign * minor_units(str(value.get("#", "")), currency)
            except BadValue as problem:
                raise _Bad(path, problem.expected, problem.got) from None
    return None


def _when(entry: _Told) -> tuple[datetime | None, date]:
    moment, day = entry.text("BookgDt/DtTm", "ValDt/DtTm"), entry.text("BookgDt/Dt", "ValDt/Dt")
    try:
        if moment:
            at = datetime.fromisoformat(moment)
            at = at if at.tzinfo else at.replace(tzinfo=CHINA)
            return at.astimezone(UTC), at.date()
        return None, date.fromisoformat(day[:10])
    except ValueError:
        raise _Bad("BookgDt", "a day of the calendar", moment or day or "nothing", "bad_time") from None


def _kind(entry: _Told) -> str:
    if entry.text("RvslInd") == "true":
        return "adjustment"
    family, sub = entry.text("BkTxCd/Domn/Fmly/Cd"), entry.text("BkTxCd/Domn/Fmly/SubFmlyCd")
    if sub in ("CHRG", "COMM", "FEES"):
        return "fee"
    return "transfer" if family in ("RCDT", "ICDT", "IRCT", "RRCT") else "other"


def _reference(detail: _Told) -> str:
    found = detail.text("Refs/EndToEndId", "Refs/TxId", "Refs/InstrId", "Refs/PmtInfId")
    return "" if found == "NOTPROVIDED" else found


def _counterparty(detail: _Told, amount: int) -> str:
    side = "Dbtr" if amount >= 0 else "Cdtr"
    return detail.text(f"RltdPties/{side}/Nm", f"RltdPties/{side}/Pty/Nm", f"RltdPties/Ultmt{side}/Nm")


def _summary(entry: _Told, details: Sequence[_Told]) -> str:
    told: dict[str, None] = {}
    for detail in details:
        for path in ("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/AddtlRmtInf", "AddtlTxInf"):
            told |= {str(value): None for value in detail.each(path) if isinstance(value, str) and value}
    extra = entry.text("AddtlNtryInf")
    return " ".join([*told, *([extra] if extra and extra not in told else [])])[:2_000]


def _foreign(detail: _Told, currency: str, net: int) -> dict[str, Any]:
    """What was instructed in another currency."""
    value = next(detail.each("AmtDtls/InstdAmt/Amt"), None)
    other = value.get("@Ccy", "") if isinstance(value, Mapping) else ""
    if not isinstance(value, Mapping) or not other or other == currency:
        return {}
    try:
        amount = minor_units(str(value.get("#", "")), other)
    except BadValue as problem:
        raise _Bad("AmtDtls/InstdAmt", problem.expected, problem.got) from None
    return {"foreign_currency": other, "foreign_minor": amount if net >= 0 else -amount}
