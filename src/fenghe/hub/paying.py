"""Payment providers wired to the outbox (支付机构接线): their calls as acts, what a reply leads to, and bills handed on.

Promises: an answer enters by the inbox like anything else we hear; a bill's address leads to one download; a link that was
made is kept with its payment order; whoever asked from a case is told in it.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.connectors import alipay, wechatpay
from fenghe.connectors.alipay.api import PAGES, page_url
from fenghe.connectors.paying import Provider
from fenghe.connectors.rsa_signing import BadKey
from fenghe.hub import store_uploads
from fenghe.hub.store_asking import log_case
from fenghe.hub.store_uploads import PIECE_BYTES
from fenghe.kernel.connecting import Answer, Request
from fenghe.kernel.connections.store import Source
from fenghe.kernel.outbox.sender import Act, Outcome
from fenghe.kernel.outbox.store import Claimed
from fenghe.money import store_asking
from fenghe.money.asking import SCHEDULE, TITLES, Ask, Wish

PROVIDERS: Final[Mapping[str, Provider]] = {"wechatpay": wechatpay.PROVIDER, "alipay": alipay.PROVIDER}


LINK_LIFE: Final = timedelta(hours=24)
"""How long a buyer has; the janitor asks that long whether he paid."""


def settings_of(source: Source) -> dict[str, str]:
    """What a call is built with: the plain settings and the secrets, as text."""
    plain = {name: str(value) for name, value in source.config.items() if isinstance(value, str | int) and value != ""}
    return {**plain, **source.secrets}


class PaymentAct:
    """One kind of call to whichever provider the source is."""

    def __init__(self, act: Ask) -> None:
        self._act = act

    def prepare(self, payload: Mapping[str, Any], source: Source, *, now: datetime, nonce: str) -> Request | Answer:
        """Signed with the source's own keys."""
        provider = PROVIDERS.get(source.connector)
        if provider is None:
            return Answer(body=b"", error=f"连接 {source.title} 不是支付机构，不能{TITLES[self._act]}", permanent=True)
        return provider.ask(self._act, _wish(payload), settings=settings_of(source), now=now, nonce=nonce)

    def hear(self, answer: Answer, payload: Mapping[str, Any], source: Source) -> Answer:
        """The provider's signature and its own words."""
        wish, settings = _wish(payload), settings_of(source)
        return PROVIDERS[source.connector].hear(self._act, wish, answer, settings=settings, now=datetime.now(UTC))

    def judge(self, body: bytes, payload: Mapping[str, Any], source: Source) -> Answer:  # noqa: ARG002
        """An answer whose headers nobody kept cannot be believed."""
        return Answer(body=body, error="应答没有签名，不予采信")

    def asked(self, payload: Mapping[str, Any]) -> str:
        """What was asked; a download's address carries a token and stays out."""
        return msgspec.json.encode(msgspec.structs.replace(_wish(payload), url="")).decode()

    def ended(self, connection: Connection[Any], claimed: Claimed, outcome: Outcome) -> None:
        """What the reply leads to, and a word to the case it was asked from."""
        wish = _wish(claimed.payload)
        match self._act:
            case Ask.BILL_LINK if outcome.error is None:
                _fetch_bill(connection, claimed, wish, outcome)
            case Ask.BILL if outcome.error is None:
                _hand_on_bill(connection, claimed, wish, outcome)
            case Ask.LINK:
                _keep_link(connection, claimed, wish, outcome)
            case Ask.CLOSE if outcome.error is None:
                _mark(connection, claimed, wish, "closed")
            case _:
                pass
        case_id = claimed.payload.get("case_id")
        if case_id is not None:
            log_case(connection, int(case_id), _words(self._act, outcome))


def _wish(payload: Mapping[str, Any]) -> Wish:
    return msgspec.convert(dict(payload), Wish)


def _words(act: Ask, outcome: Outcome) -> str:
    if outcome.error is None:
        return f"{TITLES[act]}有了答复，原文见报文 {outcome.message_id}"
    return f"{TITLES[act]}没有成功：{outcome.error}"


def _fetch_bill(connection: Connection[Any], claimed: Claimed, wish: Wish, outcome: Outcome) -> None:
    provider = _provider(connection, claimed.source)
    found = provider and provider.bill_of(wish, outcome.reply)
    if found:
        key = f"{Ask.BILL}:{claimed.idempotency_key}"
        store_asking.ask(connection, Ask.BILL, found, source=claimed.source, key=key, due_at=datetime.now(UTC))


def _hand_on_bill(connection: Connection[Any], claimed: Claimed, wish: Wish, outcome: Outcome) -> None:
    """The file goes where uploaded statements go, under the name that its provider's own page would give it."""
    day = "" if wish.bill_day is None else wish.bill_day.isoformat()
    ending = "zip" if wish.archive == "zip" else "csv.gz" if wish.archive == "gzip" else "csv"
    body = outcome.reply
    upload = store_uploads.keep(
        connection,
        name=f"{claimed.source}-{wish.bill_type or 'trade'}-{day}.{ending}",
        size=len(body),
        digest=hashlib.sha256(body).digest(),
        pieces=(body[at : at + PIECE_BYTES] for at in range(0, len(body), PIECE_BYTES)),
        person="fenghe",
        ip="",
    )
    store_uploads.order(connection, upload, source=f"{claimed.source}.bills"[:63], layout="")


def _keep_link(connection: Connection[Any], claimed: Claimed, wish: Wish, outcome: Outcome) -> None:
    provider = _provider(connection, claimed.source)
    url = provider.link_of(wish, outcome.reply) if provider and outcome.error is None else ""
    error = outcome.error or ("" if url else "答复里没有链接")
    _mark(connection, claimed, wish, "open" if url else "failed", url=url, error=error)


def _mark(
    connection: Connection[Any], claimed: Claimed, wish: Wish, status: str, *, url: str = "", error: str = ""
) -> None:
    for one in store_asking.pay_orders_named(connection, claimed.source, wish.out_trade_no):
        store_asking.mark(connection, one, status, url=url, error=error)


def _provider(connection: Connection[Any], source: str) -> Provider | None:
    connector = store_asking.connector_of(connection, source)
    return PROVIDERS.get(connector)


ACTS: Final[Mapping[str, Act]] = {str(act): PaymentAct(act) for act in Ask}
"""Everything that payment providers are asked."""


# ── a link for a buyer ───────────────────────────────────────────────────────────────────────────────────────────────


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """A payment order for a link; `url` is empty until the provider has answered."""

    pay_order: int
    source: str
    url: str


class NoLink(msgspec.Struct, frozen=True, kw_only=True):
    """There is to be no link, and why."""

    words: str


def make_link(
    connection: Connection[Any],
    *,
    order_no: str,
    way: str,
    by: str,
    now: datetime,
    sources: Mapping[str, Source | None],
) -> Linked | NoLink:
    """A link by which an order that awaits payment can be paid; never for one that was paid or closed.

    The merchant's number is the order's own, so that what is paid by it binds; one that is open already is given again.
    """
    order = store_asking.find_awaiting(connection, order_no)
    if isinstance(order, str):
        return NoLink(words=order)
    source = _collector(sources, order["channel"])
    if source is None:
        return NoLink(words="没有可以收款的支付连接，请在「连接」页添加微信支付或支付宝")
    known = store_asking.open_link(connection, source.id, order_no)
    if known is not None:
        return Linked(pay_order=known["id"], source=source.id, url=known["url"])
    wish = Wish(
        out_trade_no=order_no,
        order_no=order_no,
        amount_minor=order["due_minor"],
        currency=order["currency"],
        title=order["title"],
        way=way,
        expires_at=now + LINK_LIFE,
        by=by,
    )
    due_at = now + SCHEDULE["pay_order"][0]
    made = store_asking.make_pay_order(
        connection, source=source.id, provider=source.connector, wish=wish, by=by, due_at=due_at
    )
    if made is None:
        return NoLink(words=f"商户单号 {order_no} 已在 {source.title} 用过，不能再下单")
    return _ask_for_link(connection, source, wish, made["id"], now)


def _ask_for_link(
    connection: Connection[Any], source: Source, wish: Wish, pay_order: int, now: datetime
) -> Linked | NoLink:
    """Alipay's pages are addresses we sign ourselves; every other link is the provider's to give."""
    if source.connector == "alipay" and wish.way in PAGES:
        try:
            url = page_url(wish, settings=settings_of(source), now=now)
        except BadKey:
            store_asking.mark(connection, pay_order, "failed", error="应用私钥读不出来")
            return NoLink(words=f"{source.title} 的应用私钥读不出来")
        store_asking.mark(connection, pay_order, "open", url=url)
        return Linked(pay_order=pay_order, source=source.id, url=url)
    key = f"{Ask.LINK}:{pay_order}"
    store_asking.ask(connection, Ask.LINK, wish, source=source.id, key=key, due_at=now)
    return Linked(pay_order=pay_order, source=source.id, url="")


def _collector(sources: Mapping[str, Source | None], channel: str) -> Source | None:
    """Who collects for the channel; else the only payment source there is."""
    able = [one for one in sources.values() if one is not None and one.connector in PROVIDERS]
    own = [one for one in able if channel in (one.config.get("collects_for") or ())]
    return own[0] if own else able[0] if len(able) == 1 else None
