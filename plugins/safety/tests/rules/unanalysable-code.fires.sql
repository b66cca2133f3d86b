-- expect: unanalysable-code 6
-- expect: unanalysable-code 7
-- expect: unanalysable-code 8
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
do $$ begin execute format('drop table %I', 't'); end $$;
call p();
alter table t split partition p into (partition a for values in (1));
