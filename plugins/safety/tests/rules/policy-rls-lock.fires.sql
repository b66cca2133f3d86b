-- expect: policy-rls-lock 5
-- expect: policy-rls-lock 6
create table t (id bigint primary key, a int, b text, v varchar(20), nn int not null default 1);
-- migration
alter table t enable row level security;
create policy p on t using (true);
