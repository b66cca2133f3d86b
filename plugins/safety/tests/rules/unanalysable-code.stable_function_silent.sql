-- expect: nothing
create function look() returns int language sql stable as 'select 1';
-- migration
select look();
select now();
