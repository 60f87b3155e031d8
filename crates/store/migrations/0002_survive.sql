-- Who asked; the older tasks' person isn't known.
alter table tasks add column person text not null default '';
create index tasks_by_state on tasks (state);

-- The attempt whose computer and conversation it goes on with.
alter table attempts add column follows text references attempts (id);
-- What it waits for, in words; null while it doesn't.
alter table attempts add column waits text;
-- When a paused one goes on; null where a person decides.
alter table attempts add column resumes bigint;
-- How many runners have died over it since something was last done.
alter table attempts add column deaths bigint not null default 0;
create index attempts_by_task on attempts (task);

-- Requests to models and what they cost: every budget is a sum over these. The scopes stand in each
-- row, so that a sum is one look into an index.
create table exchanges (
    attempt text not null references attempts (id),
    number bigint not null,
    task text not null,
    project text not null,
    person text not null,
    at bigint not null,
    model text not null,
    -- `open`: only an estimate so far; `answered`, `failed`; `lost`: its runner died meanwhile.
    state text not null,
    input_tokens bigint not null,
    cached_tokens bigint not null,
    written_tokens bigint not null,
    output_tokens bigint not null,
    reasoning_tokens bigint not null,
    -- In millionths of a US dollar; null where the price isn't known.
    micros bigint,
    primary key (attempt, number)
);
create index exchanges_by_task on exchanges (task);
create index exchanges_by_project on exchanges (project, at);
create index exchanges_by_person on exchanges (person, at);
create index exchanges_by_time on exchanges (at);
