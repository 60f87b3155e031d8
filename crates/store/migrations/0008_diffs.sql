-- Two commits have one diff for ever, so what tells it apart from others is told once.
create table diffs (
    base text not null,
    head text not null,
    digest text not null,
    primary key (base, head)
) without rowid;
