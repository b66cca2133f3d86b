-- size: t 900000000 rows 214748364800 bytes
-- expect: max-duration 7
-- severity: index-not-concurrent deny
-- expect: index-not-concurrent 7
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
create index i on t (a);
