// SPDX-License-Identifier: Apache-2.0
#include "migrations/fingerprint/catalog_sql.hpp"

namespace tidegate::migrations::fingerprint {
namespace {

// What changes how the server spells things. search_path: every name outside pg_catalog comes qualified.
constexpr const char* kSettings =
    "settings AS MATERIALIZED (SELECT pg_catalog.concat("
    "pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('quote_all_identifiers', 'off', true), "
    "pg_catalog.set_config('DateStyle', 'ISO, YMD', true), pg_catalog.set_config('IntervalStyle', 'postgres', true), "
    "pg_catalog.set_config('TimeZone', 'UTC', true), pg_catalog.set_config('extra_float_digits', '3', true), "
    "pg_catalog.set_config('bytea_output', 'hex', true), pg_catalog.set_config('lc_monetary', 'C', true), "
    "pg_catalog.set_config('xmlbinary', 'base64', true)) IS NOT NULL AS made)";

constexpr const char* kSchemas =
    "ns AS MATERIALIZED (SELECT n.oid, n.nspname, pg_catalog.quote_ident(n.nspname::text) AS q FROM pg_catalog.pg_namespace n "
    "WHERE pg_catalog.left(n.nspname::text, 3) <> 'pg_' AND n.nspname NOT IN ('information_schema', 'tidegate', 'tidegate_kept'))";

std::string relations_cte(const CatalogSql& sql) {
  return "rel AS MATERIALIZED (SELECT c.oid, c.relkind, c.relowner, ns.q || '.' || pg_catalog.quote_ident(c.relname::text) AS q "
         "FROM pg_catalog.pg_class c JOIN ns ON ns.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c', 'S') "
         "AND c.relpersistence <> 't' AND NOT (ns.nspname = " +
         sql.history_schema + " AND c.relname = " + sql.history_table + ") AND " + not_of_extension("pg_class", "c.oid") + ")";
}

}  // namespace

std::string CatalogSql::statement() const {
  std::vector<std::string> selects;
  relations(selects);
  routines(selects);
  others(selects);
  std::string out = "WITH " + std::string(kSettings) + ", " + kSchemas + ", " + relations_cte(*this) +
                    " SELECT kind, part_of, name, position, properties FROM (";
  for (std::size_t i = 0; i < selects.size(); ++i) out += (i == 0 ? "" : " UNION ALL ") + selects[i];
  // Nothing is spelled before the settings are made: the filter is checked before the first row is fetched.
  return out + ") AS items (kind, part_of, name, position, properties) WHERE (SELECT made FROM settings)";
}

std::string property(const std::string& name, const std::string& text_expression) {
  return "'" + name + ": ' || (" + text_expression + ")::pg_catalog.text";
}

std::string flag(const std::string& name, const std::string& condition) {
  return "CASE WHEN " + condition + " THEN '" + name + "' END";
}

std::string properties(const std::vector<std::string>& expressions) {
  std::string out = "pg_catalog.concat_ws(E'\\x1e'";
  for (const auto& expression : expressions) out += ", " + expression;
  return out + ")";
}

std::string privileges_text(const std::string& acl, const std::string& owner) {
  return "(SELECT coalesce(pg_catalog.string_agg(line, '; ' ORDER BY line COLLATE pg_catalog.\"C\"), 'none') FROM ("
         "SELECT CASE gr.grantee WHEN 0::pg_catalog.oid THEN 'PUBLIC' ELSE "
         "pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(gr.grantee)::text) "
         "END || CASE WHEN gr.grantor <> " +
         owner +
         " THEN ' (by ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(gr.grantor)::text) || ')' ELSE '' END || ': ' || "
         "pg_catalog.string_agg(gr.privilege_type || CASE WHEN gr.is_grantable THEN '*' ELSE '' END, ', ' ORDER BY gr.privilege_type "
         "COLLATE "
         "pg_catalog.\"C\") AS line FROM pg_catalog.aclexplode(" +
         acl + ") gr GROUP BY gr.grantee, gr.grantor) AS lines)";
}

std::string privileges(char object, const std::string& acl, const std::string& owner) {
  const std::string usual = "pg_catalog.acldefault('" + std::string(1, object) + "', " + owner + ")";
  return "CASE WHEN " + acl + " IS NOT NULL AND NOT (" + acl + " @> " + usual + " AND " + acl + " <@ " + usual + ") THEN " +
         property("privileges", privileges_text(acl, owner)) + " END";
}

std::string owner(const std::string& oid) {
  return property("owner", "pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(" + oid + ")::text)");
}

std::string comment_join(const std::string& catalog, const std::string& oid, const std::string& sub, const std::string& alias) {
  return " LEFT JOIN pg_catalog.pg_description " + alias + " ON " + alias + ".objoid = " + oid + " AND " + alias +
         ".classoid = " + regclass(catalog) + " AND " + alias + ".objsubid = " + sub + " ";
}

std::string comment(const std::string& alias) {
  return property("comment", alias + ".description");
}

std::string options(const std::string& array) {
  return "CASE WHEN " + array +
         " IS NOT NULL THEN (SELECT 'options: ' || pg_catalog.string_agg(o, ', ' ORDER BY o COLLATE pg_catalog.\"C\") "
         "FROM pg_catalog.unnest(" +
         array + ") o WHERE pg_catalog.left(o, 3) <> 'pg_') END";  // 15.20 keeps a column's pg_attver there, which each change makes anew
}

std::string options_without_secrets(const std::string& array) {
  return "CASE WHEN " + array +
         " IS NOT NULL THEN (SELECT 'options: ' || pg_catalog.string_agg(CASE WHEN pg_catalog.split_part(o, '=', 1) ~* "
         "'pass(word|wd|phrase|file)|secret|token|credential|(api|access|private|jwt|service)[_-]?key' THEN pg_catalog.split_part(o, '=', "
         "1) || "
         "'=(not read)' ELSE o END, ', ' ORDER BY o COLLATE pg_catalog.\"C\") FROM pg_catalog.unnest(" +
         array + ") o) END";
}

std::string regclass(const std::string& catalog) {
  return "'pg_catalog." + catalog + "'::pg_catalog.regclass::pg_catalog.oid";
}

std::string not_of_extension(const std::string& catalog, const std::string& oid) {
  return "NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.deptype = 'e' AND e.classid = " + regclass(catalog) +
         " AND e.objid = " + oid + " AND e.objsubid = 0)";
}

std::string collation(const std::string& oid, const std::string& of_type) {
  return "CASE WHEN " + oid + " <> 0::pg_catalog.oid AND " + oid + " <> " + of_type +
         " THEN (SELECT 'collation: ' || pg_catalog.quote_ident(cn.nspname::text) || '.' || pg_catalog.quote_ident(co.collname::text) FROM "
         "pg_catalog.pg_collation co JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = " +
         oid + ") END";
}

}  // namespace tidegate::migrations::fingerprint
