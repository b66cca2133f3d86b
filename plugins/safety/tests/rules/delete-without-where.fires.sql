-- expect: delete-without-where 6
-- expect: delete-without-where 7
-- expect: delete-without-where 8
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
delete from t;
delete from t where true;
delete from t where 1 = 1;
