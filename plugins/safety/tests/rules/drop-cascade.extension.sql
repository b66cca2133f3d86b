-- expect: drop-cascade 4
-- facts: complete
-- migration
drop extension citext cascade;
