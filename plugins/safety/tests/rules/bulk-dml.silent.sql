-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
update t set a = 1 where id = 5;
create table n (id bigint primary key, a int, b text);
update n set a = 1;
