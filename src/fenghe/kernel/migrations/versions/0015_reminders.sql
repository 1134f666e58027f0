-- Reminders to pay (催付): one row per order and how manieth reminder it is; each leaves once at most. Amounts are minor units of `currency`.

alter table notice_delivery add column gate text not null default '';
comment on column notice_delivery.gate is 'who is asked once more right before it goes out, and that it goes out once at most; empty: nobody';

create index order_book_awaiting on order_book (created_at) where state = 'await_payment';

create table payment_reminder (
    id bigint generated always as identity primary key,
    order_id bigint not null,
    nth integer not null check (nth > 0),
    order_no text not null,
    channel text not null,
    shop text not null default '',
    currency text not null,
    amount_minor bigint not null check (amount_minor > 0),
    state text not null default 'preparing'
        check (state in ('preparing', 'queued', 'sent', 'unsure', 'failed', 'withdrawn')),
    why text not null default '',
    token text not null unique,
    robot text not null references notice_robot (id),
    policy text not null,
    asked_by text not null,
    asked_at timestamptz not null,
    pay_order bigint not null references pay_order (id),
    questions text[] not null default '{}',
    due_at timestamptz not null,
    queued_at timestamptz,
    checked_at timestamptz,
    sent_at timestamptz,
    ended_at timestamptz,
    changed_at timestamptz not null default now(),
    unique (order_id, nth)
);
comment on table payment_reminder is '催付: one reminder to a buyer who has not paid; sent once at most, never after we heard that he paid';
comment on column payment_reminder.token is 'the short address in the message: /p/TOKEN leads to the payment page while there is something to pay';
comment on column payment_reminder.questions is 'what the provider was asked before it goes out (idempotency keys of the outbox)';
comment on column payment_reminder.checked_at is 'when it was last put to the rule, under the order''s lock, right before it went out';
create index payment_reminder_state on payment_reminder (state, id desc);
create index payment_reminder_number on payment_reminder (order_no);
create index payment_reminder_due on payment_reminder (due_at) where state in ('preparing', 'queued');
create index payment_reminder_asked on payment_reminder (asked_at);

create table payment_reminder_event (
    id bigint generated always as identity primary key,
    reminder_id bigint not null references payment_reminder (id),
    at timestamptz not null,
    author text not null,
    ip text not null default '',
    event text not null check (event in ('asked', 'queued', 'checked', 'sent', 'unsure', 'failed', 'withdrawn')),
    body jsonb not null default '{}'
);
comment on table payment_reminder_event is 'what happened to each reminder: append-only';
create index payment_reminder_event_of on payment_reminder_event (reminder_id, id);
create trigger payment_reminder_event_append_only before update or delete or truncate on payment_reminder_event
    for each statement execute function refuse_change();

create table payment_reminder_look (
    order_id bigint primary key,
    words text not null,
    again_at timestamptz not null
);
comment on table payment_reminder_look is 'why an order whose reminder is due is not reminded now, and when it is looked at again';
