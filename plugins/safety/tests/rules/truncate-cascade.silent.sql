-- expect: truncate 5
create table parent (id bigint primary key);
create table t (p bigint references parent (id));
-- migration
truncate parent;
