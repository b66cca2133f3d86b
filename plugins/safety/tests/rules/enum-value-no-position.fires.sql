-- expect: enum-value-no-position 4
create type e as enum ('a');
-- migration
alter type e add value 'z';
