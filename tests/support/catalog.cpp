// SPDX-License-Identifier: Apache-2.0
#include "support/catalog.hpp"

#include "support/postgres.hpp"

namespace tidegate::test {
namespace {

/// One query each; every row is a line.
constexpr const char* kQueries[] = {
    "select concat_ws(' ', 'schema', nspname) from ours order by 1",
    "select concat_ws(' ', 'extension', extname, extversion) from pg_extension order by 1",
    "select concat_ws(' ', 'relation', c.oid::regclass, relkind, relpersistence, reloptions, relrowsecurity, relforcerowsecurity, "
    "obj_description(c.oid, 'pg_class'), pg_get_expr(relpartbound, c.oid)) from tables c order by 1",
    "select concat_ws(' ', 'column', c.oid::regclass, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, "
    "attgenerated, pg_get_expr(adbin, adrelid), col_description(c.oid, attnum)) from tables c join pg_attribute a on attrelid = c.oid and "
    "attnum > 0 and not attisdropped left join pg_attrdef d on adrelid = c.oid and adnum = attnum where relkind in ('r', 'p', 'v', 'm', "
    "'f') order by c.oid::regclass::text, attnum",
    "select concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(k.oid)) from pg_constraint k join tables c on "
    "c.oid = conrelid order by 1",
    "select concat_ws(' ', 'index', pg_get_indexdef(indexrelid), indisvalid) from pg_index join tables c on c.oid = indrelid order by 1",
    "select concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid), tgenabled) from pg_trigger t join tables c on c.oid = tgrelid where not "
    "tgisinternal order by 1",
    "select concat_ws(' ', 'policy', polrelid::regclass, polname, pg_get_expr(polqual, polrelid)) from pg_policy join tables c on c.oid = "
    "polrelid order by 1",
    "select concat_ws(' ', 'view', c.oid::regclass, pg_get_viewdef(c.oid)) from tables c where relkind in ('v', 'm') order by 1",
    "select concat_ws(' ', 'function', p.oid::regprocedure, md5(pg_get_functiondef(p.oid))) from pg_proc p join ours n on n.oid = "
    "pronamespace where prokind <> 'a' and not exists (select from pg_depend where objid = p.oid and deptype = 'e') order by 1",
    "select concat_ws(' ', 'type', t.oid::regtype, typtype, (select string_agg(enumlabel, ',' order by enumsortorder) from pg_enum where "
    "enumtypid = t.oid), (select string_agg(pg_get_constraintdef(oid), ',' order by conname) from pg_constraint where contypid = t.oid)) "
    "from pg_type t join ours n on n.oid = typnamespace where typtype in ('e', 'd', 'r') order by 1",
    "select concat_ws(' ', 'sequence', seqrelid::regclass, seqtypid::regtype, seqstart, seqincrement, seqmax, seqmin, seqcycle) from "
    "pg_sequence join tables c on c.oid = seqrelid order by 1",
};

constexpr const char* kOurs =
    "with ours as (select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'tidegate')), "
    "tables as (select c.* from pg_class c join ours n on n.oid = c.relnamespace where relname not like '\\_prisma\\_migrations%' and not "
    "exists (select from pg_depend where objid = c.oid and deptype = 'e')) ";

}  // namespace

std::string catalog_text(const std::string& url, bool rows) {
  Connection connection(url);
  connection.sql("set search_path = ''");
  std::string out;
  const auto add = [&](const std::string& query) {
    for (const auto& row : connection.sql(query)) out += row.at(0).value_or("") + '\n';
  };
  for (const auto* query : kQueries) add(std::string(kOurs) + query);
  if (!rows) return out;
  const std::string tables = "select c.oid::regclass from tables c where relkind in ('r', 'S') order by 1";
  for (const auto& row : connection.sql(kOurs + tables)) {
    const auto table = row.at(0).value_or("");
    // Not t::text: a sequence is no type of its own from PostgreSQL 18 on.
    add("select concat_ws(' ', 'row', tableoid::regclass, row(t.*)::text) from " + table + " t order by row(t.*)::text");
  }
  return out;
}

}  // namespace tidegate::test
