// SPDX-License-Identifier: Apache-2.0
#include "migrations/touched.hpp"

#include <algorithm>

#include "migrations/json_tree.hpp"

namespace tidegate::migrations {
namespace {

using Json = nlohmann::json;

/// Statements whose every effect on rows and tables is on relations that they name.
constexpr std::string_view kPlain =
    " AlterEnumStmt AlterObjectSchemaStmt AlterOwnerStmt AlterSeqStmt AlterTableStmt CommentStmt CompositeTypeStmt CreateDomainStmt "
    "CreateEnumStmt CreateFunctionStmt CreatePolicyStmt CreateSeqStmt CreateStmt CreateTableAsStmt DeleteStmt DropStmt GrantStmt IndexStmt "
    "InsertStmt RenameStmt SelectStmt TransactionStmt TruncateStmt UpdateStmt VariableSetStmt ViewStmt ";
constexpr std::string_view kWriting = " InsertStmt UpdateStmt DeleteStmt TruncateStmt MergeStmt ";
/// Functions of PostgreSQL itself that only compute.
constexpr std::string_view kComputing =
    " abs array_agg array_length avg btrim cardinality ceil char_length clock_timestamp concat concat_ws count date_part date_trunc "
    "extract "
    "floor gen_random_uuid json_build_object jsonb_agg jsonb_array_length jsonb_build_object jsonb_set left length lower ltrim max md5 min "
    "nextval now overlay position random regexp_replace replace right round row_number rtrim split_part statement_timestamp string_agg "
    "strpos "
    "substr substring sum timezone to_char to_date to_json to_jsonb to_timestamp transaction_timestamp upper ";

RelationName relation_of(const std::vector<std::string>& parts) {
  return {parts.size() > 1 ? parts[parts.size() - 2] : "", parts.empty() ? "" : parts.back()};
}

class Walk {
 public:
  Touched go(const Json& statement) {
    const auto& type = statement.begin().key();
    if (!is_one_of(kPlain, type)) unsure("a " + type + " may touch anything");
    if (type == "DropStmt") dropped(statement.begin().value());
    if (type == "VariableSetStmt" && statement.begin().value().value("name", "") == "search_path")
      unsure("it changes the search_path, by which tables are found");
    if (type == "RenameStmt" && statement.begin().value().value("renameType", "") == "OBJECT_SCHEMA") unsure("it renames a schema");
    // Without recursion: a sum of thousands of terms is a tree as deep.
    for (open_.push_back(&statement); !open_.empty();) {
      const Json& node = *open_.back();
      open_.pop_back();
      if (node.is_object()) look(node);
      if (node.is_structured())
        for (const auto& child : node) open_.push_back(&child);
    }
    return std::move(out_);
  }

 private:
  void unsure(const std::string& why) {
    if (out_.unsure.empty()) out_.unsure = why;
  }
  void note(RelationName relation) {
    auto& all = out_.relations;
    if (!relation.name.empty() && std::find(all.begin(), all.end(), relation) == all.end()) all.push_back(std::move(relation));
  }
  void look(const Json& node) {
    if (node.contains("relname") && node["relname"].is_string()) note({node.value("schemaname", ""), node["relname"].get<std::string>()});
    if (node.value("behavior", "") == "DROP_CASCADE") unsure("CASCADE reaches further than what is named");
    if (node.value("contype", "") == "CONSTR_FOREIGN") out_.adds_foreign_key = true;
    for (const auto& [key, value] : node.items()) {
      if (is_one_of(kWriting, key)) out_.writes_rows = true;
      if (key == "FuncCall" && value.contains("funcname")) called(name_parts(value["funcname"]));
    }
  }
  void called(const std::vector<std::string>& parts) {
    const bool own = parts.size() == 1 || (parts.size() == 2 && parts[0] == "pg_catalog");
    if (!own || !is_one_of(kComputing, parts.back()))
      unsure("it calls " + (parts.empty() ? std::string("a function") : parts.back() + "()"));
  }
  void dropped(const Json& drop) {
    if (drop.value("removeType", "") != "OBJECT_TABLE") {
      // Without CASCADE nothing that a table is made of goes; a schema or extension must be empty, or not in use.
      return;
    }
    for (const auto& object : drop.value("objects", Json::array()))
      if (object.contains("List")) note(relation_of(name_parts(object["List"].value("items", Json::array()))));
  }

  Touched out_;
  std::vector<const Json*> open_;
};

}  // namespace

Touched touched_in(const JsonTree& tree) {
  return Walk().go(tree.node);
}

Touched touched(std::string_view sql) {
  const auto tree = json_tree(sql);
  if (!tree.why.empty()) {
    Touched out;
    out.unsure = tree.why;
    return out;
  }
  return touched_in(tree);
}

}  // namespace tidegate::migrations
