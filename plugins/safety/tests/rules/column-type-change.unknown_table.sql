-- expect: column-type-change 3
-- migration
alter table elsewhere alter column a type bigint;
