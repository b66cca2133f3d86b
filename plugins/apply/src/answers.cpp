// SPDX-License-Identifier: Apache-2.0
#include "answers.hpp"

#include "migrations/json.hpp"
#include "migrations/locate.hpp"
#include "migrations/statements.hpp"

namespace tidegate::apply {

using migrations::append_json;
using migrations::json_list;

namespace {

/// The last rows of the table, the newest first.
std::string rows_json(const History& history, std::size_t most) {
  std::string out = "[";
  for (auto row = history.rows.rbegin(); row != history.rows.rend() && most > 0; ++row, --most) {
    out += out.size() > 1 ? ",{\"name\":" : "{\"name\":";
    append_json(out, row->name);
    out += ",\"state\":";
    append_json(out, row->rolled_back ? "rolled_back" : row->finished ? "applied" : "failed");
    out += ",\"started_at\":";
    append_json(out, migrations::rfc3339(row->started));
    if (row->finished) {
      out += ",\"applied_at\":";
      append_json(out, migrations::rfc3339(*row->finished));
    }
    out += '}';
  }
  return out + "]";
}

}  // namespace

std::string list_json(const History& history, const Comparison& comparison, bool rows, std::size_t newest_rows) {
  std::string out;
  if (rows) out.reserve(256 + comparison.applied.size() * 96);
  out = "{\"applied\":[";
  bool first = true;
  const auto separate = [&] {
    if (!first) out += ',';
    first = false;
  };
  for (const auto* row : comparison.applied) {
    if (!rows) break;
    separate();
    out += "{\"name\":";
    append_json(out, row->name);
    out += ",\"applied_at\":";
    append_json(out, migrations::rfc3339(row->finished.value_or(0)));
    out += '}';
  }
  out += "],\"pending\":" + json_list(comparison.pending) + ",\"failed\":[";
  first = true;
  for (const auto* row : comparison.failed) {
    separate();
    out += "{\"name\":";
    append_json(out, row->name);
    out += ",\"started_at\":";
    append_json(out, migrations::rfc3339(row->started));
    out += ",\"logs\":";
    append_json(out, row->logs);
    out += '}';
  }
  if (!comparison.begun.empty()) out += "],\"begun\":[";
  first = true;
  for (const auto* row : comparison.begun) {
    separate();
    const auto progress = migrations::progress_of(row->logs).value_or(migrations::Progress{});
    out += "{\"name\":";
    append_json(out, row->name);
    out += ",\"done\":" + std::to_string(progress.done) + ",\"of\":" + std::to_string(progress.of) + ",\"logs\":";
    append_json(out, row->logs);
    out += '}';
  }
  out += "],\"edited\":" + json_list(comparison.edited) + ",\"missing\":" + json_list(comparison.missing) + ",\"newest\":";
  std::string newest;
  if (rows && !history.rows.empty()) {
    const auto& row = history.rows.back();
    newest = row.id + (row.finished ? " " + migrations::rfc3339(*row.finished) : "") + (row.rolled_back ? " rolled back" : "");
  }
  append_json(out, newest);
  if (newest_rows > 0) out += ",\"rows\":" + rows_json(history, newest_rows);
  out += ",\"count\":" + std::to_string(history.rows.size()) + "}";
  return out;
}

sdk::Result<std::string> plan_json(std::vector<Work>& works, const migrations::Folder& folder) {
  std::string out = "{\"migrations\":[";
  for (auto& work : works) {
    auto text = text_of(work, folder);
    if (!text) return text.error();
    if (out.back() != '[') out += ',';
    out += "{\"name\":";
    append_json(out, work.name);
    out += ",\"checksum\":";
    append_json(out, work.checksum);
    out += ",\"file\":";
    append_json(out, work.file);
    out += std::string(",\"transactional\":") + (work.plan.whole ? "true" : "false") + (work.begun ? ",\"begun\":true" : "") +
           ",\"statements\":[";
    bool first = true;
    const auto add = [&](const migrations::Statement& s, std::size_t part) {
      if (!first) out += ',';
      first = false;
      out += "{\"sql\":";
      append_json(out, s.in(*text));
      out += ",\"line\":" + std::to_string(migrations::locate(*text, s.offset).line) +
             ",\"transactional\":" + (s.transactional ? "true" : "false") + ",\"part\":" + std::to_string(part) + "}";
    };
    if (work.plan.plain) {
      for (const auto& s : migrations::statements(*text).value_or(std::vector<migrations::Statement>{})) add(s, 0);
    } else {
      for (std::size_t part = work.begun ? work.begun->progress.done : 0; part < work.plan.parts.size(); ++part) {
        for (const auto& s : work.plan.parts[part].statements) add(s, part);
      }
    }
    out += "]}";
  }
  return out + "]}";
}

}  // namespace tidegate::apply
