-- expect: drop-schema 5
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
create table s.x (a int);
-- migration
drop schema s cascade;
