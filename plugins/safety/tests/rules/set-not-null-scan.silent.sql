-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
alter table t add constraint a_nn check (a is not null);
-- migration
alter table t alter column a set not null;
