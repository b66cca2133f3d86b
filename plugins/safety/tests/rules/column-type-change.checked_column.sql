-- expect: column-type-change 5
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
alter table t add constraint c check (v <> '');
-- migration
alter table t alter column v type text;
