-- expect: lock-timeout-excessive 6
-- expect: lock-timeout-excessive 7
-- expect: lock-timeout-excessive 8
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
set lock_timeout = 0;
set local lock_timeout = '1min';
select set_config('lock_timeout', '30s', true);
