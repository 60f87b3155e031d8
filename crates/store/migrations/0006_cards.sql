-- How often somebody began to carry it out: one whose process dies each time is given up.
alter table verdicts add column tries bigint not null default 0;
create index verdicts_by_task on verdicts (task, at);

-- What tells changes apart whatever they were made on: so that no finding is shown twice.
create table patches (
    attempt text primary key references attempts (id),
    digest text not null
);
create index patches_by_digest on patches (digest);
