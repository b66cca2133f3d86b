// SPDX-License-Identifier: Apache-2.0
#include "migrations/resume.hpp"

#include <charconv>

#include "migrations/leftovers.hpp"
#include "migrations/lex.hpp"
#include "migrations/locate.hpp"

namespace tidegate::migrations {
namespace {

constexpr std::string_view kOurs = "tidegate: ";
constexpr std::string_view kOf = " of ";
constexpr std::string_view kDone = " parts done";

/// Takes `word` from the front.
bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

bool take(std::string_view& text, std::size_t& number) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool begins(const std::vector<std::string>& words, std::initializer_list<std::string_view> one_of) {
  for (const auto word : one_of)
    if (!words.empty() && words.front() == word) return true;
  return false;
}

/// A setting of the session that ends with it, not with the transaction.
bool sets(const std::vector<std::string>& words) {
  return begins(words, {"set", "reset"}) && (words.size() < 2 || (words[1] != "local" && words[1] != "transaction" && words[1] != "constraints"));
}

/// What a session holds that no statement can be asked to set again.
bool leaves_something_else(const std::vector<std::string>& words, std::string_view sql) {
  if (begins(words, {"prepare", "listen", "load", "declare", "call"})) return true;
  if (begins(words, {"create", "select"}) && (has_word(sql, "temp") || has_word(sql, "temporary"))) return true;
  if (begins(words, {"do"}) && (contains_ignoring_case(sql, "execute") || contains_ignoring_case(sql, "temp") || contains_ignoring_case(sql, "set ")))
    return true;
  return contains_ignoring_case(sql, "set_config") || contains_ignoring_case(sql, "pg_temp") || contains_ignoring_case(sql, "advisory_lock");
}

/// Does the same when it has run before.
bool may_run_again(const Statement& s, std::string_view text) {
  switch (s.concurrent) {
    case Concurrent::create_index: return !s.object.empty();  // else nothing says which one it has made
    case Concurrent::unknown: return false;
    case Concurrent::none: return begins(leading_words(s.in(text), 1), {"vacuum", "analyze", "cluster", "reindex", "checkpoint"}) ||
                                  leading_words(s.in(text), 2) == std::vector<std::string>{"alter", "system"};
    default: return true;
  }
}

}  // namespace

std::string progress_text(std::size_t done, std::size_t of, std::string_view why) {
  std::string out(kOurs);
  out.append(std::to_string(done)).append(kOf).append(std::to_string(of)).append(kDone);
  if (!why.empty()) out.append("\n").append(why);
  return out;
}

std::optional<Progress> progress_of(std::string_view logs) {
  Progress out;
  if (!take(logs, kOurs) || !take(logs, out.done) || !take(logs, kOf) || !take(logs, out.of) || !take(logs, kDone)) return std::nullopt;
  if (!logs.empty() && logs.front() != '\n') return std::nullopt;
  out.failed = !logs.empty();
  return out;
}

std::string why_not_resumed(const FilePlan& plan, std::string_view text, const Progress& progress) {
  if (plan.whole || plan.parts.size() != progress.of || progress.done > progress.of)
    return "its file is divided into other parts than it was then";
  for (std::size_t i = 0; i < progress.done; ++i) {
    for (const auto& s : plan.parts[i].statements)
      if (leaves_something_else(leading_words(s.in(text), 2), s.in(text)))
        return "line " + std::to_string(locate(text, s.offset).line) + " may have left something in its session that is gone with it";
  }
  if (progress.failed || progress.done == progress.of || plan.parts[progress.done].transactional) return {};
  const auto& next = plan.parts[progress.done].statements.front();
  const bool by_path = (!next.table.empty() && next.table_schema.empty()) || (!next.object.empty() && next.object_schema.empty() && next.table.empty());
  const bool path_is_known = session_of(plan, text, progress.done).empty();
  if (may_run_again(next, text) && (path_is_known || !by_path)) return {};
  return "whether the statement in line " + std::to_string(locate(text, next.offset).line) + " was done is not to be seen";
}

std::vector<Statement> session_of(const FilePlan& plan, std::string_view text, std::size_t done) {
  std::vector<Statement> out;
  for (std::size_t i = 0; i < done; ++i)
    for (const auto& s : plan.parts[i].statements)
      if (sets(leading_words(s.in(text), 2))) out.push_back(s);
  return out;
}

sdk::Result<Progress> where_it_stopped(sdk::Host host, sdk::Db& db, const FilePlan& plan, Progress progress) {
  if (progress.failed || progress.done == progress.of || plan.parts[progress.done].transactional) return progress;
  const auto stands = Leftovers(host, db, plan.parts[progress.done].statements.front()).stands();
  if (!stands) return stands.error();
  if (*stands) ++progress.done;
  return progress;
}

}  // namespace tidegate::migrations
