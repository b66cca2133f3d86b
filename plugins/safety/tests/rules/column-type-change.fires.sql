-- expect: column-type-change 5
-- expect: column-type-change 6
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
alter table t alter column a type bigint;
alter table t alter column b type int using b::int;
