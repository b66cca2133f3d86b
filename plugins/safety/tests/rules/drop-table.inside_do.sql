-- expect: drop-table 4
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
do $$ begin
  drop table t;
exception when undefined_table then null;
end $$;
