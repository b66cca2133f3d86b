-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
create materialized view mv as select id from t;
create unique index mv_u on mv (id);
-- migration
refresh materialized view concurrently mv;
refresh materialized view mv with no data;
