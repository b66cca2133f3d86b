-- expect: create-if-exists-noop 5
-- expect: create-if-exists-noop 6
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
create table if not exists t (id bigint primary key, other text);
alter table t add column if not exists a text;
