-- Whether it holds, so that lists needn't read all of it; older rows are filled in by the program.
alter table evidence add column holds boolean;

-- For lists of tasks by state, by project and by person, newest first.
create index tasks_by_state_and_age on tasks (state, created, id);
create index tasks_by_project_and_age on tasks (project, created, id);
-- For numbers: what ended in a range of days.
create index attempts_by_end on attempts (ended);
create index pull_requests_by_end on pull_requests (ended);
-- Sums for lists never read the rows themselves.
drop index exchanges_by_task;
create index exchanges_by_task on exchanges (task, attempt, at, state, micros, input_tokens,
    cached_tokens, output_tokens);
