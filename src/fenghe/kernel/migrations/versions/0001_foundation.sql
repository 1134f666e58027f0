-- The foundation (收件 → 归一 → 研判 → 留痕): raw evidence, subjects, observations, audit chain, cases, declarations, people.

-- Hot tables carry no foreign keys: messages and subjects can never be deleted by anybody, so the check would guard nothing
-- and cost a lock per row. Everything else has them.

-- ── inbox 收件箱 ─────────────────────────────────────────────────────────────────────────────────────────────────────
create table source (
    id text primary key check (id ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'),
    connector text not null,
    title text not null,
    kind text not null,
    enabled boolean not null default true,
    config jsonb not null default '{}',
    secrets_sealed bytea,
    created_at timestamptz not null default now()
);
insert into source (id, connector, title, kind) values ('person', 'person', '人工裁定', 'person');
comment on table source is '连接: one outside party as configured; secrets are sealed with the hub key';

create table inbound_message (
    id bigint generated always as identity primary key,
    source text not null,
    dedupe_key bytea not null,
    way text not null check (way in ('webhook', 'file', 'poll', 'ruling', 'api')),
    received_at timestamptz not null default clock_timestamp(),
    headers jsonb not null default '{}',
    body bytea not null,
    unique (source, dedupe_key)
);
comment on table inbound_message is '入站报文: exact bytes as they arrived; nobody changes or removes a row';
create index inbound_message_received on inbound_message using brin (received_at);
create index inbound_message_source on inbound_message (source, received_at, id);

create table message_handling (
    message_id bigint primary key,
    status smallint not null default 0 check (status in (0, 1, 2)),
    repeats integer not null default 0,
    attempts smallint not null default 0,
    handled_at timestamptz,
    origin text,
    finding jsonb
);
comment on table message_handling is 'what became of a message: 0 pending, 1 judged, 2 set aside; origin is file:line; finding says what could not be read';
create index message_handling_pending on message_handling (message_id) where status = 0;
create index message_handling_set_aside on message_handling (message_id) where status = 2;
alter table message_handling set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

create table refused_delivery (
    source text not null,
    reason text not null,
    ip text not null,
    hour timestamptz not null,
    count integer not null default 1,
    last_at timestamptz not null default now(),
    primary key (source, reason, ip, hour)
);
comment on table refused_delivery is 'deliveries the door turned away, counted by hour';

-- ── subjects and what is said of them 观测 ────────────────────────────────────────────────────────────────────────────
create table subject (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('order', 'shipment')),
    key text not null,
    state text not null default 'unknown',
    rank smallint,
    held text,
    final boolean not null default false,
    version integer not null default 0,
    chain_head bytea,
    history text not null default '[]',
    path text not null default '[]',
    open_cases text not null default '[]',
    due_at timestamptz,
    told_at timestamptz,
    told_count integer not null default 0,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    unique (kind, key)
);
comment on table subject is 'what we hold of one thing: state as a function of its history (compact JSON of observations)';
comment on column subject.held is 'reason of the gravest open disagreement, null when there is none';
create index subject_due on subject (due_at) where due_at is not null;
create index subject_state on subject (kind, state);
create index subject_held on subject (kind, held) where held is not null;
alter table subject set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

create table observation (
    subject_id bigint not null,
    key text not null,
    message_id bigint not null,
    item integer not null,
    source text not null,
    kind text not null,
    codes text not null,
    code text not null,
    body text not null,
    status text,
    mapping_version integer not null default 0,
    occurred_at timestamptz not null,
    heard_at timestamptz not null,
    primary key (subject_id, key)
);
comment on table observation is '观测: one claim by one source about one subject; status is its meaning in our words, null while unmapped';
create index observation_unmapped on observation (codes, code) where status is null and kind in ('event', 'snapshot');
create index observation_heard on observation using brin (heard_at);
create index observation_message on observation (message_id);
create index observation_code on observation (codes, code, heard_at);

-- ── audit chain 状态变更审计 ───────────────────────────────────────────────────────────────────────────────────────────
create table order_state_audit (
    id bigint generated always as identity primary key,
    subject_id bigint not null,
    seq integer not null,
    from_state text,
    to_state text not null,
    source text not null,
    operator text,
    ip text,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    reason text not null,
    message_id bigint,
    evidence_key text not null,
    payload_digest bytea,
    reverses_seq integer,
    rule_version text not null,
    prev_hash bytea not null,
    hash bytea not null,
    unique (subject_id, seq)
);
comment on table order_state_audit is '订单状态变更审计: append-only, hash-chained per subject, sealed in order by audit_seal';
create index order_state_audit_recorded on order_state_audit using brin (recorded_at);

create table audit_seal (
    id bigint generated always as identity primary key,
    first_id bigint not null,
    last_id bigint not null unique,
    rows integer not null,
    root bytea not null,
    prev_hash bytea not null,
    hash bytea not null,
    sealed_at timestamptz not null default now()
);
comment on table audit_seal is 'Merkle root over a run of audit rows, chained to the seal before: removal and re-ordering show';

-- ── cases 工单 ───────────────────────────────────────────────────────────────────────────────────────────────────────
create table work_case (
    id bigint generated always as identity primary key,
    key text not null unique,
    kind text not null,
    severity smallint not null check (severity between 1 and 3),
    status text not null default 'open' check (status in ('open', 'resolved', 'self_closed')),
    subject_id bigint references subject (id),
    title text not null,
    ours text,
    theirs text,
    distance smallint,
    reason text not null default '',
    evidence jsonb not null default '{}',
    rule_version text not null default '',
    owner_id bigint,
    due_at timestamptz,
    opened_at timestamptz not null default now(),
    closed_at timestamptz,
    resolution text,
    resolved_by text,
    changed_at timestamptz not null default now()
);
comment on table work_case is '工单: whatever needs a person; one row per key, however often it is found again';
create index work_case_open on work_case (severity desc, opened_at) where status = 'open';
create index work_case_status on work_case (status, kind, opened_at desc);
create index work_case_subject on work_case (subject_id);
create index work_case_owner on work_case (owner_id, severity desc, opened_at) where status = 'open';
create index work_case_due on work_case (due_at) where status = 'open';

create table case_entry (
    id bigint generated always as identity primary key,
    case_id bigint not null references work_case (id),
    at timestamptz not null default now(),
    author text not null,
    kind text not null check (kind in ('comment', 'log')),
    body text not null
);
create index case_entry_case on case_entry (case_id, id);

-- ── declarations 声明 ────────────────────────────────────────────────────────────────────────────────────────────────
create table declaration_version (
    id bigint generated always as identity primary key,
    kind text not null,
    name text not null,
    version integer not null,
    body jsonb not null,
    note text not null,
    author text not null,
    published_at timestamptz not null default now(),
    rolled_back_to integer,
    unique (kind, name, version)
);
comment on table declaration_version is '声明的已发布版本: immutable; the newest version is in force';

create table declaration_draft (
    kind text not null,
    name text not null,
    body jsonb not null,
    base_version integer not null,
    revision integer not null default 1,
    author text not null,
    updated_at timestamptz not null default now(),
    primary key (kind, name)
);

-- ── outbox 发件箱 ────────────────────────────────────────────────────────────────────────────────────────────────────
create table outbox (
    id bigint generated always as identity primary key,
    idempotency_key text not null unique,
    source text not null references source (id),
    act text not null,
    payload jsonb not null,
    status text not null default 'waiting' check (status in ('waiting', 'done', 'failed')),
    attempts smallint not null default 0,
    due_at timestamptz not null default now(),
    last_error text,
    created_at timestamptz not null default now(),
    done_at timestamptz
);
create index outbox_due on outbox (source, due_at) where status = 'waiting';

-- ── rooms: orders and shipments 订单 运单 ─────────────────────────────────────────────────────────────────────────────
create table customer_order (
    subject_id bigint primary key references subject (id),
    channel text not null,
    shop text not null default '',
    order_no text not null,
    status_code text,
    order_type text not null default '',
    currency text not null,
    total_minor bigint,
    paid_minor bigint,
    post_minor bigint,
    discount_minor bigint,
    refunded_minor bigint,
    payment_no text not null default '',
    buyer text not null default '',
    receiver_name text not null default '',
    receiver_phone text not null default '',
    receiver_region text not null default '',
    receiver_address text not null default '',
    remark text not null default '',
    lines jsonb not null default '[]',
    line_count integer not null default 0,
    first_title text not null default '',
    created_at timestamptz,
    paid_at timestamptz,
    shipped_at timestamptz,
    finished_at timestamptz,
    promised_ship_at timestamptz,
    modified_at timestamptz not null,
    unlinked boolean not null default false,
    unique (channel, order_no)
);
create index customer_order_created on customer_order (created_at desc nulls last, subject_id desc);
create index customer_order_shop on customer_order (shop, created_at desc nulls last, subject_id desc);
create index customer_order_channel on customer_order (channel, created_at desc nulls last, subject_id desc);
create index customer_order_unlinked on customer_order (created_at desc nulls last, subject_id desc) where unlinked;
create index customer_order_number on customer_order (order_no);

create table shipment (
    subject_id bigint primary key references subject (id),
    tracking_no text not null unique,
    carrier text,
    order_id bigint references subject (id),
    shipped_at timestamptz,
    forwarded_to text
);
create index shipment_order on shipment (order_id);
create index shipment_unlinked on shipment (subject_id desc) where order_id is null;
create index shipment_carrier on shipment (carrier, subject_id desc);
create index shipment_forwarded on shipment (forwarded_to) where forwarded_to is not null;

-- ── people 人员 ──────────────────────────────────────────────────────────────────────────────────────────────────────
create table person (
    id bigint generated always as identity primary key,
    username text not null unique,
    name text not null,
    password_hash text not null,
    roles text[] not null default '{}',
    shops text[],
    locale text not null default 'zh-CN',
    active boolean not null default true,
    created_at timestamptz not null default now(),
    last_seen_at timestamptz
);

create table web_session (
    key text primary key,
    data bytea not null,
    expires_at timestamptz not null
);
create index web_session_expires on web_session (expires_at);

create table api_token (
    id bigint generated always as identity primary key,
    person_id bigint not null references person (id),
    name text not null,
    prefix text not null,
    secret_digest bytea not null unique,
    scopes text[] not null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz
);

create table access_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    person text not null,
    ip text not null,
    action text not null,
    target text not null default ''
);
comment on table access_log is '谁看过、做过什么: append-only';
create index access_log_at on access_log (at desc);
create index access_log_sign_in on access_log (ip, at desc) where action like 'session.open.%';

create table saved_view (
    id bigint generated always as identity primary key,
    person_id bigint not null references person (id),
    screen text not null,
    name text not null,
    query text not null,
    shared boolean not null default false,
    created_at timestamptz not null default now(),
    unique (person_id, screen, name)
);

create table pulse (
    name text primary key,
    at timestamptz not null default now(),
    detail jsonb not null default '{}'
);
comment on table pulse is 'signs of life of workers and the last change per topic';

-- ── evidence defends itself ──────────────────────────────────────────────────────────────────────────────────────────
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end $$;

create trigger order_state_audit_append_only before update or delete or truncate on order_state_audit
    for each statement execute function refuse_change();
create trigger audit_seal_append_only before update or delete or truncate on audit_seal
    for each statement execute function refuse_change();
create trigger inbound_message_append_only before update or delete or truncate on inbound_message
    for each statement execute function refuse_change();
create trigger declaration_version_append_only before update or delete or truncate on declaration_version
    for each statement execute function refuse_change();
create trigger access_log_append_only before update or delete or truncate on access_log
    for each statement execute function refuse_change();
