-- expect: max-duration 7
-- expect: index-not-concurrent 7
-- severity: max-duration warn
-- size: t 10000000 rows 2000000000 bytes
create table t (id bigint primary key, a int);
-- migration
create index i on t (a);
