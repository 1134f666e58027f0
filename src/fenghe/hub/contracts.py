"""Asking carriers to push, and booking with them (订阅与下单): the acts behind it, their replies, and what is found wrong.

Promises: each parcel is asked for once a source; a reply enters by the inbox and is read from there; whatever was asked
and is not kept becomes a case, and is closed by evidence.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.connectors import kuaidi100, sf, zto
from fenghe.connectors.asking import Consignment, Contact, Heard, Wanted
from fenghe.connectors.kuaidi100 import query as kuaidi100_query
from fenghe.connectors.sf import query as sf_query
from fenghe.connectors.zto import query as zto_query
from fenghe.hub import store_asking
from fenghe.hub.asking import wanted_of
from fenghe.hub.declared import Declared
from fenghe.hub.trackers import settings_of
from fenghe.kernel.cases.kinds import moment_words
from fenghe.kernel.connecting import (
    Accepted,
    Answer,
    Connector,
    Delivery,
    InboundMessage,
    Reading,
    Refused,
    Request,
    Unreadable,
)
from fenghe.kernel.connections.store import Source
from fenghe.kernel.judging import store as judging
from fenghe.kernel.outbox.sender import Outcome
from fenghe.kernel.outbox.store import Claimed
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.recording.contract import Noted
from fenghe.kernel.values import from_ms
from fenghe.kernel.web.problems import Problem
from fenghe.logistics import store_accounts
from fenghe.logistics import store_contract as store
from fenghe.logistics.contract import (
    CREATE,
    SUBSCRIBE,
    TITLES,
    ContractReply,
    PushHeard,
    Said,
    differs,
    number_finding,
    silent_since_asked,
    split_region,
)
from fenghe.logistics.mapping import map_status
from fenghe.logistics.scale import TITLES as STATES
from fenghe.logistics.scale import State
from fenghe.logistics.store_contract import Checked, Due, Wish

BATCH: Final = 500
TOPICS: Final = ("cases", "orders", "workbench")
SUBSCRIBERS: Final = (zto.CONNECTOR.name, sf.CONNECTOR.name, kuaidi100.CONNECTOR.name)
BOOKERS: Final = (zto.CONNECTOR.name, sf.CONNECTOR.name)


def _request_subscription(source: Source, wanted: Wanted, *, now: datetime, nonce: str) -> Request:
    settings = settings_of(source.config, source.secrets)
    match source.connector:
        case "zto":
            return zto_query.subscribe(wanted, settings=settings)
        case "sf":
            return sf_query.register(wanted, settings=settings, now=now, nonce=nonce)
        case _:
            return kuaidi100_query.subscribe(wanted, settings=settings)


def _request_booking(source: Source, consignment: Consignment, *, now: datetime, nonce: str) -> Request:
    settings = settings_of(source.config, source.secrets)
    if source.connector == "sf":
        return sf_query.book(consignment, settings=settings, now=now, nonce=nonce)
    return zto_query.book(consignment, settings=settings)


_SUBSCRIBED: Final[Mapping[str, Callable[[bytes], Any]]] = {
    "zto": zto_query.unwrap,
    "sf": sf_query.unwrap,
    "kuaidi100": kuaidi100_query.subscribed,
}
_BOOKED: Final[Mapping[str, Callable[[bytes], str | Heard]]] = {"zto": zto_query.booked, "sf": sf_query.booked}


def _answer(heard: Any, body: bytes) -> Answer:
    """A platform's refusal in its own words; anything else is a yes."""
    if not isinstance(heard, Heard) or heard.error is None:
        return Answer(body=body)
    said = f"{heard.said}（{heard.error}）" if heard.said else heard.error
    return Answer(body=body, error=said, permanent=heard.permanent, retry_after_seconds=heard.retry_after_seconds)


class Asking:
    """What both acts share: who asked hears of a refusal; a yes comes in by the inbox."""

    def asked(self, payload: Mapping[str, Any]) -> str:
        """The contract it is about; no names and addresses."""
        return msgspec.json.encode({"contract": payload["contract"], "attempt": payload["attempt"]}).decode()

    def ended(self, connection: Connection[Any], claimed: Claimed, outcome: Outcome) -> None:
        """A refusal is written to the contract."""
        store.forget_consignment(connection, claimed.id)
        if outcome.error is not None:
            store.refuse(
                connection,
                int(claimed.payload["contract"]),
                attempt=int(claimed.payload["attempt"]),
                error=outcome.error,
                now=datetime.now(UTC),
            )


class TrackSubscribe(Asking):
    """The act `track.subscribe`: ask for pushes of one parcel."""

    def prepare(self, payload: Mapping[str, Any], source: Source, *, now: datetime, nonce: str) -> Request | Answer:
        """Signed with the source's own secrets."""
        if source.connector not in SUBSCRIBERS:
            return Answer(body=b"", error=f"连接 {source.id} 不能订阅轨迹", permanent=True)
        wanted = msgspec.convert({name: payload.get(name) or "" for name in Wanted.__struct_fields__}, Wanted)
        return _request_subscription(source, wanted, now=now, nonce=nonce)

    def judge(self, body: bytes, payload: Mapping[str, Any], source: Source) -> Answer:  # noqa: ARG002
        """Accepted, or refused in the platform's words."""
        return _answer(_SUBSCRIBED[source.connector](body), body)


class ShipmentCreate(Asking):
    """The act `shipment.create`: book a parcel and get its number."""

    def prepare(self, payload: Mapping[str, Any], source: Source, *, now: datetime, nonce: str) -> Request | Answer:
        """Signed with the source's own secrets; the order's number makes it one booking however often it is sent."""
        if source.connector not in BOOKERS:
            return Answer(body=b"", error=f"连接 {source.id} 不能下单", permanent=True)
        consignment = msgspec.convert(payload["consignment"], Consignment)
        return _request_booking(source, consignment, now=now, nonce=nonce)

    def judge(self, body: bytes, payload: Mapping[str, Any], source: Source) -> Answer:  # noqa: ARG002
        """A number, or why there is none."""
        return _answer(_BOOKED[source.connector](body), body)


def read_reply(message: InboundMessage) -> Reading:
    """The reply to a subscription or a booking, as what it means for its contract."""
    try:
        asked = msgspec.json.decode(message.headers.get(":asked", "{}"), type=dict[str, int])
        act, connector = message.headers[":act"], message.connector
        heard = (_BOOKED if act == CREATE else _SUBSCRIBED)[connector](message.body)
        contract = asked["contract"]
    except (KeyError, msgspec.MsgspecError) as problem:
        return Reading(unreadable=(Unreadable(item=0, field=":asked", expected="订阅或下单的答复", got=str(problem)),))
    if isinstance(heard, Heard) and heard.error is not None:
        note = Unreadable(item=0, field="answer", expected="受理", got=f"{heard.error} {heard.said}"[:200])
        return Reading(unreadable=(note,))
    number = heard if isinstance(heard, str) else ""
    return Reading(items=(ContractReply(act=act, contract_id=contract, waybill_no=number),))


class Replying:
    """A connector that also reads the replies to our subscriptions and bookings."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self.name = connector.name
        self.title = connector.title
        self.kind = connector.kind

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """Replies never come by the door."""
        return self._connector.check(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """A reply as what it means, anything else by the connector."""
        reply = message.headers.get(":act") in (SUBSCRIBE, CREATE)
        return read_reply(message) if reply else self._connector.read(message)


def with_replies(connectors: Mapping[str, Connector]) -> dict[str, Connector]:
    """The same connectors; those that can be subscribed to or booked with also read what is replied."""
    return {name: Replying(one) if name in SUBSCRIBERS else one for name, one in connectors.items()}


class ContractRecorder:
    """Keeps what carriers answered."""

    kind = "contract"

    def save(self, connection: Connection[Any], facts: Sequence[Noted]) -> int:
        """The contracts these replies are about are accepted."""
        return store.accept(
            connection,
            [one.fact.contract_id for one in facts],
            numbers=[one.fact.waybill_no for one in facts],
            messages=[one.message_id for one in facts],
            at=[from_ms(one.heard_ms) for one in facts],
        )


class PushRecorder:
    """Keeps that pushes were heard: a push that repeats what a query told is a push all the same."""

    kind = "push"

    def save(self, connection: Connection[Any], facts: Sequence[Noted]) -> int:
        """The subscriptions these pushes belong to are alive."""
        latest: dict[str, int] = {}
        for one in facts:
            fact: PushHeard = one.fact
            latest[fact.tracking_no] = max(latest.get(fact.tracking_no, 0), one.heard_ms)
        return store.heard_pushes(connection, list(latest), [from_ms(at) for at in latest.values()])


def subscribe(connection: Connection[Any], wishes: Sequence[Wish], *, by: str, now: datetime) -> int:
    """Ask for pushes of these parcels, in the caller's transaction; returns how many are asked for now."""
    asked = store.ask(connection, SUBSCRIBE, [(one.id, one.source) for one in wishes], by=by, now=now)
    calls = []
    for one in wishes:
        if (one.id, one.source) not in asked:
            continue
        contract, attempt = asked[(one.id, one.source)]
        wanted = wanted_of(one.number, carrier=one.carrier, phone=one.phone, order_no=one.order_no)
        key = f"{SUBSCRIBE}:{one.source}:{one.number}:{attempt}"
        payload = {**msgspec.to_builtins(wanted), "contract": contract, "attempt": attempt}
        calls.append({"key": key, "source": one.source, "act": SUBSCRIBE, "payload": payload})
    store.enqueue(connection, calls)
    return len(calls)


def book(connection: Connection[Any], order_id: int, source: Source, *, by: str, shops: Any, now: datetime) -> int:
    """Book an order with a carrier; returns the contract. Raises Problem: what is missing, or that it is booked."""
    order = store.find_order(connection, order_id, shops=shops)
    if order is None:
        raise Problem(404, f"没有订单 {order_id}。", code="not_found")
    consignment = _consignment(order, source)
    asked = store.ask(connection, CREATE, [(order_id, source.id)], by=by, now=now)
    if not asked:
        raise Problem(
            409, f"订单 {order.order_no} 已向{source.title}下过单。请在双向契约里查看。", code="already_booked"
        )
    ((contract, attempt),) = asked.values()
    payload = {"contract": contract, "attempt": attempt, "consignment": msgspec.to_builtins(consignment)}
    key = f"{CREATE}:{source.id}:{order.order_no}:{attempt}"
    store.enqueue(connection, [{"key": key, "source": source.id, "act": CREATE, "payload": payload}])
    return contract


def _consignment(order: store.OrderToBook, source: Source) -> Consignment:
    try:
        sender = msgspec.convert(source.config.get("sender"), Contact)
    except msgspec.ValidationError as problem:
        raise Problem(
            422,
            f"连接「{source.title}」没有填好寄件人 sender（name、phone、province、city、district、address）：{problem}",
            code="sender_missing",
        ) from None
    province, city, district = split_region(order.region)
    missing = [
        word
        for word, value in (("收件人", order.name), ("电话", order.phone), ("地址", order.address), ("省份", province))
        if not value.strip() or "*" in value
    ]
    if missing:
        raise Problem(422, f"订单缺少{'、'.join(missing)}（或已脱敏），承运商不会受理。", code="receiver_missing")
    receiver = Contact(
        name=order.name, phone=order.phone, province=province, city=city, district=district, address=order.address
    )
    return Consignment(
        order_no=order.order_no,
        sender=sender,
        receiver=receiver,
        cargo=order.cargo or "商品",
        quantity=max(order.quantity, 1),
    )


class AskForPushes:
    """Asks the sources whose settings say `subscribe` to push every parcel that is watched through them."""

    name = "contract_ask"
    every_seconds = 5.0

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """One batch of parcels nobody asked for."""
        with connection.transaction():
            sources = subscribing(connection)
            wishes = store.claim_unsubscribed(connection, sources, limit=BATCH) if sources else []
            return subscribe(connection, wishes, by="fenghe", now=now) if wishes else 0


def subscribing(connection: Connection[Any]) -> list[str]:
    """Sources that can be asked to push and whose settings say so."""
    askers = store_asking.find_askers(connection, SUBSCRIBERS)
    return [one.id for one in askers if one.config.get("subscribe") in (True, "true", "yes")]


def able_to_push(connection: Connection[Any]) -> list[str]:
    """Sources that can be asked to push, whatever their settings say."""
    return [one.id for one in store_asking.find_askers(connection, SUBSCRIBERS)]


def able_to_book(connection: Connection[Any]) -> list[store_asking.Asker]:
    """Sources an order can be booked with: those that know who sends."""
    return [one for one in store_asking.find_askers(connection, BOOKERS) if one.config.get("sender")]


class CheckContracts:
    """Holds what was asked against what came."""

    name = "contract_check"
    every_seconds = 5.0

    def __init__(self) -> None:
        self._declared = Declared()

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """One batch of contracts whose time has come."""
        self._declared.refresh(connection)
        with connection.transaction():
            due = store.claim_due(connection, now=now, limit=BATCH)
            if not due:
                return 0
            checked = [(one, self._check(one, now)) for one in due]
            store.write(connection, [after for _, after in checked])
            opened = [_case(one, after) for one, after in checked if after.finding and after.finding != "no_push"]
            closed = [_closing(_key(one.finding, one.id)) for one, after in checked if _over(one, after)]
            judging.open_cases(connection, [*opened, *self._silent(connection)])
            judging.close_cases(connection, closed)
            beat(connection, TOPICS)
        return len(due)

    def _check(self, one: Due, now: datetime) -> Checked:
        policy = self._declared.heartbeat(one.carrier)[0]
        finding, words = (
            self._check_booking(one, now, patience=2 * policy.push_hours)
            if one.act == CREATE
            else self._check_pushes(one, now, push_hours=policy.push_hours)
        )
        since = None if finding is None else one.finding_since if one.finding == finding else now
        over = one.final or (one.act == CREATE and finding is None and one.waybill_no in one.shipped)
        again = None if over else now + store.PATIENCE
        return Checked(id=one.id, finding=finding, words=words, since=since, check_at=again)

    def _check_booking(self, one: Due, now: datetime, *, patience: int) -> tuple[str | None, str]:
        number = one.waybill_no or ""
        found = number_finding(number, one.shipped, answered_at=one.answered_at, patience_hours=patience, now=now)
        if found == "number_differs":
            return found, f"向{one.source_title}下单得到单号 {number},渠道发货填的是 {'、'.join(one.shipped)}"
        if found == "not_shipped":
            return found, f"{moment_words(one.answered_at)} 已向{one.source_title}下单得到单号 {number},至今没有发货"
        return None, ""

    def _check_pushes(self, one: Due, now: datetime, *, push_hours: int) -> tuple[str | None, str]:
        pushed_at = one.pushed_at or (one.answered_at if one.push_messages else None)
        if one.final and pushed_at is None:
            return None, ""
        if silent_since_asked(answered_at=one.answered_at, pushed_at=pushed_at, push_hours=push_hours, now=now):
            asked = moment_words(one.answered_at)
            told = "查询有轨迹" if (one.answer or {}).get("events") else "查询也没有轨迹"
            return "no_push", f"{asked} 订阅已受理,{push_hours} 小时内没有收到一次推送;{told}"
        answered, pushed = self._answered(one), _pushed(one)
        if differs(answered, pushed) and answered is not None and pushed is not None:
            return "answer_differs", (
                f"查询说「{_title(answered.state)}」({moment_words(answered.occurred_at)}),"
                f"推送说「{_title(pushed.state)}」({moment_words(pushed.occurred_at)})"
            )
        return None, ""

    def _answered(self, one: Due) -> Said | None:
        """The last thing the newest answer says, by the mapping in force."""
        told = one.answer or {}
        if not told.get("occurred"):
            return None
        state = map_status(
            self._declared.mapping(told["codes"])[0], code=told.get("code") or None, text=told.get("text", "")
        )
        if state is None:
            return None
        return Said(state=str(state), occurred_at=from_ms(told["occurred"]), heard_at=from_ms(told["at"]))

    def _silent(self, connection: Connection[Any]) -> list[dict[str, Any]]:
        """One case a source for all its parcels without a push; closed when there is none left."""
        silent = store.silent_sources(connection)
        keys = {f"contract:no_push:{source}" for source, *_ in silent}
        gone = [key for key in store_accounts.open_keys(connection, "contract.no_push") if key not in keys]
        judging.close_cases(connection, [_closing(key) for key in gone])
        return [_source_case(source, title, since) for source, title, _, since in silent]


def _pushed(one: Due) -> Said | None:
    """The last thing the pushes say; a push that only repeated a query's words is as good as that query."""
    pushes = set(one.push_messages)
    told = [
        said
        for said in one.history
        if said.kind == "event"
        and said.status is not None
        and said.message_id in pushes
        and "no_time" not in said.facts
    ]
    if not told:
        return None
    last = max(told, key=lambda said: (said.occurred_ms, said.heard_ms))
    return Said(state=last.status or "", occurred_at=from_ms(last.occurred_ms), heard_at=from_ms(last.heard_ms))


def _title(state: str) -> str:
    return STATES[State(state)]


def _key(finding: str | None, contract: int) -> str:
    return f"contract:{finding}:{contract}"


def _over(before: Due, after: Checked) -> bool:
    return before.finding not in (None, "no_push") and before.finding != after.finding


def _closing(key: str) -> Mapping[str, Any]:
    return {"key": key, "status": "self_closed", "resolution": "evidence", "resolved_by": None, "closed_by": None}


def _case(one: Due, after: Checked) -> dict[str, Any]:
    finding = after.finding or ""
    name = one.key.rpartition(":")[2]
    return _draft(
        _key(finding, one.id),
        finding,
        title=f"{name}:{TITLES[finding]}",
        words=f"{after.words}。",
        subject_id=one.subject_id,
    )


def _source_case(source: str, title: str, since: datetime) -> dict[str, Any]:
    words = (
        f"连接「{title}」受理了轨迹订阅,但自 {moment_words(since)} 起有运单到时限仍没有一次推送。"
        "请核对推送地址、签名与对方后台的订阅状态;运单清单见「双向契约」。收到推送后自动关闭。"
    )
    return _draft(
        f"contract:no_push:{source}", "no_push", title=f"{title}:订阅后没有推送", words=words, subject_id=None
    )


def _draft(key: str, finding: str, *, title: str, words: str, subject_id: int | None) -> dict[str, Any]:
    return {
        "key": key,
        "kind": f"contract.{finding}",
        "severity": 2,
        "subject_id": subject_id,
        "title": title,
        "ours": None,
        "theirs": None,
        "distance": None,
        "reason": finding,
        "evidence": {"keys": [], "role": "ops", "told": words},
        "rule_version": "",
        "due_hours": 24,
    }


def withdraw(connection: Connection[Any], contract_id: int) -> tuple[str, str] | None:
    """A person lets a contract go: its case is closed on record."""
    gone = store.withdraw(connection, contract_id)
    if gone is not None:
        judging.close_cases(connection, [_closing(_key(finding, contract_id)) for finding in TITLES])
    return gone
