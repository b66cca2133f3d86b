-- expect: type-narrowing 7
-- expect: column-type-change 7
-- expect: type-narrowing 8
-- expect: column-type-change 8
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
alter table t alter column v type varchar(10);
alter table t alter column id type int;
