-- expect: drop-not-null 4
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
alter table t alter column nn drop not null;
