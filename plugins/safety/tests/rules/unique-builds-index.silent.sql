-- expect: nothing
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
create unique index concurrently u on t (a);
alter table t add constraint u unique using index u;
