-- with: runner_sets_timeouts=false
-- expect: cic-invalid-leftover 5
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
create index concurrently if not exists i on t (a);
