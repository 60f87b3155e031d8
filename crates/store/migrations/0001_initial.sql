-- Portable between SQLite and Postgres: text ids, integer milliseconds, JSON as text.
-- A state is there twice: as JSON, which is what counts, and as its name, which queries filter by.

create table projects (
    id text primary key,
    origin text not null unique
);

create table tasks (
    id text primary key,
    project text not null references projects (id),
    text text not null,
    mode text not null,
    settings text not null,
    base text not null,
    created bigint not null,
    state text not null,
    state_json text not null
);
create index tasks_by_age on tasks (created, id);

create table attempts (
    id text primary key,
    task text not null references tasks (id),
    number bigint not null,
    created bigint not null,
    started bigint,
    ended bigint,
    -- How many runners have taken it.
    runs bigint not null,
    -- The number of its newest event. Counting here, and not by max(seq), also takes the row's lock
    -- where a database has one, so that two writers never make the same number.
    events bigint not null,
    state text not null,
    state_json text not null,
    unique (task, number)
);
create index attempts_by_state on attempts (state);

create table events (
    attempt text not null references attempts (id),
    seq bigint not null,
    at bigint not null,
    fact text not null,
    primary key (attempt, seq)
);

create table leases (
    attempt text primary key references attempts (id),
    holder text not null,
    ttl_ms bigint not null,
    expires bigint not null
);

create table changes (
    attempt text primary key references attempts (id),
    change text not null
);

create table reports (
    attempt text primary key references attempts (id),
    title text not null,
    summary text not null
);

create table evidence (
    attempt text primary key references attempts (id),
    evidence text not null
);

create table pull_requests (
    id text primary key,
    project text not null references projects (id),
    attempt text not null unique references attempts (id),
    branch text not null,
    base_branch text not null,
    base text not null,
    head text not null,
    title text not null,
    body text not null,
    created bigint not null,
    state text not null,
    state_json text not null
);
create index pull_requests_by_age on pull_requests (created, id);
