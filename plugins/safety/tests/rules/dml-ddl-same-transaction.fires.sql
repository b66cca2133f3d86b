-- expect: bulk-dml 5
-- expect: dml-ddl-same-transaction 6
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
update t set a = 1;
alter table t alter column v drop not null;
