-- Reconciliation (对账): the order book of what was there before, runs, breaks, rulings. Amounts are minor units of `currency`.

insert into order_book (subject_id, channel, shop, order_no, state, currency, due_minor, refunded_minor, created_at, paid_at)
select o.subject_id, o.channel, o.shop, translate(o.order_no, E' \t\r\n`\'"=\u3000\u00a0', ''), s.state, o.currency,
    case when o.paid_minor <> 0 or s.state not in ('await_payment', 'closed_unpaid') then coalesce(o.paid_minor, o.total_minor)
        else o.total_minor end,
    o.refunded_minor, o.created_at, o.paid_at
from customer_order o join subject s on s.id = o.subject_id
on conflict (subject_id) do nothing;

-- What became of the days is looked up by day; what is new since the last run by changed_at and recorded_at (0007).
create index order_book_day on order_book ((coalesce(paid_at, created_at)));
create index payment_day on payment (paid_at);
create index refund_day on refund (refunded_at);
create index finance_voucher_day on finance_voucher (booked_on);
create index payout_day on payout (paid_out_on);

-- Whole numbers summed as whole numbers: the built-in sum makes numerics of them, at several times the cost; it refuses to overflow.
create aggregate exact_sum(bigint) (sfunc = int8pl, stype = bigint, combinefunc = int8pl, parallel = safe);

create function marked(amount bigint, currency text) returns bigint language sql immutable parallel safe
return case when amount between -1000000000000 and 1000000000000 then amount * ((hashtext(currency) & 65535) + 1) end;
comment on function marked is 'an amount that differs from the same amount in another currency, so that one sum compares both; absurd ones are null: not plainly right';

-- The scan reads these columns of every document in the order of the number they stand for, and nothing else of them.
drop index order_book_number, payment_order, refund_order, finance_voucher_order;
create index order_book_number on order_book (order_no) include (due_minor, refunded_minor, state, currency, paid_at);
create index payment_order on payment (order_no) include (amount_minor, currency, succeeded);
create index refund_order on refund (order_no) include (amount_minor, currency, succeeded);
create index finance_voucher_order on finance_voucher (order_no) include (voucher_type, amount_minor, currency);

-- ── runs 对账批次 ─────────────────────────────────────────────────────────────────────────────────────────────────────
create table recon_run (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('scan', 'reconcile')),
    scope text not null check (scope in ('days', 'all', 'new')),
    day_from date,
    day_to date,
    rules jsonb not null,
    rules_digest text not null,
    inputs jsonb not null default '{}',
    coverage jsonb not null default '{}',
    counts jsonb not null default '{}',
    chains bigint not null default 0,
    opened integer not null default 0,
    reopened integer not null default 0,
    closed integer not null default 0,
    standing integer not null default 0,
    asked_by text not null default '',
    started_at timestamptz not null,
    finished_at timestamptz not null default now()
);
comment on table recon_run is '对账批次: append-only; a row is written when the run is done, in the transaction that wrote its breaks';
comment on column recon_run.inputs is 'per table: rows read and a digest over them that does not depend on their order';
comment on column recon_run.coverage is 'per leg: whether there is any source for it, and who is silent';
create index recon_run_kind on recon_run (kind, id desc);

create table recon_mark (
    kind text primary key,
    seen_from timestamptz not null,
    through date not null,
    run_id bigint not null
);
comment on table recon_mark is 'where the incremental run goes on: everything that committed before seen_from was looked at, all days up to through';

-- ── breaks 差异 ───────────────────────────────────────────────────────────────────────────────────────────────────────
create table recon_break (
    id bigint generated always as identity primary key,
    key text not null unique,
    scope_key text not null,
    cause text not null,
    fault boolean not null,
    status text not null default 'open' check (status in ('open', 'closed')),
    order_no text not null default '',
    payment_no text not null default '',
    channel text not null default '',
    shop text not null default '',
    provider text not null default '',
    day date,
    currency text not null,
    amount_minor bigint not null,
    field text not null,
    ours_minor bigint,
    theirs_minor bigint,
    documents jsonb not null,
    steps jsonb not null default '{}',
    note text not null default '',
    rule_version text not null,
    owner_id bigint references person (id),
    decision text not null default '',
    comment text not null default '',
    case_id bigint references work_case (id),
    first_run bigint not null references recon_run (id) deferrable initially deferred,
    last_run bigint not null references recon_run (id) deferrable initially deferred,
    found_at timestamptz not null,
    changed_at timestamptz not null default now(),
    closed_at timestamptz,
    closed_by jsonb
);
comment on table recon_break is '差异: one row per key however often it is found; gone means closed, on record with what closed it';
comment on column recon_break.scope_key is 'what the break hangs on, looked at again as a whole: order:NO, payout:PROVIDER:NO, line:ID ...';
comment on column recon_break.documents is 'both sides: [{side, kind, id, number, message_id, amount_minor, at}]; a missing one says what was looked for';
comment on column recon_break.steps is 'what it contributes to each step of the waterfall, signed';
create index recon_break_scope on recon_break (scope_key);
create index recon_break_open on recon_break (cause, day) where status = 'open';
create index recon_break_order on recon_break (order_no) where order_no <> '';
create index recon_break_day on recon_break (day, id);
create index recon_break_owner on recon_break (owner_id) where status = 'open';

create table recon_event (
    id bigint generated always as identity primary key,
    break_id bigint not null references recon_break (id),
    run_id bigint,
    at timestamptz not null,
    author text not null,
    event text not null check (event in ('opened', 'reopened', 'changed', 'closed', 'owner', 'decision', 'comment', 'ruled')),
    body jsonb not null default '{}'
);
comment on table recon_event is 'what happened to each break: append-only';
create index recon_event_break on recon_event (break_id, id);

create table recon_finding (
    run_id bigint not null references recon_run (id) deferrable initially deferred,
    key text not null,
    cause text not null,
    currency text not null,
    amount_minor bigint not null,
    steps jsonb not null,
    primary key (run_id, key)
);
comment on table recon_finding is 'the breaks a reconciliation stated, as it stated them: append-only';

create table recon_waterfall (
    run_id bigint not null references recon_run (id) deferrable initially deferred,
    currency text not null,
    channel text not null,
    provider text not null,
    place smallint not null,
    step text not null,
    cause text not null,
    fault boolean not null,
    amount_minor bigint not null,
    count bigint not null,
    primary key (run_id, currency, channel, provider, place, cause)
);
comment on table recon_waterfall is '瀑布: level rows (cause empty) and between them what explains the way down, by cause: append-only';

-- ── rulings 人工裁定 ──────────────────────────────────────────────────────────────────────────────────────────────────
create table recon_ruling (
    id bigint generated always as identity primary key,
    act text not null check (act in ('match', 'unmatch', 'force')),
    scope_key text not null,
    body jsonb not null,
    reason text not null check (reason <> ''),
    status text not null default 'proposed' check (status in ('proposed', 'approved', 'rejected', 'withdrawn')),
    proposed_by text not null,
    proposed_at timestamptz not null default now(),
    decided_by text,
    decided_at timestamptz,
    check ((status in ('approved', 'rejected')) = (decided_by is not null)),
    check (decided_by is distinct from proposed_by)
);
comment on table recon_ruling is '人工匹配、取消匹配、强制: proposed by one, decided by another; an approved one holds in every later run';
create index recon_ruling_scope on recon_ruling (scope_key) where status = 'approved';

create trigger recon_run_append_only before update or delete or truncate on recon_run
    for each statement execute function refuse_change();
create trigger recon_event_append_only before update or delete or truncate on recon_event
    for each statement execute function refuse_change();
create trigger recon_finding_append_only before update or delete or truncate on recon_finding
    for each statement execute function refuse_change();
create trigger recon_waterfall_append_only before update or delete or truncate on recon_waterfall
    for each statement execute function refuse_change();

-- Documents that name their order by another document's number are found from that document.
create index payment_number on payment (payment_no);
create index refund_number on refund (refund_no);
create index finance_voucher_payment on finance_voucher (payment_no) where order_no = '' and payment_no <> '';
create index finance_voucher_refund on finance_voucher (refund_no) where order_no = '' and refund_no <> '';

create table recon_secret (
    one boolean primary key default true check (one),
    secret bytea not null
);
comment on table recon_secret is 'what rows of exported break sheets are signed with: no secret of the outside world, only against mix-ups and made-up rows';
