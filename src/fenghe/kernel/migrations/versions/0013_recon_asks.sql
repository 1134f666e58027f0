-- Runs that people asked for on the screen (对账申请): done by a worker, one of a kind at a time.

create table recon_ask (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('scan', 'reconcile')),
    scope text not null check (scope in ('days', 'all', 'new')),
    day_from date,
    day_to date,
    status text not null default 'waiting' check (status in ('waiting', 'running', 'done', 'failed')),
    asked_by text not null,
    asked_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    run_id bigint references recon_run (id),
    problem text,
    check ((scope = 'days') = (day_from is not null)),
    check (status <> 'done' or run_id is not null)
);
comment on table recon_ask is '对账申请: asked on the screen, done by a worker; while one waits or runs the same is not asked again';
create unique index recon_ask_once on recon_ask (kind, scope, coalesce(day_from, 'epoch'), coalesce(day_to, 'epoch'))
    where status in ('waiting', 'running');
create index recon_ask_due on recon_ask (id) where status in ('waiting', 'running');
