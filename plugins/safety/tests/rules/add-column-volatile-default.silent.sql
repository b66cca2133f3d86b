-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
create function steady() returns int language sql stable as 'select 1';
-- migration
alter table t add column c timestamptz not null default now();
alter table t add column d timestamp default CURRENT_TIMESTAMP;
alter table t add column e text not null default 'x';
alter table t add column f int default steady();
alter table t add column g jsonb default jsonb_build_object();
