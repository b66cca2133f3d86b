-- expect: pk-index-nullable-column 5
create table w (a int);
create unique index w_a on w (a);
-- migration
alter table w add primary key using index w_a;
