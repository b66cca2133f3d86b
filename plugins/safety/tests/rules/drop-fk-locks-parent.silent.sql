-- expect: nothing
create table parent (id bigint primary key);
create table t (id int primary key, p bigint references parent (id));
-- migration
alter table t drop constraint t_p_fkey;
