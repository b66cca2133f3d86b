-- expect: nothing
create domain d as int;
create domain unused as int;
create table t (x d);
-- migration
alter domain d add constraint c check (value > 0) not valid;
alter domain unused set not null;
