-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
create table u (a int not null);
-- migration
begin;
alter table t alter column nn drop not null;
commit;
begin;
alter table u alter column a drop not null;
commit;
