// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_answer.hpp"

#include <tidegate/extensions.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "cli/fields.hpp"
#include "cli/plan_hash.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

using base::Array;
using base::Table;
using base::Value;

/// The answer of a stage that offers the extension; nil without one.
Value asked(Job& job, const char* extension, const char* method, Table arguments, std::vector<base::Error>& warnings) {
  if (job.runner().offering(extension) == nullptr) return {};
  const auto said = job.runner().ask_stage(extension, method, run::to_json(Value(std::move(arguments))));
  auto answer = said ? run::from_json(*said) : base::Result<Value>(said.error());
  if (answer) return std::move(*answer);
  warnings.push_back(answer.error());
  return {};
}

const Value* named(const Value& answer, const std::string& name) {
  for (const auto& one : elements_of(answer, "migrations"))
    if (text_of(one, "name") == name) return &one;
  return nullptr;
}

Value statement_value(const run::PlannedStatement& statement, const Value* effects) {
  Table out{{"sql", statement.sql}, {"line", statement.line}, {"transactional", statement.transactional}};
  if (const auto* more = effects != nullptr ? effects->as<Table>() : nullptr) out.insert(out.end(), more->begin(), more->end());
  return out;
}

Value migration_value(const run::PlannedMigration& migration, const Value* effects, const Value* undo, Array findings) {
  const auto* known = effects != nullptr ? &elements_of(*effects, "statements") : nullptr;
  Array statements;
  for (std::size_t i = 0; i < migration.statements.size(); ++i)
    statements.push_back(statement_value(migration.statements[i], known != nullptr && i < known->size() ? &(*known)[i] : nullptr));
  Table out{{"name", migration.name},
            {"checksum", migration.checksum},
            {"file", migration.file},
            {"transactional", migration.transactional},
            {"statements", std::move(statements)}};
  if (undo != nullptr && undo->find("reversible") != nullptr) {
    out.emplace_back("reversible", text_of(*undo, "reversible"));
    if (const auto reason = text_of(*undo, "reason"); !reason.empty()) out.emplace_back("reason", reason);
    if (undo->find("proven") != nullptr) out.emplace_back("proven", flag_of(*undo, "proven"));
  }
  out.emplace_back("findings", std::move(findings));
  return out;
}

std::string size_text(std::int64_t bytes) {
  constexpr std::int64_t kilo = 1024;
  if (bytes < 10 * kilo) return std::to_string(bytes) + " B";
  if (bytes < 10 * kilo * kilo) return std::to_string(bytes / kilo) + " kB";
  if (bytes < 10 * kilo * kilo * kilo) return std::to_string(bytes / kilo / kilo) + " MB";
  return std::to_string(bytes / kilo / kilo / kilo) + " GB";
}

/// "2 to 12 min", "40 s to 3 min"; "" below a second.
std::string time_text(const Value& estimate) {
  const auto from = number_of(estimate, "from_ms"), to = number_of(estimate, "to_ms");
  if (to < 1'000) return {};
  const auto rounded = [](std::int64_t ms) -> std::pair<std::string, std::string> {
    const auto seconds = std::max<std::int64_t>(1, (ms + 500) / 1'000);
    if (seconds < 90) return {std::to_string(seconds), " s"};
    if (seconds < 5'400) return {std::to_string((seconds + 30) / 60), " min"};
    return {std::to_string((seconds + 1'800) / 3'600), " h"};
  };
  const auto [low, unit] = rounded(from);
  const auto [high, same_or_larger] = rounded(to);
  if (unit != same_or_larger) return low + unit + " to " + high + same_or_larger;
  return (low == high ? "" : low + " to ") + high + unit;
}

/// PostgreSQL's own order.
int strength(const std::string& mode) {
  constexpr std::string_view modes[] = {"AccessShareLock", "RowShareLock",          "RowExclusiveLock", "ShareUpdateExclusiveLock",
                                        "ShareLock",       "ShareRowExclusiveLock", "ExclusiveLock",    "AccessExclusiveLock"};
  return static_cast<int>(std::find(std::begin(modes), std::end(modes), mode) - std::begin(modes));
}

}  // namespace

Value plan_answer(Job& job, const run::Report& report, std::vector<base::Error>& warnings) {
  auto& runner = job.runner();
  auto planned = runner.planned();
  if (planned.empty() && !report.pending.empty()) {  // the gate was closed before it came to the plan, which is wanted all the more
    auto now = runner.plan();
    if (now) planned = std::move(*now);
    else if (now.error().code != base::Status::not_found) warnings.push_back(now.error());
  }
  const auto hash = plan_hash(job, planned);
  Value effects, undo;
  if (!planned.empty()) {
    Array names;
    for (const auto& migration : planned) names.emplace_back(migration.name);
    effects = asked(job, TG_EFFECTS, TG_EFFECTS_PENDING, {}, warnings);
    undo = asked(job, TG_UNDO, TG_UNDO_CAN, {{"names", std::move(names)}}, warnings);
  }
  Array migrations, checks;
  std::vector<bool> placed(report.findings.size());
  for (const auto& migration : planned) {
    Array findings;
    for (std::size_t i = 0; i < report.findings.size(); ++i) {
      const auto& where = report.findings[i].file;
      if (where.empty() || (where != migration.file && where != migration.name)) continue;
      findings.push_back(run::to_value(report.findings[i]));
      placed[i] = true;
    }
    migrations.push_back(migration_value(migration, named(effects, migration.name), named(undo, migration.name), std::move(findings)));
  }
  for (std::size_t i = 0; i < report.findings.size(); ++i)
    if (!placed[i]) checks.push_back(run::to_value(report.findings[i]));
  Table out{{"hash", hash},
            {"target", job.target()},
            {"environment", Table{{"name", runner.environments().front()}}},
            {"outcome", run::name_of(report.outcome)},
            {"exit", report.exit},
            {"migrations", std::move(migrations)},
            {"checks", std::move(checks)}};
  if (report.error) out.emplace_back("error", run::to_value(*report.error));
  return out;
}

std::vector<StatementRow> rows_of(const Value& statement) {
  std::vector<StatementRow> out;
  auto locks = elements_of(statement, "locks");
  std::stable_sort(locks.begin(), locks.end(), [](const Value& a, const Value& b) { return strength(text_of(a, "mode")) > strength(text_of(b, "mode")); });
  const auto contains = [](const std::vector<std::string>& names, const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  const auto rewritten = list_of(statement, "rewritten"), scanned = list_of(statement, "scanned");
  for (const auto& lock : locks) {
    StatementRow row{text_of(lock, "mode"), text_of(lock, "relation"), {}, {}, {}, {}};
    const bool same = std::any_of(out.begin(), out.end(), [&](const StatementRow& other) { return other.relation == row.relation; });
    if (same || flag_of(lock, "index")) continue;  // the gravest one of a table says it all
    row.waits = flag_of(lock, "reads_wait") ? "reads, writes" : flag_of(lock, "writes_wait") ? "writes" : "";
    row.work = contains(rewritten, row.relation) ? "rewrite" : contains(scanned, row.relation) ? "scan" : "";
    for (const auto& table : elements_of(statement, "tables"))
      if (text_of(table, "relation") == row.relation) row.size = size_text(number_of(table, "bytes"));
    out.push_back(std::move(row));
  }
  if (const auto* estimate = statement.find("estimate"); estimate != nullptr && !out.empty()) out.front().time = time_text(*estimate);
  return out;
}

std::string one_line(const std::string& sql) {
  std::string out;
  for (const char c : std::string(base::trim(sql))) {
    const bool blank = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  return out;
}

std::string in_words(const std::string& reversible) {
  auto out = reversible;
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

}  // namespace tidegate::cli
