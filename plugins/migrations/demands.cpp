// SPDX-License-Identifier: Apache-2.0
#include "migrations/demands.hpp"

#include <algorithm>
#include <array>

#include "migrations/json_tree.hpp"

namespace tidegate::migrations {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 9> kLocks = {
    "",          "AccessShareLock",       "RowShareLock",  "RowExclusiveLock",   "ShareUpdateExclusiveLock",
    "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"};

/// Manual, "Conflicting Lock Modes": bit n of row m is set when mode n conflicts with mode m.
constexpr std::array<unsigned, 9> kConflicts = {0, 1U << 8, 3U << 7, 15U << 5, 31U << 4, 7U << 6 | 3U << 3, 63U << 3, 127U << 2, 255U << 1};

constexpr std::string_view kShareUpdateExclusive =
    " AT_ValidateConstraint AT_SetStatistics AT_ClusterOn AT_DropCluster AT_SetRelOptions AT_ResetRelOptions AT_SetOptions "
    "AT_ResetOptions AT_AttachPartition ";
constexpr std::string_view kShareRowExclusive =
    " AT_EnableTrig AT_EnableAlwaysTrig AT_EnableReplicaTrig AT_DisableTrig AT_EnableTrigAll AT_DisableTrigAll AT_EnableTrigUser "
    "AT_DisableTrigUser ";
constexpr std::string_view kRewriting = " AT_AlterColumnType AT_SetLogged AT_SetUnLogged AT_SetAccessMethod AT_SetTableSpace ";
/// `name` is a column that has to be there.
constexpr std::string_view kOnColumn =
    " AT_ColumnDefault AT_DropNotNull AT_SetNotNull AT_SetStatistics AT_SetOptions AT_ResetOptions AT_SetStorage AT_SetCompression "
    "AT_DropColumn AT_AlterColumnType AT_AddIdentity AT_SetIdentity AT_DropIdentity AT_DropExpression ";
constexpr std::string_view kRelationTypes = " OBJECT_TABLE OBJECT_VIEW OBJECT_MATVIEW OBJECT_INDEX OBJECT_SEQUENCE OBJECT_FOREIGN_TABLE ";
constexpr std::string_view kPartsOfTables = " OBJECT_TRIGGER OBJECT_POLICY OBJECT_RULE ";

std::string text(const Json& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && found->is_string() ? found->get<std::string>() : std::string();
}
bool flag(const Json& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && found->is_boolean() && found->get<bool>();
}
const Json& member(const Json& node, const char* key) {
  static const Json none;
  const auto found = node.find(key);
  return found != node.end() ? *found : none;
}
RelationName named(const Json& range) {
  return {text(range, "schemaname"), text(range, "relname")};
}
RelationName named(const std::vector<std::string>& parts) {
  return {parts.size() > 1 ? parts[parts.size() - 2] : "", parts.empty() ? "" : parts.back()};
}

class Reader {
 public:
  explicit Reader(Touched touched) : touched_(std::move(touched)) { out_.unsure = touched_.unsure; }
  Demands read(const JsonTree& tree) {
    const auto& type = tree.type();
    const auto& s = tree.body();
    if (type == "AlterTableStmt")
      alter(s);
    else if (type == "IndexStmt")
      index(s);
    else if (type == "DropStmt")
      drop(s);
    else if (type == "CreateStmt")
      create(s);
    else if (type == "CreateTableAsStmt")
      creating(member(member(s, "into"), "rel"), flag(s, "if_not_exists"));
    else if (type == "ViewStmt")
      view(s);
    else if (type == "CreateSeqStmt")
      creating(member(s, "sequence"), flag(s, "if_not_exists"));
    else if (type == "RenameStmt")
      rename(s);
    else if (type == "InsertStmt")
      writing(s, "INSERT");
    else if (type == "UpdateStmt")
      writing(s, "UPDATE");
    else if (type == "DeleteStmt")
      writing(s, "DELETE");
    else if (type == "TruncateStmt")
      truncate(s);
    else
      others(type, s);
    rest(tree.node);
    return std::move(out_);
  }

 private:
  /// The demand on a relation; a second one on the same is joined to the first.
  Demand& on(RelationName relation, Lock lock) {
    for (auto& demand : out_.relations) {
      if (demand.relation != relation) continue;
      demand.lock = std::max(demand.lock, lock);
      return demand;
    }
    auto& made = out_.relations.emplace_back();
    made.relation = std::move(relation);
    made.lock = lock;
    return made;
  }
  Demand& owned(RelationName relation, Lock lock, bool missing_ok = false) {
    auto& demand = on(std::move(relation), lock);
    demand.owner = true;
    if (!missing_ok) demand.presence = Presence::there;
    return demand;
  }

  static Lock lock_of(const Json& command) {
    const auto subtype = text(command, "subtype");
    const bool foreign = text(member(member(command, "def"), "Constraint"), "contype") == "CONSTR_FOREIGN";
    if (subtype == "AT_DetachPartition" && flag(member(member(command, "def"), "PartitionCmd"), "concurrent"))
      return Lock::share_update_exclusive;
    if (is_one_of(kShareUpdateExclusive, subtype)) return Lock::share_update_exclusive;
    if (is_one_of(kShareRowExclusive, subtype) || (subtype == "AT_AddConstraint" && foreign)) return Lock::share_row_exclusive;
    return Lock::access_exclusive;
  }

  void alter(const Json& s) {
    if (!is_one_of(kRelationTypes, text(s, "objtype"))) return;
    auto lock = Lock::access_share;
    for (const auto& item : member(s, "cmds")) lock = std::max(lock, lock_of(member(item, "AlterTableCmd")));
    const auto table = named(member(s, "relation"));
    owned(table, lock, flag(s, "missing_ok"));
    for (const auto& item : member(s, "cmds")) command(table, member(item, "AlterTableCmd"));
  }

  void command(const RelationName& table, const Json& c) {
    const auto subtype = text(c, "subtype");
    const auto& definition = member(c, "def");
    auto& demand = on(table, Lock::none);
    if (is_one_of(kRewriting, subtype)) demand.rewrites = true;
    if (is_one_of(kOnColumn, subtype) && !flag(c, "missing_ok")) demand.needed_columns.push_back(text(c, "name"));
    if (subtype == "AT_AlterColumnType") demand.typed_columns.push_back(text(c, "name"));
    if (subtype == "AT_DropConstraint" || subtype == "AT_DropColumn") demand.drops = true;
    if (subtype == "AT_AddColumn") {
      const auto& column = member(definition, "ColumnDef");
      if (!flag(c, "missing_ok")) demand.new_columns.push_back(text(column, "colname"));
      constraints(table, member(column, "constraints"));
    }
    if (definition.contains("Constraint")) constraint(table, definition["Constraint"]);
    if (definition.contains("PartitionCmd")) {
      const auto& partition = definition["PartitionCmd"];
      const bool waits = flag(partition, "concurrent");
      out_.concurrently = out_.concurrently || waits;
      owned(named(member(partition, "name")), waits ? Lock::share_update_exclusive : Lock::access_exclusive);
    }
  }
  void constraints(const RelationName& table, const Json& list) {
    for (const auto& item : list) constraint(table, member(item, "Constraint"));
  }
  void constraint(const RelationName& table, const Json& c) {
    const auto type = text(c, "contype");
    auto& demand = on(table, Lock::none);
    if (type == "CONSTR_PRIMARY" || type == "CONSTR_UNIQUE" || type == "CONSTR_EXCLUSION")
      demand.builds_index = text(c, "indexname").empty();
    if (type == "CONSTR_GENERATED" || type == "CONSTR_IDENTITY") demand.rewrites = true;
    if (type != "CONSTR_FOREIGN") return;
    const auto other = named(member(c, "pktable"));
    if (other == table) return;
    auto& referenced = on(other, Lock::share_row_exclusive);
    referenced.privilege = "REFERENCES";
    referenced.presence = Presence::there;
  }

  void index(const Json& s) {
    const bool waits = flag(s, "concurrent");
    out_.concurrently = out_.concurrently || waits;
    auto& demand = owned(named(member(s, "relation")), waits ? Lock::share_update_exclusive : Lock::share);
    demand.builds_index = true;
    demand.index = text(s, "idxname");
  }

  void drop(const Json& s) {
    const auto type = text(s, "removeType");
    const bool part = is_one_of(kPartsOfTables, type);
    if (!part && !is_one_of(kRelationTypes, type)) return;
    const bool waits = flag(s, "concurrent");
    out_.concurrently = out_.concurrently || waits;
    for (const auto& object : member(s, "objects")) {
      auto parts = name_parts(member(member(object, "List"), "items"));
      if (part && !parts.empty()) parts.pop_back();
      auto& demand = owned(named(parts), waits ? Lock::share_update_exclusive : Lock::access_exclusive, flag(s, "missing_ok"));
      demand.drops = !part;
    }
  }

  void creating(const Json& range, bool if_not_exists) {
    if (text(range, "relpersistence") == "t") {
      on(named(range), Lock::none).creates = true;
      return;
    }
    auto& demand = on(named(range), Lock::none);
    demand.creates = true;
    demand.presence = if_not_exists ? Presence::any : Presence::not_there;
    out_.creates = true;
    out_.creates_in = demand.relation.schema;
  }
  void create(const Json& s) {
    const auto table = named(member(s, "relation"));
    creating(member(s, "relation"), flag(s, "if_not_exists"));
    for (const auto& item : member(s, "tableElts")) {
      if (item.contains("Constraint")) constraint(table, item["Constraint"]);
      if (item.contains("ColumnDef")) constraints(table, member(item["ColumnDef"], "constraints"));
    }
    auto& made = on(table, Lock::none);
    made.builds_index = made.rewrites = false;  // it is empty
    const bool partition = s.contains("partbound");
    for (const auto& parent : member(s, "inhRelations"))
      owned(named(member(parent, "RangeVar")), partition ? Lock::access_exclusive : Lock::share_update_exclusive);
  }
  void view(const Json& s) {
    creating(member(s, "view"), flag(s, "replace"));
    if (flag(s, "replace")) on(named(member(s, "view")), Lock::access_exclusive).owner = true;
  }

  void rename(const Json& s) {
    if (!s.contains("relation")) return;
    auto& demand = owned(named(s["relation"]), Lock::access_exclusive, flag(s, "missing_ok"));
    demand.renames = true;
    const auto what = text(s, "renameType");
    if (is_one_of(kRelationTypes, what)) demand.new_name = text(s, "newname");
    if (what != "OBJECT_COLUMN") return;
    demand.needed_columns.push_back(text(s, "subname"));
    demand.new_columns.push_back(text(s, "newname"));
  }

  void writing(const Json& s, const char* privilege) {
    auto& demand = on(named(member(s, "relation")), Lock::row_exclusive);
    demand.privilege = privilege;
    demand.presence = Presence::there;
    demand.rewrites = std::string_view(privilege) != "INSERT" || !member(member(s, "selectStmt"), "SelectStmt").contains("valuesLists");
  }
  void truncate(const Json& s) {
    for (const auto& relation : member(s, "relations")) {
      auto& demand = on(named(member(relation, "RangeVar")), Lock::access_exclusive);
      demand.privilege = "TRUNCATE";
      demand.presence = Presence::there;
    }
  }

  void others(const std::string& type, const Json& s) {
    const auto& relation = member(s, "relation");
    if (type == "CreateTrigStmt") {
      auto& demand = on(named(relation), Lock::share_row_exclusive);
      demand.privilege = "TRIGGER";
      demand.presence = Presence::there;
    } else if (type == "CreatePolicyStmt" || type == "AlterPolicyStmt") {
      owned(named(member(s, "table")), Lock::access_exclusive);
    } else if (type == "RuleStmt" || (type == "AlterObjectSchemaStmt" && s.contains("relation"))) {
      owned(named(relation), Lock::access_exclusive, flag(s, "missing_ok")).renames = type != "RuleStmt";
    } else if (type == "ReindexStmt" && s.contains("relation")) {
      const bool waits = s.contains("params");
      out_.concurrently = out_.concurrently || waits;
      auto& demand = owned(named(relation), waits ? Lock::share_update_exclusive : Lock::access_exclusive);
      demand.builds_index = true;
    } else if (type == "ClusterStmt" && s.contains("relation")) {
      owned(named(relation), Lock::access_exclusive).rewrites = true;
    } else if (type == "RefreshMatViewStmt") {
      owned(named(relation), flag(s, "concurrent") ? Lock::exclusive : Lock::access_exclusive).rewrites = true;
    } else if (type == "VacuumStmt") {
      const bool full = s.dump().find("\"full\"") != std::string::npos;
      for (const auto& item : member(s, "rels")) {
        auto& demand =
            owned(named(member(member(item, "VacuumRelation"), "relation")), full ? Lock::access_exclusive : Lock::share_update_exclusive);
        demand.rewrites = full;
      }
    } else if (type == "AlterSeqStmt") {
      owned(named(member(s, "sequence")), Lock::share_row_exclusive, flag(s, "missing_ok"));
    } else if (type == "CommentStmt" && text(s, "objtype") == "OBJECT_TABLE") {
      owned(named(name_parts(member(member(member(s, "object"), "List"), "items"))), Lock::share_update_exclusive);
    } else if (type == "CreateSchemaStmt") {
      out_.new_schema = !flag(s, "if_not_exists");
    } else if (type == "CreateEnumStmt" || type == "CreateDomainStmt" || type == "CreateFunctionStmt") {
      const auto parts = name_parts(member(s, type == "CreateEnumStmt"     ? "typeName"
                                              : type == "CreateDomainStmt" ? "domainname"
                                                                           : "funcname"));
      out_.creates = true;
      out_.creates_in = parts.size() > 1 ? parts[parts.size() - 2] : "";
    } else if (type == "LockStmt") {
      for (const auto& item : member(s, "relations"))
        on(named(member(item, "RangeVar")), static_cast<Lock>(std::clamp(s.value("mode", 8), 1, 8)));
    } else if (type == "GrantStmt" || type == "CreateStatsStmt") {
      for (const auto& item : member(s, type == "GrantStmt" ? "objects" : "relations"))
        if (item.contains("RangeVar")) on(named(item["RangeVar"]), type == "GrantStmt" ? Lock::access_share : Lock::share_update_exclusive);
    }
  }

  /// Every other relation that is named, by what names it: reading where it is a query, else the strongest lock.
  void rest(const Json& root) {
    const auto& type = root.begin().key();
    const bool reads =
        is_one_of(" SelectStmt InsertStmt UpdateStmt DeleteStmt CreateTableAsStmt ViewStmt CreateStmt CreatePolicyStmt RuleStmt ", type);
    for (auto& relation : touched_.relations) {
      const auto same = [&](const Demand& d) { return d.relation == relation; };
      if (std::none_of(out_.relations.begin(), out_.relations.end(), same))
        on(relation, reads ? Lock::access_share : Lock::access_exclusive);
    }
  }

  Touched touched_;
  Demands out_;
};

/// Whether the statement waits for old transactions, by its words, where the grammar does not know it.
bool says_concurrently(std::string_view sql) {
  std::string small(sql);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return small.find("concurrently") != std::string::npos;
}

}  // namespace

std::string_view name_of(Lock lock) {
  return kLocks[static_cast<std::size_t>(lock)];
}

Lock lock_from(std::string_view name) {
  const auto found = std::find(kLocks.begin() + 1, kLocks.end(), name);
  return found == kLocks.end() ? Lock::none : static_cast<Lock>(found - kLocks.begin());
}

bool conflict(Lock a, Lock b) {
  return (kConflicts[static_cast<std::size_t>(a)] >> static_cast<unsigned>(b) & 1U) != 0;
}

Demands demands(std::string_view sql) {
  const auto tree = json_tree(sql);
  if (!tree.why.empty()) {
    Demands out;
    out.unsure = tree.why;
    out.concurrently = says_concurrently(sql);
    return out;
  }
  return Reader(touched_in(tree)).read(tree);
}

}  // namespace tidegate::migrations
