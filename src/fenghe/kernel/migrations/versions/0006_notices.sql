-- Notifications 通知: what changed in a case is told by its state, never by a cursor; each message leaves once in effect.

-- ── which cases have something to tell 待通知 ─────────────────────────────────────────────────────────────────────────────
-- Rows commit out of order, so no `id > cursor` finds them all. A flag on the row does: whoever opens or changes a case
-- raises it (by default, or by the trigger), the notice duty takes it down in the transaction that reads the case.
alter table work_case add column unnoticed boolean not null default false;
alter table work_case alter column unnoticed set default true;
comment on column work_case.unnoticed is 'something changed that people may have to be told of; what was there before 0006 is not told again';
create index work_case_unnoticed on work_case (id) where unnoticed;

create function raise_unnoticed() returns trigger language plpgsql as $$
begin
    new.unnoticed := true;
    return new;
end $$;
create trigger work_case_unnoticed before update on work_case for each row
    when ((old.status, old.severity, old.owner_id, old.due_at) is distinct from (new.status, new.severity, new.owner_id, new.due_at))
    execute function raise_unnoticed();

alter table case_entry add column unnoticed boolean not null default false;
comment on column case_entry.unnoticed is 'a comment that names somebody with @ and has not been looked at';
create index case_entry_unnoticed on case_entry (id) where unnoticed;
create trigger case_entry_unnoticed before insert on case_entry for each row
    when (new.kind = 'comment' and new.body like '%@%') execute function raise_unnoticed();

create table case_watch (
    case_id bigint primary key references work_case (id),
    status text not null,
    severity smallint not null,
    owner_id bigint,
    due_at timestamptz,
    overdue_told boolean not null default false,
    opened_times integer not null default 1
);
-- Cases that were there before are known: only what changes from now on is news.
insert into case_watch (case_id, status, severity, owner_id, due_at, overdue_told)
    select id, status, severity, owner_id, due_at, coalesce(due_at <= now(), false) from work_case;
comment on table case_watch is '工单上次通知时的样子: what a case was when it was last looked at, to know what changed';
create index case_watch_due on case_watch (due_at) where status = 'open' and not overdue_told and due_at is not null;

create table case_escalation (
    case_id bigint not null references work_case (id),
    rule text not null,
    event text not null,
    began_at timestamptz not null,
    step integer not null default 0,
    due_at timestamptz,
    primary key (case_id, rule)
);
comment on table case_escalation is '升级: when the next step of a rule is due for a case nobody took; null: ended';
create index case_escalation_due on case_escalation (due_at) where due_at is not null;

-- ── notices and who is told 通知 ───────────────────────────────────────────────────────────────────────────────────────
create table notice (
    id bigint generated always as identity primary key,
    key text not null unique,
    event text not null,
    kind text not null default '',
    severity smallint not null default 1 check (severity between 1 and 3),
    shop text not null default '',
    case_id bigint references work_case (id),
    person_id bigint references person (id),
    actor text not null default '',
    title text not null,
    body text not null default '',
    link text not null default '',
    only_targets text[] not null default '{}',
    rule text not null default '',
    happened_at timestamptz not null,
    created_at timestamptz not null default now(),
    routed_at timestamptz
);
comment on table notice is '通知: one thing that happened; the key says it once';
create index notice_unrouted on notice (id) where routed_at is null;
create index notice_case on notice (case_id) where case_id is not null;

create table notice_item (
    id bigint generated always as identity primary key,
    notice_id bigint not null references notice (id),
    rule text not null,
    rule_version integer not null,
    target text not null check (target ~ '^(robot|person):'),
    case_id bigint,
    event text not null,
    due_at timestamptz not null,
    created_at timestamptz not null default now(),
    delivery_id bigint,
    told_at timestamptz,
    unique (notice_id, rule, target)
);
comment on table notice_item is '一条通知给一个接收人: gathered until due, then told alone or in a digest';
create index notice_item_waiting on notice_item (due_at) where told_at is null;
create index notice_item_dedupe on notice_item (case_id, created_at);
create index notice_item_delivery on notice_item (delivery_id) where delivery_id is not null;

-- ── robots and deliveries 机器人 投递 ──────────────────────────────────────────────────────────────────────────────────
create table notice_robot (
    id text primary key check (id ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'),
    kind text not null,
    title text not null,
    enabled boolean not null default true,
    config jsonb not null default '{}',
    secrets_sealed bytea,
    created_at timestamptz not null default now()
);
comment on table notice_robot is '机器人: one group robot, mailbox or gateway; secrets are sealed with the hub key';

create table robot_pace (
    robot text primary key references notice_robot (id),
    tokens double precision,
    tokens_at double precision,
    paused_until timestamptz,
    breaker jsonb not null default '{}'
);
comment on table robot_pace is '机器人的限流与断路: one bucket and one breaker for all processes together';

create table notice_delivery (
    id bigint generated always as identity primary key,
    key text not null unique,
    robot text not null references notice_robot (id),
    rule text not null,
    rule_version integer not null,
    event text not null,
    kind text not null default '',
    severity smallint not null,
    count integer not null default 1,
    case_id bigint,
    title text not null,
    body text not null,
    plain text not null,
    link text not null default '',
    status text not null default 'waiting' check (status in ('waiting', 'sent', 'dead', 'dropped')),
    due_at timestamptz not null default now(),
    attempts integer not null default 0,
    under_way boolean not null default false,
    unsure integer not null default 0,
    created_at timestamptz not null default now(),
    sent_at timestamptz,
    answer text not null default '',
    again_by text
);
comment on table notice_delivery is '投递: what was sent where, when, and what the platform answered';
comment on column notice_delivery.unsure is 'how often whoever sent it died before it knew the answer; the second time it is left to a person';
create index notice_delivery_due on notice_delivery (robot, due_at) where status = 'waiting';
create index notice_delivery_listed on notice_delivery (created_at desc, id desc);
create index notice_delivery_status on notice_delivery (status, created_at desc, id desc);
create index notice_delivery_case on notice_delivery (case_id) where case_id is not null;

-- ── everybody's own inbox 站内信 ───────────────────────────────────────────────────────────────────────────────────────
create table notice_mail (
    id bigint generated always as identity primary key,
    person_id bigint not null references person (id),
    key text not null,
    rule text not null,
    event text not null,
    kind text not null default '',
    severity smallint not null,
    count integer not null default 1,
    case_id bigint,
    title text not null,
    body text not null,
    link text not null,
    created_at timestamptz not null default now(),
    shown_at timestamptz not null default now(),
    read_at timestamptz,
    unique (person_id, key)
);
comment on table notice_mail is '站内信: what a person finds under the bell; shown_at lies behind his quiet hours';
create index notice_mail_person on notice_mail (person_id, id desc);
create index notice_mail_unread on notice_mail (person_id, shown_at) where read_at is null;

create table notice_preference (
    person_id bigint primary key references person (id),
    muted_kinds text[] not null default '{}',
    muted_events text[] not null default '{}',
    quiet_start text not null default '',
    quiet_end text not null default '',
    changed_at timestamptz not null default now()
);

create table notice_setting (
    name text primary key,
    value text not null
);
comment on table notice_setting is 'public_url: the address under which phones reach this hub';
