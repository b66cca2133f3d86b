// SPDX-License-Identifier: Apache-2.0
#include "rules/policy.hpp"

#include <algorithm>

#include "migrations/scanner.hpp"
#include "rules/cost.hpp"

namespace tidegate::safety::rules {
namespace {

bool names(const Level& level, const Rule& rule) {
  return std::any_of(level.rules.begin(), level.rules.end(), [&](const std::string& id) {
    return id == rule.id || id == "*" || (id == "destructive" && rule.group == Group::loss) || (id == "compatibility" && rule.group == Group::compatibility) ||
           (id == "locks" && rule.group == Group::lock) || (id == "advice" && rule.group == Group::advice);
  });
}
bool matches_any(const std::vector<std::string>& globs, std::string_view path) {
  return std::any_of(globs.begin(), globs.end(), [&](const auto& g) { return glob_matches(g, path); });
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return std::string(text);
}

/// The pattern from its start to the end of the path; `*` stays within a folder.
bool glob_matches_here(std::string_view pattern, std::string_view path) {
  while (!pattern.empty()) {
    if (pattern.starts_with("**")) {
      const auto rest = pattern.substr(pattern.starts_with("**/") ? 3 : 2);
      for (std::size_t i = 0; i <= path.size(); ++i) {
        if (glob_matches_here(rest, path.substr(i))) return true;
      }
      return false;
    }
    if (pattern.front() == '*') {
      for (std::size_t i = 0; i <= path.size(); ++i) {
        if (glob_matches_here(pattern.substr(1), path.substr(i))) return true;
        if (i < path.size() && path[i] == '/') break;
      }
      return false;
    }
    if (path.empty() || (pattern.front() != '?' && pattern.front() != path.front())) return false;
    pattern.remove_prefix(1);
    path.remove_prefix(1);
  }
  return path.empty();
}

/// From the text of one comment line, behind "--".
bool read_allowance(std::string_view comment, Allowance& out) {
  const auto text = trimmed(comment);
  constexpr std::string_view kMark = "tidegate:";
  if (!text.starts_with(kMark)) return false;
  const auto rest = trimmed(std::string_view(text).substr(kMark.size()));
  if (!rest.starts_with("allow(")) return false;
  const auto close = rest.find(')');
  if (close == std::string::npos) return false;
  for (std::size_t at = 6; at < close;) {
    const auto comma = std::min(rest.find(',', at), close);
    if (auto id = trimmed(std::string_view(rest).substr(at, comma - at)); !id.empty()) out.rules.push_back(std::move(id));
    at = comma + 1;
  }
  out.reason = trimmed(std::string_view(rest).substr(close + 1));
  return !out.rules.empty();
}

/// The statement that a comment at these bytes stands beside: around it, before it on the same line, or after it.
std::size_t beside(std::string_view text, const std::vector<Extent>& statements, std::size_t at) {
  for (std::size_t i = 0; i < statements.size(); ++i) {
    if (at >= statements[i].begin && at < statements[i].end) return i;
    if (statements[i].begin > at) {
      const bool same_line = i > 0 && text.substr(statements[i - 1].end, at - statements[i - 1].end).find('\n') == std::string_view::npos;
      return same_line ? i - 1 : i;
    }
  }
  if (!statements.empty() && text.substr(statements.back().end, at - statements.back().end).find('\n') == std::string_view::npos) return statements.size() - 1;
  return statements.size();
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view path) {
  // `*` stays within a folder, `**` does not; a pattern without a slash is for any part of the path.
  if (pattern.find('/') == std::string_view::npos && pattern.find('*') == std::string_view::npos) {
    for (std::size_t at = 0; at <= path.size();) {
      const auto end = std::min(path.find('/', at), path.size());
      if (path.substr(at, end - at) == pattern) return true;
      at = end + 1;
    }
    return false;
  }
  return glob_matches_here(pattern, path);
}

bool Policy::judges(std::string_view path) const {
  return !matches_any(baseline, path);
}

Severity Policy::severity(const Rule& rule, std::string_view path, const catalog::Relation* relation) const {
  auto out = rule.severity;
  for (const auto& level : levels) {
    if (names(level, rule) && (level.paths.empty() || matches_any(level.paths, path))) out = level.severity;
  }
  if (rule.group == Group::advice) out = std::min(out, Severity::warn);
  if (!rule.weighed || relation == nullptr || !relation->size || out <= Severity::info) return out;
  const auto& size = *relation->size;
  const auto bytes = size.bytes + size.index_bytes;
  if (size.rows > sizes.large_rows || bytes > sizes.large_bytes) return out;
  const bool small = size.rows <= sizes.small_rows && bytes <= sizes.small_bytes;
  if (!small && size.writes > sizes.busy_writes) return out;
  return small ? Severity::info : std::min(out, Severity::warn);
}

std::vector<Allowance> allowances(std::string_view text, const std::vector<Extent>& statements) {
  std::vector<Allowance> out;
  if (text.find("tidegate:") == std::string_view::npos) return out;
  migrations::lexical::Scanner scanner(text);
  std::size_t gap = 0;
  for (bool more = true; more;) {
    const auto token = scanner.next();
    more = token.kind != migrations::lexical::Kind::end && token.kind != migrations::lexical::Kind::trouble;
    // Between two tokens there are blanks and comments alone.
    const auto between = text.substr(gap, token.at - gap);
    for (std::size_t at = between.find("--"); at != std::string_view::npos; at = between.find("--", at)) {
      const auto end = std::min(between.find('\n', at), between.size());
      Allowance found;
      if (read_allowance(between.substr(at + 2, end - at - 2), found)) {
        found.at = gap + at;
        found.end = gap + end;
        found.statement = beside(text, statements, found.at);
        out.push_back(std::move(found));
      }
      at = end;
    }
    gap = token.at + token.text.size();
  }
  return out;
}

std::string estimate(const catalog::Relation& relation, const Hit& hit) {
  if (!relation.size) return {};
  return text_of(cost_of(*relation.size, hit.rewrites ? Work::rewrite : hit.builds ? Work::build : Work::read));
}

}  // namespace tidegate::safety::rules
