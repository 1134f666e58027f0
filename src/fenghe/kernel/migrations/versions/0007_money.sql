-- Money (资金). Payments and refunds have a state and are judged; vouchers, pay-outs and statement lines are facts and are recorded.
-- Amounts are integer minor units of `currency`. Numbers (order_no, payment_no ...) are as told without blanks, tabs, quotes, back-ticks.

alter table subject drop constraint subject_kind_check;
alter table subject add constraint subject_kind_check check (kind in ('order', 'shipment', 'payment', 'refund'));

-- ── what each order should bring 应收 ─────────────────────────────────────────────────────────────────────────────────
create table order_book (
    subject_id bigint primary key references subject (id),
    channel text not null,
    shop text not null default '',
    order_no text not null,
    state text not null,
    currency text not null,
    due_minor bigint,
    refunded_minor bigint,
    created_at timestamptz,
    paid_at timestamptz,
    changed_at timestamptz not null default now()
);
comment on table order_book is '应收: the few columns of an order that money is compared with; written by the orders room with every change';
comment on column order_book.due_minor is 'what the buyer had to pay: as the channel says he paid, else the total; null when nobody said';
create index order_book_number on order_book (order_no);
create index order_book_changed on order_book (changed_at);

-- ── payments 支付单 and refunds 退款单 ─────────────────────────────────────────────────────────────────────────────────
create table payment (
    subject_id bigint primary key references subject (id),
    provider text not null,
    payment_no text not null,
    out_trade_no text not null default '',
    order_no text not null default '',
    method text not null default '',
    status_code text,
    succeeded boolean not null default false,
    currency text not null,
    amount_minor bigint,
    buyer_paid_minor bigint,
    fee_minor bigint,
    paid_at timestamptz,
    buyer text not null default '',
    order_id bigint,
    binding text not null default 'pending' check (binding in ('pending', 'bound', 'refused')),
    refusal text,
    changed_at timestamptz not null default now(),
    unique (provider, payment_no)
);
comment on table payment is '支付单: succeeded = the provider says the money came; binding says whether it was taken as an order''s payment';
comment on column payment.order_no is 'the order number that out_trade_no stands for (a channel''s prefix taken off); empty when it stands for none';
comment on column payment.refusal is 'why it is not an order''s payment: a cause from the vocabulary of breaks';
create index payment_order on payment (order_no);
create index payment_trade on payment (out_trade_no);
create index payment_pending on payment (subject_id) where binding = 'pending';
create index payment_changed on payment (changed_at);

create table refund (
    subject_id bigint primary key references subject (id),
    provider text not null,
    refund_no text not null,
    out_refund_no text not null default '',
    payment_no text not null default '',
    out_trade_no text not null default '',
    order_no text not null default '',
    status_code text,
    succeeded boolean not null default false,
    currency text not null,
    amount_minor bigint,
    refunded_at timestamptz,
    order_id bigint,
    changed_at timestamptz not null default now(),
    unique (provider, refund_no)
);
comment on table refund is '退款单: succeeded = the provider says the money went back';
create index refund_order on refund (order_no);
create index refund_payment on refund (provider, payment_no);
create index refund_changed on refund (changed_at);

-- ── finance vouchers 财务凭证 ─────────────────────────────────────────────────────────────────────────────────────────
create table finance_voucher (
    id bigint generated always as identity primary key,
    source text not null,
    message_id bigint not null,
    item integer not null,
    voucher_no text not null,
    voucher_type text not null,
    order_no text not null default '',
    payment_no text not null default '',
    refund_no text not null default '',
    currency text not null,
    amount_minor bigint not null,
    booked_on date,
    account text not null default '',
    remark text not null default '',
    recorded_at timestamptz not null default now(),
    unique (message_id, item)
);
comment on table finance_voucher is '财务凭证 as finance told it: append-only; voucher_type order, refund, fee, payout or the teller''s own word; the same voucher_no twice is two rows';
create index finance_voucher_order on finance_voucher (order_no);
create index finance_voucher_number on finance_voucher (voucher_no);
create index finance_voucher_recorded on finance_voucher (recorded_at);

-- ── pay-outs 出款 ────────────────────────────────────────────────────────────────────────────────────────────────────
create table payout (
    id bigint generated always as identity primary key,
    source text not null,
    message_id bigint not null,
    item integer not null,
    provider text not null,
    payout_no text not null,
    currency text not null,
    amount_minor bigint not null,
    gross_minor bigint,
    fee_minor bigint,
    commission_minor bigint,
    paid_out_on date,
    occurred_at timestamptz,
    order_no text not null default '',
    payment_no text not null default '',
    bank_ref text not null default '',
    account text not null default '',
    recorded_at timestamptz not null default now(),
    unique (message_id, item)
);
comment on table payout is '出款: what a provider says it paid out to the bank; a row with an order_no is that order''s part of the pay-out of that payout_no';
create index payout_number on payout (provider, payout_no);
create index payout_order on payout (order_no) where order_no <> '';
create index payout_recorded on payout (recorded_at);

-- ── statements 账单 ──────────────────────────────────────────────────────────────────────────────────────────────────
create table statement_file (
    id bigint generated always as identity primary key,
    source text not null,
    name text not null,
    digest bytea not null,
    layout text not null,
    provider text not null,
    account text not null default '',
    period_from date,
    period_to date,
    totals jsonb not null default '{}',
    problems jsonb not null default '[]',
    complete boolean not null default true,
    read integer not null default 0,
    stored integer not null default 0,
    duplicate integer not null default 0,
    set_aside integer not null default 0,
    imported_by text not null default '',
    imported_at timestamptz not null default now(),
    unique (source, digest)
);
comment on table statement_file is '账单文件: what each file said of itself (totals, balances, period) against its rows; complete is false when they disagree';

create table statement_line (
    id bigint generated always as identity primary key,
    source text not null,
    message_id bigint not null,
    item integer not null,
    file_id bigint,
    provider text not null,
    account text not null default '',
    ledger text not null check (ledger in ('trade', 'funds', 'settlement', 'bank')),
    kind text not null,
    occurred_at timestamptz,
    booked_on date,
    line_no text not null default '',
    payment_no text not null default '',
    out_trade_no text not null default '',
    order_no text not null default '',
    refund_no text not null default '',
    batch_no text not null default '',
    currency text not null,
    net_minor bigint not null,
    gross_minor bigint,
    fee_minor bigint,
    balance_minor bigint,
    components jsonb,
    foreign_currency text,
    foreign_minor bigint,
    rate numeric(20, 10),
    counterparty text not null default '',
    summary text not null default '',
    recorded_at timestamptz not null default now(),
    unique (message_id, item)
);
comment on table statement_line is '账单行: one movement as a provider or bank states it; net_minor is signed from the account''s side (in +, out -)';
comment on column statement_line.ledger is 'trade 业务明细, funds 账务/资金明细, settlement 结算明细 (per order), bank 银行流水';
comment on column statement_line.kind is 'payment, refund, fee, fee_refund, commission, split, split_return, payout, transfer, adjustment, fx, other';
comment on column statement_line.components is 'a wide row''s money parts by name, signed minor units; they add up to net_minor';
create index statement_line_order on statement_line (order_no) where order_no <> '';
create index statement_line_payment on statement_line (payment_no) where payment_no <> '';
create index statement_line_batch on statement_line (batch_no) where batch_no <> '';
create index statement_line_booked on statement_line (provider, ledger, booked_on);
create index statement_line_recorded on statement_line (recorded_at);

create trigger finance_voucher_append_only before update or delete or truncate on finance_voucher
    for each statement execute function refuse_change();

-- ── the binding guard 凭证绑定 ────────────────────────────────────────────────────────────────────────────────────────
alter table payment add column bind_due_at timestamptz default now();
alter table payment add column judged_at timestamptz;
alter table payment add column ask_due_at timestamptz;
alter table payment add column asked integer not null default 0;
comment on column payment.bind_due_at is 'when the guard is to look at it (again); null: nothing has changed since it last did';
comment on column payment.ask_due_at is 'when its provider is to be asked (again) what became of it; null: it is final, or a person has it';
create index payment_bind_due on payment (bind_due_at) where bind_due_at is not null;
create index payment_ask_due on payment (ask_due_at) where ask_due_at is not null;
create index payment_refused on payment (order_no) where binding = 'refused';

alter table refund add column bind_due_at timestamptz default now();
alter table refund add column ask_due_at timestamptz;
alter table refund add column asked integer not null default 0;
create index refund_bind_due on refund (bind_due_at) where bind_due_at is not null;
create index refund_ask_due on refund (ask_due_at) where ask_due_at is not null;

alter table payment add column ruled text not null default '';
comment on column payment.ruled is 'what people decided about its binding: cause:decision, parted by blanks';

-- An order that comes late, changes its price or is cancelled makes its payments due at the guard, in the transaction that says so.
create function payments_hear_of_new_orders() returns trigger language plpgsql as $$
begin
    update payment p set bind_due_at = now() from (select distinct order_no from told where order_no <> '') t
        where p.order_no = t.order_no;
    return null;
end $$;
create function payments_hear_of_changed_orders() returns trigger language plpgsql as $$
begin
    update payment p set bind_due_at = now() from (
        select distinct n.order_no from told n join was o on o.subject_id = n.subject_id
        where n.order_no <> '' and (n.order_no, n.currency, n.due_minor, n.refunded_minor, n.paid_at,
            n.state in ('closed_unpaid', 'cancelled', 'closed_refunded'), n.state = 'part_paid')
            is distinct from (o.order_no, o.currency, o.due_minor, o.refunded_minor, o.paid_at,
            o.state in ('closed_unpaid', 'cancelled', 'closed_refunded'), o.state = 'part_paid')) t
        where p.order_no = t.order_no;
    return null;
end $$;
create trigger order_book_new after insert on order_book referencing new table as told
    for each statement execute function payments_hear_of_new_orders();
create trigger order_book_changed after update on order_book referencing old table as was new table as told
    for each statement execute function payments_hear_of_changed_orders();

-- ── payment orders 商户下单: links we made for buyers, and orders whose payment we look for at a provider ──────────────────
create table pay_order (
    id bigint generated always as identity primary key,
    source text not null references source (id),
    provider text not null,
    out_trade_no text not null,
    order_no text not null,
    reason text not null check (reason in ('link', 'search')),
    way text not null default '',
    currency text not null default 'CNY',
    amount_minor bigint,
    title text not null default '',
    url text not null default '',
    status text not null default 'waiting' check (status in ('waiting', 'open', 'paid', 'closed', 'failed', 'absent')),
    error text not null default '',
    made_by text not null default '',
    expires_at timestamptz,
    asked integer not null default 0,
    ask_due_at timestamptz,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    unique (source, out_trade_no)
);
comment on table pay_order is '商户下单: a link made for a buyer, or an order whose payment is looked for; asked about until it is paid, closed or absent';
create index pay_order_number on pay_order (order_no);
create index pay_order_ask_due on pay_order (ask_due_at) where ask_due_at is not null;
create index pay_order_open on pay_order (order_no) where status in ('waiting', 'open');
