-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
create table if not exists t (id bigint primary key, a int);
alter table t add column if not exists a int;
