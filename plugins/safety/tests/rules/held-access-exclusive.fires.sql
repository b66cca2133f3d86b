-- expect: drop-column 8
-- expect: held-access-exclusive 9
-- expect: bulk-dml 9
-- expect: dml-ddl-same-transaction 9
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
create table u (id int primary key, a int);
-- migration
alter table t drop column b;
update u set a = 1;
