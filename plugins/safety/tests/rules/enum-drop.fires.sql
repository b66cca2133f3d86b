-- expect: enum-drop 6
create type e as enum ('a');
create type unused as enum ('a');
create table t (x e);
-- migration
drop type e;
