// SPDX-License-Identifier: Apache-2.0
//
// State: one description, looked up by kind and name, and Work: the statements of an inverse in the phases in which they
// have to run. Internal to the inverse. One thread.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "migrations/fingerprint/description.hpp"
#include "migrations/inverse/inverse.hpp"

namespace tidegate::migrations::inverse {

using fingerprint::Item;
using Values = std::map<std::string, std::string, std::less<>>;
Values values_of(const Item& item);

class State {
 public:
  explicit State(const fingerprint::Description& description);
  [[nodiscard]] const Item* find(std::string_view kind, std::string_view part_of, std::string_view name) const;
  /// The relation, type or domain of that name.
  [[nodiscard]] const Item* owner(std::string_view name) const;
  [[nodiscard]] std::vector<const Item*> parts(std::string_view of) const;
  [[nodiscard]] std::vector<std::string> column_order(std::string_view of) const;
  [[nodiscard]] const std::vector<Item>& items() const { return *items_; }
  /// By the name alone, unquoted, in whichever schema.
  [[nodiscard]] bool has_relation_named(std::string_view name) const;
  [[nodiscard]] bool has_column_named(std::string_view relation, std::string_view column) const;
  /// A function or procedure that may write, or may not say that it does not; in whichever schema.
  [[nodiscard]] bool has_volatile_routine_named(std::string_view name) const;
  /// Of "public.orders.id"; nullptr: it has none.
  [[nodiscard]] const Item* identity_sequence(const std::string& column) const;

 private:
  const std::vector<Item>* items_;
  std::map<std::string, std::vector<const Item*>, std::less<>> by_part_of_;
  std::map<std::string, const Item*, std::less<>> owners_;
};

/// When a statement runs: what stands on others is dropped first, what others may still be of is dropped once they are
/// changed back, and what stands on others is made again last.
enum class Phase {
  drop_hooks,
  drop_views,
  drop_foreign_keys,
  drop_constraints,
  drop_indexes,
  drop_columns,
  drop_tables,
  make_first,
  make_types,
  make_sequences,
  make_routines,
  make_tables,
  make_columns,
  alter,
  drop_sequences,
  drop_routines,
  drop_types,
  drop_rest,
  make_constraints,
  make_indexes,
  make_foreign_keys,
  make_views,
  make_hooks,
  finish
};

class Work {
 public:
  void run(Phase phase, std::string sql) { statements_[phase].push_back(std::move(sql)); }
  /// Dropped together with others of the kind, since they may stand on each other.
  void drop_together(Phase phase, const std::string& command, const std::string& name);
  void at_least(Grade grade, std::string reason);
  Inverse finish();

 private:
  std::map<Phase, std::vector<std::string>> statements_;
  std::map<std::pair<Phase, std::string>, std::string> together_;
  Inverse out_;
};

std::string quoted(std::string_view text);  ///< 'literal'
std::vector<std::string> split(const std::string& text, const std::string& by);
/// "public." and "orders" of "public.orders"; a function keeps its arguments.
std::pair<std::string, std::string> parts_of_name(const std::string& name);

/// DROP … of an item that is new.
void drop(const Item& item, const State& after, Work& work);
/// CREATE … of an item that is gone, with all that belongs to it.
void make(const Item& item, const State& before, Work& work);
/// Privileges as `was` says, nullptr: the default ones, whatever `is` says.
void give_privileges(const Item& item, const std::string* was, const std::string* is, const std::string& owner, Work& work);
/// Owner, comment, privileges: of an item that was made again, or whose own were changed (`now`: as they are, or nullptr).
void finish(const Item& item, const Item* now, std::string_view owner_kind, Work& work);
/// From what it is now back to what it was.
void change(const Item& was, const Item& is, const State& before, const State& after, Work& work);

/// "table public.orders", "COLUMN public.orders.total": as COMMENT ON wants it; empty: nothing is known.
std::string comment_target(const Item& item, std::string_view owner_kind);
/// "type DEFAULT … NOT NULL …", as a column is defined.
std::string column_definition(const Item& column, const State& before);
std::string policy_sql(const Item& policy);
std::string relation_word(std::string_view kind);  ///< "TABLE", "VIEW" …

/// A rename or a move to another schema, when the statement is one and nothing else: how to take it back; false: it is not.
bool take_back_name(const fingerprint::Description& before, const fingerprint::Description& after, std::string_view statement, Work& work);
/// Whether the statements changed rows that an inverse of the schema leaves changed.
void judge_rows(const State& before, std::string_view statements, Work& work);

}  // namespace tidegate::migrations::inverse
