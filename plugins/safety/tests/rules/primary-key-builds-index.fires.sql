-- expect: primary-key-builds-index 5
create table w (a int not null);
create unique index w_a on w (a);
-- migration
alter table w add primary key (a);
