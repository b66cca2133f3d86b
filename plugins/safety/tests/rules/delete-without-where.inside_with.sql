-- expect: delete-without-where 4
create table t (id bigint primary key); create table old (id bigint);
-- migration
with gone as (delete from t returning id) insert into old select id from gone;
