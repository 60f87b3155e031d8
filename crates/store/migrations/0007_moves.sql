-- Verdicts are followed like tasks: null where the move is the task's own.
alter table moves add column verdict text;
create trigger verdict_given after insert on verdicts begin
    insert into moves (task, verdict) values (new.task, new.id);
end;
create trigger verdict_moved after update of state_json on verdicts begin
    insert into moves (task, verdict) values (new.task, new.id);
end;
