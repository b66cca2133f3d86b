-- expect: enum-value-in-transaction 6
create type e as enum ('a');
create table t (x e);
-- migration
alter type e add value 'z';
update t set x = 'z' where x = 'a';
