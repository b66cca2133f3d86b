-- expect: add-column-generated-stored 4
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
alter table t add column g int generated always as (a + 1) stored;
