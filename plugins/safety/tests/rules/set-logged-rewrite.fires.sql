-- expect: set-logged-rewrite 6
-- expect: unlogged-table 6
-- expect: set-logged-rewrite 7
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
alter table t set unlogged;
alter table t set tablespace fast;
