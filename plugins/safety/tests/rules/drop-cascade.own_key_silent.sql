-- expect: drop-table 7
-- expect: drop-table-locks-others 7
-- expect: drop-table 8
create table parent (id bigint primary key);
create table t (id int primary key, p bigint references parent (id));
-- migration
drop table t cascade;
drop table parent cascade;
