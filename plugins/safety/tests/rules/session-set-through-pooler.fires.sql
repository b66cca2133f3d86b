-- with: pooler=true
-- expect: session-set-through-pooler 5
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
set statement_timeout = '5s';
