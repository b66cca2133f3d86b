-- expect: nothing
create table part (k int, x text) partition by range (k);
create table part_1 partition of part for values from (0) to (10);
create table fresh (k int not null, x text, check (k >= 20 and k < 30));
-- migration
alter table part attach partition fresh for values from (20) to (30);
