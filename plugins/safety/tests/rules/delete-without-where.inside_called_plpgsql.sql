-- expect: delete-without-where 5
create table t (id int);
-- migration
create function tidy() returns void language plpgsql as 'begin delete from t; end';
select tidy();
