// SPDX-License-Identifier: Apache-2.0
#include "cli/lint_formats.hpp"

#include <algorithm>
#include <filesystem>

#include "cli/ci_log.hpp"
#include "cli/version.hpp"
#include "loader/registry.hpp"

namespace tidegate::cli {
namespace {

using base::Array;
using base::Table;
using base::Value;

std::string text(const Value& table, const char* key) {
  const auto* value = table.find(key);
  return value == nullptr ? std::string{} : value->text();
}
std::int64_t number(const Value& table, const char* key) {
  const auto* value = table.find(key);
  return value == nullptr ? 0 : value->integer();
}

/// RFC 3986: what may stand in a path stays, the rest is encoded; a blank makes a SARIF file invalid.
std::string uri_of(const std::string& path, const std::string& folder) {
  auto shown = std::filesystem::path(path).lexically_normal();
  if (shown.is_absolute()) {
    const auto relative = shown.lexically_relative(folder);
    if (!relative.empty() && *relative.begin() != "..") shown = relative;
  }
  constexpr std::string_view kKept = "-._~!$&'()*+,;=@/";
  std::string out = shown.is_absolute() ? "file://" : "";
  for (const char c : shown.string()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kKept.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      constexpr char kDigits[] = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

const char* level_of(const std::string& severity) { return severity == "deny" ? "error" : severity == "warn" ? "warning" : "note"; }

Value location_of(const Value& where, const std::string& folder) {
  Table region{{"startLine", std::max<std::int64_t>(number(where, "line"), 1)}};
  if (const auto column = number(where, "column"); column > 0) region.emplace_back("startColumn", column);
  return Table{{"physicalLocation", Table{{"artifactLocation", Table{{"uri", uri_of(text(where, "file"), folder)}}}, {"region", std::move(region)}}}};
}

Value result_of(const Value& finding, std::int64_t rule, const std::string& folder) {
  auto message = text(finding, "message");
  if (const auto fix = text(finding, "fix"); !fix.empty()) message += "\n\n" + fix;
  Table out{{"ruleId", text(finding, "rule")}, {"ruleIndex", rule}, {"level", level_of(text(finding, "severity"))}, {"message", Table{{"text", message}}}};
  if (const auto* where = finding.find("where")) out.emplace_back("locations", Array{location_of(*where, folder)});
  // Stays the same when lines move: of the rule and the statement alone.
  const auto fingerprint = loader::sha256_hex(text(finding, "rule") + "\n" + text(finding, "statement")).substr(0, 32);
  out.emplace_back("partialFingerprints", Table{{"tidegateStatement/v1", fingerprint}});
  if (const auto reason = text(finding, "allowed"); !reason.empty())
    out.emplace_back("suppressions", Array{Table{{"kind", "inSource"}, {"justification", reason}}});
  return out;
}

}  // namespace

Value sarif_of(const Value& answer, const std::string& folder) {
  std::vector<std::string> ids;
  Array rules, results;
  for (const auto& finding : *answer.find("findings")->as<Array>()) {
    const auto id = text(finding, "rule");
    auto found = std::find(ids.begin(), ids.end(), id);
    if (found == ids.end()) {
      rules.emplace_back(Table{{"id", id}});
      found = ids.insert(ids.end(), id);
    }
    results.push_back(result_of(finding, found - ids.begin(), folder));
  }
  Table driver{{"name", "tidegate"}, {"version", std::string(kVersion)}, {"rules", std::move(rules)}};
  Table run{{"tool", Table{{"driver", std::move(driver)}}}, {"columnKind", "unicodeCodePoints"}, {"results", std::move(results)}};
  return Table{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Array{std::move(run)}}};
}

std::string github_annotations_of(const Value& answer, const std::string& folder) {
  std::vector<Problem> problems;
  for (const auto& finding : *answer.find("findings")->as<Array>()) {
    const auto severity = text(finding, "severity");
    if (severity == "info") continue;
    Problem problem{severity == "deny", "tidegate: " + text(finding, "rule"), text(finding, "message"), {}, 0, 0};
    if (const auto fix = text(finding, "fix"); !fix.empty()) problem.message += "\n" + fix;
    if (const auto* where = finding.find("where")) {
      problem.file = uri_of(text(*where, "file"), folder) == text(*where, "file") ? text(*where, "file") : path_in_repository(text(*where, "file"), folder, folder);
      problem.line = number(*where, "line");
      problem.column = number(*where, "column");
    }
    problems.push_back(std::move(problem));
  }
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) { return a.error && !b.error; });
  return github_dialect({})->annotate(problems);
}

}  // namespace tidegate::cli
