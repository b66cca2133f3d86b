-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
set local lock_timeout = '2s';
set lock_timeout = 500;
reset lock_timeout;
