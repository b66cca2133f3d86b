-- expect: reindex-not-concurrent 6
-- expect: reindex-not-concurrent 7
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
create index t_a on t (a);
-- migration
reindex index t_a;
reindex table t;
