-- expect: drop-column 5
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
alter table t add constraint ab unique (a, b);
-- migration
alter table t drop column v;
