// SPDX-License-Identifier: Apache-2.0
#include "static/lint.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "migrations/locate.hpp"
#include "rules/analyse.hpp"
#include "static/files.hpp"
#include "static/pending_text.hpp"

namespace tidegate::safety {
namespace {

using nlohmann::json;
using rules::Analysis;
using rules::Severity;
using sdk::Error;
using sdk::Result;
using sdk::Status;
using sdk::Verdict;

/// In one piece: what a hundred findings say of a long statement need not be its whole text.
constexpr std::size_t kLongestStatement = 2000;

std::string cut(std::string text) {
  if (text.size() <= kLongestStatement) return text;
  std::size_t end = kLongestStatement;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + " …";
}

Verdict verdict_of(Severity severity) {
  return severity == Severity::deny ? Verdict::block : severity == Severity::warn ? Verdict::warn : Verdict::pass;
}

/// Beyond the members that every finding has.
json attributes_of(const rules::Finding& f) {
  json locks = json::array();
  for (const auto& lock : f.locks) locks.push_back({{"relation", lock.relation}, {"mode", rules::effects::name_of(lock.mode)}});
  json out{{"severity", rules::name_of(f.severity)}, {"statement", cut(f.statement)}, {"locks", std::move(locks)}, {"rewrite", f.rewrite}, {"scan", f.scan}};
  if (!f.estimate.empty()) out["estimate"] = f.estimate;
  if (!f.old_code.empty()) out["old_code"] = f.old_code;
  if (!f.allowed.empty()) out["allowed"] = f.allowed;
  return out;
}

std::string message_of(const rules::Finding& f) {
  auto out = f.message;
  if (!f.estimate.empty()) out += ", " + f.estimate;
  if (!f.old_code.empty()) out += "; the code that still runs: " + f.old_code;
  if (!f.allowed.empty()) out += " (allowed: " + f.allowed + ")";
  return out;
}

json finding_of(const rules::Finding& f, std::string_view text, const std::string& path) {
  const auto place = migrations::locate(text, f.at);
  auto out = attributes_of(f);
  const auto verdict = verdict_of(f.severity);
  out["verdict"] = verdict == Verdict::block ? "block" : verdict == Verdict::warn ? "warn" : "pass";
  out["rule"] = f.rule;
  out["message"] = message_of(f);
  out["where"] = {{"file", path}, {"line", place.line}, {"column", place.column}};
  out["fix"] = f.fix;
  return out;
}

Result<std::vector<std::string>> paths_of(const json& arguments) {
  const auto files = arguments.is_object() ? arguments.find("files") : arguments.end();
  if (!arguments.is_object() || files == arguments.end() || !files->is_array())
    return Error{Status::config, "tidegate.lint/1 wants {\"files\": [path]}", "give the paths of files or folders"};
  std::vector<std::string> out;
  for (const auto& path : *files) {
    if (path.is_string()) out.push_back(path.get<std::string>());
  }
  return out;
}

}  // namespace

Result<std::string> lint_files(const sdk::Host& host, std::string_view arguments_json) {
  const auto arguments = json::parse(arguments_json, nullptr, false);
  const auto paths = paths_of(arguments);
  if (!paths) return paths.error();
  const auto settings = static_settings(host);
  if (!settings) return settings.error();
  const auto histories = histories_of(*paths);
  if (!histories) return histories.error();
  rules::catalog::Catalog known;
  if (arguments.value("connection", false)) {
    auto loaded = load_catalog(host, nullptr);
    if (!loaded) return loaded.error();
    known = std::move(*loaded);
  }
  json findings = json::array();
  std::size_t files = 0;
  for (const auto& history : *histories) {
    std::optional<Analysis> analysis;
    for (const auto& file : history.files) {
      if (known.from_server && !file.judged) continue;  // the server has what it made
      const auto text = read_file(file.path);
      if (!text) return text.error();
      if (!analysis || known.from_server) analysis.emplace(known, settings->options);
      if (file.judged) {
        ++files;
        const auto report = analysis->migration(*text, file.path, settings->policy);
        for (const auto& f : report.findings) findings.push_back(finding_of(f, *text, file.path));
      } else {
        analysis->replay(*text);
      }
      analysis->next(true);
    }
  }
  return json{{"files", files}, {"findings", std::move(findings)}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Verdict> check_pending_sql(const sdk::Host& host, const std::vector<migrations::PendingMigration>& pending, sdk::Report& report) {
  const auto settings = static_settings(host);
  if (!settings) return settings.error();
  std::vector<Text> texts;
  std::vector<migrations::syntax::Name> names;
  for (const auto& migration : pending) {
    texts.push_back(text_of(migration));
    for (auto& name : names_in(texts.back().text)) names.push_back(std::move(name));
  }
  auto known = load_catalog(host, &names);
  if (!known) return known.error();
  Analysis analysis(std::move(*known), settings->options);
  auto verdict = Verdict::pass;
  for (std::size_t i = 0; i < pending.size(); ++i) {
    const auto found = analysis.migration(texts[i].text, pending[i].file.empty() ? pending[i].name : pending[i].file, settings->policy);
    for (const auto& f : found.findings) {
      const auto* rule = rules::find(f.rule);
      if (f.allowed.empty() && (f.severity == Severity::info || (rule != nullptr && rule->group == rules::Group::advice))) continue;
      const auto place = migrations::locate(texts[i].text, f.at);
      sdk::Finding out{verdict_of(f.severity), f.rule, message_of(f)};
      out.file = pending[i].file.empty() ? pending[i].name : pending[i].file;
      if (texts[i].file) out.line = place.line, out.column = place.column;
      out.fix = f.fix;
      out.attributes_json = attributes_of(f).dump(-1, ' ', false, json::error_handler_t::replace);
      report.finding(out);
      if (out.verdict == Verdict::block || (out.verdict == Verdict::warn && verdict == Verdict::pass)) verdict = out.verdict;
    }
    analysis.next(false);
  }
  return verdict;
}

}  // namespace tidegate::safety
