"""What the bench asks of its own database."""

import psycopg

LIMIT_TABLE = """
drop table if exists bench_limit;
drop sequence if exists bench_key;
create sequence bench_key cache 100;
create table bench_limit (id bigint generated always as identity primary key, source text not null,
    event_key text not null, body jsonb not null, received_at timestamptz not null default now(),
    unique (source, event_key));
"""
TEXT = "快件到达 杭州中转部 " * 12
BODY = f'{{"billCode":"75839201928374","scanType":"发件","scanDate":"2026-02-22 10:00:00","desc":"{TEXT}"}}'
LIMIT_SCRIPT = (
    "insert into bench_limit (source, event_key, body)"
    f" values ('zto', md5(nextval('bench_key')::text), '{BODY}'::jsonb) on conflict do nothing;\n"
)
"""What pgbench runs: one row, one commit."""


def prepare_limit(owner_url: str) -> None:
    """An empty table for the commit limit."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(LIMIT_TABLE)


def add_source(app_url: str, source: str) -> None:
    """The bench's own source; its secret is known, so any sealed bytes will do."""
    with psycopg.connect(app_url, autocommit=True) as connection:
        connection.execute(
            "insert into source (id, connector, title, kind, secrets_sealed)"
            " values (%s, 'zto', 'bench', 'carrier', 'x') on conflict do nothing",
            (source,),
        )


def stored(app_url: str) -> int:
    """Messages there are."""
    with psycopg.connect(app_url) as connection:
        row = connection.execute("select count(*) from inbound_message").fetchone()
    return int(row[0]) if row else 0
