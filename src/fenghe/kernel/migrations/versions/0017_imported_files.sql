-- ── files 导入过的文件 ────────────────────────────────────────────────────────────────────────────────────────────────
create table imported_file (
    digest bytea not null,
    kind text not null,
    source text not null references source (id),
    name text not null,
    imported_by text not null default '',
    imported_at timestamptz not null default now(),
    primary key (digest, kind, source)
);
comment on table imported_file is '导入过的文件: the bytes of each file by their SHA-256, and as whose they were imported; the same bytes under another source are asked about';

alter table payout add column turn integer not null default 0;
comment on column payout.turn is 'equal rows of one file are told apart by their turn: the second has 1; the same file again has the same turns';
