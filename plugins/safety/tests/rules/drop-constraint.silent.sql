-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
alter table t add constraint ck check (a > 0);
-- migration
alter table t drop constraint ck, add constraint ck check (a > 1) not valid;
