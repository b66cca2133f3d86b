-- expect: fk-without-index 5
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
create table parent (id bigint primary key);
-- migration
alter table t add constraint f foreign key (a) references parent (id) not valid;
