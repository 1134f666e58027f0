-- ── calendar 日程 ────────────────────────────────────────────────────────────────────────────────────────────────────
create table calendar_job (
    name text primary key,
    due_at timestamptz not null,
    retry_at timestamptz,
    started_at timestamptz,
    done_at timestamptz,
    problem text
);
comment on table calendar_job is '日程: when each appointment falls due next; kept under an advisory lock by whoever comes first';
