-- expect: full-table-rewrite-command 5
-- expect: full-table-rewrite-command 6
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
vacuum full t;
cluster t using t_pkey;
