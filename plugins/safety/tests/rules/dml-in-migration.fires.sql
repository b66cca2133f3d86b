-- expect: dml-in-migration 4
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
update t set a = 1 where id = 1;
