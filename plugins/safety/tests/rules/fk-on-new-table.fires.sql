-- expect: fk-on-new-table 5
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
create table parent (id bigint primary key);
-- migration
create table n (id int primary key, p bigint references parent (id));
