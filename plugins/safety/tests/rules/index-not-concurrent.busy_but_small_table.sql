-- size: t 500 rows 81920 bytes 250 writes
-- severity: index-not-concurrent info
-- expect: index-not-concurrent 6
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
create index i on t (a);
