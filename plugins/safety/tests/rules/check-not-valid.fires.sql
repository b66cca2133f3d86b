-- expect: check-not-valid 5
-- expect: check-not-valid 6
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
alter table t add constraint ck check (a > 0);
alter table t add column c int check (c > 0);
