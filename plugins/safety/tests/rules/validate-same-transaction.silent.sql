-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
alter table t add constraint old check (a > 1) not valid;
-- migration
alter table t validate constraint old;
