-- expect: rename-enum-value 4
create type e as enum ('a');
-- migration
alter type e rename value 'a' to 'z';
