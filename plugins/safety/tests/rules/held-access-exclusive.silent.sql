-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
create table u (id int primary key, a int);
-- migration
alter table t alter column nn drop not null;
update u set a = 1 where id = 1;
