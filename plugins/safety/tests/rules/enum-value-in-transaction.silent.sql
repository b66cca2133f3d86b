-- expect: nothing
create type e as enum ('a');
create table t (x e);
-- migration
alter type e add value 'z';
create type f as enum ('a');
alter type f add value 'z';
