-- expect: drop-default-type 6
-- facts: complete
create function f() returns int language sql as 'select 1';
create table t (id bigint primary key, a int default f());
-- migration
drop function f() cascade;
