-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
create table parent (id bigint primary key);
-- migration
create table p2 (id bigint primary key);
alter table t add column p bigint references p2 (id);
