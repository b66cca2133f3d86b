-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
create domain email as text check (value like '%@%');
create domain plain as text;
-- migration
alter table t add column e plain;
