-- expect: drop-table 5
-- expect: drop-table 5
create table t (id bigint primary key); create table u (id bigint primary key);
-- migration
do $$ begin execute 'drop table t; drop table u'; end $$;
