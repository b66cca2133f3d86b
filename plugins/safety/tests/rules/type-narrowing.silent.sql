-- expect: column-type-change 5
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
alter table t alter column v type varchar(30);
alter table t alter column a type bigint;
