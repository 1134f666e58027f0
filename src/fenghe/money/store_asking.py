"""What is to be asked of payment providers (巡查), in the database: who is due, whom to ask, and what became of payment orders."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.judging import store as judging
from fenghe.kernel.outbox import store as outbox
from fenghe.kernel.store_reading import Row, fetch
from fenghe.money.asking import Ask, Wish

NOBODY: Final = timedelta(hours=6)
"""Until a provider can be asked at all, it is looked at again so often."""
SEARCH_AFTER: Final = "10 minutes"
SEARCH_WITHIN: Final = "3 days"


def sources_of(connection: Connection[Any]) -> list[Row]:
    """Payment sources that can be asked, the oldest first."""
    return fetch(
        connection,
        "select id, connector, title, config from source where enabled and kind = 'payment' order by created_at, id",
    )


def claim_payments(connection: Connection[Any], *, limit: int) -> list[Row]:
    """Payments whose question is due, with the payment source that told of them last."""
    return fetch(
        connection,
        "select p.subject_id as id, p.provider, p.payment_no, p.out_trade_no, p.asked, s.key,"
        " (s.final and p.amount_minor is not null) as settled, (select o.source from"
        " observation o join source c on c.id = o.source and c.connector = p.provider where o.subject_id = p.subject_id"
        " order by o.heard_at desc limit 1) as source from payment p join subject s on s.id = p.subject_id"
        " where p.ask_due_at <= now() order by p.ask_due_at limit %(limit)s for update of p skip locked",
        {"limit": limit},
    )


def claim_refunds(connection: Connection[Any], *, limit: int) -> list[Row]:
    """Refunds whose question is due."""
    return fetch(
        connection,
        "select r.subject_id as id, r.provider, r.refund_no, r.out_refund_no, r.payment_no, r.out_trade_no, r.asked, s.key,"
        " (s.final and r.amount_minor is not null) as settled,"
        " (select o.source from observation o join source c on c.id = o.source and c.connector = r.provider"
        " where o.subject_id = r.subject_id order by o.heard_at desc limit 1) as source"
        " from refund r join subject s on s.id = r.subject_id where r.ask_due_at <= now()"
        " order by r.ask_due_at limit %(limit)s for update of r skip locked",
        {"limit": limit},
    )


def claim_pay_orders(connection: Connection[Any], *, limit: int) -> list[Row]:
    """Payment orders whose question is due."""
    return fetch(
        connection,
        "select id, source, provider, out_trade_no, order_no, reason, status, asked, expires_at from pay_order"
        " where ask_due_at <= now() order by ask_due_at limit %(limit)s for update skip locked",
        {"limit": limit},
    )


def put_off(connection: Connection[Any], table: str, ids: Sequence[int], due: Sequence[datetime | None]) -> None:
    """The next question of each, one more having been asked; None: none."""
    name = {"payment": "subject_id", "refund": "subject_id", "pay_order": "id"}[table]
    connection.execute(
        f"update {table} t set asked = asked + 1, ask_due_at = v.due"
        f" from unnest(%s::bigint[], %s::timestamptz[]) v(id, due) where t.{name} = v.id".encode(),
        (list(ids), list(due)),
    )


def nobody_to_ask(connection: Connection[Any], table: str, ids: Sequence[int], now: datetime) -> None:
    """No connection can be asked: later, without counting."""
    connection.execute(
        f"update {table} set ask_due_at = %s where subject_id = any(%s)".encode(), (now + NOBODY, list(ids))
    )


def ask(connection: Connection[Any], act: Ask, wish: Wish, *, source: str, key: str, due_at: datetime) -> bool:
    """Put a question into the outbox, once by its key."""
    payload = {name: value for name, value in msgspec.to_builtins(wish).items() if value not in ("", 0, None)}
    return outbox.enqueue(connection, idempotency_key=key, source=source, act=act, payload=payload, due_at=due_at)


def hand_over(connection: Connection[Any], stuck: Sequence[Row], *, kind: str, noun: str) -> None:
    """Nobody could say what became of these: a person has them. The case closes with the row's final word."""
    judging.open_cases(
        connection,
        [
            {
                "key": f"{kind}:{one['id']}:asking",
                "kind": f"{kind}.ask_exhausted",
                "severity": 2,
                "subject_id": one["id"],
                "title": f"{noun} {one['key'].partition(':')[2]}：问了 {one['asked']} 次，支付机构仍没有最终结果",
                "ours": None,
                "theirs": None,
                "distance": None,
                "reason": "ask_exhausted",
                "evidence": {"keys": [], "asked": one["asked"]},
                "rule_version": "asking:1",
                "due_hours": 24,
            }
            for one in stuck
        ],
    )


def close_answered(connection: Connection[Any], kind: str) -> None:
    """Cases of what has become final meanwhile."""
    rows = fetch(
        connection,
        "select c.key from work_case c join subject s on s.id = c.subject_id where c.status = 'open' and s.final"
        " and c.kind = %(kind)s",
        {"kind": f"{kind}.ask_exhausted"},
    )
    judging.close_cases(
        connection,
        [
            {
                "key": row["key"],
                "status": "self_closed",
                "resolution": "evidence",
                "resolved_by": None,
                "closed_by": None,
            }
            for row in rows
        ],
    )


# ── payment orders ───────────────────────────────────────────────────────────────────────────────────────────────────


def settle_pay_orders(connection: Connection[Any]) -> int:
    """Payment orders whose payment came are paid; those of orders that were closed are to be closed at the provider."""
    paid = connection.execute(
        "update pay_order o set status = 'paid', ask_due_at = null, changed_at = now() from payment p"
        " where o.status in ('waiting', 'open') and p.provider = o.provider and p.out_trade_no = o.out_trade_no"
        " and p.succeeded"
    )
    return paid.rowcount


def to_close(connection: Connection[Any]) -> list[Row]:
    """Links that are open although their order is closed or was paid otherwise."""
    return fetch(
        connection,
        "select o.id, o.source, o.out_trade_no from pay_order o where o.status = 'open' and o.reason = 'link'"
        " and (exists (select from order_book b where b.order_no = o.order_no"
        " and b.state in ('closed_unpaid', 'cancelled', 'closed_refunded'))"
        " or exists (select from payment p where p.order_no = o.order_no and p.binding = 'bound'))"
        " limit 500 for update of o skip locked",
    )


def mark(connection: Connection[Any], pay_order: int, status: str, *, error: str = "", url: str = "") -> None:
    """What became of a payment order."""
    final = status in ("paid", "closed", "failed", "absent")
    connection.execute(
        "update pay_order set status = %s, error = %s, url = case when %s <> '' then %s else url end, changed_at = now(),"
        " ask_due_at = case when %s then null else ask_due_at end where id = %s and status <> 'paid'",
        (status, error[:300], url, url, final, pay_order),
    )


def search_for(connection: Connection[Any], *, source: str, provider: str, channels: Sequence[str], prefix: str) -> int:
    """Orders that a channel calls paid and no payment names: their payment is looked for at whoever collects for them."""
    found = connection.execute(
        "insert into pay_order (source, provider, out_trade_no, order_no, reason, currency, amount_minor, ask_due_at)"
        " select %(source)s, %(provider)s, %(prefix)s || b.order_no, b.order_no, 'search', b.currency, b.due_minor, now()"
        f" from order_book b where b.changed_at > now() - interval '{SEARCH_WITHIN}' and b.channel = any(%(channels)s)"
        f" and b.paid_at < now() - interval '{SEARCH_AFTER}' and b.order_no <> ''"
        " and not exists (select from payment p where p.order_no = b.order_no and p.succeeded)"
        " order by b.changed_at limit 500 on conflict (source, out_trade_no) do nothing",
        {"source": source, "provider": provider, "channels": list(channels), "prefix": prefix},
    )
    return found.rowcount


def make_pay_order(
    connection: Connection[Any], *, source: str, provider: str, wish: Wish, by: str, due_at: datetime
) -> Row | None:
    """A payment order for a link; None when one of that number is there already."""
    rows = fetch(
        connection,
        "insert into pay_order (source, provider, out_trade_no, order_no, reason, way, currency, amount_minor, title, made_by,"
        " expires_at, ask_due_at) values (%(source)s, %(provider)s, %(out_trade_no)s, %(order_no)s, 'link', %(way)s,"
        " %(currency)s, %(amount_minor)s, %(title)s, %(by)s, %(expires_at)s, %(due_at)s)"
        " on conflict (source, out_trade_no) do nothing returning id",
        {
            **{
                name: getattr(wish, name)
                for name in ("out_trade_no", "order_no", "way", "currency", "amount_minor", "title", "expires_at")
            },
            "source": source,
            "provider": provider,
            "by": by,
            "due_at": due_at,
        },
    )
    return rows[0] if rows else None


def pay_orders_of(connection: Connection[Any], order_no: str) -> list[Row]:
    """Every payment order of an order, the newest first."""
    return fetch(
        connection,
        "select o.*, s.title as source_title from pay_order o join source s on s.id = o.source where o.order_no = %(no)s"
        " order by o.id desc",
        {"no": order_no},
    )


def pay_orders_named(connection: Connection[Any], source: str, out_trade_no: str) -> list[int]:
    """The payment orders of this number at this source."""
    rows = fetch(
        connection,
        "select id from pay_order where source = %(source)s and out_trade_no = %(number)s",
        {"source": source, "number": out_trade_no},
    )
    return [row["id"] for row in rows]


def connector_of(connection: Connection[Any], source: str) -> str:
    """What a source speaks; "" when there is none."""
    rows = fetch(connection, "select connector from source where id = %(id)s", {"id": source})
    return str(rows[0]["connector"]) if rows else ""


def find_awaiting(connection: Connection[Any], order_no: str) -> Row | str:
    """The order of this number that awaits payment, or in plain words why it is not to be paid."""
    rows = fetch(
        connection,
        "select b.channel, b.state, b.currency, b.due_minor, coalesce(o.first_title, '') as title,"
        " exists (select from payment p where p.order_no = b.order_no and p.succeeded) as paid"
        " from order_book b left join customer_order o on o.subject_id = b.subject_id where b.order_no = %(no)s",
        {"no": order_no},
    )
    if len(rows) != 1:
        return f"没有订单 {order_no}" if not rows else f"有 {len(rows)} 个渠道都有订单 {order_no}，不知道该付哪个"
    order = rows[0]
    if order["paid"]:
        return f"订单 {order_no} 已经收到付款，不能再催付"
    if order["state"] != "await_payment":
        return f"订单 {order_no} 不在待付款状态，不能再收款"
    return order if order["due_minor"] else f"不知道订单 {order_no} 应付多少"


def open_link(connection: Connection[Any], source: str, order_no: str) -> Row | None:
    """A link of this order that can still be paid."""
    rows = fetch(
        connection,
        "select id, url from pay_order where source = %(source)s and out_trade_no = %(no)s and status in ('waiting', 'open')"
        " and reason = 'link' and (expires_at is null or expires_at > now())",
        {"source": source, "no": order_no},
    )
    return rows[0] if rows else None


def has_source(connection: Connection[Any], provider: str) -> bool:
    """Is there a connection by which this provider can be asked?"""
    return any(one["connector"] == provider for one in sources_of(connection))


def ask_now(connection: Connection[Any], table: str, subject: int, now: datetime) -> None:
    """A person wants to know now: the next question is due, the schedule goes on from there."""
    connection.execute(
        f"update {table} set ask_due_at = %s where subject_id = %s".encode(), (now - timedelta(seconds=1), subject)
    )


def ask_subject(connection: Connection[Any], kind: str, key: str, now: datetime) -> None:
    """The same by the subject's key."""
    rows = fetch(
        connection, "select id from subject where kind = %(kind)s and key = %(key)s", {"kind": kind, "key": key}
    )
    for row in rows:
        ask_now(connection, kind, row["id"], now)
