-- expect: nothing
create table w (a int default 1);
-- migration
alter table w alter column a drop default;
