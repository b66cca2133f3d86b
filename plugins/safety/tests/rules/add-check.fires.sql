-- expect: add-check 4
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
alter table t add constraint ck check (a > 0) not valid;
