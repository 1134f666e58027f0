"""The links of every order number (订单×支付×退款×凭证), compared in one set-wise pass; only the suspicious leave the database.

A chain's key is its order number. A payment that stands for no order number has the key `?p` + its id, a refund `?r`, a voucher
`?v`. A ruling may give a document another key. Everything here works on temporary tables of the caller's transaction.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.money.chain import Chain, Coverage, MoneyDoc, OrderDoc, VoucherDoc, kind_of

CHINA_DAY: Final = "(timezone('Asia/Shanghai', {}))::date"


class Arm(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of document: where it is, what its key is, and how it is found from keys in table `t`."""

    source: str
    key: str
    found: str
    where: str = "true"
    sums: str
    """the currency's hash, due, claimed, state, paid, back, booked, booked back"""
    marks: str
    """state, due, claimed, paid, back, booked, booked back: marked with their currency, for the screening of everything"""
    more: str
    """currency, channel, provider, moment"""
    columns: str
    """what, id, number, cur, amount, claimed, state, at, party, shop, trade no, payment no, refund no, booked on, message, at 2"""
    ruled: str = ""
    """`payment`, `refund` or `voucher` where a person may give it another key, and its id."""


_STATE: Final = (
    "(case b.state when 'await_payment' then 5 when 'closed_unpaid' then 6 when 'cancelled' then 3"
    " when 'closed_refunded' then 4 when 'part_paid' then 2 when 'unknown' then case when b.paid_at is null then 7"
    " else 1 end when 'order_unknown' then case when b.paid_at is null then 7 else 1 end else 1 end)::smallint"
)
_ID: Final = "case when t.k like '?{}%%' then substr(t.k, 3)::bigint end"
_NONE: Final = "null::bigint"

_PAYMENT: Final = {
    "sums": f"hashtext(p.currency), {_NONE}, {_NONE}, null::smallint, p.amount_minor, {_NONE}, {_NONE}, {_NONE}",
    "marks": f"{_NONE}, {_NONE}, {_NONE}, marked(p.amount_minor, p.currency), {_NONE}, {_NONE}, {_NONE}",
    "more": "p.currency, null::text, p.provider, p.paid_at",
    "columns": "'payment', p.subject_id, p.payment_no, p.currency, p.amount_minor, null::bigint, null::text, p.paid_at,"
    " p.provider, null::text, p.out_trade_no, p.payment_no, null::text, null::date, null::bigint, null::timestamptz",
    "ruled": "payment:p.subject_id",
}
_REFUND: Final = {
    "sums": f"hashtext(r.currency), {_NONE}, {_NONE}, null::smallint, {_NONE}, r.amount_minor, {_NONE}, {_NONE}",
    "marks": f"{_NONE}, {_NONE}, {_NONE}, {_NONE}, marked(r.amount_minor, r.currency), {_NONE}, {_NONE}",
    "more": "r.currency, null::text, r.provider, r.refunded_at",
    "columns": "'refund', r.subject_id, r.refund_no, r.currency, r.amount_minor, null::bigint, null::text, r.refunded_at,"
    " r.provider, null::text, r.out_trade_no, r.payment_no, r.refund_no, null::date, null::bigint, null::timestamptz",
    "ruled": "refund:r.subject_id",
}
_VOUCHER: Final = {
    "sums": f"hashtext(v.currency), {_NONE}, {_NONE}, null::smallint, {_NONE}, {_NONE},"
    " case v.voucher_type when 'order' then v.amount_minor end,"
    " case v.voucher_type when 'refund' then abs(v.amount_minor) end",
    "marks": f"{_NONE}, {_NONE}, {_NONE}, {_NONE}, {_NONE},"
    " case v.voucher_type when 'order' then marked(v.amount_minor, v.currency) end,"
    " case v.voucher_type when 'refund' then marked(abs(v.amount_minor), v.currency) end",
    "more": "v.currency, null::text, null::text, timezone('Asia/Shanghai', v.booked_on::timestamp)",
    "columns": "'voucher', v.id, v.voucher_no, v.currency, case v.voucher_type when 'refund' then abs(v.amount_minor)"
    " else v.amount_minor end, null::bigint, v.voucher_type, null::timestamptz, null::text, null::text, null::text,"
    " v.payment_no, v.refund_no, v.booked_on, v.message_id, null::timestamptz",
    "ruled": "voucher:v.id",
}
_TAKEN: Final = "p.succeeded and p.amount_minor is not null"
_GIVEN: Final = "r.succeeded and r.amount_minor is not null"
_BOOKED: Final = "v.voucher_type in ('order', 'refund')"
_OF_PAYMENT: Final = "coalesce(nullif(p.order_no, ''), '?p' || p.subject_id)"
_ARMS: Final = (
    Arm(
        source="order_book b",
        key="b.order_no",
        found="{t} t join order_book b on b.order_no = t.k",
        sums=f"hashtext(b.currency), b.due_minor, b.refunded_minor, {_STATE}, {_NONE}, {_NONE}, {_NONE}, {_NONE}",
        marks=f"16::bigint + {_STATE}, marked(b.due_minor, b.currency), marked(b.refunded_minor, b.currency), {_NONE}, {_NONE},"
        f" {_NONE}, {_NONE}",
        more="b.currency, b.channel, null::text, coalesce(b.paid_at, b.created_at)",
        columns="'order', b.subject_id, b.order_no, b.currency, b.due_minor, b.refunded_minor, b.state, b.paid_at, b.channel,"
        " b.shop, (select c.order_type from customer_order c where c.subject_id = b.subject_id),"
        " null::text, null::text, null::date, null::bigint, b.created_at",
    ),
    Arm(source="payment p", key="p.order_no", where=f"{_TAKEN} and p.order_no <> ''",
        found="{t} t join payment p on p.order_no = t.k", **_PAYMENT),
    Arm(source="payment p", key="'?p' || p.subject_id", where=f"{_TAKEN} and p.order_no = ''",
        found=f"{{t}} t join payment p on p.subject_id = {_ID.format('p')}", **_PAYMENT),
    Arm(source="refund r", key="r.order_no", where=f"{_GIVEN} and r.order_no <> ''",
        found="{t} t join refund r on r.order_no = t.k", **_REFUND),
    Arm(source="refund r join payment p on (p.provider, p.payment_no) = (r.provider, r.payment_no)", key=_OF_PAYMENT,
        where=f"{_GIVEN} and r.order_no = ''",
        found=f"{{t}} t join payment p on p.order_no = t.k or p.subject_id = {_ID.format('p')}"
        " join refund r on (r.provider, r.payment_no) = (p.provider, p.payment_no)", **_REFUND),
    Arm(source="refund r", key="'?r' || r.subject_id",
        where=f"{_GIVEN} and r.order_no = '' and not exists (select from payment p"
        " where (p.provider, p.payment_no) = (r.provider, r.payment_no))",
        found=f"{{t}} t join refund r on r.subject_id = {_ID.format('r')}", **_REFUND),
    Arm(source="finance_voucher v", key="v.order_no", where=f"{_BOOKED} and v.order_no <> ''",
        found="{t} t join finance_voucher v on v.order_no = t.k", **_VOUCHER),
    Arm(source="finance_voucher v join payment p on p.payment_no = v.payment_no", key=_OF_PAYMENT,
        where=f"{_BOOKED} and v.order_no = '' and v.payment_no <> ''",
        found=f"{{t}} t join payment p on p.order_no = t.k or p.subject_id = {_ID.format('p')}"
        " join finance_voucher v on v.payment_no = p.payment_no", **_VOUCHER),
    Arm(source="finance_voucher v join refund r on r.refund_no = v.refund_no", key="r.order_no",
        where=f"{_BOOKED} and v.order_no = '' and v.payment_no = '' and v.refund_no <> '' and r.order_no <> ''",
        found="{t} t join refund r on r.order_no = t.k join finance_voucher v on v.refund_no = r.refund_no", **_VOUCHER),
    Arm(source="finance_voucher v", key="'?v' || v.id",
        where=f"{_BOOKED} and v.order_no = '' and not exists (select from payment p where p.payment_no = v.payment_no)"
        " and (v.payment_no <> '' or not exists (select from refund r where r.refund_no = v.refund_no and r.order_no <> ''))",
        found=f"{{t}} t join finance_voucher v on v.id = {_ID.format('v')}", **_VOUCHER),
)  # fmt: skip

_ONLY_TOLD_BY_LINES: Final = (
    "(select distinct on (l.provider, l.{number}) l.*, coalesce(l.gross_minor, l.net_minor) as told from statement_line l"
    " where l.kind = '{kind}' and l.ledger <> 'bank' and l.{number} <> '' and l.order_no <> ''{also}"
    " and not exists (select from {table} h where h.provider = l.provider and h.{number} = l.{number})"
    " order by l.provider, l.{number}, l.ledger = 'trade' desc, l.id) l"
)
_LINE_ARMS: Final = (
    Arm(
        source=_ONLY_TOLD_BY_LINES.format(kind="payment", number="payment_no", table="payment", also=""),
        key="l.order_no",
        found="{t} t join " + _ONLY_TOLD_BY_LINES.format(kind="payment", number="payment_no", table="payment", also="")
        + " on l.order_no = t.k",
        sums=f"hashtext(l.currency), {_NONE}, {_NONE}, null::smallint, abs(l.told), {_NONE}, {_NONE}, {_NONE}",
        marks=f"{_NONE}, {_NONE}, {_NONE}, marked(abs(l.told), l.currency), {_NONE}, {_NONE}, {_NONE}",
        more="l.currency, null::text, l.provider, l.occurred_at",
        columns="'line_payment', l.id, l.payment_no, l.currency, abs(l.told), null::bigint, null::text, l.occurred_at,"
        " l.provider, null::text, l.out_trade_no, l.payment_no, null::text, l.booked_on, l.message_id, null::timestamptz",
    ),
    Arm(
        source=_ONLY_TOLD_BY_LINES.format(kind="refund", number="refund_no", table="refund", also=""),
        key="l.order_no",
        found="{t} t join " + _ONLY_TOLD_BY_LINES.format(kind="refund", number="refund_no", table="refund", also="")
        + " on l.order_no = t.k",
        sums=f"hashtext(l.currency), {_NONE}, {_NONE}, null::smallint, {_NONE}, abs(l.told), {_NONE}, {_NONE}",
        marks=f"{_NONE}, {_NONE}, {_NONE}, {_NONE}, marked(abs(l.told), l.currency), {_NONE}, {_NONE}",
        more="l.currency, null::text, l.provider, l.occurred_at",
        columns="'line_refund', l.id, l.refund_no, l.currency, abs(l.told), null::bigint, null::text, l.occurred_at,"
        " l.provider, null::text, l.out_trade_no, l.payment_no, l.refund_no, l.booked_on, l.message_id, null::timestamptz",
    ),
)  # fmt: skip
_NAMES: Final = "k, h, o, ro, kd, p, r, vo, vr"
_MARK_NAMES: Final = "k, kd, o, ro, p, r, vo, vr"
_MORE_NAMES: Final = "cur, ch, pr, at"


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Which legs there are: what is covered, whether statements tell of payments, whether people ruled."""

    coverage: Coverage
    lines: bool
    ruled: bool
    booked_until: date | None
    """How far finance has come with its vouchers."""


def sources_of(connection: Connection[Any], *, today: date) -> Sources:
    """Look which legs have any source: one row of each is enough."""
    row = connection.execute(
        "select exists (select from order_book), exists (select from payment where succeeded),"
        " exists (select from refund where succeeded),"
        " exists (select from finance_voucher where voucher_type in ('order', 'refund')),"
        " exists (select from statement_line where kind = 'payment' and ledger <> 'bank'),"
        " exists (select from statement_line where kind = 'refund' and ledger <> 'bank'),"
        " exists (select from recon_ruling where status = 'approved' and act in ('match', 'unmatch')),"
        " (select booked_on from finance_voucher where booked_on <= %s and voucher_type in ('order', 'refund')"
        " order by booked_on desc limit 1)",
        (today,),
    ).fetchone()
    assert row is not None
    orders, payments, refunds, vouchers, paid_lines, refund_lines, ruled, booked_until = row
    coverage = Coverage(
        orders=orders, payments=payments or paid_lines, refunds=refunds or refund_lines, vouchers=vouchers
    )
    return Sources(coverage=coverage, lines=paid_lines or refund_lines, ruled=ruled, booked_until=booked_until)


def _union(sources: Sources, table: str | None, columns_of: Callable[[Any], str]) -> str:
    return " union all ".join(_arms(sources, table, columns_of))


def _arms(sources: Sources, table: str | None, columns_of: Callable[[Any], str]) -> list[str]:
    """Every document with its key, kind by kind; only those of the keys in `table`, where one is given."""
    parts = []
    for arm in (*_ARMS, *(_LINE_ARMS if sources.lines else ())):
        columns = columns_of(arm)
        where = arm.where
        if arm.ruled and sources.ruled:
            kind, column = arm.ruled.split(":")
            where += f" and not exists (select from recon_ruled x where x.kind = '{kind}' and x.id = {column})"
        origin = arm.found.format(t=table) if table else arm.source
        key = "t.k" if table else arm.key
        parts.append(f"select {key}, {columns} from {origin} where {where}")
    if sources.ruled:
        parts += [_ruled(kind, table, columns_of) for kind in ("payment", "refund", "voucher")]
    return parts


def _ruled(kind: str, table: str | None, columns_of: Callable[[Any], str]) -> str:
    tables = {"payment": ("payment p", "p.subject_id", _PAYMENT), "refund": ("refund r", "r.subject_id", _REFUND),
              "voucher": ("finance_voucher v", "v.id", _VOUCHER)}  # fmt: skip
    source, number, columns = tables[kind]
    only = f" join {table} t on t.k = x.k" if table else ""
    told = columns_of(Arm(source=source, key="x.k", found="", **columns))
    return f"select x.k, {told} from recon_ruled x join {source} on {number} = x.id{only} where x.kind = '{kind}'"


def prepare(connection: Connection[Any], sources: Sources) -> None:
    """Memory for this transaction's hash tables, and the documents that people have given another order."""
    connection.execute("set local work_mem = '192MB'")
    connection.execute("set local hash_mem_multiplier = 2")
    connection.execute(
        "create temp table recon_touched (k text primary key) on commit drop;"
        "create temp table recon_suspect (k text) on commit drop;"
        "create temp table recon_ruled (kind text, id bigint, k text) on commit drop"
    )
    if sources.ruled:
        connection.execute(
            "insert into recon_ruled select distinct on (body ->> 'kind', body ->> 'id') body ->> 'kind',"
            " (body ->> 'id')::bigint, case act when 'match' then body ->> 'order_no' else '?' ||"
            " case body ->> 'kind' when 'payment' then 'p' when 'refund' then 'r' else 'v' end || (body ->> 'id') end"
            " from recon_ruling where status = 'approved' and act in ('match', 'unmatch')"
            " order by body ->> 'kind', body ->> 'id', id desc"
        )


_SUMS: Final = (
    "k, min(h) = max(h) as one, count(kd) as n_o, min(kd) as kmin, exact_sum(o) as due, exact_sum(ro) as ro, exact_sum(p) as p,"
    " exact_sum(r) as r, exact_sum(vo) as vo, exact_sum(vr) as vr"
)
"""Over nothing a sum is null: so it also says whether there is anything."""


_MARKS: Final = (
    "k, exact_sum(kd) as kd, exact_sum(o) as due, exact_sum(ro) as ro, exact_sum(p) as p, exact_sum(r) as r,"
    " exact_sum(vo) as vo, exact_sum(vr) as vr"
)
"""One order adds 16 and its state to `kd`: a sum below 32 is of one order at most."""


def _paid_and_back(coverage: Coverage) -> tuple[str, str]:
    """What was taken and given back, over a chain's sums: by the provider, or by whoever else says so."""
    paid = "coalesce(p, 0)" if coverage.payments else "(case when kmin in (1, 2, 4) then coalesce(due, 0) else 0 end)"
    told = f"least(greatest(coalesce(vr, 0), coalesce(ro, 0)), {paid})"
    return paid, "coalesce(r, 0)" if coverage.refunds else told


def clean(coverage: Coverage) -> str:
    """The condition under which nothing can be wrong with a chain: what is not sure goes to the rules.

    It compares and never adds, so it holds for plain sums as for marked ones.
    """
    paid, back = _paid_and_back(coverage)
    any_paid = "p is not null" if coverage.payments else "true"
    booked = f" and vo = {paid} and coalesce(vr, 0) = {back}" if coverage.vouchers else ""
    unbooked = f"(vo = {paid} and vr = {back} or vo is null and vr is null)" if coverage.vouchers else "true"
    nothing = "p is null and r is null and coalesce(vo, 0) = 0 and coalesce(vr, 0) = 0"
    claimed = f"coalesce(ro, 0) <= {back}"
    owed = f"kmin in (1, 7) and due = {paid} and {any_paid} and {back} <= {paid} and {claimed}{booked}"
    if not coverage.orders:
        return f"(one and n_o = 0 and {any_paid} and {back} <= {paid}{booked})"
    return (
        f"(one and n_o = 1 and (({owed}) or (kmin in (5, 6, 3) and {nothing}) or (kmin = 1 and due = 0 and {nothing})"
        f" or (kmin in (3, 4) and {any_paid} and {paid} = {back} and {claimed} and {unbooked})))"
    )


def _by_hash(connection: Connection[Any]) -> None:
    """The planner cannot know how many keys a union holds, and would sort: one hash table in one process is the quickest."""
    connection.execute("set local enable_sort = off")
    connection.execute("set local max_parallel_workers_per_gather = 0")


def _as_usual(connection: Connection[Any]) -> None:
    connection.execute("set local enable_sort = on")
    connection.execute("set local max_parallel_workers_per_gather to default")


def suspects(connection: Connection[Any], sources: Sources, *, touched: bool) -> int:
    """Fill recon_suspect with the keys whose links are not plainly right; returns how many chains were looked at.

    Documents come in the order of their keys, from the indexes alone: nothing is hashed, sorted or held in memory.
    """
    arms = _arms(sources, "recon_touched" if touched else None, attrgetter("marks"))
    union = " union all ".join(f"({arm} order by 1)" for arm in arms)
    connection.execute("set local enable_hashagg = off")
    connection.execute("set local max_parallel_workers_per_gather = 0")
    row = connection.execute(
        f"with chain as (select {_MARKS} from ({union}) d ({_MARK_NAMES}) group by k), judged as (select k,"
        f" {clean(sources.coverage)} is true as clean from (select k, kd is null or kd between 16 and 31 as one,"
        " case when kd is null then 0 when kd < 32 then 1 else 2 end as n_o, kd - 16 as kmin, due, ro, p, r, vo, vr from chain) c),"
        " counted as materialized (select count(*) as n, array_agg(k) filter (where not clean) as bad from judged),"
        " noted as (insert into recon_suspect select unnest(bad) from counted) select n from counted".encode()
    ).fetchone()
    connection.execute("set local enable_hashagg = on")
    connection.execute("set local max_parallel_workers_per_gather to default")
    connection.execute("analyze recon_suspect")
    return int(row[0]) if row else 0


def chain_table(connection: Connection[Any], sources: Sources, *, touched: bool) -> int:
    """Fill recon_chain with every chain's sums, and recon_suspect as above; returns how many chains there are."""
    union = _union(sources, "recon_touched" if touched else None, lambda arm: f"{arm.sums}, {arm.more}")
    paid, back = _paid_and_back(sources.coverage)
    more = (
        "min(cur) as cur, count(p) as n_p, count(r) as n_r, count(vo) as n_vo, count(vr) as n_vr,"
        " coalesce(min(ch), '') as ch, coalesce(min(pr), '') as pr,"
        f" {CHINA_DAY.format('coalesce(min(at) filter (where kd is not null), min(at))')} as day"
    )
    _by_hash(connection)
    cursor = connection.execute(
        f"create temp table recon_chain on commit drop as select *, {clean(sources.coverage)} is true as clean,"
        f" {paid} - {back} as net from (select {_SUMS}, {more} from ({union}) d ({_NAMES}, {_MORE_NAMES}) group by k) c".encode()
    )
    _as_usual(connection)
    connection.execute("analyze recon_chain (k, clean)")
    connection.execute("insert into recon_suspect select k from recon_chain where not clean")
    connection.execute("analyze recon_suspect")
    return cursor.rowcount


def only_suspects(connection: Connection[Any], keys: Sequence[str]) -> None:
    """Look at these chains, whatever their sums say."""
    connection.execute("truncate recon_suspect")
    connection.execute("insert into recon_suspect select unnest(%s::text[])", (list(keys),))
    connection.execute("analyze recon_suspect")


def left_for_later(connection: Connection[Any], keys: Sequence[str]) -> None:
    """Chains that this run was not to judge: their breaks stay as they are."""
    connection.execute("create temp table recon_later (k text primary key) on commit drop")
    connection.execute("insert into recon_later select distinct unnest(%s::text[])", (list(keys),))


def analyze_touched(connection: Connection[Any]) -> None:
    """Let the planner know how few keys there are."""
    connection.execute("analyze recon_touched")


def brief(chain: Chain) -> list[dict[str, Any]]:
    """A chain's documents in short, as evidence."""
    told = (
        *(("order", one.id, one.order_no, one.due_minor) for one in chain.orders),
        *((one.kind, one.id, one.number, one.amount_minor) for one in (*chain.payments, *chain.refunds)),
        *(("voucher", one.id, one.number, one.amount_minor) for one in chain.vouchers),
    )
    return [dict(zip(("kind", "id", "number", "amount_minor"), one, strict=True)) for one in told]


def touch_days(connection: Connection[Any], first: date, last: date) -> None:
    """Chains in which anything happened on these days."""
    low, high = (f"timezone('Asia/Shanghai', %({name})s::timestamp)" for name in ("first", "after"))
    _touch(
        connection,
        orders=f"coalesce(b.paid_at, b.created_at) >= {low} and coalesce(b.paid_at, b.created_at) < {high}",
        payments=f"p.paid_at >= {low} and p.paid_at < {high}",
        refunds=f"r.refunded_at >= {low} and r.refunded_at < {high}",
        vouchers="v.booked_on >= %(first)s and v.booked_on < %(after)s",
        lines="l.booked_on >= %(first)s and l.booked_on < %(after)s",
        values={"first": first, "after": date.fromordinal(last.toordinal() + 1)},
    )


def touch_changed(connection: Connection[Any], since: datetime) -> None:
    """Chains of which anything was written since."""
    changed, recorded = "{}.changed_at >= %(since)s", "{}.recorded_at >= %(since)s"
    _touch(
        connection,
        orders=changed.format("b"),
        payments=changed.format("p"),
        refunds=changed.format("r"),
        vouchers=recorded.format("v"),
        lines=recorded.format("l"),
        values={"since": since},
    )


def _touch(
    connection: Connection[Any], *, orders: str, payments: str, refunds: str, vouchers: str, lines: str, values: Any
) -> None:
    refund_key = "coalesce(nullif(r.order_no, ''), nullif(p.order_no, ''), '?p' || p.subject_id, '?r' || r.subject_id)"
    voucher_key = (
        "coalesce(nullif(v.order_no, ''), nullif(p.order_no, ''), '?p' || p.subject_id, nullif(r.order_no, ''),"
        " '?v' || v.id)"
    )
    of_refund = "refund r left join payment p on (p.provider, p.payment_no) = (r.provider, r.payment_no)"
    of_voucher = (
        "finance_voucher v left join payment p on v.payment_no <> '' and p.payment_no = v.payment_no"
        " left join refund r on v.refund_no <> '' and r.refund_no = v.refund_no"
    )
    parts = (
        f"select b.order_no from order_book b where {orders}",
        f"select {_OF_PAYMENT} from payment p where {payments}",
        f"select {refund_key} from {of_refund} where {refunds}",
        f"select {voucher_key} from {of_voucher} where {vouchers}",
        f"select l.order_no from statement_line l where l.order_no <> '' and {lines}",
    )
    connection.execute(
        ("insert into recon_touched " + " union ".join(parts) + " on conflict do nothing").encode(), values
    )


def touch_standing(connection: Connection[Any]) -> None:
    """Chains with an open break, and those that people have ruled on."""
    connection.execute(
        "insert into recon_touched select substr(scope_key, 7) from recon_break where status = 'open'"
        " and scope_key like 'order:%' union select k from recon_ruled"
        " union select substr(scope_key, 7) from recon_ruling where status = 'approved' and scope_key like 'order:%'"
        " on conflict do nothing"
    )


def chains(connection: Connection[Any], sources: Sources) -> Iterator[list[Chain]]:
    """Every suspicious chain with its documents, by key: one chain for each currency. Streams; memory stays small."""
    union = _union(sources, "recon_suspect", attrgetter("columns"))
    with connection.cursor(name="recon_documents") as cursor:
        cursor.itersize = 5_000
        cursor.execute(f"select * from ({union}) d order by 1, 2, 3".encode())
        for key, rows in groupby(cursor, key=itemgetter(0)):
            yield _chains(key, list(rows))


def _chains(key: str, rows: list[tuple[Any, ...]]) -> list[Chain]:
    by_currency: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        by_currency.setdefault(row[4], []).append(row)
    return [_chain(key, told) for _, told in sorted(by_currency.items())]


def _chain(key: str, rows: list[tuple[Any, ...]]) -> Chain:
    told: dict[str, list[Any]] = {"order": [], "payment": [], "refund": [], "voucher": []}
    seen: set[tuple[str, int]] = set()
    for row in rows:
        if (row[1], row[2]) not in seen:
            seen.add((row[1], row[2]))
            told[row[1].removeprefix("line_")].append(_READ[row[1]](row))
    return Chain(
        order_no=key,
        orders=tuple(told["order"]),
        payments=tuple(told["payment"]),
        refunds=tuple(told["refund"]),
        vouchers=tuple(told["voucher"]),
    )


ON_DELIVERY: Final = ("cod", "货到付款")
"""Order types of which the carrier takes the money."""


def _order(row: tuple[Any, ...]) -> OrderDoc:
    return OrderDoc(
        id=row[2], order_no=row[3], currency=row[4], due_minor=row[5], refunded_minor=row[6],
        kind=kind_of(row[7], says_paid=row[8] is not None), paid_at=row[8], channel=row[9], shop=row[10], created_at=row[16],
        on_delivery=row[11] in ON_DELIVERY,
    )  # fmt: skip


def _money(row: tuple[Any, ...]) -> MoneyDoc:
    return MoneyDoc(
        kind="line" if row[1].startswith("line_") else row[1], id=row[2], number=row[3], order_no=row[0], currency=row[4],
        amount_minor=row[5], at=row[8], provider=row[9], out_trade_no=row[11] or "", payment_no=row[12] or "",
    )  # fmt: skip


def _voucher(row: tuple[Any, ...]) -> VoucherDoc:
    return VoucherDoc(
        id=row[2], number=row[3], order_no=row[0], currency=row[4], amount_minor=row[5], kind=row[7],
        payment_no=row[12] or "", refund_no=row[13] or "", booked_on=row[14], message_id=row[15],
    )  # fmt: skip


_READ: Final = {
    "order": _order,
    "payment": _money,
    "refund": _money,
    "line_payment": _money,
    "line_refund": _money,
    "voucher": _voucher,
}
