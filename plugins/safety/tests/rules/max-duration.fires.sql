-- expect: max-duration 9
-- expect: index-not-concurrent 9
-- expect: max-duration 10
-- expect: bulk-dml 10
-- severity: max-duration deny
-- size: t 1000000000 rows 200000000000 bytes
create table t (id bigint primary key, a int);
-- migration
create index i on t (a);
update t set a = 1;
