// SPDX-License-Identifier: Apache-2.0
//
// The one statement that reads a database's catalog: a SELECT for each class of objects, joined by UNION ALL, each row an
// item (kind, relation it is part of, name, position, properties). Internal to the fingerprint. Pure functions: any thread.
#pragma once
#include <string>
#include <vector>

namespace tidegate::migrations::fingerprint {

/// What the SELECTs depend on beside the catalog.
struct CatalogSql {
  int version = 0;                            ///< as server_version(): 150018
  std::string history_schema, history_table;  ///< left out, as SQL literals; '' for none

  [[nodiscard]] bool since(int major) const { return version >= major * 10000; }
  [[nodiscard]] std::string when(int major, const char* text, const char* otherwise = "") const { return since(major) ? text : otherwise; }
  /// The whole statement; one row per item.
  [[nodiscard]] std::string statement() const;

 private:
  friend struct RelationSql;
  void relations(std::vector<std::string>& out) const;  ///< catalog_relations.cpp: what is part of tables and views
  void routines(std::vector<std::string>& out) const;   ///< catalog_routines.cpp: functions, types, operators
  void others(std::vector<std::string>& out) const;     ///< catalog_others.cpp: schemas, extensions, everything else
};

// Pieces of the SELECTs; `alias.column` expressions go in, an expression comes out that is NULL when there is nothing to say.

/// "name: value", NULL when the value is.
std::string property(const std::string& name, const std::string& text_expression);
/// "name" when the condition holds.
std::string flag(const std::string& name, const std::string& condition);
/// The properties of one item in one text.
std::string properties(const std::vector<std::string>& expressions);
/// Privileges when they are not the default ones; `object` is acldefault's letter.
std::string privileges(char object, const std::string& acl, const std::string& owner);
/// The same for any list, with no default to compare with.
std::string privileges_text(const std::string& acl, const std::string& owner);
std::string owner(const std::string& oid);
/// A LEFT JOIN that provides comment("d") of an object.
std::string comment_join(const std::string& catalog, const std::string& oid, const std::string& sub = "0", const std::string& alias = "d");
std::string comment(const std::string& alias = "d");
/// A text[] of options, sorted.
std::string options(const std::string& array);
/// The same with the values of those that sound like a secret left out.
std::string options_without_secrets(const std::string& array);
/// Not an object of an extension.
std::string not_of_extension(const std::string& catalog, const std::string& oid);
/// A collation's qualified name, NULL when it is the type's own.
std::string collation(const std::string& oid, const std::string& of_type);
std::string regclass(const std::string& catalog);

}  // namespace tidegate::migrations::fingerprint
