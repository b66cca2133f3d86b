-- expect: drop-table 4
create table parent (id bigint primary key);
-- migration
drop table parent;
