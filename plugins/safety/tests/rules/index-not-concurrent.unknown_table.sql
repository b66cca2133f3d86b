-- expect: index-not-concurrent 3
-- migration
create index i on elsewhere (a);
