-- expect: nothing
create table w (a int not null);
create unique index w_a on w (a);
-- migration
alter table w add primary key using index w_a;
