-- expect: nothing
create type e as enum ('a');
-- migration
create type fresh as enum ('a');
alter type fresh rename to fresher;
