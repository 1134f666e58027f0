-- Searches of the trace board (凭证寻踪): who asked whom about which gap, what was answered, what was found; an index for every number.

-- ── every number that the board looks up 编号索引 ───────────────────────────────────────────────────────────────────────
create index refund_request on refund (out_refund_no) where out_refund_no <> '';
create index refund_of_payment on refund (payment_no) where payment_no <> '';
create index payout_batch on payout (payout_no);
create index payout_bank on payout (bank_ref) where bank_ref <> '';
create index payout_payment on payout (payment_no) where payment_no <> '';
create index finance_voucher_of_payment on finance_voucher (payment_no) where payment_no <> '';
create index finance_voucher_of_refund on finance_voucher (refund_no) where refund_no <> '';
create index finance_voucher_kind on finance_voucher (voucher_type);
create index statement_line_refund on statement_line (refund_no) where refund_no <> '';
create index statement_line_ledger on statement_line (ledger);
create index customer_order_payment on customer_order (payment_no) where payment_no <> '';

-- ── searches 寻踪 ────────────────────────────────────────────────────────────────────────────────────────────────────
create table trace_search (
    id bigint generated always as identity primary key,
    chain_key text not null,
    number text not null,
    which text not null default '',
    scope text not null default '',
    scope_words text not null,
    status text not null default 'running' check (status in ('running', 'done')),
    asked_by text not null,
    ip text not null default '',
    asked_at timestamptz not null default now(),
    deadline_at timestamptz not null,
    due_at timestamptz default now(),
    finished_at timestamptz,
    gaps_before jsonb not null,
    gaps_after jsonb,
    check ((status = 'done') = (finished_at is not null)),
    check ((status = 'running') = (due_at is not null))
);
comment on table trace_search is '凭证寻踪: one search about one chain; scope is empty for the whole chain, else the gap it is about';
comment on column trace_search.chain_key is 'what tells the chain from every other whichever of its numbers is entered';
create unique index trace_search_one on trace_search (chain_key) where status = 'running';
create index trace_search_of on trace_search (chain_key, id desc);
create index trace_search_person on trace_search (asked_by, asked_at desc);
create index trace_search_due on trace_search (due_at) where due_at is not null;

create table trace_question (
    id bigint generated always as identity primary key,
    search_id bigint not null references trace_search (id),
    n integer not null,
    who text not null check (who in ('provider', 'channel', 'carrier', 'bill', 'files')),
    source text not null default '',
    source_title text not null default '',
    words text not null,
    outbox_key text not null default '',
    numbers jsonb not null default '[]',
    status text not null default 'waiting' check (status in ('waiting', 'found', 'nothing', 'failed', 'not_asked', 'late')),
    answer text not null default '',
    message_id bigint,
    progress jsonb not null default '{}',
    asked_at timestamptz not null default now(),
    answered_at timestamptz,
    unique (search_id, n)
);
comment on table trace_question is 'whom a search asked, what, and the answer in plain words; progress is where a look through files stands';

create table trace_evidence (
    id bigint generated always as identity primary key,
    search_id bigint not null references trace_search (id),
    question_id bigint not null references trace_question (id),
    chain_key text not null,
    kind text not null check (kind in ('message', 'line', 'voucher', 'upload')),
    ref_id bigint not null,
    number text not null,
    words text not null,
    message_id bigint,
    told_at timestamptz,
    found_at timestamptz not null default now(),
    unique (chain_key, kind, ref_id)
);
comment on table trace_evidence is '寻踪所得: what mentions a number of the chain and is no document of it by itself; the message it stands in is the evidence';
create index trace_evidence_search on trace_evidence (search_id);

-- ── what a person says of an order that no channel tells ─────────────────────────────────────────────────────────────────
alter table compensation_event drop constraint compensation_event_event_check;
alter table compensation_event add constraint compensation_event_event_check check (event in
    ('proposed', 'approved', 'refused', 'withdrawn', 'started', 'asked_next', 'done', 'failed', 'again', 'absent'));
