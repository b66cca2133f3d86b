-- expect: nothing
-- size: t 1000000000 rows 200000000000 bytes
-- size: small 100 rows 8192 bytes
create table t (id bigint primary key, a int);
create table small (id bigint primary key, a int);
-- migration
create index concurrently i on t (a);
create index j on small (a);
alter table t add column b text;
create table fresh (id bigint);
create index k on fresh (id);
