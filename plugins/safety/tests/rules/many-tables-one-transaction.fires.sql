-- expect: many-tables-one-transaction 6
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
create table u (a int not null);
-- migration
alter table t alter column nn drop not null;
alter table u alter column a drop not null;
