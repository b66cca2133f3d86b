-- expect: nothing
create type e as enum ('a');
-- migration
alter type e add value 'z' after 'a';
