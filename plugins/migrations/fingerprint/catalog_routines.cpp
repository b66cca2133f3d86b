// SPDX-License-Identifier: Apache-2.0
//
// Functions, types, and what is built from both: operators, their classes and families, casts, collations.
#include "migrations/fingerprint/catalog_sql.hpp"

namespace tidegate::migrations::fingerprint {
namespace {

/// NULL for "none", else the routine with its argument types.
std::string routine(const std::string& name, const std::string& oid) {
  return property(name, "NULLIF(" + oid + "::pg_catalog.oid, 0::pg_catalog.oid)::pg_catalog.regprocedure");
}
std::string type(const std::string& name, const std::string& oid) {
  return property(name, "NULLIF(" + oid + ", 0::pg_catalog.oid)::pg_catalog.regtype");
}
std::string oper(const std::string& name, const std::string& oid) {
  return property(name, "NULLIF(" + oid + ", 0::pg_catalog.oid)::pg_catalog.regoperator");
}

std::string functions() {
  return "SELECT CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END, NULL::text, p.oid::pg_catalog.regprocedure::text, "
         "NULL::int2, " +
         properties({
             property("definition", "pg_catalog.pg_get_functiondef(p.oid)"),
             owner("p.proowner"),
             privileges('f', "p.proacl", "p.proowner"),
             comment(),
         }) +
         " FROM ns JOIN pg_catalog.pg_proc p ON p.pronamespace = ns.oid" + comment_join("pg_proc", "p.oid") +
         "WHERE p.prokind <> 'a' AND " + not_of_extension("pg_proc", "p.oid");
}

std::string aggregates() {
  return "SELECT 'aggregate', NULL::text, p.oid::pg_catalog.regprocedure::text, NULL::int2, " +
         properties({
             property("arguments", "pg_catalog.pg_get_function_arguments(p.oid)"),
             property("result", "pg_catalog.pg_get_function_result(p.oid)"),
             "CASE g.aggkind WHEN 'o' THEN 'kind: ordered set' WHEN 'h' THEN 'kind: hypothetical' END",
             "CASE WHEN g.aggkind <> 'n' THEN " + property("direct arguments", "g.aggnumdirectargs") + " END",
             routine("transition", "g.aggtransfn"),
             type("state", "g.aggtranstype"),
             "CASE WHEN g.aggtransspace <> 0 THEN " + property("state size", "g.aggtransspace") + " END",
             property("initial", "g.agginitval"),
             routine("final", "g.aggfinalfn"),
             flag("final with extra arguments", "g.aggfinalextra"),
             property("final modifies", "CASE WHEN g.aggfinalfn::pg_catalog.oid <> 0::pg_catalog.oid THEN g.aggfinalmodify END"),
             routine("combine", "g.aggcombinefn"),
             routine("serialize", "g.aggserialfn"),
             routine("deserialize", "g.aggdeserialfn"),
             routine("moving transition", "g.aggmtransfn"),
             routine("moving inverse", "g.aggminvtransfn"),
             type("moving state", "g.aggmtranstype"),
             "CASE WHEN g.aggmtransspace <> 0 THEN " + property("moving state size", "g.aggmtransspace") + " END",
             property("moving initial", "g.aggminitval"),
             routine("moving final", "g.aggmfinalfn"),
             flag("moving final with extra arguments", "g.aggmfinalextra"),
             property("moving final modifies", "CASE WHEN g.aggmfinalfn::pg_catalog.oid <> 0::pg_catalog.oid THEN g.aggmfinalmodify END"),
             oper("sort operator", "g.aggsortop"),
             "CASE p.proparallel WHEN 's' THEN 'parallel: safe' WHEN 'r' THEN 'parallel: restricted' END",
             owner("p.proowner"),
             privileges('f', "p.proacl", "p.proowner"),
             comment(),
         }) +
         " FROM ns JOIN pg_catalog.pg_proc p ON p.pronamespace = ns.oid JOIN pg_catalog.pg_aggregate g ON g.aggfnoid::pg_catalog.oid = "
         "p.oid" +
         comment_join("pg_proc", "p.oid") + "WHERE " + not_of_extension("pg_proc", "p.oid");
}

std::string types(const CatalogSql& v) {
  const std::string base = "t.typtype = 'b'";
  const auto of_base = [&](const std::string& expression) { return "CASE WHEN " + base + " THEN " + expression + " END"; };
  return "SELECT CASE WHEN NOT t.typisdefined THEN 'shell type' ELSE CASE t.typtype WHEN 'd' THEN 'domain' WHEN 'e' THEN 'enum' WHEN 'r' "
         "THEN "
         "'range' WHEN 'c' THEN 'composite type' ELSE 'type' END END, NULL::text, ns.q || '.' || "
         "pg_catalog.quote_ident(t.typname::text), NULL::int2, " +
         properties({
             "CASE WHEN t.typtype = 'e' THEN (SELECT 'labels: ' || "
             "coalesce(pg_catalog.string_agg(pg_catalog.quote_literal(l.enumlabel::text), "
             "', ' ORDER BY l.enumsortorder), 'none') FROM pg_catalog.pg_enum l WHERE l.enumtypid = t.oid) END",
             "CASE WHEN t.typtype = 'd' THEN " + property("type", "pg_catalog.format_type(t.typbasetype, t.typtypmod)") + " END",
             "CASE WHEN t.typtype = 'd' THEN " + collation("t.typcollation", "b.typcollation") + " END",
             flag("not null", "t.typtype = 'd' AND t.typnotnull"),
             property("default", "coalesce(pg_catalog.pg_get_expr(t.typdefaultbin, 0::pg_catalog.oid), t.typdefault)"),
             type("subtype", "r.rngsubtype"),
             property("subtype operator class",
                      "(SELECT pg_catalog.quote_ident(on1.nspname::text) || '.' || pg_catalog.quote_ident(oc.opcname::text) FROM "
                      "pg_catalog.pg_opclass oc JOIN pg_catalog.pg_namespace on1 ON on1.oid = oc.opcnamespace WHERE oc.oid = r.rngsubopc)"),
             "CASE WHEN t.typtype = 'r' THEN " + collation("r.rngcollation", "0::pg_catalog.oid") + " END",
             routine("canonical", "r.rngcanonical"),
             routine("subtype difference", "r.rngsubdiff"),
             v.since(14) ? type("multirange", "r.rngmultitypid") : "NULL",
             of_base(routine("input", "t.typinput")),
             of_base(routine("output", "t.typoutput")),
             of_base(routine("receive", "t.typreceive")),
             of_base(routine("send", "t.typsend")),
             of_base(routine("modifier in", "t.typmodin")),
             of_base(routine("modifier out", "t.typmodout")),
             of_base(routine("analyze", "t.typanalyze")),
             v.since(14) ? of_base(routine("subscript", "t.typsubscript")) : "NULL",
             of_base(property("length", "t.typlen")),
             flag("passed by value", base + " AND t.typbyval"),
             of_base(property("alignment", "t.typalign")),
             of_base(property("storage", "t.typstorage")),
             of_base(property("category", "t.typcategory")),
             flag("preferred", base + " AND t.typispreferred"),
             of_base(type("element", "t.typelem")),
             of_base(property("delimiter", "t.typdelim")),
             flag("collatable", base + " AND t.typcollation <> 0::pg_catalog.oid"),
             owner("t.typowner"),
             privileges('T', "t.typacl", "t.typowner"),
             comment(),
         }) +
         " FROM ns JOIN pg_catalog.pg_type t ON t.typnamespace = ns.oid AND t.typtype IN ('b', 'c', 'd', 'e', 'r', 'p') "
         "LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype "
         "LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid LEFT JOIN pg_catalog.pg_type el ON el.oid = t.typelem AND el.typarray = "
         "t.oid" +
         comment_join("pg_type", "t.oid") + "WHERE (t.typrelid = 0::pg_catalog.oid OR c.relkind = 'c') AND el.oid IS NULL AND " +
         not_of_extension("pg_type", "t.oid");
}

std::string domain_constraints() {
  return "SELECT 'constraint', ns.q || '.' || pg_catalog.quote_ident(t.typname::text), pg_catalog.quote_ident(k.conname::text), "
         "NULL::int2, " +
         properties({property("definition", "pg_catalog.pg_get_constraintdef(k.oid)"), comment()}) +
         " FROM ns JOIN pg_catalog.pg_type t ON t.typnamespace = ns.oid JOIN pg_catalog.pg_constraint k ON k.contypid = t.oid" +
         comment_join("pg_constraint", "k.oid") + "WHERE " + not_of_extension("pg_type", "t.oid");
}

std::string collations() {
  return "SELECT 'collation', NULL::text, ns.q || '.' || pg_catalog.quote_ident(c.collname::text), NULL::int2, " +
         properties({
             property("provider",
                      "CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' WHEN 'b' THEN 'builtin' ELSE 'default' END"),
             property("lc_collate", "pg_catalog.to_jsonb(c) ->> 'collcollate'"),
             property("lc_ctype", "pg_catalog.to_jsonb(c) ->> 'collctype'"),
             // colliculocale in 15 and 16, colllocale since 17.
             property("locale", "coalesce(pg_catalog.to_jsonb(c) ->> 'colllocale', pg_catalog.to_jsonb(c) ->> 'colliculocale')"),
             property("rules", "pg_catalog.to_jsonb(c) ->> 'collicurules'"),
             flag("not deterministic", "NOT c.collisdeterministic"),
             owner("c.collowner"),
             comment(),
         }) +
         " FROM ns JOIN pg_catalog.pg_collation c ON c.collnamespace = ns.oid" + comment_join("pg_collation", "c.oid") + "WHERE " +
         not_of_extension("pg_collation", "c.oid");
}

std::string conversions() {
  return "SELECT 'conversion', NULL::text, ns.q || '.' || pg_catalog.quote_ident(c.conname::text), NULL::int2, " +
         properties({
             property("from", "pg_catalog.pg_encoding_to_char(c.conforencoding)"),
             property("to", "pg_catalog.pg_encoding_to_char(c.contoencoding)"),
             routine("function", "c.conproc"),
             flag("default", "c.condefault"),
             owner("c.conowner"),
             comment(),
         }) +
         " FROM ns JOIN pg_catalog.pg_conversion c ON c.connamespace = ns.oid" + comment_join("pg_conversion", "c.oid") + "WHERE " +
         not_of_extension("pg_conversion", "c.oid");
}

std::string operators() {
  return "SELECT 'operator', NULL::text, o.oid::pg_catalog.regoperator::text, NULL::int2, " +
         properties({
             routine("function", "o.oprcode"),
             type("result", "o.oprresult"),
             oper("commutator", "o.oprcom"),
             oper("negator", "o.oprnegate"),
             routine("restrict", "o.oprrest"),
             routine("join", "o.oprjoin"),
             flag("merges", "o.oprcanmerge"),
             flag("hashes", "o.oprcanhash"),
             owner("o.oprowner"),
             comment(),
         }) +
         " FROM ns JOIN pg_catalog.pg_operator o ON o.oprnamespace = ns.oid AND o.oprcode::pg_catalog.oid <> 0::pg_catalog.oid" +
         comment_join("pg_operator", "o.oid") + "WHERE " + not_of_extension("pg_operator", "o.oid");
}

std::string operator_classes() {
  return "SELECT 'operator class', NULL::text, ns.q || '.' || pg_catalog.quote_ident(c.opcname::text) || ' using ' || "
         "pg_catalog.quote_ident(am.amname::text), NULL::int2, " +
         properties({
             type("for", "c.opcintype"),
             flag("default", "c.opcdefault"),
             property("family", "pg_catalog.quote_ident(fn.nspname::text) || '.' || pg_catalog.quote_ident(f.opfname::text)"),
             type("storage", "c.opckeytype"),
             owner("c.opcowner"),
             comment(),
         }) +
         " FROM ns JOIN pg_catalog.pg_opclass c ON c.opcnamespace = ns.oid JOIN pg_catalog.pg_am am ON am.oid = c.opcmethod JOIN "
         "pg_catalog.pg_opfamily f ON f.oid = c.opcfamily JOIN pg_catalog.pg_namespace fn ON fn.oid = f.opfnamespace" +
         comment_join("pg_opclass", "c.oid") + "WHERE " + not_of_extension("pg_opclass", "c.oid");
}

std::string operator_families() {
  return "SELECT 'operator family', NULL::text, ns.q || '.' || pg_catalog.quote_ident(f.opfname::text) || ' using ' || "
         "pg_catalog.quote_ident(am.amname::text), NULL::int2, " +
         properties({
             property(
                 "operators",
                 "(SELECT pg_catalog.string_agg(pg_catalog.concat(m.amopstrategy, ' ', m.amopopr::pg_catalog.regoperator, CASE WHEN "
                 "m.amopsortfamily <> 0::pg_catalog.oid THEN (SELECT ' order by ' || pg_catalog.quote_ident(sf.opfname::text) FROM "
                 "pg_catalog.pg_opfamily sf WHERE sf.oid = m.amopsortfamily) END), ', ' ORDER BY m.amopstrategy, "
                 "m.amopopr::pg_catalog.regoperator::text COLLATE pg_catalog.\"C\") FROM pg_catalog.pg_amop m WHERE m.amopfamily = f.oid)"),
             property("functions",
                      "(SELECT pg_catalog.string_agg(pg_catalog.concat(m.amprocnum, ' (', m.amproclefttype::pg_catalog.regtype, ', ', "
                      "m.amprocrighttype::pg_catalog.regtype, ') ', m.amproc::pg_catalog.oid::pg_catalog.regprocedure), ', ' ORDER BY "
                      "m.amprocnum, "
                      "m.amproc::pg_catalog.oid::pg_catalog.regprocedure::text COLLATE pg_catalog.\"C\") FROM pg_catalog.pg_amproc m WHERE "
                      "m.amprocfamily = f.oid)"),
             owner("f.opfowner"),
             comment(),
         }) +
         " FROM ns JOIN pg_catalog.pg_opfamily f ON f.opfnamespace = ns.oid JOIN pg_catalog.pg_am am ON am.oid = f.opfmethod" +
         comment_join("pg_opfamily", "f.oid") + "WHERE " + not_of_extension("pg_opfamily", "f.oid");
}

// Casts, transforms and languages have no schema: those that initdb made have OIDs below 16384.

std::string casts() {
  return "SELECT 'cast', NULL::text, pg_catalog.format_type(c.castsource, NULL) || ' as ' || pg_catalog.format_type(c.casttarget, NULL), "
         "NULL::int2, " +
         properties({
             routine("function", "c.castfunc"),
             "CASE c.castmethod WHEN 'i' THEN 'method: in and out' WHEN 'b' THEN 'method: binary' END",
             "CASE c.castcontext WHEN 'a' THEN 'context: assignment' WHEN 'i' THEN 'context: implicit' END",
             comment(),
         }) +
         " FROM pg_catalog.pg_cast c" + comment_join("pg_cast", "c.oid") + "WHERE c.oid >= 16384::pg_catalog.oid AND " +
         not_of_extension("pg_cast", "c.oid");
}

std::string languages() {
  return "SELECT 'language', NULL::text, pg_catalog.quote_ident(l.lanname::text), NULL::int2, " +
         properties({
             flag("trusted", "l.lanpltrusted"),
             routine("handler", "l.lanplcallfoid"),
             routine("inline", "l.laninline"),
             routine("validator", "l.lanvalidator"),
             owner("l.lanowner"),
             privileges('l', "l.lanacl", "l.lanowner"),
             comment(),
         }) +
         " FROM pg_catalog.pg_language l" + comment_join("pg_language", "l.oid") + "WHERE l.oid >= 16384::pg_catalog.oid AND " +
         not_of_extension("pg_language", "l.oid");
}

std::string transforms() {
  return "SELECT 'transform', NULL::text, pg_catalog.format_type(t.trftype, NULL) || ' in ' || pg_catalog.quote_ident(l.lanname::text), "
         "NULL::int2, " +
         properties({routine("from SQL", "t.trffromsql"), routine("to SQL", "t.trftosql"), comment()}) +
         " FROM pg_catalog.pg_transform t JOIN pg_catalog.pg_language l ON l.oid = t.trflang" + comment_join("pg_transform", "t.oid") +
         "WHERE " + not_of_extension("pg_transform", "t.oid");
}

}  // namespace

void CatalogSql::routines(std::vector<std::string>& out) const {
  for (auto& select : {functions(), aggregates(), types(*this), domain_constraints(), collations(), conversions(), operators(),
                       operator_classes(), operator_families(), casts(), languages(), transforms()})
    out.push_back(select);
}

}  // namespace tidegate::migrations::fingerprint
