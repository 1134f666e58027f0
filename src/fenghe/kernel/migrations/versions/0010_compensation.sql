-- Compensation (自动补偿): what is proposed, decided, done about each break. Amounts are minor units of `currency`.

create table compensation (
    id bigint generated always as identity primary key,
    key text not null unique,
    break_id bigint not null references recon_break (id),
    episode bigint not null references recon_run (id),
    kind text not null,
    cause text not null,
    target text not null default '',
    state text not null default 'proposed'
        check (state in ('proposed', 'approved', 'under_way', 'done', 'failed', 'refused', 'withdrawn')),
    order_no text not null default '',
    provider text not null default '',
    currency text not null,
    amount_minor bigint not null check (amount_minor > 0),
    moves_money boolean not null,
    automatic boolean not null default false,
    plan jsonb not null,
    rule_version text not null,
    attempt integer not null default 1,
    turn integer not null default 0,
    proposed_by text not null,
    proposed_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    why text not null default '',
    waits text not null default '',
    due_at timestamptz not null default now(),
    started_at timestamptz,
    ended_at timestamptz,
    message_id bigint,
    changed_at timestamptz not null default now(),
    unique (break_id, episode, kind, target),
    check (not moves_money or not automatic),
    check (state not in ('approved', 'under_way', 'done') or decided_by is not null),
    check (decided_by is distinct from proposed_by or state in ('withdrawn'))
);
comment on table compensation is '自动补偿: one row per break, as the run named by episode wrote it, act and document; decided by another than proposed it';
comment on column compensation.key is 'what the act is called outside (idempotency key) together with attempt and turn';
comment on column compensation.episode is 'the run that last wrote the break: found again otherwise, or again after it was gone, it may be repaired again';
comment on column compensation.turn is 'which of several outside parties is being asked';
create index compensation_state on compensation (state, id desc);
create index compensation_break on compensation (break_id);
create index compensation_started on compensation (started_at) where started_at is not null;
create index compensation_due on compensation (due_at) where state in ('approved', 'under_way');

create table compensation_event (
    id bigint generated always as identity primary key,
    compensation_id bigint not null references compensation (id),
    at timestamptz not null,
    author text not null,
    ip text not null default '',
    event text not null
        check (event in ('proposed', 'approved', 'refused', 'withdrawn', 'started', 'asked_next', 'done', 'failed', 'again')),
    body jsonb not null default '{}'
);
comment on table compensation_event is 'what happened to each compensation: append-only';
create index compensation_event_of on compensation_event (compensation_id, id);
create trigger compensation_event_append_only before update or delete or truncate on compensation_event
    for each statement execute function refuse_change();

create table compensation_look (
    break_id bigint primary key references recon_break (id),
    episode bigint not null,
    words text not null default '',
    again_at timestamptz not null
);
comment on table compensation_look is 'that a break was looked at, and why nothing is proposed about it; looked at again when it is written anew or at again_at';
