-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
begin;
alter table t add constraint ck check (a > 0) not valid;
commit;
begin;
alter table t validate constraint ck;
commit;
