-- expect: set-not-null-scan 6
-- expect: combine-alter-table 7
-- expect: set-not-null-scan 7
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
alter table t alter column a set not null;
alter table t alter column b set not null;
