-- expect: rename-object 5
-- expect: rename-object 6
create type e as enum ('a');
-- migration
alter type e rename to e2;
alter function f() rename to g;
