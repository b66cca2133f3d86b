-- expect: drop-cascade 5
create sequence numbers;
create table t (id int default nextval('numbers'));
-- migration
drop sequence numbers cascade;
