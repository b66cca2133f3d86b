-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
create index ab on t (a, b);
-- migration
create index concurrently i on t (b);
create unique index concurrently u on t (a);
