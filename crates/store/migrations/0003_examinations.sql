-- Cross-examinations of tasks' attempts. What is examined is in the key, so that a follow-up's new
-- change makes a new one.
create table examinations (
    task text not null references tasks (id),
    -- `NUMBER:COMMIT` of each attempt, by number.
    heads text not null,
    -- How many processes have begun with it.
    begun bigint not null,
    -- What is known so far.
    examination text not null,
    done boolean not null,
    primary key (task, heads)
);
