-- Ledger (总账): double entry, append-only, hash-chained in the order of posting; a correction is a reversal (冲销) and a new voucher.

create table accounting_period (
    name text primary key check (name ~ '^\d{4}-(0[1-9]|1[0-2])$'),
    status text not null default 'open' check (status in ('open', 'closed')),
    last_no integer not null default 0,
    changed_at timestamptz not null default now()
);
comment on table accounting_period is '会计期间: a month; last_no is the newest voucher number given out in it';

create table period_change (
    id bigint generated always as identity primary key,
    period text not null references accounting_period (name),
    action text not null check (action in ('close', 'reopen')),
    asked_by text not null,
    approved_by text not null,
    reason text not null,
    totals jsonb not null,
    at timestamptz not null default now()
);
comment on table period_change is '关账与反关账: who asked, who agreed, why, and the trial balance of that moment';

create table period_wish (
    period text primary key references accounting_period (name),
    action text not null check (action in ('close', 'reopen')),
    asked_by text not null,
    reason text not null,
    at timestamptz not null default now()
);
comment on table period_wish is 'a closing or re-opening that waits for a second person';

create table ledger_voucher (
    id bigint generated always as identity primary key,
    voucher_no text not null unique,
    period text not null references accounting_period (name),
    booked_on date not null,
    occurred_at timestamptz,
    event text not null,
    document_kind text not null,
    document_key text not null,
    order_no text not null default '',
    payment_no text not null default '',
    currency text not null,
    total_minor bigint not null check (total_minor >= 0),
    memo text not null default '',
    reverses_id bigint references ledger_voucher (id),
    message_id bigint,
    rule_version text not null,
    posted_by text not null default 'fenghe',
    posted_at timestamptz not null default now(),
    prev_hash bytea not null,
    hash bytea not null
);
comment on table ledger_voucher is '记账凭证: one movement of money with the document that proves it; append-only, hash-chained';
create index ledger_voucher_document on ledger_voucher (document_kind, document_key);
create index ledger_voucher_order on ledger_voucher (order_no) where order_no <> '';
create index ledger_voucher_payment on ledger_voucher (payment_no) where payment_no <> '';
create index ledger_voucher_period on ledger_voucher (period, id desc);

create table ledger_entry (
    voucher_id bigint not null references ledger_voucher (id),
    line smallint not null,
    account text not null,
    debit_minor bigint not null default 0,
    credit_minor bigint not null default 0,
    memo text not null default '',
    primary key (voucher_id, line),
    check (debit_minor >= 0 and credit_minor >= 0 and (debit_minor = 0) <> (credit_minor = 0))
);
comment on table ledger_entry is '分录: one side of a voucher; debits and credits of a voucher are equal';
create index ledger_entry_account on ledger_entry (account, voucher_id desc);

create table ledger_balance (
    period text not null references accounting_period (name),
    account text not null,
    currency text not null,
    debit_minor bigint not null default 0,
    credit_minor bigint not null default 0,
    primary key (period, account, currency)
);
comment on table ledger_balance is '科目发生额: the sums of entries by period and account, kept with every posting';

create table ledger_posting (
    document_kind text not null,
    document_key text not null,
    event text not null,
    digest text not null,
    voucher_id bigint references ledger_voucher (id),
    problem text,
    changed_at timestamptz not null default now(),
    primary key (document_kind, document_key, event)
);
comment on table ledger_posting is '过账记录: which voucher stands for a document today, or why there is none';
create index ledger_posting_problem on ledger_posting (changed_at desc) where problem is not null;

create table ledger_cursor (
    feed text primary key,
    changed_at timestamptz not null default '-infinity',
    row_id bigint not null default 0
);
comment on table ledger_cursor is 'how far each feed of documents was posted; only rows older than every running transaction are read';

create table ledger_seal (
    id bigint generated always as identity primary key,
    first_id bigint not null,
    last_id bigint not null unique,
    rows integer not null,
    root bytea not null,
    prev_hash bytea not null,
    hash bytea not null,
    sealed_at timestamptz not null default now()
);
comment on table ledger_seal is 'Merkle root over a run of vouchers, chained: a voucher shown outside carries its proof';

create function ledger_refuses_closed() returns trigger language plpgsql as $$
begin
    if exists (select from accounting_period p where p.name = new.period and p.status = 'closed') then
        raise exception 'period % is closed', new.period using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger ledger_voucher_closed before insert on ledger_voucher
    for each row execute function ledger_refuses_closed();

create function ledger_balances() returns trigger language plpgsql as $$
begin
    if exists (
        select from (select distinct voucher_id from posted) v
        join ledger_voucher l on l.id = v.voucher_id
        join lateral (select sum(debit_minor) as debit, sum(credit_minor) as credit from ledger_entry e
            where e.voucher_id = v.voucher_id) s on true
        where s.debit <> s.credit or s.debit <> l.total_minor
    ) then
        raise exception 'debits and credits of a voucher differ' using errcode = 'check_violation';
    end if;
    return null;
end $$;
create trigger ledger_entry_balances after insert on ledger_entry
    referencing new table as posted for each statement execute function ledger_balances();

create trigger ledger_voucher_append_only before update or delete or truncate on ledger_voucher
    for each statement execute function refuse_change();
create trigger ledger_entry_append_only before update or delete or truncate on ledger_entry
    for each statement execute function refuse_change();
create trigger ledger_seal_append_only before update or delete or truncate on ledger_seal
    for each statement execute function refuse_change();
create trigger period_change_append_only before update or delete or truncate on period_change
    for each statement execute function refuse_change();
