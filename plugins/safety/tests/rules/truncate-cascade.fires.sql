-- expect: truncate 6
-- expect: truncate-cascade 6
create table parent (id bigint primary key);
create table t (p bigint references parent (id));
-- migration
truncate parent cascade;
