-- expect: domain-constraint-validates 7
-- expect: domain-constraint-validates 8
create domain d as int;
create domain unused as int;
create table t (x d);
-- migration
alter domain d add constraint c check (value > 0);
alter domain d set not null;
