-- ── heartbeat 状态心跳 ────────────────────────────────────────────────────────────────────────────────────────────────
create table shipment_watch (
    subject_id bigint primary key references subject (id),
    track_id text not null unique,
    phase text not null default 'new' check (phase in ('new', 'watching', 'stopped')),
    stopped text check (stopped in ('final', 'forwarded', 'given_up')),
    stopped_at timestamptz,
    started_at timestamptz not null default now(),
    carrier text,
    source text,
    asks_no text,
    follows_id bigint,
    due_at timestamptz,
    turn integer not null default 0,
    asked_at timestamptz,
    answered_at timestamptz,
    news_at timestamptz,
    polls integer not null default 0,
    empties smallint not null default 0,
    errors smallint not null default 0,
    last_error text,
    unsettled boolean not null default false,
    seen_at timestamptz,
    valid_count integer not null default 0,
    answer_digest bytea,
    answer jsonb,
    message_id bigint,
    recent jsonb not null default '[]',
    silent_since timestamptz,
    episode integer not null default 0,
    push_asked boolean not null default false,
    rule_version text not null default '',
    check ((phase = 'stopped') = (stopped is not null)),
    check (phase <> 'watching' or due_at is not null)
);
comment on table shipment_watch is '状态心跳: one row per parcel handed over; the row is its own queue entry (due_at, lease by turn)';
comment on column shipment_watch.due_at is 'when it is asked next; pushed forward as a lease while a question is under way';
comment on column shipment_watch.unsettled is 'an answer came and has not been held against the history yet';
comment on column shipment_watch.valid_count is 'events that counted when it was last settled; growth is news';
comment on column shipment_watch.silent_since is 'the mark 物流异常待跟进; null while there is none';
comment on column shipment_watch.asks_no is 'the number it goes on under (转单); null while it has its own';
create index shipment_watch_due on shipment_watch (source, due_at) where phase = 'watching' and not unsettled;
create index shipment_watch_new on shipment_watch (subject_id) where phase = 'new';
create index shipment_watch_unsettled on shipment_watch (answered_at) where unsettled;
create index shipment_watch_silent on shipment_watch (silent_since) where silent_since is not null;
create index shipment_watch_unsubscribed on shipment_watch (source, subject_id) where phase = 'watching' and not push_asked;
create index shipment_watch_failing on shipment_watch (source, answered_at) where errors > 0 and phase = 'watching';
create index shipment_watch_stopped on shipment_watch (stopped_at) where phase = 'stopped';
alter table shipment_watch set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

insert into shipment_watch (subject_id, track_id)
    select subject_id, 'TK' || lpad(subject_id::text, 10, '0') from shipment where shipped_at is not null;

create table carrier_account (
    source text primary key references source (id),
    tokens double precision,
    filled_at double precision,
    breaker jsonb not null default '{}',
    lacking text not null default '',
    paused_until timestamptz,
    failing_since timestamptz,
    last_call_at timestamptz,
    last_answer_at timestamptz,
    last_error text,
    last_error_at timestamptz
);
comment on column carrier_account.lacking is 'settings a query needs and the source has not: it is then nobody''s asker';
comment on table carrier_account is '承运商账户: the one bucket and breaker of a source that all workers share';

create table carrier_account_hour (
    source text not null references source (id),
    hour timestamptz not null,
    calls integer not null default 0,
    parcels integer not null default 0,
    errors integer not null default 0,
    primary key (source, hour)
);
comment on table carrier_account_hour is 'how often each account was asked, by hour';

-- ── two-way contract 双向契约 ──────────────────────────────────────────────────────────────────────────────────────────
create table carrier_contract (
    id bigint generated always as identity primary key,
    act text not null check (act in ('track.subscribe', 'shipment.create')),
    subject_id bigint not null references subject (id),
    source text not null references source (id),
    state text not null default 'asked' check (state in ('asked', 'accepted', 'refused', 'withdrawn')),
    asked_at timestamptz not null default now(),
    asked_by text not null default 'fenghe',
    answered_at timestamptz,
    message_id bigint,
    error text,
    attempt integer not null default 1,
    waybill_no text,
    pushed_at timestamptz,
    finding text check (finding in ('no_push', 'answer_differs', 'number_differs', 'not_shipped')),
    finding_words text not null default '',
    finding_since timestamptz,
    check_at timestamptz,
    unique (act, subject_id, source)
);
comment on table carrier_contract is '双向契约: what was asked of a carrier, what it answered, and whether it kept to it';
create index carrier_contract_check on carrier_contract (check_at) where check_at is not null;
create index carrier_contract_subject on carrier_contract (subject_id);
create index carrier_contract_finding on carrier_contract (finding, finding_since) where finding is not null;
create index carrier_contract_asked on carrier_contract (asked_at desc, id desc);
