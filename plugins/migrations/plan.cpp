// SPDX-License-Identifier: Apache-2.0
#include "migrations/plan.hpp"

#include <algorithm>

#include "migrations/lex.hpp"
#include "migrations/locate.hpp"

namespace tidegate::migrations {
namespace {

using sdk::Error;
using sdk::Result;
using sdk::Status;

struct Words {
  const char* message;
  const char* hint;
};

Error at(std::string_view text, const std::string& file, std::size_t byte, const Words& words) {
  const Place place = locate(text, byte);
  return Error{Status::config, words.message, words.hint, file, place.line, place.column};
}

Words explain(Trouble trouble) {
  switch (trouble) {
    case Trouble::nul_byte:
      return {"the file holds a NUL byte", "save it as UTF-8 text (a UTF-16 file looks like this)"};
    case Trouble::invalid_utf8:
      return {"the file is not valid UTF-8", "save it as UTF-8"};
    case Trouble::byte_order_mark:
      return {"the file begins with a byte order mark, which PostgreSQL takes for a syntax error", "save it as UTF-8 without one"};
    case Trouble::open_string:
      return {"a string literal that begins here is never closed", "close it with '"};
    case Trouble::open_identifier:
      return {"a quoted identifier that begins here is never closed", "close it with \""};
    case Trouble::open_dollar_quote:
      return {"a dollar-quoted text that begins here is never closed", "repeat its opening tag at its end"};
    case Trouble::open_comment:
      return {"a comment that begins here is never closed", "close it with */"};
    case Trouble::psql_command:
      return {"a backslash outside of quotes: psql's commands are not SQL", "write the SQL that the command stands for"};
    case Trouble::copy_data:
      return {"COPY from or to the client is not possible in a migration", "use INSERT, or COPY from a file or program of the server"};
    case Trouble::none:
      break;
  }
  return {"", ""};
}

constexpr Words kNested{"BEGIN inside a transaction that is already open", "remove it, or COMMIT first"};
constexpr Words kNoBegin{"COMMIT without a BEGIN before it", "remove it: a migration runs in a transaction of its own"};
constexpr Words kNoCommit{"BEGIN without a COMMIT after it: what follows would be lost",
                          "remove it (a migration runs in a transaction of its own) or add COMMIT"};
constexpr Words kRollback{"ROLLBACK in a migration would undo it while it counts as applied", "remove it"};
constexpr Words kForbidden{"this statement would end the migration's transaction or session in a way that cannot be followed", "remove it"};
constexpr Words kNotSplit{
    "the file could not be split into statements, which it needs for its transactions or for what runs outside of one",
    "look for an escape or number that PostgreSQL cannot read, such as E'\\u12'"};
constexpr Words kInBlock{"this statement cannot run inside a transaction block",
                         "move it out of BEGIN … COMMIT, best into a migration of its own"};

bool names_value(std::string_view text, const std::string& value) {
  return !value.empty() && text.find(value) != std::string_view::npos;
}

/// A value that ALTER TYPE … ADD VALUE made may be used only after its transaction.
bool uses_new_value_later(std::string_view text, const std::vector<Part>& parts) {
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    for (const auto& s : parts[i].statements) {
      if (!s.enum_value.empty() && names_value(text.substr(parts[i + 1].statements.front().offset), s.enum_value)) return true;
    }
  }
  return false;
}

}  // namespace

Result<FilePlan> plan_file(std::string_view text, const std::string& file) {
  const Lexed lexed = lex(text);
  if (lexed.trouble != Trouble::none) return at(text, file, lexed.at, explain(lexed.trouble));
  FilePlan plan;
  plan.mentions_role = lexed.mentions_role;
  plan.mentions_lock_timeout = lexed.mentions_lock_timeout;
  if (!lexed.needs_parser) {
    plan.plain = true;
    return plan;
  }
  auto split = statements(text);
  // Never sent whole: a COMMIT in it would end our transaction.
  if (!split) return at(text, file, 0, kNotSplit);

  bool in_block = false, fresh = true, outside = false;
  const Statement* opened = nullptr;
  for (auto& s : *split) {
    if (s.control == Control::rollback) return at(text, file, s.offset, kRollback);
    if (s.control == Control::forbidden) return at(text, file, s.offset, kForbidden);
    if (s.control == Control::begin) {
      if (in_block) return at(text, file, s.offset, kNested);
      in_block = fresh = true;
      opened = &s;
      continue;
    }
    if (s.control == Control::commit) {
      if (!in_block) return at(text, file, s.offset, kNoBegin);
      in_block = false, fresh = true;
      opened = nullptr;
      continue;
    }
    if (!s.transactional) {
      if (in_block) return at(text, file, s.offset, kInBlock);
      outside = fresh = true;
    }
    if (fresh) {
      Part& part = plan.parts.emplace_back();
      part.transactional = s.transactional;
      part.concurrently = s.concurrently;
      if (opened != nullptr && !opened->begin_options.empty()) part.begin = opened->begin_options;
    }
    fresh = !s.transactional;
    plan.parts.back().statements.push_back(s);
  }
  if (in_block) return at(text, file, opened->offset, kNoCommit);
  const bool options =
      plan.parts.size() > 1 && std::any_of(plan.parts.begin(), plan.parts.end(), [](const Part& p) { return p.begin != "BEGIN"; });
  plan.whole = !outside && !options && !uses_new_value_later(text, plan.parts);
  if (plan.whole && plan.parts.size() > 1) {
    for (std::size_t i = 1; i < plan.parts.size(); ++i) {
      auto& more = plan.parts[i].statements;
      plan.parts[0].statements.insert(plan.parts[0].statements.end(), more.begin(), more.end());
    }
    plan.parts.resize(1);
  }
  if (plan.whole && plan.parts.empty()) plan.parts.emplace_back();
  if (outside) {  // a value and its use must not meet in one transaction here either
    for (std::size_t i = 0; i < plan.parts.size(); ++i) {
      auto& part = plan.parts[i];
      const auto cut =
          std::find_if(part.statements.begin(), part.statements.end(), [](const Statement& s) { return !s.enum_value.empty(); });
      if (cut == part.statements.end() || cut + 1 == part.statements.end()) continue;
      Part rest = part;
      rest.statements.assign(cut + 1, part.statements.end());
      part.statements.erase(cut + 1, part.statements.end());
      plan.parts.insert(plan.parts.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(rest));
    }
  }
  return plan;
}

Result<FilePlan> plan_one_by_one(std::string_view text, const std::string& file) {
  auto split = statements(text);
  if (!split) return Error{Status::config, "the file could not be split into statements", "", file};
  FilePlan plan;
  plan.whole = false;
  for (auto& s : *split) {
    if (s.control != Control::none) return at(text, file, s.offset, kForbidden);
    Part& part = plan.parts.emplace_back();
    part.transactional = false;
    part.statements.push_back(std::move(s));
  }
  return plan;
}

}  // namespace tidegate::migrations
