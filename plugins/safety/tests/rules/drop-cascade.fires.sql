-- expect: drop-table 7
-- expect: drop-cascade 7
-- expect: drop-table-locks-others 7
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
create view v as select id from t;
-- migration
drop table t cascade;
