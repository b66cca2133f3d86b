-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
delete from t where a = 1;
create table n (id bigint primary key, a int, b text);
delete from n;
