-- expect: drop-fk-locks-parent 6
-- expect: drop-column 6
create table parent (id bigint primary key);
create table t (id int primary key, p bigint references parent (id));
-- migration
alter table t drop column p;
