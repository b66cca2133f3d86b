-- size: t 200 rows 16384 bytes
-- severity: index-not-concurrent info
-- expect: index-not-concurrent 6
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
create index i on t (a);
