"""The duty of reminders (催付值守) and their gate (放行): who is due gets a link, the provider is asked, then one message leaves.

Promises: a message is let out under the order's lock, after everything that was heard has been read and the provider has
said that it knows of no payment; it leaves once at most; an order whose reminder must not go out says why.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import msgspec
from psycopg import Connection

from fenghe.kernel.connecting_robots import Message, Robot
from fenghe.kernel.notices import store as notices
from fenghe.kernel.notices import store_sending
from fenghe.kernel.notices.gate import Admitted, Dropped, NotYet
from fenghe.kernel.notices.notice import Notice
from fenghe.kernel.pulse import store as pulse
from fenghe.kernel.store_reading import Row
from fenghe.kernel.values import CHINA
from fenghe.money import store_asking
from fenghe.money import store_reminders as store
from fenghe.money.asking import Ask, Wish
from fenghe.money.observing import amount_words
from fenghe.money.reminder import STALE, Due, Later, Never, judge, text_of, unanswered, variables
from fenghe.money.reminder_policy import ReminderRule
from fenghe.money.store_reminders import Entry, Rules

BATCH: Final = 50
KIND: Final = "money.reminder"
LONGEST_LINK: Final = 35
"""What a variable of an approved template takes."""
NO_ADDRESS: Final = "没有填写手机能访问的公网地址（「通知」→「机器人」），短信里放不了付款链接"
NO_GATEWAY: Final = "没有能给买家发短信的网关：在「通知」→「机器人」里给短信网关填上「给买家的模板编号」"
WHICH_GATEWAY: Final = "有多个能给买家发短信的网关，请在催付策略里写明用哪一个"


class Linker(Protocol):
    """How a link for a buyer is made."""

    def __call__(self, connection: Connection[Any], order_no: str, *, by: str, now: datetime) -> int | str:
        """The payment order, or in plain words why there is to be no link."""


Tokens = Callable[[], str]


class ReminderDuty:
    """Enters what is due, prepares it, books what became of it; one worker at a time."""

    name = "payment_reminders"
    every_seconds = 2.0

    def __init__(self, link: Linker, token: Tokens) -> None:
        self._link = link
        self._token = token

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """A batch of each step, each in its own transaction."""
        moved = 0
        for step in (_settle, self._propose, _prepare):
            with connection.transaction():
                if store.alone(connection):
                    moved += step(connection, now)
        if moved:
            pulse.beat(connection, ("money", "orders"))
        return moved

    def _propose(self, connection: Connection[Any], now: datetime) -> int:
        rules = store.rules_in_force(connection)
        rows = store.candidates(connection, rules, now=now, limit=BATCH)
        spent = store.sent_today(connection, now=now) if rows else {}
        made = 0
        for row in rows:
            name, _, rule = rules.of(row["channel"])
            if spent.get(name, 0) >= rule.most_per_day:
                store.note_look(connection, row["order_id"], "今天的条数已到上限", until=now + timedelta(hours=1))
                continue
            told = self.enter(connection, row, rules, now=now)
            if isinstance(told, int):
                made, spent[name] = made + 1, spent.get(name, 0) + 1
            else:
                until = told.at if isinstance(told, Later) else now + store.LOOK_AGAIN
                store.note_look(connection, row["order_id"], told.words, until=until)
        return made

    def enter(
        self, connection: Connection[Any], row: Row, rules: Rules, *, now: datetime, by: str = "", ip: str = ""
    ) -> int | Later | Never:
        """Enter the next reminder of an order, or say why not; `by`: the person who wants it now."""
        name, version, rule = rules.of(row["channel"])
        told = judge(store.seen(row), rule, now=now, by_hand=bool(by))
        if not isinstance(told, Due):
            return told
        robot = gateway_of(connection, rule)
        if not isinstance(robot, str):
            return robot
        token = self._token()
        if (refused := _address(connection, token)) is not None:
            return refused
        pay_order = self._link(connection, row["order_no"], by=by or "fenghe", now=now)
        if isinstance(pay_order, str):
            return Never(words=pay_order)
        entry = Entry(
            order=row,
            token=token,
            robot=robot,
            policy=f"{name}@{version}",
            pay_order=pay_order,
            by=by or "fenghe",
            ip=ip,
        )
        reminder = store.enter(connection, entry, now=now)
        if reminder is None:
            return Never(words="有一条催付正在发送")
        _ask_provider(connection, reminder, row["order_no"], now)
        return reminder


def gateway_of(connection: Connection[Any], rule: ReminderRule) -> str | Never:
    """By which gateway buyers are written to."""
    able = store.gateways(connection)
    if rule.robot:
        return (
            rule.robot
            if rule.robot in able
            else Never(words=f"短信网关 {rule.robot} 没有启用，或没有填给买家的模板编号")
        )
    if len(able) == 1:
        return able[0]
    return Never(words=WHICH_GATEWAY if able else NO_GATEWAY)


def link_address(base: str, token: str) -> str:
    """The short address in a message."""
    return f"{base}/p/{token}"


def filled_in(row: Row, base: str) -> Mapping[str, str]:
    """What a reminder's message is filled with."""
    link = link_address(base, row["token"])
    return variables(row["order_no"], amount_minor=row["amount_minor"], currency=row["currency"], link=link)


def _address(connection: Connection[Any], token: str) -> Never | None:
    base = store.public_url(connection)
    if not base:
        return Never(words=NO_ADDRESS)
    if len(link_address(base, token)) > LONGEST_LINK:
        return Never(words=f"公网地址 {base} 太长：短信模板的变量最多 {LONGEST_LINK} 个字")
    return None


def _ask_provider(connection: Connection[Any], reminder: int, order_no: str, now: datetime) -> None:
    """Ask about every link and attempt that there was before this moment."""
    keys = []
    for one in store.known_attempts(connection, order_no, before=now):
        wish = Wish(out_trade_no=one["out_trade_no"], payment_no=one["payment_no"], order_no=order_no)
        key = f"{Ask.PAYMENT}:reminder:{reminder}:{one['mark']}"
        store_asking.ask(connection, Ask.PAYMENT, wish, source=one["source"], key=key, due_at=now)
        keys.append(key)
    store.set_questions(connection, reminder, keys)


# ── preparing and booking ────────────────────────────────────────────────────────────────────────────────────────────


def _prepare(connection: Connection[Any], now: datetime) -> int:
    """What has its link and its answer goes to be sent; the gate decides."""
    rows = store.preparing(connection, now=now, limit=BATCH)
    rules, base = store.rules_in_force(connection), store.public_url(connection)
    moved = 0
    for row in rows:
        told = _linked(row, now) or unanswered(row["asked"], since=row["asked_at"], now=now)
        match told:
            case Later():
                store.put_off(connection, row["id"], until=told.at)
            case Never():
                store.end(connection, row["id"], "withdrawn", now=now, why=told.words)
                moved += 1
            case None:
                _queue(connection, row, rules.of(row["channel"])[2], base, now)
                moved += 1
    return moved


def _linked(row: Row, now: datetime) -> Later | Never | None:
    """Is there a link to send?"""
    if row["link_status"] == "paid":
        return Never(words="已经收到付款，不再催付")
    if row["link_status"] in ("failed", "closed", "absent"):
        return Never(words=f"付款链接没有做成：{row['link_error'] or '支付机构已关闭'}")
    if row["link_minor"] != row["amount_minor"]:
        return Never(words="已有的付款链接是按别的金额做的，付它就付错了")
    if row["url"]:
        return None
    if now - row["asked_at"] > STALE:
        return Never(words="支付机构没有给出付款链接")
    return Later(at=now + timedelta(seconds=2), words="正在等支付机构给出付款链接")


def _queue(connection: Connection[Any], row: Row, rule: ReminderRule, base: str, now: datetime) -> None:
    filled = filled_in(row, base)
    text = text_of(rule, filled)
    store_sending.put_gated(
        connection,
        key=store.delivery_key(row["id"]),
        robot=row["robot"],
        gate=store.GATE,
        kind=KIND,
        message=Message(title=f"催付 {row['order_no']}", markdown=text, text=text, link="", severity=1),
    )
    store.queued(connection, row["id"], now=now)


def _settle(connection: Connection[Any], now: datetime) -> int:
    """Read from the message what became of it, and tell customer service of what went out."""
    rows = store.under_way(connection, limit=BATCH)
    told = []
    for row in rows:
        state, why = _became(row)
        store.end(connection, row["id"], state, now=now, why=why, at=row["delivered_at"])
        if state == "sent":
            told.append(_bell(row))
    notices.notify_all(connection, told)
    return len(rows)


def _became(row: Row) -> tuple[str, str]:
    match row["status"]:
        case "sent":
            return "sent", ""
        case "dropped":
            return "withdrawn", row["answer"]
        case _:
            return ("unsure" if row["answer"].startswith(store_sending.UNSURE) else "failed"), row["answer"]


def _bell(row: Row) -> Notice:
    amount = amount_words(row["amount_minor"], row["currency"])
    return Notice(
        key=store.delivery_key(row["id"]),
        kind=KIND,
        shop=row["shop"],
        title=f"已催付：订单 {row['order_no']}，{amount}，第 {row['nth']} 次",
        text=f"{row['delivered_at'].astimezone(CHINA):%m-%d %H:%M} 给买家发了带付款链接的短信。",
        link=f"/orders/{row['order_id']}",
    )


# ── the gate ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class ReminderGate:
    """Lets a reminder out, or not: the last word, under the order's lock."""

    def open(
        self, connection: Connection[Any], *, key: str, robot: Robot, now: datetime
    ) -> Admitted | Dropped | NotYet:
        """The rule once more, over everything that was heard before this moment."""
        reminder = store.claim_for_gate(connection, key)
        if reminder is None:
            return Dropped(words="这条催付已经撤回")
        since = None
        told: Due | Later | Never | None = _ready(connection, reminder, robot, now)
        if told is None:
            since = store.lock_order(connection, reminder["order_id"])
            told = Later(at=now, words="订单正在处理") if since is None else _last_word(connection, reminder, now)
        if isinstance(told, Later):
            return NotYet(words=told.words)
        if isinstance(told, Never):
            store.end(connection, reminder["id"], "withdrawn", now=now, why=told.words)
            return Dropped(words=told.words)
        assert since is not None
        store.checked(connection, reminder["id"], since=since, now=now)
        return _admitted(connection, reminder, robot, told.phone)


def _admitted(connection: Connection[Any], reminder: Row, robot: Robot, phone: str) -> Admitted:
    return Admitted(
        config={"phones": [phone], "template_code": robot.config["buyer_template_code"]},
        variables=filled_in(reminder, store.public_url(connection)),
    )


def _ready(connection: Connection[Any], reminder: Row, robot: Robot, now: datetime) -> Later | Never | None:
    """Whether it may be looked at at all: not too old, by a gateway that can, the provider's answer there."""
    if now - reminder["queued_at"] > STALE:
        return Never(words="等短信网关太久，是否已付要重新问过")
    if not robot.config.get("buyer_template_code"):
        return Never(words=NO_GATEWAY)
    asked = store.answers(connection, {reminder["id"]: reminder["questions"]})[reminder["id"]]
    return unanswered(asked, since=reminder["asked_at"], now=now)


def _last_word(connection: Connection[Any], reminder: Row, now: datetime) -> Due | Later | Never:
    """First is there anything unread, then what do we hold: whatever came before is in what is held by then."""
    if store.unread(connection, since=reminder["queued_at"], now=now):
        return Later(at=now, words="有收到还没有研判的报文，读完再催")
    order = store.find_order(connection, reminder["order_id"])
    if order is None:
        return Never(words="没有这个订单")
    rule = store.rules_in_force(connection).of(order["channel"])[2]
    seen = msgspec.structs.replace(store.seen(order), under_way=False)
    told = judge(seen, rule, now=now, by_hand=reminder["asked_by"] != "fenghe")
    if isinstance(told, Later):
        return Never(words=told.words)
    if isinstance(told, Due) and (order["due_minor"], order["order_no"]) != (
        reminder["amount_minor"],
        reminder["order_no"],
    ):
        return Never(words="订单的应付金额变了，链接要重新做")
    return told


def remind_now(
    connection: Connection[Any], order_id: int, duty: ReminderDuty, *, by: str, ip: str, now: datetime
) -> int | Later | Never:
    """Somebody wants a buyer reminded now."""
    row = store.find_order(connection, order_id)
    if row is None:
        return Never(words="没有这个订单")
    return duty.enter(connection, row, store.rules_in_force(connection), now=now, by=by, ip=ip)
