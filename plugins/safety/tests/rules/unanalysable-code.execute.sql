-- expect: unanalysable-code 5
create table t (id int);
-- migration
prepare p as delete from t where id = $1;
execute p(1);
