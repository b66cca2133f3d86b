// SPDX-License-Identifier: Apache-2.0
//
// Schemas, extensions, statistics, text search, foreign data, replication, privileges by default, and what else there is.
#include "migrations/fingerprint/catalog_sql.hpp"

namespace tidegate::migrations::fingerprint {
namespace {

std::string routine(const std::string& name, const std::string& oid) {
  return property(name, "NULLIF(" + oid + "::pg_catalog.oid, 0::pg_catalog.oid)::pg_catalog.regprocedure");
}
std::string role(const std::string& oid) {
  return "pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(" + oid + ")::text)";
}
std::string select(const std::string& kind, const std::string& name, const std::vector<std::string>& what, const std::string& from) {
  return "SELECT '" + kind + "', NULL::text, " + name + ", NULL::int2, " + properties(what) + " FROM " + from;
}
std::string ident(const std::string& name) {
  return "pg_catalog.quote_ident(" + name + "::text)";
}

std::string schemas() {
  return select("schema", "ns.q", {owner("n.nspowner"), privileges('n', "n.nspacl", "n.nspowner"), comment()},
                "ns JOIN pg_catalog.pg_namespace n ON n.oid = ns.oid" + comment_join("pg_namespace", "n.oid") + "WHERE " +
                    not_of_extension("pg_namespace", "n.oid"));
}

std::string extensions() {
  // Their comments come with the server's files.
  return select("extension", ident("e.extname"),
                {property("version", "e.extversion"), property("schema", ident("n.nspname")), owner("e.extowner")},
                "pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace");
}

std::string statistics(const CatalogSql& v) {
  return select(
      "statistics", "ns.q || '.' || " + ident("s.stxname"),
      {
          property("table", "s.stxrelid::pg_catalog.regclass"),
          property("kinds",
                   "(SELECT pg_catalog.string_agg(CASE k WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies' WHEN 'm' THEN 'mcv' ELSE "
                   "'expressions' END, ', ' ORDER BY k) FROM pg_catalog.unnest(s.stxkind) k)"),
          property("columns",
                   "(SELECT pg_catalog.string_agg(" + ident("a.attname") +
                       ", ', ' ORDER BY a.attname) FROM pg_catalog.pg_attribute a WHERE a.attrelid = s.stxrelid AND a.attnum = ANY "
                       "(s.stxkeys::pg_catalog.int2[]))"),
          v.when(14, "'expressions: ' || pg_catalog.array_to_string(pg_catalog.pg_get_statisticsobjdef_expressions(s.oid), ', ')", "NULL"),
          v.when(13, "CASE WHEN s.stxstattarget >= 0 THEN 'target: ' || s.stxstattarget::text END", "NULL"),
          owner("s.stxowner"),
          comment(),
      },
      "ns JOIN pg_catalog.pg_statistic_ext s ON s.stxnamespace = ns.oid" + comment_join("pg_statistic_ext", "s.oid") + "WHERE " +
          not_of_extension("pg_statistic_ext", "s.oid"));
}

std::string event_triggers() {
  return select(
      "event trigger", ident("t.evtname"),
      {
          property("event", "t.evtevent"),
          routine("function", "t.evtfoid"),
          property("tags",
                   "(SELECT pg_catalog.string_agg(x, ', ' ORDER BY x COLLATE pg_catalog.\"C\") FROM pg_catalog.unnest(t.evttags) x)"),
          "CASE t.evtenabled WHEN 'D' THEN 'enabled: no' WHEN 'R' THEN 'enabled: replica' WHEN 'A' THEN 'enabled: always' END",
          owner("t.evtowner"),
          comment(),
      },
      "pg_catalog.pg_event_trigger t" + comment_join("pg_event_trigger", "t.oid") + "WHERE " +
          not_of_extension("pg_event_trigger", "t.oid"));
}

std::string publications(const CatalogSql& v) {
  std::string table = "r.prrelid::pg_catalog.regclass";
  if (v.since(15)) {
    table = "pg_catalog.concat(r.prrelid::pg_catalog.regclass, (SELECT ' (' || pg_catalog.string_agg(" + ident("a.attname") +
            ", ', ' ORDER BY a.attname) || ')' FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY "
            "(r.prattrs::pg_catalog.int2[])), ' WHERE ' || pg_catalog.pg_get_expr(r.prqual, r.prrelid))";
  }
  return select(
      "publication", ident("p.pubname"),
      {
          flag("all tables", "p.puballtables"),
          "'operations: ' || pg_catalog.concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END, "
          "CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END)",
          flag("via root", "(pg_catalog.to_jsonb(p) ->> 'pubviaroot') = 'true'"),
          property("generated columns", "NULLIF(pg_catalog.to_jsonb(p) ->> 'pubgencols', 'n')"),
          property("tables", "(SELECT pg_catalog.string_agg(" + table +
                                 "::text, ', ' ORDER BY r.prrelid::pg_catalog.regclass::text COLLATE pg_catalog.\"C\") FROM "
                                 "pg_catalog.pg_publication_rel r WHERE r.prpubid = p.oid)"),
          v.since(15) ? property("schemas", "(SELECT pg_catalog.string_agg(" + ident("sn.nspname") +
                                                ", ', ' ORDER BY sn.nspname) FROM pg_catalog.pg_publication_namespace pn JOIN "
                                                "pg_catalog.pg_namespace sn ON sn.oid = pn.pnnspid WHERE pn.pnpubid = p.oid)")
                      : "NULL",
          owner("p.pubowner"),
          comment(),
      },
      "pg_catalog.pg_publication p" + comment_join("pg_publication", "p.oid") + "WHERE " + not_of_extension("pg_publication", "p.oid"));
}

std::string subscriptions() {
  // The columns that every role may read; the connection is a secret.
  return select("subscription", ident("s.subname"),
                {
                    flag("disabled", "NOT s.subenabled"),
                    property("slot", ident("s.subslotname")),
                    property("publications", "pg_catalog.array_to_string(s.subpublications, ', ')"),
                    owner("s.subowner"),
                },
                "pg_catalog.pg_subscription s WHERE s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = "
                "pg_catalog.current_database())");
}

std::string foreign_data() {
  return select("foreign data wrapper", ident("w.fdwname"),
                {routine("handler", "w.fdwhandler"), routine("validator", "w.fdwvalidator"), options_without_secrets("w.fdwoptions"),
                 owner("w.fdwowner"), privileges('F', "w.fdwacl", "w.fdwowner"), comment()},
                "pg_catalog.pg_foreign_data_wrapper w" + comment_join("pg_foreign_data_wrapper", "w.oid") + "WHERE " +
                    not_of_extension("pg_foreign_data_wrapper", "w.oid")) +
         " UNION ALL " +
         select("server", ident("s.srvname"),
                {property("wrapper", ident("w.fdwname")), property("type", "s.srvtype"), property("version", "s.srvversion"),
                 options_without_secrets("s.srvoptions"), owner("s.srvowner"), privileges('S', "s.srvacl", "s.srvowner"), comment()},
                "pg_catalog.pg_foreign_server s JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw" +
                    comment_join("pg_foreign_server", "s.oid") + "WHERE " + not_of_extension("pg_foreign_server", "s.oid")) +
         " UNION ALL " +
         // The values of its options are somebody's account: only their names are read.
         select("user mapping",
                "CASE m.umuser WHEN 0::pg_catalog.oid THEN 'PUBLIC' ELSE " + ident("m.usename") + " END || ' on ' || " + ident("m.srvname"),
                {"CASE WHEN m.umoptions IS NOT NULL THEN (SELECT 'options: ' || pg_catalog.string_agg(pg_catalog.split_part(o, '=', 1), ', "
                 "' ORDER BY "
                 "o COLLATE pg_catalog.\"C\") FROM pg_catalog.unnest(m.umoptions) o) END"},
                "pg_catalog.pg_user_mappings m") +
         " UNION ALL " +
         select("remark",
                "'the role ' || pg_catalog.quote_ident(current_user::text) || ' may not see the options of the user mapping of ' || CASE "
                "m.umuser WHEN "
                "0::pg_catalog.oid THEN 'PUBLIC' ELSE " +
                    ident("m.usename") + " END || ' on ' || " + ident("m.srvname") + " || ', if it has any'",
                {"NULL"},
                "pg_catalog.pg_user_mappings m WHERE m.umoptions IS NULL AND NOT (SELECT u.rolsuper FROM pg_catalog.pg_roles u WHERE "
                "u.rolname = "
                "current_user)");
}

std::string text_search() {
  const auto in_schema = [](const std::string& name) { return "ns.q || '.' || " + ident(name); };
  return select("text search parser", in_schema("p.prsname"),
                {routine("start", "p.prsstart"), routine("token", "p.prstoken"), routine("end", "p.prsend"),
                 routine("headline", "p.prsheadline"), routine("types", "p.prslextype"), comment()},
                "ns JOIN pg_catalog.pg_ts_parser p ON p.prsnamespace = ns.oid" + comment_join("pg_ts_parser", "p.oid") + "WHERE " +
                    not_of_extension("pg_ts_parser", "p.oid")) +
         " UNION ALL " +
         select("text search template", in_schema("t.tmplname"),
                {routine("init", "t.tmplinit"), routine("lexize", "t.tmpllexize"), comment()},
                "ns JOIN pg_catalog.pg_ts_template t ON t.tmplnamespace = ns.oid" + comment_join("pg_ts_template", "t.oid") + "WHERE " +
                    not_of_extension("pg_ts_template", "t.oid")) +
         " UNION ALL " +
         select(
             "text search dictionary", in_schema("d1.dictname"),
             {property("template", "t.tmplnamespace::pg_catalog.regnamespace::text || '.' || " + ident("t.tmplname")),
              property("options", "d1.dictinitoption"), owner("d1.dictowner"), comment()},
             "ns JOIN pg_catalog.pg_ts_dict d1 ON d1.dictnamespace = ns.oid JOIN pg_catalog.pg_ts_template t ON t.oid = d1.dicttemplate" +
                 comment_join("pg_ts_dict", "d1.oid") + "WHERE " + not_of_extension("pg_ts_dict", "d1.oid")) +
         " UNION ALL " +
         select(
             "text search configuration", in_schema("c.cfgname"),
             {property("parser", "p.prsnamespace::pg_catalog.regnamespace::text || '.' || " + ident("p.prsname")),
              property(
                  "mappings",
                  "(SELECT pg_catalog.string_agg(x.line, '; ' ORDER BY x.token) FROM (SELECT m.maptokentype AS token, (SELECT k.alias FROM "
                  "pg_catalog.ts_token_type(c.cfgparser) k WHERE k.tokid = m.maptokentype) || ': ' || "
                  "pg_catalog.string_agg(m.mapdict::pg_catalog.regdictionary::text, ', ' ORDER BY m.mapseqno) AS line FROM "
                  "pg_catalog.pg_ts_config_map m WHERE m.mapcfg = c.oid GROUP BY m.maptokentype) x)"),
              owner("c.cfgowner"), comment()},
             "ns JOIN pg_catalog.pg_ts_config c ON c.cfgnamespace = ns.oid JOIN pg_catalog.pg_ts_parser p ON p.oid = c.cfgparser" +
                 comment_join("pg_ts_config", "c.oid") + "WHERE " + not_of_extension("pg_ts_config", "c.oid"));
}

std::string access_methods() {
  return select("access method", ident("m.amname"), {routine("handler", "m.amhandler"), property("type", "m.amtype"), comment()},
                "pg_catalog.pg_am m" + comment_join("pg_am", "m.oid") + "WHERE m.oid >= 16384::pg_catalog.oid AND " +
                    not_of_extension("pg_am", "m.oid"));
}

std::string default_privileges() {
  return select(
      "default privileges",
      "'for ' || " + role("a.defaclrole") + " || CASE WHEN n.oid IS NOT NULL THEN ' in ' || " + ident("n.nspname") +
          " ELSE '' END || ' on ' || CASE a.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' "
          "WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END",
      {property("privileges", privileges_text("a.defaclacl", "a.defaclrole"))},
      "pg_catalog.pg_default_acl a LEFT JOIN pg_catalog.pg_namespace n ON n.oid = a.defaclnamespace WHERE n.oid IS NULL OR "
      "n.nspname NOT IN ('tidegate', 'tidegate_kept')");
}

std::string security_labels() {
  return select(
      "security label", "x.type || ' ' || x.identity || ' by ' || " + ident("l.provider"), {property("label", "l.label")},
      "pg_catalog.pg_seclabel l CROSS JOIN LATERAL pg_catalog.pg_identify_object(l.classoid, l.objoid, l.objsubid) x WHERE " +
          std::string("l.objoid >= 16384::pg_catalog.oid AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.deptype = 'e' AND "
                      "e.classid = l.classoid AND e.objid = l.objoid)"));
}

/// ALTER FUNCTION … DEPENDS ON EXTENSION.
std::string extension_dependencies() {
  return select("extension dependency", "x.type || ' ' || x.identity || ' on ' || " + ident("e.extname"), {"NULL"},
                "pg_catalog.pg_depend d CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) x JOIN "
                "pg_catalog.pg_extension e ON e.oid = d.refobjid WHERE d.deptype = 'x' AND d.refclassid = " +
                    regclass("pg_extension"));
}

/// What the database itself has: settings, comment, privileges. Its owner, encoding and locale are its maker's.
std::string database() {
  const std::string here = "(SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database())";
  return select("database", "''::text",
                {privileges('d', "b.datacl", "b.datdba"), property("comment", "pg_catalog.shobj_description(b.oid, 'pg_database')")},
                "pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database()") +
         " UNION ALL " +
         select("database settings",
                "CASE s.setrole WHEN 0::pg_catalog.oid THEN 'of all roles' ELSE 'of ' || " + role("s.setrole") + " END",
                {options_without_secrets("s.setconfig")}, "pg_catalog.pg_db_role_setting s WHERE s.setdatabase = " + here);
}

/// Objects of the server and of extensions whose privileges are no longer those they came with.
std::string changed_privileges() {
  const auto of = [](const std::string& kind, char object, const std::string& name, const std::string& prefix, const std::string& catalog,
                     const std::string& also) {
    const std::string acl = "o." + prefix + "acl";
    const std::string owner = "o." + prefix + "owner";
    const std::string usual = "coalesce(i.initprivs, pg_catalog.acldefault('" + std::string(1, object) + "', " + owner + "))";
    return select("privileges of " + kind, name, {property("privileges", privileges_text(acl, owner))},
                  "pg_catalog." + catalog +
                      " o LEFT JOIN pg_catalog.pg_init_privs i ON i.objoid = o.oid AND i.classoid = " + regclass(catalog) +
                      " AND i.objsubid = 0 WHERE " + acl + " IS NOT NULL AND NOT (" + acl + " @> " + usual + " AND " + acl + " <@ " +
                      usual + ") AND (o.oid < 16384::pg_catalog.oid OR NOT " + not_of_extension(catalog, "o.oid") + ")" + also);
  };
  // No privileges on information_schema are noted when it is made; it is never dumped either.
  const auto in_schema = [](const std::string& column) {
    return " AND o." + column + " NOT IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = 'information_schema')";
  };
  return of("relation", 'r', "o.oid::pg_catalog.regclass::text", "rel", "pg_class", in_schema("relnamespace")) + " UNION ALL " +
         of("function", 'f', "o.oid::pg_catalog.regprocedure::text", "pro", "pg_proc", in_schema("pronamespace")) + " UNION ALL " +
         of("type", 'T', "o.oid::pg_catalog.regtype::text", "typ", "pg_type", in_schema("typnamespace")) + " UNION ALL " +
         of("language", 'l', ident("o.lanname"), "lan", "pg_language", "") + " UNION ALL " +
         // initdb makes public, but it is the database's own.
         of("schema", 'n', ident("o.nspname"), "nsp", "pg_namespace", " AND o.nspname NOT IN ('public', 'information_schema')");
}

}  // namespace

void CatalogSql::others(std::vector<std::string>& out) const {
  for (auto& one :
       {schemas(), extensions(), statistics(*this), event_triggers(), publications(*this), subscriptions(), foreign_data(), text_search(),
        access_methods(), default_privileges(), security_labels(), extension_dependencies(), database(), changed_privileges()})
    out.push_back(one);
}

}  // namespace tidegate::migrations::fingerprint
