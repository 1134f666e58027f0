-- ── stage clocks 时效时钟, expected times 预计时长, scorecards 记分卡, freshness of sources 新鲜度 ───────────────────────────

create table clock_look (
    id bigint generated always as identity primary key,
    subject_id bigint not null
);
comment on table clock_look is '待重算: orders and parcels whose clocks have to be read again; only ever appended to, so nobody waits for it';
alter table clock_look set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

create function note_changed_subjects() returns trigger language plpgsql as $$
begin
    insert into clock_look (subject_id)
        select n.id from now_rows n join was_rows w using (id) where n.changed_at <> w.changed_at or w.history = '[]';
    return null;
end $$;
create trigger subject_clock_look after update on subject referencing old table as was_rows new table as now_rows
    for each statement execute function note_changed_subjects();

create function note_silent_cases() returns trigger language plpgsql as $$
begin
    insert into clock_look (subject_id)
        select subject_id from now_rows where kind = 'shipment.silent' and subject_id is not null;
    return null;
end $$;
create trigger work_case_clock_look_new after insert on work_case referencing new table as now_rows
    for each statement execute function note_silent_cases();
create trigger work_case_clock_look after update on work_case referencing new table as now_rows
    for each statement execute function note_silent_cases();

create table stage_clock (
    subject_id bigint not null,
    stage text not null check (stage in ('ship', 'pickup', 'first_transit', 'stall', 'delivery', 'sign')),
    order_id bigint,
    channel text not null default '',
    shop text not null default '',
    carrier text not null default '',
    order_type text not null default '',
    region text not null default '',
    origin text not null default '',
    destination text not null default '',
    amount_minor bigint,
    currency text not null default 'CNY',
    started_at timestamptz not null,
    due_at timestamptz,
    warn_at timestamptz,
    done_at timestamptz,
    heard_at timestamptz,
    exact boolean not null default true,
    outcome text not null check (outcome in ('open', 'lapsed', 'in_time', 'late', 'done', 'unknown', 'void')),
    promise text not null default '',
    risk_minor bigint,
    expect_id bigint,
    case_open boolean not null default false,
    look_at timestamptz,
    primary key (subject_id, stage)
);
comment on table stage_clock is '时效时钟: one clock per subject and stage; whether an open one is breached is told by due_at and the present';
create index stage_clock_look on stage_clock (look_at) where look_at is not null;
create index stage_clock_due on stage_clock (due_at, subject_id) include (stage, warn_at, risk_minor, shop, currency) where outcome = 'open';
create index stage_clock_risk on stage_clock (risk_minor desc nulls last, subject_id desc) where outcome = 'open';
create index stage_clock_order on stage_clock (order_id);
create index stage_clock_tried on stage_clock (channel, started_at);
create index stage_clock_started on stage_clock (started_at);
create index stage_clock_done on stage_clock (done_at) where done_at is not null;
create index stage_clock_lapsed on stage_clock (stage) include (shop) where outcome = 'lapsed';
alter table stage_clock set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

create table order_clock (
    order_id bigint primary key,
    stage text,
    due_at timestamptz,
    warn_at timestamptz,
    risk_minor bigint,
    currency text not null default 'CNY'
);
comment on table order_clock is 'of each order the open clock that is due first, and the money at risk on all of them';
create index order_clock_due on order_clock (due_at, order_id);
create index order_clock_due_last on order_clock (due_at desc nulls last, order_id desc);

create table expected_time (
    id bigint generated always as identity primary key,
    stage text not null,
    scope text not null check (scope in ('route', 'lane', 'carrier', 'shop', 'channel', 'all')),
    carrier text not null default '',
    origin text not null default '',
    destination text not null default '',
    shop text not null default '',
    channel text not null default '',
    cases integer not null,
    seconds integer[] not null,
    window_from timestamptz not null,
    window_to timestamptz not null,
    computed_at timestamptz not null,
    unique (stage, scope, carrier, origin, destination, shop, channel)
);
comment on table expected_time is '预计时长: quantiles of how long a stage took of late, with the number of cases they rest on';

create table shipment_score (
    subject_id bigint primary key,
    day date not null,
    shop text not null default '',
    carrier text not null default '',
    origin text not null default '',
    destination text not null default '',
    pickup_seconds integer,
    delivery_seconds integer,
    total_seconds integer,
    pickup text not null,
    promise text not null,
    trouble boolean not null,
    silent boolean not null,
    lost boolean not null,
    returned boolean not null,
    delivered boolean not null
);
comment on table shipment_score is 'one parcel as its scorecards count it; day is the day (China) it was handed over';
create index shipment_score_day on shipment_score (day, subject_id);
create index shipment_score_carrier on shipment_score (carrier, day, subject_id);
create index shipment_score_shop on shipment_score (shop, day, subject_id);
create index shipment_score_route on shipment_score (origin, destination, day, subject_id);

create table score_dirty (
    day date primary key,
    noted_at timestamptz not null default now()
);
comment on table score_dirty is 'days whose rollup has to be made anew';

create table score_day (
    day date not null,
    dim text not null check (dim in ('carrier', 'route', 'shop')),
    shop text not null,
    a text not null,
    b text not null,
    shipments integer not null,
    delivered integer not null,
    pickup_known integer not null,
    pickup_seconds bigint not null,
    pickup_in_time integer not null,
    pickup_judged integer not null,
    delivery_known integer not null,
    delivery_seconds bigint not null,
    total_known integer not null,
    total_seconds bigint not null,
    promise_in_time integer not null,
    promise_judged integer not null,
    promise_unknown integer not null,
    trouble integer not null,
    silent integer not null,
    lost integer not null,
    returned integer not null,
    primary key (dim, shop, day, a, b)
);
comment on table score_day is 'scorecards by day; shop * is all shops together; a (and b for a route) is what the card is about';

create table source_watch (
    source text primary key references source (id),
    last_good_at timestamptz,
    last_way text,
    rhythm integer[],
    rhythm_days integer,
    rhythm_to timestamptz,
    learnt_at timestamptz,
    standing text not null default 'unknown',
    since timestamptz not null default now(),
    case_open boolean not null default false
);
comment on table source_watch is '新鲜度: when each source last said something good, and how often it usually does';

-- What there is already gets its clocks from the first turn on.
insert into clock_look (subject_id) select id from subject order by id;
