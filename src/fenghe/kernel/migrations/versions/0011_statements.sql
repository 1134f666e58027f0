-- Statement intake (账单导入): when a file was read to its end, which facts defend themselves, and what is uploaded on the screen.

alter table statement_file add column finished_at timestamptz;
alter table statement_file add column line_totals jsonb not null default '{}';
alter table statement_file add column notes jsonb not null default '[]';
comment on column statement_file.finished_at is 'null while its rows are being stored: an import that was killed goes on after row `read`';
comment on column statement_file.problems is 'totals and balances that do not agree, and rows set aside: check or field, where, expected, got';
comment on column statement_file.line_totals is 'what its rows come to: money in, money out, by currency';
comment on column statement_file.notes is 'what could not be checked, and why';
create index statement_file_imported on statement_file (imported_at desc, id desc);
create index statement_line_file on statement_line (file_id) where file_id is not null;
create index statement_line_number on statement_line (line_no) where line_no <> '';
create index statement_line_trade on statement_line (out_trade_no) where out_trade_no <> '';
create index statement_line_occurred on statement_line (occurred_at desc nulls last, id desc);

create trigger statement_line_append_only before update or delete or truncate on statement_line
    for each statement execute function refuse_change();
create trigger payout_append_only before update or delete or truncate on payout
    for each statement execute function refuse_change();

create table statement_upload (
    id bigint generated always as identity primary key,
    name text not null,
    size bigint not null,
    digest bytea not null,
    kind text not null,
    source text not null default '',
    layout text not null default '',
    state text not null default 'held' check (state in ('held', 'waiting', 'running', 'done', 'refused', 'failed')),
    due_at timestamptz,
    rows_read integer not null default 0,
    report jsonb not null default '{}',
    person text not null default '',
    ip text not null default '',
    uploaded_at timestamptz not null default now(),
    changed_at timestamptz not null default now()
);
comment on table statement_upload is '上传: a file given on the screen, until it is imported; due_at is when a worker is to take it (again)';
create index statement_upload_due on statement_upload (due_at) where due_at is not null;
create index statement_upload_recent on statement_upload (id desc);

create table statement_upload_part (
    upload_id bigint not null references statement_upload (id),
    n integer not null,
    body bytea not null,
    primary key (upload_id, n)
);
comment on table statement_upload_part is 'the bytes of an upload, a piece a row; gone once it is imported or given up';
alter table statement_upload_part alter column body set storage external;
