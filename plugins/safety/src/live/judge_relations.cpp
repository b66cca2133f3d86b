// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "live/judge.hpp"
#include "live/words.hpp"

namespace tidegate::safety {
namespace {

std::string quoted(const migrations::RelationName& name) {
  return (name.schema.empty() ? "" : name.schema + ".") + name.name;
}

Notice about(const Case& at, const Row& row, Level level, const std::string& rule, std::string message, std::string fix) {
  Notice out{level, rule, std::move(message), std::move(fix)};
  const auto relation = text(row, "relation");
  out.relation = relation.empty() ? text(row, "name") : relation;
  if (const auto* target = at.target(row)) {
    out.place = target->place;
    out.lock = target->lock;
  }
  return out;
}

/// Rights are needed on what the SQL names; ownership of a partition follows from that of the whole.
void rights(const Case& at) {
  if (!at.on("missing_privilege")) return;
  const auto role = text(at.facts.one("server"), "role");
  const auto level = at.settings.action("missing_privilege");
  for (const auto& row : at.facts.of("relations")) {
    const auto* target = at.target(row);
    if (target == nullptr || flag(row, "along")) continue;
    const auto name = text(row, "name");
    if (target->owner && !flag(row, "owned")) {
      at.add(about(at, row, level, "missing-privilege",
                   "the pending SQL alters " + name + ", which " + text(row, "owner") + " owns; " + role + " is not a member of that role",
                   "GRANT " + text(row, "owner") + " TO " + role + ", or deploy as " + text(row, "owner")));
      continue;
    }
    const auto may = row.find("may");
    for (const auto& privilege : target->privileges)
      if (may != row.end() && may->is_object() && !flag(*may, privilege.c_str()))
        at.add(about(at, row, level, "missing-privilege",
                     "the pending SQL needs " + privilege + " on " + name + ", which " + role + " does not have",
                     "GRANT " + privilege + " ON " + name + " TO " + role));
  }
  const auto& schemas = at.facts.of("schemas");
  const auto refuse = [&](const std::string& what, const std::string& fix) { at.add({level, "missing-privilege", what, fix}); };
  for (const auto& wanted : at.targets.creates_in)
    for (const auto& row : schemas)
      if ((wanted.empty() ? flag(row, "first") : text(row, "name") == wanted) && !flag(row, "may"))
        refuse("the pending SQL makes objects in schema " + text(row, "name") + ", where " + role + " may not",
               "GRANT CREATE ON SCHEMA " + text(row, "name") + " TO " + role);
  if (at.targets.new_schema && !schemas.empty() && !flag(schemas.front(), "may_schema"))
    refuse("the pending SQL makes a schema, which " + role + " may not", "GRANT CREATE ON DATABASE … TO " + role);
}

void ages_and_sizes(const Case& at) {
  const auto freeze = number(at.facts.one("server"), "freeze_max_age");
  for (const auto& row : at.facts.of("relations")) {
    const auto* target = at.target(row);
    if (target == nullptr) continue;
    const auto age = std::max(number(row, "xid_age"), number(row, "mxid_age"));
    if (at.on("wraparound") && freeze > 0 && age > freeze) {
      const bool beyond = age > at.settings.number("wraparound", "more_than");
      at.add(about(at, row, beyond ? at.settings.action("wraparound") : Level::warn, "wraparound",
                   text(row, "name") + " was not frozen for " + std::to_string(age) +
                       " transactions: a vacuum that does not yield to a lock may begin on it any time",
                   "VACUUM (FREEZE) " + text(row, "name")));
    }
    const bool heavy = target->rewrites || target->builds_index || target->lock >= migrations::Lock::share;
    const auto rows = number(row, "rows"), bytes = number(row, "bytes");
    const bool large = rows > at.settings.number("large_table", "rows") || bytes > at.settings.number("large_table", "size");
    if (at.on("large_table") && heavy && large)
      at.add(about(at, row, at.settings.action("large_table"), "large-table",
                   text(row, "name") + " is large (" + size(bytes) + " with its indexes, about " + std::to_string(rows) +
                       " rows), and the pending SQL takes " + std::string(name_of(target->lock)) + " on it",
                   "rehearse it on a copy first; see what it locks and reads: tidegate plan"));
  }
}

/// A rewrite keeps old and new until it commits, and writes as much WAL; an index build needs its own size, and sorts.
void disk(const Case& at) {
  if (!at.on("disk_space")) return;
  constexpr std::int64_t small = 100LL * 1024 * 1024;
  std::int64_t need = 0;
  std::vector<std::string> names;
  for (const auto& row : at.facts.of("relations")) {
    const auto* target = at.target(row);
    const auto bytes = number(row, "bytes");
    if (target == nullptr || bytes < small || !(target->rewrites || target->builds_index)) continue;
    need += target->rewrites ? bytes * 22 / 10 : bytes * 12 / 10;
    names.push_back(text(row, "name") + " (" + size(bytes) + ")");
  }
  if (names.empty()) return;
  const auto capacity = at.settings.number("disk_space", "capacity");
  const auto& used = at.facts.one("disk");
  if (capacity == 0) {
    at.add({Level::warn, "check-could-not-run",
            "disk-space: up to " + size(need) + " of disk may be needed to rewrite or index " + some_of(names) +
                ", and how much is free cannot be asked in SQL",
            "look at the server, or say its size: disk_space = { capacity = \"200GB\" }"});
    return;
  }
  if (is_null(used, "used")) return;  // said by judge_unseen
  const auto free = std::max<std::int64_t>(capacity - number(used, "used"), 0);
  if (free >= need) return;
  at.add({at.settings.action("disk_space"), "disk-space",
          "up to " + size(need) + " of disk may be needed to rewrite or index " + some_of(names) + "; of the " + size(capacity) +
              " that were declared " + size(free) + " are free",
          "make room first, or make the change in smaller steps"});
}

void indexes(const Case& at) {
  if (!at.on("invalid_index")) return;
  for (const auto& row : at.facts.of("indexes")) {
    if (flag(row, "good")) continue;
    const auto name = text(row, "name");
    const auto planned = std::find_if(at.targets.expected.begin(), at.targets.expected.end(),
                                      [&](const Expectation& e) { return e.what == Expectation::What::no_index && e.name == name; });
    const bool same = planned != at.targets.expected.end();
    // apply takes away what its own earlier try has left.
    const bool stops = same && !planned->concurrently && !flag(row, "in_work");
    at.add(about(
        at, row, stops ? at.settings.action("invalid_index") : Level::warn, "invalid-index",
        "index " + name + " on " + text(row, "relation") +
            (flag(row, "in_work") ? " is not valid yet: it seems to be being built"
                                  : " is invalid: a failed CREATE INDEX CONCURRENTLY left it. It costs every write and helps no query") +
            (same ? "; the pending SQL makes one of this name" : ""),
        "DROP INDEX CONCURRENTLY " + name + ", or REINDEX INDEX CONCURRENTLY " + name));
  }
}

void constraints(const Case& at) {
  if (!at.on("unvalidated_constraint")) return;
  for (const auto& row : at.facts.of("constraints"))
    at.add({at.settings.action("unvalidated_constraint"),
            "unvalidated-constraint",
            "constraint " + text(row, "name") + " on " + text(row, "relation") + " is NOT VALID: older rows may not hold to it",
            "ALTER TABLE " + text(row, "relation") + " VALIDATE CONSTRAINT " + text(row, "name"),
            {},
            {},
            text(row, "relation")});
}

void sequences(const Case& at) {
  if (!at.on("sequence_exhaustion")) return;
  std::vector<std::string> hidden;
  for (const auto& row : at.facts.of("sequences")) {
    if (flag(row, "hidden")) hidden.push_back(text(row, "name"));
    const auto most = number(row, "most"), last = number(row, "last_value");
    if (most <= 0 || last <= 0) continue;
    const auto percent = static_cast<std::int64_t>(100.0 * static_cast<double>(last) / static_cast<double>(most));
    if (percent < at.settings.number("sequence_exhaustion", "warn_above")) continue;
    const bool full = percent >= at.settings.number("sequence_exhaustion", "above");
    at.add({full ? at.settings.action("sequence_exhaustion") : Level::warn,
            "sequence-exhaustion",
            text(row, "relation") + "." + text(row, "column") + ": " + std::to_string(percent) + " % of its numbers are used (" +
                std::to_string(last) + " of " + std::to_string(most) + "); then inserts fail",
            "widen the column to bigint in steps that do not rewrite the table under a lock",
            {},
            {},
            text(row, "relation")});
  }
  if (!hidden.empty())
    at.add({Level::warn, "check-could-not-run",
            "sequence-exhaustion: how far these sequences are used up cannot be seen: " + some_of(hidden),
            "GRANT SELECT ON SEQUENCE … to the role that deploys"});
}

void views(const Case& at) {
  if (!at.on("dependent_view")) return;
  for (const auto& row : at.facts.of("views")) {
    const auto named = [&](const Target& target) { return target.name.name == text(row, "name"); };
    if (std::any_of(at.targets.relations.begin(), at.targets.relations.end(), named)) continue;  // the SQL deals with it
    at.add(about(at, row, at.settings.action("dependent_view"), "dependent-view",
                 "the pending SQL changes the type of " + text(row, "relation") + "." + text(row, "column") + ", which the view " +
                     text(row, "name") + " uses: PostgreSQL refuses that",
                 "drop the view before, and make it again after, in the same migration"));
  }
}

/// The history says that all before is applied; then what the pending SQL takes for granted has to be so.
void history(const Case& at) {
  if (!at.on("history_disagrees") || at.facts.unseen.contains("relations")) return;
  using What = Expectation::What;
  const auto level = at.settings.action("history_disagrees");
  const auto row_of = [&](const migrations::RelationName& name) -> const Row* {
    for (const auto& row : at.facts.of("relations"))
      if (const auto* target = at.target(row); target != nullptr && target->name == name && !flag(row, "along")) return &row;
    return nullptr;
  };
  const auto has = [&](std::string_view part, const Row& relation, const std::string& name) {
    const auto& rows = at.facts.of(part);
    return std::any_of(rows.begin(), rows.end(),
                       [&](const Row& row) { return row.value("i", -2) == relation.value("i", -3) && text(row, "name") == name; });
  };
  std::set<std::string> said;
  const auto add = [&](const Expectation& e, const std::string& what) {
    if (!said.insert(what).second) return;
    Notice out{level, "history-disagrees", "the history of migrations and the live database disagree: " + what,
               "somebody changed the schema past the migrations, or this is another database: compare, then correct the database, the "
               "migration, or "
               "the history with tidegate resolve",
               e.place};
    out.relation = quoted(e.relation);
    at.add(std::move(out));
  };
  for (const auto& e : at.targets.expected) {
    const auto name = quoted(e.relation);
    if (e.what == What::no_relation) {
      for (const auto& row : at.facts.of("relations")) {
        const auto plain = text(row, "name");
        const auto there =
            number(row, "i") == -1 && (plain == e.relation.name || plain == "\"" + e.relation.name + "\"" ||
                                       plain.ends_with("." + e.relation.name) || plain.ends_with(".\"" + e.relation.name + "\""));
        if (there) add(e, "the pending SQL creates " + name + ", which is there already");
      }
      continue;
    }
    const auto* relation = row_of(e.relation);
    if (relation == nullptr) {
      if (e.what == What::relation) add(e, "the pending SQL changes " + name + ", which is not there");
      continue;
    }
    if (e.what == What::column && !has("columns", *relation, e.name))
      add(e, "the pending SQL changes the column " + name + "." + e.name + ", which is not there");
    if (e.what == What::no_column && has("columns", *relation, e.name))
      add(e, "the pending SQL adds the column " + name + "." + e.name + ", which is there already");
    if (e.what != What::no_index) continue;
    for (const auto& row : at.facts.of("indexes"))
      if (flag(row, "good") && text(row, "name") == e.name && row.value("i", -2) == relation->value("i", -3))
        add(e, "the pending SQL creates the index " + e.name + " on " + name + ", which is there already");
  }
}

}  // namespace

void judge_relations(const Case& at) {
  rights(at);
  history(at);
  ages_and_sizes(at);
  disk(at);
  indexes(at);
  constraints(at);
  sequences(at);
  views(at);
}

}  // namespace tidegate::safety
