-- expect: drop-table 5
create table t (id int);
-- migration
create function tidy() returns void language sql as 'drop table t';
select tidy();
