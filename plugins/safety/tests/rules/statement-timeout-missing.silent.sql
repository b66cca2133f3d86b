-- with: runner_sets_timeouts=false
-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
set local lock_timeout = '2s';
set statement_timeout = '30s';
alter table t add column c int;
