-- with: runner_sets_timeouts=false
-- expect: lock-timeout-missing 5
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
alter table t add column c int;
