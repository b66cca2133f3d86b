// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/ci_summary.hpp"
#include "cli/fields.hpp"
#include "cli/plan_answer.hpp"

namespace tidegate::cli {
namespace {

using base::Value;

constexpr std::size_t kMostComment = 65'536;  // characters that GitHub takes for one comment
constexpr std::size_t kReserve = 512;         // for the end, and what says how much is left out
constexpr std::size_t kLongestStatement = 160;

/// A fence that nothing in the text ends.
std::string fenced(const std::string& text, const char* language) {
  std::size_t run = 0, longest = 2;
  for (const char c : text) longest = std::max(longest, run = c == '`' ? run + 1 : 0);
  const std::string fence(longest + 1, '`');
  return fence + language + "\n" + printable(text) + "\n" + fence + "\n";
}

std::string cut(const std::string& text) {
  if (text.size() <= kLongestStatement) return text;
  auto end = kLongestStatement;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "…";
}

std::string finding_text(const Value& finding) {
  const auto verdict = text_of(finding, "verdict");
  if (verdict == "pass") return {};
  const auto* where = finding.find("where");
  std::string out = std::string(verdict == "block" ? "❌" : "⚠️") + " **" + in_markdown(text_of(finding, "rule")) + "**";
  if (where != nullptr && number_of(*where, "line") > 0) out += " (line " + std::to_string(number_of(*where, "line")) + ")";
  out += ": " + in_markdown(text_of(finding, "message")) + "\n";
  if (const auto fix = text_of(finding, "fix"); !fix.empty()) out += "\n" + fenced(fix, where != nullptr ? "sql" : "");
  return out + "\n";
}

std::string statement_rows(const Value& statement) {
  const auto cell = [](const std::string& text) { return in_markdown(text) + " | "; };
  const auto first = "| " + std::to_string(number_of(statement, "line")) + " | " + cell(cut(one_line(text_of(statement, "sql"))));
  const auto rows = rows_of(statement);
  if (rows.empty()) return first + (statement.find("locks") == nullptr ? "?" : "") + " | | | | |\n";
  std::string out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& r = rows[i];
    out += (i == 0 ? first : "| | | ") + cell(r.lock + " on " + r.relation) + cell(r.waits) + cell(r.work) + cell(r.size) + in_markdown(r.time) + " |\n";
  }
  return out;
}

std::string migration_text(const Value& migration) {
  const auto& findings = elements_of(migration, "findings");
  const bool look = std::any_of(findings.begin(), findings.end(), [](const Value& f) { return text_of(f, "verdict") != "pass"; });
  std::string head = in_markdown(text_of(migration, "name"));
  if (const auto reversible = text_of(migration, "reversible"); !reversible.empty())
    head += " — can be undone: " + (reversible == "irreversible" ? std::string("no") : in_words(reversible));
  if (migration.find("proven") != nullptr) head += flag_of(migration, "proven") ? ", proven" : ", not proven";
  std::string out = std::string(look ? "<details open>" : "<details>") + "<summary>" + head + "</summary>\n\n";
  if (const auto reason = text_of(migration, "reason"); !reason.empty() && text_of(migration, "reversible") != "exact") out += in_markdown(one_line(reason)) + "\n\n";
  out += "| line | statement | lock | waits | work | size | time |\n|---|---|---|---|---|---|---|\n";
  for (const auto& statement : elements_of(migration, "statements")) out += statement_rows(statement);
  out += "\n";
  for (const auto& finding : findings) out += finding_text(finding);
  return out + "</details>\n\n";
}

std::string title(const Value& answer, std::size_t pending) {
  const auto exit = number_of(answer, "exit");
  const auto what = pending == 0 ? std::string("nothing is pending") : std::to_string(pending) + (pending == 1 ? " migration is pending" : " migrations are pending");
  return std::string(exit == 0 ? "✅" : "❌") + " tidegate: " + what + (exit == 0 ? "" : "; a run would end with " + std::to_string(exit));
}

}  // namespace

std::string plan_markdown(const Value& answer) {
  const auto& migrations = elements_of(answer, "migrations");
  std::string out = "### " + title(answer, migrations.size()) + "\n\n" + in_markdown(text_of(answer, "target")) + ", environment " +
                    in_markdown(answer.at_path("environment.name")->text()) + "\n\n";
  if (const auto* error = answer.find("error")) out += "❌ " + in_markdown(text_of(*error, "message")) + "\n\n";
  const auto end = "Hash of this plan: `" + text_of(answer, "hash") + "`\n";
  std::size_t left_out = 0;
  const auto add = [&](const std::string& text) {
    if (left_out > 0 || out.size() + text.size() + end.size() + kReserve > kMostComment)
      ++left_out;
    else
      out += text;
  };
  for (const auto& finding : elements_of(answer, "checks"))
    if (const auto text = finding_text(finding); !text.empty()) add(text);
  for (const auto& migration : migrations) add(migration_text(migration));
  if (left_out > 0) out += std::to_string(left_out) + " more parts are left out: a comment has its limit. `tidegate plan` shows them.\n\n";
  return out + end;
}

}  // namespace tidegate::cli
