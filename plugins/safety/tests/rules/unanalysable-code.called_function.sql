-- expect: unanalysable-code 4
create function fill() returns void language plpgsql as 'begin execute format(''drop table %I'', ''t''); end';
-- migration
select fill();
