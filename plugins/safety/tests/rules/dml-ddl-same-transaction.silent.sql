-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
begin;
update t set a = 1 where id < 100;
commit;
begin;
alter table t alter column nn drop not null;
commit;
