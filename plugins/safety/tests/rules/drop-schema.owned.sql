-- expect: drop-schema 3
-- migration
drop owned by alice;
