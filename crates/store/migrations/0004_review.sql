-- How a project's changes are decided; JSON, whose defaults are in the domain.
alter table projects add column settings text not null default '{}';

-- When and by whom it was merged or closed; null while it is open, and where older versions did it.
alter table pull_requests add column ended bigint;
alter table pull_requests add column ended_by text;

-- One row for each time a task was made or moved, for whoever follows them all. Attempts have
-- their events; this is for what has none.
create table moves (
    position integer primary key,
    task text not null
);
create trigger task_made after insert on tasks begin
    insert into moves (task) values (new.id);
end;
create trigger task_moved after update of state_json on tasks begin
    insert into moves (task) values (new.id);
end;

-- What persons decided about attempts' changes.
create table verdicts (
    id text primary key,
    task text not null references tasks (id),
    attempt text not null references attempts (id),
    person text not null,
    -- Through what: `feed`, `page`, `api`, `cli`.
    via text not null,
    at bigint not null,
    -- Until then it can be withdrawn, and nothing is done.
    due bigint not null,
    -- `approve`, `reject`, `feedback`.
    kind text not null,
    said text not null,
    -- `pending`, `withdrawn`, `carried_out`, `failed`.
    state text not null,
    state_json text not null
);
create index verdicts_by_state on verdicts (state, due);
create index verdicts_by_attempt on verdicts (attempt, at);
create index verdicts_by_age on verdicts (at, id);

-- Said about lines of an attempt's change; they wait until they are sent as feedback.
create table comments (
    id text primary key,
    attempt text not null references attempts (id),
    person text not null,
    at bigint not null,
    path text not null,
    -- `old` or `new`.
    side text not null,
    line bigint not null,
    text text not null,
    -- When it was sent to an agent as part of a feedback; null while it waits.
    sent bigint
);
create index comments_by_attempt on comments (attempt, at, id);

-- Of secrets only digests are kept.
create table invitations (
    digest text primary key,
    person text not null,
    scopes text not null,
    created bigint not null,
    expires bigint not null,
    used bigint
);

create table sessions (
    digest text primary key,
    id text not null unique,
    person text not null,
    scopes text not null,
    created bigint not null,
    expires bigint not null,
    -- To the minute.
    seen bigint not null,
    -- What the person would know it by: a browser's name, cut.
    device text not null
);

create table tokens (
    digest text primary key,
    id text not null unique,
    person text not null,
    name text not null,
    scopes text not null,
    created bigint not null,
    expires bigint,
    -- To the minute.
    seen bigint,
    revoked bigint
);

-- Every decision, and every change of who may decide. Rows are only added.
create table audit (
    number integer primary key,
    at bigint not null,
    person text not null,
    -- `session ID`, `token ID`, `link`, `cli`.
    via text not null,
    action text not null,
    subject text not null,
    details text not null
);
create index audit_by_subject on audit (subject, number);

-- Answers to requests that may come twice.
create table requests (
    person text not null,
    key text not null,
    -- Of method, path and body, so that a key isn't used for something else.
    digest text not null,
    at bigint not null,
    -- Null until it is answered.
    status bigint,
    answer text,
    primary key (person, key)
);
create index requests_by_age on requests (at);
