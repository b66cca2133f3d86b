// SPDX-License-Identifier: Apache-2.0
//
// Tables, views, sequences and composite types, and what is part of them.
#include "migrations/fingerprint/catalog_sql.hpp"

namespace tidegate::migrations::fingerprint {
namespace {

std::string tables(const CatalogSql& v) {
  const std::string parents =
      "(SELECT pg_catalog.string_agg(i.inhparent::pg_catalog.regclass::text, ', ' ORDER BY i.inhseqno) FROM pg_catalog.pg_inherits i "
      "WHERE i.inhrelid = c.oid)";
  return "SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END, "
         "NULL::text, rel.q, NULL::int2, " +
         properties({
             flag("unlogged", "c.relpersistence = 'u'"),
             property("of type", "NULLIF(c.reloftype, 0::pg_catalog.oid)::pg_catalog.regtype"),
             "CASE WHEN c.relkind = 'p' THEN " + property("partitioned by", "pg_catalog.pg_get_partkeydef(c.oid)") + " END",
             "CASE WHEN c.relispartition THEN " + property("partition of", parents) + " ELSE " + property("inherits", parents) + " END",
             "CASE WHEN c.relispartition THEN " + property("bound", "pg_catalog.pg_get_expr(c.relpartbound, c.oid)") + " END",
             v.since(14) ? flag("being detached",
                                "c.relispartition AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid AND "
                                "i.inhdetachpending)")
                         : "NULL",
             "CASE WHEN am.amname <> 'heap' THEN " + property("access method", "pg_catalog.quote_ident(am.amname::text)") + " END",
             property("tablespace", "pg_catalog.quote_ident(ts.spcname::text)"),
             options("c.reloptions"),
             "CASE WHEN toast.reloptions IS NOT NULL THEN (SELECT 'toast options: ' || pg_catalog.string_agg(o, ', ' ORDER BY o COLLATE "
             "pg_catalog.\"C\") FROM pg_catalog.unnest(toast.reloptions) o) END",
             "CASE c.relreplident WHEN 'n' THEN 'replica identity: nothing' WHEN 'f' THEN 'replica identity: full' END",
             flag("row level security", "c.relrowsecurity"),
             flag("row level security forced", "c.relforcerowsecurity"),
             property("server", "pg_catalog.quote_ident(fs.srvname::text)"),
             options_without_secrets("ft.ftoptions"),
             "CASE WHEN c.relkind IN ('v', 'm') THEN " + property("definition", "pg_catalog.pg_get_viewdef(c.oid)") + " END",
             owner("c.relowner"),
             privileges('r', "c.relacl", "c.relowner"),
             comment(),
         }) +
         " FROM rel JOIN pg_catalog.pg_class c ON c.oid = rel.oid LEFT JOIN pg_catalog.pg_class toast ON toast.oid = c.reltoastrelid "
         "LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam LEFT JOIN pg_catalog.pg_tablespace ts ON ts.oid = c.reltablespace "
         "LEFT JOIN pg_catalog.pg_foreign_table ft ON ft.ftrelid = c.oid LEFT JOIN pg_catalog.pg_foreign_server fs ON fs.oid = "
         "ft.ftserver" +
         comment_join("pg_class", "c.oid") + "WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')";
}

std::string columns(const CatalogSql& v) {
  return "SELECT CASE rel.relkind WHEN 'c' THEN 'attribute' ELSE 'column' END, rel.q, pg_catalog.quote_ident(a.attname::text), a.attnum, " +
         properties({
             property("type", "pg_catalog.format_type(a.atttypid, a.atttypmod)"),
             collation("a.attcollation", "t.typcollation"),
             flag("not null", "a.attnotnull"),
             "CASE a.attgenerated WHEN '' THEN 'default: ' WHEN 's' THEN 'generated stored: ' ELSE 'generated virtual: ' END || "
             "pg_catalog.pg_get_expr(ad.adbin, ad.adrelid)",
             "CASE a.attidentity WHEN 'a' THEN 'identity: always' WHEN 'd' THEN 'identity: by default' END",
             "CASE WHEN a.attstorage <> t.typstorage AND rel.relkind IN ('r', 'p', 'f', 'm') THEN CASE a.attstorage WHEN 'p' THEN "
             "'storage: "
             "plain' WHEN 'e' THEN 'storage: external' WHEN 'm' THEN 'storage: main' ELSE 'storage: extended' END END",
             v.when(14, "CASE a.attcompression WHEN 'p' THEN 'compression: pglz' WHEN 'l' THEN 'compression: lz4' END", "NULL"),
             // -1 until 16, NULL since 17: the server's default.
             "CASE WHEN a.attstattarget >= 0 THEN " + property("statistics", "a.attstattarget") + " END",
             options("a.attoptions"),
             "CASE WHEN a.attfdwoptions IS NOT NULL THEN 'foreign ' || " + options_without_secrets("a.attfdwoptions") + " END",
             "CASE WHEN a.attinhcount > 0 THEN CASE WHEN a.attislocal THEN 'inherited and local' ELSE 'inherited' END END",
             privileges('c', "a.attacl", "rel.relowner"),
             comment(),
         }) +
         " FROM rel JOIN pg_catalog.pg_attribute a ON a.attrelid = rel.oid AND a.attnum > 0::int2 AND NOT a.attisdropped "
         "JOIN pg_catalog.pg_type t ON t.oid = a.atttypid LEFT JOIN pg_catalog.pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = "
         "a.attnum" +
         comment_join("pg_class", "rel.oid", "a.attnum::int4") + "WHERE rel.relkind <> 'S'";
}

std::string constraints() {
  return "SELECT 'constraint', rel.q, pg_catalog.quote_ident(k.conname::text), NULL::int2, " +
         properties({
             property("definition", "pg_catalog.pg_get_constraintdef(k.oid)"),
             "CASE WHEN k.coninhcount > 0 THEN CASE WHEN k.conislocal THEN 'inherited and local' ELSE 'inherited' END END",
             // ALTER TABLE … DISABLE TRIGGER ALL also switches foreign keys off.
             "CASE WHEN k.contype = 'f' THEN (SELECT 'triggers not enabled: ' || pg_catalog.string_agg(DISTINCT "
             "g.tgrelid::pg_catalog.regclass::text, "
             "', ') FROM pg_catalog.pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgisinternal AND g.tgenabled <> 'O') END",
             comment(),
         }) +
         " FROM rel JOIN pg_catalog.pg_constraint k ON k.conrelid = rel.oid AND k.contype <> 't'" + comment_join("pg_constraint", "k.oid");
}

std::string indexes() {
  return "SELECT 'index', rel.q, pg_catalog.quote_ident(c.relname::text), NULL::int2, " +
         properties({
             property("definition", "pg_catalog.pg_get_indexdef(x.indexrelid)"),
             flag("not valid", "NOT x.indisvalid"),
             flag("not ready", "NOT x.indisready"),
             flag("clustered", "x.indisclustered"),
             flag("replica identity", "x.indisreplident"),
             property("of constraint",
                      "(SELECT pg_catalog.quote_ident(k.conname::text) FROM pg_catalog.pg_constraint k WHERE k.conindid = x.indexrelid AND "
                      "k.contype "
                      "IN ('p', 'u', 'x') AND k.conrelid = x.indrelid)"),
             "CASE WHEN c.relispartition THEN (SELECT 'partition of: ' || i.inhparent::pg_catalog.regclass::text FROM "
             "pg_catalog.pg_inherits i "
             "WHERE i.inhrelid = c.oid) END",
             property("tablespace", "pg_catalog.quote_ident(ts.spcname::text)"),
             "CASE WHEN x.indexprs IS NOT NULL THEN (SELECT 'statistics: ' || pg_catalog.string_agg(pg_catalog.concat(a.attnum, '=', "
             "a.attstattarget), ', ' "
             "ORDER BY a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0) END",
             comment(),
         }) +
         " FROM rel JOIN pg_catalog.pg_index x ON x.indrelid = rel.oid JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid "
         "LEFT JOIN pg_catalog.pg_tablespace ts ON ts.oid = c.reltablespace" +
         comment_join("pg_class", "c.oid");
}

std::string sequences() {
  const std::string owned =
      "(SELECT d1.refobjid::pg_catalog.regclass::text || '.' || pg_catalog.quote_ident(a.attname::text) FROM pg_catalog.pg_depend d1 JOIN "
      "pg_catalog.pg_attribute a ON a.attrelid = d1.refobjid AND a.attnum::int4 = d1.refobjsubid WHERE d1.classid = " +
      regclass("pg_class") + " AND d1.objid = c.oid AND d1.refclassid = " + regclass("pg_class") +
      " AND d1.refobjsubid > 0 AND d1.deptype = ";
  return "SELECT 'sequence', NULL::text, rel.q, NULL::int2, " +
         properties({
             flag("unlogged", "c.relpersistence = 'u'"),
             property("type", "pg_catalog.format_type(s.seqtypid, NULL)"),
             property("start", "s.seqstart"),
             property("increment", "s.seqincrement"),
             property("minimum", "s.seqmin"),
             property("maximum", "s.seqmax"),
             property("cache", "s.seqcache"),
             flag("cycle", "s.seqcycle"),
             property("owned by", owned + "'a')"),
             property("identity of", owned + "'i')"),
             owner("c.relowner"),
             privileges('s', "c.relacl", "c.relowner"),
             comment(),
         }) +
         " FROM rel JOIN pg_catalog.pg_class c ON c.oid = rel.oid JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid" +
         comment_join("pg_class", "c.oid");
}

std::string rules() {
  return "SELECT 'rule', rel.q, pg_catalog.quote_ident(r.rulename::text), NULL::int2, " +
         properties({
             property("definition", "pg_catalog.pg_get_ruledef(r.oid)"),
             "CASE r.ev_enabled WHEN 'D' THEN 'enabled: no' WHEN 'R' THEN 'enabled: replica' WHEN 'A' THEN 'enabled: always' END",
             comment(),
         }) +
         " FROM rel JOIN pg_catalog.pg_rewrite r ON r.ev_class = rel.oid AND r.rulename <> '_RETURN'" + comment_join("pg_rewrite", "r.oid");
}

std::string triggers(const CatalogSql& v) {
  // A partition's copy of its parent's trigger; it may be switched off by itself.
  const std::string copy = v.when(13, "g.tgparentid <> 0::pg_catalog.oid", "false");
  return "SELECT 'trigger', rel.q, pg_catalog.quote_ident(g.tgname::text), NULL::int2, " +
         properties({
             property("definition", "pg_catalog.pg_get_triggerdef(g.oid)"),
             flag("inherited", copy),
             "CASE g.tgenabled WHEN 'D' THEN 'enabled: no' WHEN 'R' THEN 'enabled: replica' WHEN 'A' THEN 'enabled: always' END",
             comment(),
         }) +
         " FROM rel JOIN pg_catalog.pg_trigger g ON g.tgrelid = rel.oid AND (NOT g.tgisinternal OR (g.tgconstraint = 0::pg_catalog.oid "
         "AND " +
         copy + "))" + comment_join("pg_trigger", "g.oid");
}

std::string policies() {
  return "SELECT 'policy', rel.q, pg_catalog.quote_ident(p.polname::text), NULL::int2, " +
         properties({
             flag("restrictive", "NOT p.polpermissive"),
             "'for: ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE "
             "'ALL' END",
             property("to",
                      "(SELECT pg_catalog.string_agg(CASE o WHEN 0::pg_catalog.oid THEN 'PUBLIC' ELSE "
                      "pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(o)::text) END, ', ' ORDER BY pg_catalog.pg_get_userbyid(o)) FROM "
                      "pg_catalog.unnest(p.polroles) o)"),
             property("using", "pg_catalog.pg_get_expr(p.polqual, p.polrelid)"),
             property("with check", "pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)"),
             comment(),
         }) +
         " FROM rel JOIN pg_catalog.pg_policy p ON p.polrelid = rel.oid" + comment_join("pg_policy", "p.oid");
}

}  // namespace

void CatalogSql::relations(std::vector<std::string>& out) const {
  for (auto& select : {tables(*this), columns(*this), constraints(), indexes(), sequences(), rules(), triggers(*this), policies()})
    out.push_back(select);
}

}  // namespace tidegate::migrations::fingerprint
