-- expect: nothing
create table part (k int, x text) partition by range (k);
create table part_1 partition of part for values from (0) to (10);
-- migration
alter table part detach partition part_1 concurrently;
