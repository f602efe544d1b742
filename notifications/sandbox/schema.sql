-- Instants are microseconds since the epoch, on the sandbox's clock.

create table if not exists messages (
    seq integer primary key,
    id text not null unique,
    service_id text not null,
    key_type text not null,
    channel text not null,
    reference text,
    recipient text not null,
    normalised text not null,
    template_id text not null,
    template_version integer not null,
    subject text,
    body text not null,
    sent_text text not null,
    content_hash text not null,
    fragments integer,
    rate_multiplier integer,
    sender text not null,
    reply_to text,
    unsubscribe_url text,
    raw_request text not null,
    effect text,
    status text not null,
    created_at integer not null,
    sent_at integer,
    updated_at integer
);
-- Holds what a search by part of a recipient reads, in the order of the inbox.
create index if not exists messages_by_time on messages (created_at, recipient, normalised);
create index if not exists messages_by_reference on messages (reference) where reference is not null;
create index if not exists messages_by_content on messages (normalised, content_hash);

create table if not exists attempts (
    seq integer primary key,
    at integer not null,
    method text not null,
    endpoint text not null,
    key_type text,
    reference text,
    verdict integer,
    error text,
    fault text,
    message_id text,
    answered integer not null default 0
);

create table if not exists events (
    seq integer primary key,
    due_at integer not null,
    kind text not null,
    message_id text,
    detail text not null,
    taken integer not null default 0
);
create index if not exists events_by_due on events (due_at) where taken = 0;
create index if not exists events_by_message on events (message_id);

create table if not exists receipt_attempts (
    seq integer primary key,
    at integer not null,
    message_id text,
    body text not null,
    attempt integer not null,
    outcome text not null,
    delivered integer not null,
    gave_up integer not null
);
create index if not exists receipt_attempts_by_message on receipt_attempts (message_id);

create table if not exists received (
    seq integer primary key,
    id text not null unique,
    service_id text not null,
    source_number text not null,
    destination_number text not null,
    content text not null,
    created_at integer not null
);

create table if not exists templates (
    id text not null,
    version integer not null,
    service_id text not null,
    channel text not null,
    name text not null,
    subject text not null,
    body text not null,
    created_at integer not null,
    updated_at integer,
    archived integer not null,
    from_file integer not null,
    primary key (id, version)
);

create table if not exists effects (
    key text primary key,
    failures integer not null
);
