-- expect: add-column-volatile-default 7
-- expect: add-column-volatile-default 8
-- expect: add-column-volatile-default 9
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
create function steady() returns int language sql stable as 'select 1';
-- migration
alter table t add column u uuid default gen_random_uuid();
alter table t add column s timestamptz default clock_timestamp();
alter table t add column w text default mine();
