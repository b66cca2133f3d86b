-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
create table n (id bigint primary key, a int, b text);
alter table n rename to n2;
alter index t_pkey rename to t_key;
