-- expect: drop-table-locks-others 6
-- expect: drop-table 6
create table parent (id bigint primary key);
create table t (id int primary key, p bigint references parent (id));
-- migration
drop table t;
