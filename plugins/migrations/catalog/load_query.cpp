// SPDX-License-Identifier: Apache-2.0
#include "migrations/catalog/load.hpp"

namespace tidegate::migrations::catalog {

std::string_view load_query() {
  return R"sql(
with recursive
asked as (select $1::jsonb as names),
wanted as (
  select e->>0 as nsp, e->>1 as name
  from asked, jsonb_array_elements(case when jsonb_typeof(names) = 'array' then names else '[]'::jsonb end) e),
everything as (select jsonb_typeof(names) <> 'array' as yes from asked),
known as (
  select c.*, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and n.nspname <> 'pg_catalog' and n.nspname <> 'information_schema'
    and n.nspname !~ '^pg_(toast|temp)'),
seed as (
  select k.oid from known k, everything where yes
  union select k.oid from known k join wanted w on w.name = k.relname and (w.nsp = '' or w.nsp = k.nspname)
  union select k.oid from known k join wanted w on w.nsp = '' and w.name = k.nspname
  union select i.indrelid from pg_index i join pg_class c on c.oid = i.indexrelid join wanted w on w.name = c.relname
  union select a.attrelid from pg_attribute a join pg_type t on t.oid = a.atttypid left join pg_type e on e.oid = t.typelem
    join wanted w on w.name in (t.typname, e.typname)
  union select g.tgrelid from pg_trigger g join pg_proc p on p.oid = g.tgfoid join wanted w on w.name = p.proname where not g.tgisinternal),
views as (
  select distinct r.ev_class as view, d.refobjid as read
  from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
  where d.refobjid <> r.ev_class),
edge(a, b) as (
  select inhparent, inhrelid from pg_inherits union all select inhrelid, inhparent from pg_inherits
  union all select conrelid, confrelid from pg_constraint where contype = 'f' union all select confrelid, conrelid from pg_constraint where contype = 'f'
  union all select read, view from views union all select view, read from views
  union all select d.refobjid, d.objid from pg_depend d where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')),
reached as (select oid from seed union select e.b from reached r join edge e on e.a = r.oid),
rel as (select k.* from known k where k.oid in (select oid from reached))
select jsonb_build_object(
  'version', current_setting('server_version_num')::int,
  'utc', current_setting('TimeZone') in ('UTC', 'Etc/UTC', 'GMT', 'Universal', 'Zulu'),
  'path', to_jsonb(current_schemas(false)),
  'complete', (select yes from everything),
  'relations', coalesce((select jsonb_agg(jsonb_build_object(
    's', r.nspname, 'n', r.relname, 'k', r.relkind, 'u', r.relpersistence = 'u', 'mine', pg_has_role(r.relowner, 'USAGE'),
    'am', (select amname from pg_am where oid = r.relam), 'ts', (select spcname from pg_tablespace where oid = r.reltablespace),
    'cols', (select jsonb_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef, a.attgenerated <> '',
        a.attidentity <> '', (select collname from pg_collation where oid = a.attcollation and collname <> 'default')) order by a.attnum)
      from pg_attribute a where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped),
    'idx', (select jsonb_agg(jsonb_build_object('n', c.relname, 'u', i.indisunique, 'p', i.indisprimary, 'v', i.indisvalid and i.indisready,
        'm', (select amname from pg_am where oid = c.relam), 'where', i.indpred is not null, 'x', i.indexprs is not null,
        'c', (select conname from pg_constraint k where k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')),
        'keys', (select jsonb_agg(coalesce(a.attname::text, '') order by o) from unnest(i.indkey::int2[]) with ordinality as t(num, o)
            left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = t.num where o <= i.indnkeyatts),
        'cols', (select jsonb_agg(distinct a.attname) from pg_attribute a where a.attrelid = i.indrelid and a.attnum > 0 and (a.attnum = any (i.indkey)
            or exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refobjid = i.indrelid
              and d.refobjsubid = a.attnum)))) order by c.oid)
      from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = r.oid),
    'con', (select jsonb_agg(jsonb_build_object('n', k.conname, 't', k.contype, 'v', k.convalidated,
        'i', (select relname from pg_class where oid = k.conindid and k.contype in ('p', 'u', 'x')),
        'ref', (select f.nspname || '.' || f.relname from known f where f.oid = k.confrelid),
        'cols', (select jsonb_agg(a.attname order by o) from unnest(k.conkey) with ordinality as t(num, o)
            join pg_attribute a on a.attrelid = k.conrelid and a.attnum = t.num),
        'rcols', (select jsonb_agg(a.attname order by o) from unnest(k.confkey) with ordinality as t(num, o)
            join pg_attribute a on a.attrelid = k.confrelid and a.attnum = t.num),
        'def', case when k.contype = 'c' then pg_get_constraintdef(k.oid) end) order by k.oid)
      from pg_constraint k where k.conrelid = r.oid and k.contype in ('c', 'f', 'p', 'u', 'x')),
    'trg', (select jsonb_agg(jsonb_build_array(g.tgname, p.proname)) from pg_trigger g join pg_proc p on p.oid = g.tgfoid
      where g.tgrelid = r.oid and not g.tgisinternal),
    'stat', (select jsonb_agg(jsonb_build_array(x.stxname, (select jsonb_agg(a.attname) from unnest(x.stxkeys::int2[]) t(num)
        join pg_attribute a on a.attrelid = r.oid and a.attnum = t.num))) from pg_statistic_ext x where x.stxrelid = r.oid),
    'parents', (select jsonb_agg(p.nspname || '.' || p.relname) from pg_inherits h join known p on p.oid = h.inhparent where h.inhrelid = r.oid),
    'children', (select jsonb_agg(p.nspname || '.' || p.relname order by p.oid) from pg_inherits h join known p on p.oid = h.inhrelid where h.inhparent = r.oid),
    'bound', case when r.relispartition then pg_get_expr(r.relpartbound, r.oid) end,
    'strategy', (select partstrat from pg_partitioned_table where partrelid = r.oid),
    'pkey', (select jsonb_agg(coalesce(a.attname::text, '') order by o) from pg_partitioned_table p, unnest(p.partattrs::int2[]) with ordinality as t(num, o)
        left join pg_attribute a on a.attrelid = r.oid and a.attnum = t.num where p.partrelid = r.oid),
    'reads', (select jsonb_agg(p.nspname || '.' || p.relname) from views v join known p on p.oid = v.read where v.view = r.oid),
    'dependents', (select jsonb_agg(p.nspname || '.' || p.relname) from views v join known p on p.oid = v.view where v.read = r.oid),
    'owned', case when r.relkind = 'S' then (select p.nspname || '.' || p.relname from pg_depend d join known p on p.oid = d.refobjid
        where d.classid = 'pg_class'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') limit 1) end,
    'size', case when r.relkind in ('r', 'm') then jsonb_build_array(r.reltuples, pg_table_size(r.oid), pg_indexes_size(r.oid),
        (select case when age > 10 then pg_stat_get_mod_since_analyze(r.oid) / age else -1 end from (select extract(epoch from now() -
          greatest(pg_stat_get_last_analyze_time(r.oid), pg_stat_get_last_autoanalyze_time(r.oid)))::float8) a(age))) end)) from rel r), '[]'),
  'types', coalesce((select jsonb_agg(jsonb_build_object('s', n.nspname, 'n', t.typname, 'k', t.typtype, 'nn', t.typnotnull,
      'base', case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end,
      'con', exists (select from pg_constraint k where k.contypid = t.oid),
      'values', (select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)))
    from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype in ('d', 'e') and n.nspname <> 'information_schema' and n.nspname <> 'pg_catalog'), '[]'),
  'functions', coalesce((select jsonb_object_agg(f.proname, f.v) from (
      select p.proname, max(p.provolatile) as v from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname not in ('pg_catalog', 'information_schema') or p.proname in (select name from wanted) group by p.proname) f), '{}'))::text
)sql";
}

}  // namespace tidegate::migrations::catalog
