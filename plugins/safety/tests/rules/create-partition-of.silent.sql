-- expect: nothing
create table part (k int, x text) partition by range (k);
create table part_1 partition of part for values from (0) to (10);
-- migration
create table part_2 (like part including all);
alter table part attach partition part_2 for values from (10) to (20);
