-- Callback audits (回调核查): what was looked at, how far it is, and what was found. A finding is a note on evidence that
-- stands elsewhere: audits may be removed, messages never.

create table callback_audit (
    id bigint generated always as identity primary key,
    about text not null check (about in ('tracking', 'orders')),
    origin text not null check (origin in ('stored', 'file')),
    since timestamptz,
    until timestamptz,
    source text not null default '',
    file_name text not null default '',
    asked_by text not null,
    asked_at timestamptz not null default now(),
    status text not null default 'waiting' check (status in ('waiting', 'running', 'done', 'failed')),
    phase text not null default 'begin',
    cursor bigint not null default 0,
    keeper text not null default '',
    alive_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    read bigint not null default 0,
    audited bigint not null default 0,
    unreadable bigint not null default 0,
    pending bigint not null default 0,
    subjects bigint not null default 0,
    found bigint not null default 0,
    kept integer not null default 0,
    counts jsonb not null default '{}',
    reasons jsonb not null default '{}',
    problem text,
    check (read = audited + unreadable)
);
comment on table callback_audit is '回调核查: one look at a window of stored messages or at a file; resumed at `cursor` by whoever comes next';
create index callback_audit_waiting on callback_audit (id) where status in ('waiting', 'running');
create index callback_audit_asked on callback_audit (origin, about, asked_at desc);

create table callback_upload (
    audit_id bigint primary key references callback_audit (id) on delete cascade,
    body bytea not null
);
comment on table callback_upload is 'a file until it has been looked at';

create table callback_target (
    audit_id bigint not null references callback_audit (id) on delete cascade,
    subject_id bigint not null,
    primary key (audit_id, subject_id)
);
comment on table callback_target is 'what an audit under way has still to look at';

create table callback_finding (
    audit_id bigint not null references callback_audit (id) on delete cascade,
    n integer not null,
    key text not null,
    kind text not null,
    severity smallint not null check (severity between 1 and 3),
    at timestamptz not null,
    number text not null,
    order_no text not null,
    carrier text not null,
    source text not null,
    codes text not null,
    code text not null,
    field text not null,
    theirs text not null,
    ours text not null,
    words text not null,
    rule text not null,
    effect text not null,
    effect_reason text not null,
    evidence text[] not null,
    message_id bigint,
    origin text not null,
    subject_id bigint,
    order_id bigint,
    primary key (audit_id, n)
);
comment on table callback_finding is '核查发现: one thing wrong with what was told, with its evidence';
create index callback_finding_gravest on callback_finding (audit_id, severity desc, at desc, n desc);
create index callback_finding_kind on callback_finding (audit_id, kind, severity desc, at desc, n desc);
create index callback_finding_number on callback_finding (audit_id, number);
create index callback_finding_order on callback_finding (audit_id, order_no);
