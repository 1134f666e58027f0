"""Pay-outs, bank lines, fees and conversions as rows for the rules (出款、银行流水、手续费、换汇), read set-wise."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.money.payouts import BankLine, Payout
from fenghe.money.rates import MILLION, Exchange, Rate

MOST_PAYOUTS: Final = 100_000
"""Above this pay-outs that are told order by order are matched with the bank by provider and day."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """The days of a run; None: without end."""

    first: date | None = None
    last: date | None = None

    def wider(self, days: int) -> "Span":
        """With this many days before and after."""
        more = timedelta(days=days)
        return Span(first=self.first and self.first - more, last=self.last and self.last + more)

    def holds(self, day: date | None) -> bool:
        """Whether a day lies in it; what has no day belongs to a run without end only."""
        if day is None:
            return self.first is None and self.last is None
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


_PAYOUT_DAY: Final = "coalesce(o.paid_out_on, timezone('Asia/Shanghai', o.occurred_at)::date)"
_DISTINCT_PAYOUTS: Final = (
    "(select distinct on (o.provider, o.payout_no, o.currency, o.amount_minor, o.gross_minor, o.fee_minor, o.commission_minor,"
    f" o.paid_out_on, o.order_no, o.payment_no, o.turn) o.*, {_PAYOUT_DAY} as day from payout o"
    " where (%(first)s::date is null or o.paid_out_on >= %(first)s) and (%(last)s::date is null or o.paid_out_on <= %(last)s)"
    " order by o.provider, o.payout_no, o.currency, o.amount_minor, o.gross_minor, o.fee_minor, o.commission_minor,"
    " o.paid_out_on, o.order_no, o.payment_no, o.turn, o.id) o"
)
"""The same row told twice is one row; equal rows of one file are told apart by their turn."""


_WHOLES: Final = b"""
alter table recon_payout add whole boolean not null default false, add counted_minor bigint;
with parts as (select provider, payout_no, currency, sum(amount_minor) as amount, array_agg(distinct message_id) as messages
    from recon_payout where payout_no <> '' and (order_no <> '' or payment_no <> '') group by 1, 2, 3),
wholes as (select o.id, p.provider, p.payout_no, p.currency from recon_payout o
    join parts p using (provider, payout_no, currency) where o.order_no = '' and o.payment_no = ''
    and (o.amount_minor = p.amount or not o.message_id = any(p.messages) and abs(o.amount_minor) * 2 > abs(p.amount)))
update recon_payout o set whole = o.id = w.id, counted_minor = case when o.id = w.id then o.amount_minor else 0 end
    from (select provider, payout_no, currency, max(id) as id from wholes group by 1, 2, 3) w
    where o.provider = w.provider and o.payout_no = w.payout_no and o.currency = w.currency;
update recon_payout set counted_minor = amount_minor where counted_minor is null;
update recon_payout o set gross_minor = case when p.gross then null else o.gross_minor end,
    fee_minor = case when p.fee then null else o.fee_minor end,
    commission_minor = case when p.commission then null else o.commission_minor end
    from (select provider, payout_no, currency, bool_or(gross_minor is not null) as gross, bool_or(fee_minor is not null) as fee,
    bool_or(commission_minor is not null) as commission from recon_payout where not whole group by 1, 2, 3) p
    where o.whole and o.provider = p.provider and o.payout_no = p.payout_no and o.currency = p.currency
"""
"""A pay-out told as one sum and by order (出款单 and 出款明细) is one pay-out: its sum counts, and what was taken by its parts.

A row without an order is the whole where it is the sum of the parts, or comes by another file and is no mere adjustment.
"""


def _values(span: Span, **more: Any) -> dict[str, Any]:
    return {"first": span.first, "last": span.last, **more}


def has_payouts(connection: Connection[Any]) -> tuple[bool, bool]:
    """Whether anybody told of pay-outs, and whether there is a bank statement."""
    row = connection.execute(
        "select exists (select from payout), exists (select from statement_line where ledger = 'bank')"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def payout_table(connection: Connection[Any], span: Span) -> None:
    """Fill recon_payout with the pay-outs of these days, each told once."""
    connection.execute(
        f"create temp table recon_payout on commit drop as select * from {_DISTINCT_PAYOUTS}".encode(),
        _values(span),
    )
    connection.execute(_WHOLES)
    connection.execute("analyze recon_payout")


def payouts(connection: Connection[Any]) -> list[Payout]:
    """Pay-outs by their number, the parts of one put together."""
    row = connection.execute(
        "select count(*), count(*) filter (where order_no <> '' or payment_no <> ''),"
        " count(distinct (provider, payout_no)) from recon_payout"
    ).fetchone()
    many = row is not None and row[2] > MOST_PAYOUTS and row[1] > 0
    number = "provider || ' ' || day" if many else "payout_no"
    cursor = connection.execute(
        f"select provider, {number}, currency, sum(counted_minor)::bigint, coalesce(max(day) filter (where whole), max(day)),"
        " coalesce(max(nullif(bank_ref, '')) filter (where whole), max(bank_ref)),"
        " (array_agg(id order by whole desc, id))[1:20]"
        " from recon_payout group by 1, 2, 3 order by 1, 2, 3".encode()
    )
    return [
        Payout(provider=r[0], number=r[1], currency=r[2], amount_minor=r[3], day=r[4], ref=r[5] or "", ids=tuple(r[6]))
        for r in cursor
    ]


def bank_lines(connection: Connection[Any], span: Span) -> list[BankLine]:
    """Money that came in at the bank; the same line in two overlapping statements is one line."""
    cursor = connection.execute(
        "select distinct on (l.account, l.line_no, l.currency, l.net_minor, l.booked_on, l.balance_minor, l.summary,"
        " case when l.line_no = '' and l.balance_minor is null then l.id end)"
        " l.id, l.line_no, l.currency, l.net_minor, coalesce(l.booked_on, timezone('Asia/Shanghai', l.occurred_at)::date),"
        " concat_ws(' ', l.batch_no, l.out_trade_no, l.order_no, l.payment_no, l.counterparty, l.summary), l.kind"
        " from statement_line l where l.ledger = 'bank' and l.net_minor > 0"
        " and (%(first)s::date is null or l.booked_on >= %(first)s) and (%(last)s::date is null or l.booked_on <= %(last)s)"
        " order by l.account, l.line_no, l.currency, l.net_minor, l.booked_on, l.balance_minor, l.summary,"
        " case when l.line_no = '' and l.balance_minor is null then l.id end, l.id",
        _values(span),
    )
    return [
        BankLine(id=r[0], number=r[1], currency=r[2], amount_minor=r[3], day=r[4], text=r[5], kind=r[6]) for r in cursor
    ]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A fee or commission: of which base how much was taken."""

    source: str
    id: int
    number: str
    order_no: str
    provider: str
    currency: str
    base_minor: int
    taken_minor: int
    day: date | None


class FeeSource(msgspec.Struct, frozen=True, kw_only=True):
    """A place that tells what was taken. `settles`: it is part of the waterfall."""

    name: str
    what: str
    table: str
    number: str
    order_no: str
    base: str
    taken: str
    day: str
    where: str


FEE_SOURCES: Final = (
    FeeSource(
        name="payout", what="fee", table="recon_payout o", number="o.payout_no", order_no="o.order_no", day="o.day",
        base="coalesce(o.gross_minor, o.amount_minor + abs(o.fee_minor) + abs(coalesce(o.commission_minor, 0)))",
        taken="abs(o.fee_minor)", where="o.fee_minor is not null",
    ),
    FeeSource(
        name="payout", what="commission", table="recon_payout o", number="o.payout_no", order_no="o.order_no", day="o.day",
        base="coalesce(o.gross_minor, o.amount_minor + abs(o.commission_minor) + abs(coalesce(o.fee_minor, 0)))",
        taken="abs(o.commission_minor)", where="o.commission_minor is not null",
    ),
    FeeSource(
        name="payment", what="fee", table="payment o", number="o.payment_no", order_no="o.order_no",
        day="timezone('Asia/Shanghai', o.paid_at)::date", base="o.amount_minor", taken="abs(o.fee_minor)",
        where="o.succeeded and o.fee_minor is not null and o.amount_minor is not null"
        " and (%(from)s::timestamptz is null or o.paid_at >= %(from)s) and (%(to)s::timestamptz is null or o.paid_at < %(to)s)",
    ),
    FeeSource(
        name="line", what="fee", table="statement_line o", number="o.payment_no", order_no="o.order_no", day="o.booked_on",
        base="o.gross_minor", taken="abs(o.fee_minor)",
        where="o.ledger in ('trade', 'settlement') and o.kind = 'payment' and o.fee_minor is not null and o.gross_minor > 0"
        " and (%(first)s::date is null or o.booked_on >= %(first)s) and (%(last)s::date is null or o.booked_on <= %(last)s)"
        " and not exists (select from payment p where p.provider = o.provider and p.payment_no = o.payment_no"
        " and p.fee_minor is not null)",
    ),
    FeeSource(
        name="line", what="commission", table="statement_line o", number="o.line_no", order_no="o.order_no", day="o.booked_on",
        base="(select sum(c.value::bigint) from jsonb_each_text(o.components) c where c.key ~ '实付|订单|货款|商品|运费|退款|补贴"
        "|order|goods|paid|refund|subsid')",
        taken="(select abs(sum(c.value::bigint)) from jsonb_each_text(o.components) c where c.key ~ '佣金|服务费|commission')",
        where="o.ledger = 'settlement' and o.components is not null"
        " and exists (select from jsonb_object_keys(o.components) k where k ~ '佣金|服务费|commission')"
        " and (%(first)s::date is null or o.booked_on >= %(first)s) and (%(last)s::date is null or o.booked_on <= %(last)s)",
    ),
)  # fmt: skip


def fee_providers(connection: Connection[Any], source: FeeSource, span: Span) -> list[tuple[str, str]]:
    """(provider, currency) that this source tells of."""
    cursor = connection.execute(
        f"select distinct o.provider, o.currency from {source.table} where {source.where} order by 1, 2".encode(),
        _fee_values(span),
    )
    return cursor.fetchall()


def _fee_values(span: Span, **more: Any) -> dict[str, Any]:
    first = f"{span.first} 00:00+08" if span.first else None
    last = f"{span.last + timedelta(days=1)} 00:00+08" if span.last else None
    return {**_values(span), "from": first, "to": last, **more}


def fee_sample(
    connection: Connection[Any], source: FeeSource, of: tuple[str, str], *, span: Span
) -> list[tuple[int, int]]:
    """(base, taken) of some rows of a provider, the same at every look."""
    cursor = connection.execute(
        f"select b, t from (select {source.base} as b, {source.taken} as t from {source.table} where {source.where}"
        " and o.provider = %(provider)s and o.currency = %(currency)s order by"
        f" md5({source.number}) limit 5000) s where b is not null and t is not null".encode(),
        _fee_values(span, provider=of[0], currency=of[1]),
    )
    return [(int(b), int(t)) for b, t in cursor]


def expected_sql(base: str, rate: Rate) -> str:
    """`rates.expected` in SQL."""
    whole, rest = f"(abs({base})::bigint * {rate.ppm} / {MILLION})", f"mod(abs({base})::bigint * {rate.ppm}, {MILLION})"
    up = {
        "down": "0",
        "up": f"({rest} > 0)::int",
        "half_even": f"({rest} * 2 > {MILLION} or {rest} * 2 = {MILLION} and mod({whole}, 2) = 1)::int",
    }.get(rate.rounding, f"({rest} * 2 >= {MILLION})::int")
    return f"greatest({whole} + {up}, {rate.least_minor})"


def fees_off(
    connection: Connection[Any], source: FeeSource, of: tuple[str, str], *, span: Span, rates: Sequence[Rate]
) -> list[Taken]:
    """Rows where what was taken is by none of the rates."""
    fits = " or ".join(f"t = {expected_sql('b', rate)}" for rate in rates)
    cursor = connection.execute(
        f"select id, number, order_no, b, t, day from (select o.{'subject_id' if source.name == 'payment' else 'id'} as id,"
        f" {source.number} as number, {source.order_no} as order_no, ({source.base})::bigint as b, ({source.taken})::bigint as t,"
        f" {source.day} as day from {source.table} where {source.where} and o.provider = %(provider)s"
        f" and o.currency = %(currency)s) s where b is not null and t is not null and not ({fits}) order by id".encode(),
        _fee_values(span, provider=of[0], currency=of[1]),
    )
    return [
        Taken(source=source.name, id=r[0], number=r[1], order_no=r[2], provider=of[0], currency=of[1], base_minor=r[3],
              taken_minor=r[4], day=r[5])
        for r in cursor
    ]  # fmt: skip


def exchanges(connection: Connection[Any], span: Span) -> list[Exchange]:
    """Lines that were converted from another currency, with the gross before what the provider took where it is told."""
    cursor = connection.execute(
        "select l.id, coalesce(nullif(l.payment_no, ''), nullif(l.line_no, ''), l.order_no), l.foreign_currency, l.foreign_minor,"
        " l.currency, l.net_minor, coalesce(l.gross_minor, l.net_minor + abs(l.fee_minor)), l.rate,"
        " coalesce(l.booked_on, timezone('Asia/Shanghai', l.occurred_at)::date), l.order_no from statement_line l"
        " where l.foreign_currency is not null and l.foreign_minor is not null and l.foreign_currency <> l.currency"
        " and (%(first)s::date is null or l.booked_on >= %(first)s) and (%(last)s::date is null or l.booked_on <= %(last)s)"
        " order by l.id",
        _values(span),
    )
    return [
        Exchange(id=r[0], number=r[1], source_currency=r[2], source_minor=r[3], target_currency=r[4], target_minor=r[5],
                 gross_minor=r[6], rate=r[7], day=r[8], order_no=r[9])
        for r in cursor
    ]  # fmt: skip


def payout_sums(connection: Connection[Any], span: Span) -> list[tuple[str, str, int, int, int, bool, int]]:
    """(currency, provider, paid out, fees, commission, whether any row tells of deductions, other deductions) of the days."""
    cursor = connection.execute(
        "select currency, provider, sum(counted_minor)::bigint, coalesce(sum(abs(fee_minor)), 0)::bigint,"
        " coalesce(sum(abs(commission_minor)), 0)::bigint, bool_or(fee_minor is not null or commission_minor is not null),"
        " coalesce(sum(gross_minor - amount_minor - abs(coalesce(fee_minor, 0)) - abs(coalesce(commission_minor, 0))), 0)::bigint"
        " from recon_payout where (%(first)s::date is null or day >= %(first)s) and (%(last)s::date is null or day <= %(last)s)"
        " group by 1, 2 order by 1, 2",
        _values(span),
    )
    return cursor.fetchall()


def statement_off(connection: Connection[Any], span: Span) -> list[tuple[Any, ...]]:
    """Payments and refunds whose amount their provider's statement gives differently."""
    cursor = connection.execute(
        "select 'payment', p.subject_id, p.payment_no, p.order_no, p.provider, p.currency, p.amount_minor, l.id, l.line_no,"
        " abs(coalesce(l.gross_minor, l.net_minor)), timezone('Asia/Shanghai', p.paid_at)::date from payment p"
        " join statement_line l on l.provider = p.provider and l.payment_no = p.payment_no and l.payment_no <> ''"
        " where l.kind = 'payment' and l.ledger in ('trade', 'funds') and p.succeeded and l.currency = p.currency"
        " and abs(coalesce(l.gross_minor, l.net_minor)) not in (p.amount_minor, coalesce(p.buyer_paid_minor, p.amount_minor),"
        " p.amount_minor - coalesce(abs(p.fee_minor), 0))"
        " and (%(first)s::date is null or l.booked_on >= %(first)s) and (%(last)s::date is null or l.booked_on <= %(last)s)"
        " union all select 'refund', r.subject_id, r.refund_no, r.order_no, r.provider, r.currency, r.amount_minor, l.id,"
        " l.line_no, abs(coalesce(l.gross_minor, l.net_minor)), timezone('Asia/Shanghai', r.refunded_at)::date from refund r"
        " join statement_line l on l.provider = r.provider and l.refund_no = r.refund_no and l.refund_no <> ''"
        " where l.kind = 'refund' and l.ledger in ('trade', 'funds') and r.succeeded and l.currency = r.currency"
        " and abs(coalesce(l.gross_minor, l.net_minor)) <> r.amount_minor"
        " and (%(first)s::date is null or l.booked_on >= %(first)s) and (%(last)s::date is null or l.booked_on <= %(last)s)"
        " order by 1, 2, 8",
        _values(span),
    )
    return cursor.fetchall()


def not_on_statement(connection: Connection[Any], span: Span) -> list[tuple[Any, ...]]:
    """Successful payments of days that their provider's trade statement covers whole, which it does not have."""
    cursor = connection.execute(
        "with told as (select provider, booked_on as day from statement_line where ledger = 'trade' and kind = 'payment'"
        " and booked_on is not null group by 1, 2), span as (select provider, min(day) as first, max(day) as last"
        " from told group by 1)"
        " select p.subject_id, p.payment_no, p.order_no, p.provider, p.currency, p.amount_minor,"
        " timezone('Asia/Shanghai', p.paid_at)::date as day from payment p join span s on s.provider = p.provider"
        " join told t on t.provider = p.provider and t.day = timezone('Asia/Shanghai', p.paid_at)::date"
        " where p.succeeded and timezone('Asia/Shanghai', p.paid_at)::date < s.last and not exists (select from statement_line l"
        " where l.provider = p.provider and l.payment_no = p.payment_no and l.ledger in ('trade', 'funds'))"
        " and (%(from)s::timestamptz is null or p.paid_at >= %(from)s) and (%(to)s::timestamptz is null or p.paid_at < %(to)s)"
        " order by p.subject_id",
        _fee_values(span),
    )
    return cursor.fetchall()


def parts_off(connection: Connection[Any]) -> list[tuple[Any, ...]]:
    """Rows of pay-outs that do not add up: what was paid out is not what was owed less what was taken.

    (id, provider, number, order, currency, day, should, paid out, how many rows of the provider are off, of how many). A row that
    tells its gross is held to its own words; one that tells of an order only, to that order's gross.
    """
    return connection.execute(
        "with own as (select id, provider, payout_no, order_no, currency, day, amount_minor as paid,"
        " gross_minor - abs(coalesce(fee_minor, 0)) - abs(coalesce(commission_minor, 0)) as should from recon_payout"
        " where gross_minor is not null), counted as (select *, count(*) over w as rows,"
        " count(*) filter (where paid <> should) over w as off from own window w as (partition by provider, currency))"
        " select id, provider, payout_no, order_no, currency, day, should, paid, off, rows from counted where paid <> should"
        " order by id"
    ).fetchall()


def orders_off(connection: Connection[Any]) -> list[tuple[Any, ...]]:
    """Orders whose pay-outs start from less than was taken: as above, by order, over the gross that the rows tell."""
    return connection.execute(
        "with own as (select min(o.id) as id, o.provider, min(o.payout_no) as payout_no, o.order_no, o.currency, min(o.day) as day,"
        " sum(o.gross_minor)::bigint as paid, min(c.p) as p, coalesce(min(c.r), 0) as r, min(c.due) as due from recon_payout o"
        " join recon_chain c on c.k = o.order_no and c.cur = o.currency where o.order_no <> '' and o.gross_minor is not null"
        " and c.p is not null group by o.provider, o.order_no, o.currency), judged as (select *,"
        " paid in (p, p - r, coalesce(due, p), coalesce(due, p) - r) or paid > p as fits from own), counted as (select *,"
        " count(*) over w as rows, count(*) filter (where not fits) over w as off from judged"
        " window w as (partition by provider, currency)) select id, provider, payout_no, order_no, currency, day,"
        " case when abs(paid - p) <= abs(paid - p + r) then p else p - r end, paid, off, rows from counted where not fits"
        " order by id"
    ).fetchall()


def net_pairs(connection: Connection[Any], provider: str | None = None) -> list[tuple[Any, ...]]:
    """Pay-outs by order that tell nothing but an amount: (id, provider, number, order, currency, day, order's net, paid out)."""
    return connection.execute(
        "select o.id, o.provider, o.payout_no, o.order_no, o.currency, o.day, c.p - coalesce(c.r, 0), o.amount_minor"
        " from recon_payout o join recon_chain c on c.k = o.order_no and c.cur = o.currency where o.order_no <> ''"
        " and o.gross_minor is null and o.fee_minor is null and o.commission_minor is null and c.p is not null"
        " and (%(provider)s::text is null or o.provider = %(provider)s) and (select count(*) from recon_payout x"
        " where x.order_no = o.order_no and x.currency = o.currency) = 1 order by o.id limit 200000",
        {"provider": provider},
    ).fetchall()


def splits(connection: Connection[Any], span: Span) -> list[tuple[str, str, int]]:
    """(currency, provider, amount) that went to others by splitting accounts (分账), what came back taken off; negative."""
    return connection.execute(
        "select currency, provider, -sum(case kind when 'split' then abs(net_minor) else -abs(net_minor) end)::bigint"
        " from statement_line where kind in ('split', 'split_return') and ledger <> 'bank'"
        " and (%(first)s::date is null or booked_on >= %(first)s) and (%(last)s::date is null or booked_on <= %(last)s)"
        " group by 1, 2 order by 1, 2",
        _values(span),
    ).fetchall()


def escrow(connection: Connection[Any], span: Span, providers: Sequence[str]) -> list[tuple[str, str, int]]:
    """(currency, provider, amount) held in escrow (担保): paid, the goods not confirmed yet, and in no pay-out by order; negative.

    Only where a provider tells pay-outs by order can it be told from what is merely on its way.
    """
    return connection.execute(
        "with telling as (select distinct provider from recon_payout where order_no <> '')"
        " select c.cur, c.pr, -sum(coalesce(c.p, 0) - coalesce(c.r, 0))::bigint from recon_chain c"
        " join telling t on t.provider = c.pr join order_book b on b.order_no = c.k"
        " where c.pr = any(%(providers)s) and c.n_o = 1 and c.p is not null and b.state in ('await_shipment', 'preparing',"
        " 'part_shipped', 'shipped', 'paid_hold') and not exists (select from recon_payout o where o.order_no = c.k)"
        " and (%(first)s::date is null or c.day >= %(first)s) and (%(last)s::date is null or c.day <= %(last)s)"
        " group by 1, 2 order by 1, 2",
        _values(span, providers=list(providers)),
    ).fetchall()
