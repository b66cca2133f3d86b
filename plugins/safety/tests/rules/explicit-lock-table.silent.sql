-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
lock table t in share update exclusive mode;
create table n (id bigint primary key, a int, b text);
lock table n;
