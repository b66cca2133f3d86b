-- expect: set-not-null 5
-- expect: set-not-null-scan 5
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
alter table t alter column a set not null;
