// SPDX-License-Identifier: Apache-2.0
#include "run/events.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "run/json.hpp"

namespace tidegate::run {
namespace {

using base::Table;
using base::Value;

void add_text(Table& table, const char* key, const std::string& text) {
  if (!text.empty()) table.emplace_back(key, text);
}

void add_place(Table& table, const std::string& file, std::uint32_t line, std::uint32_t column) {
  if (file.empty()) return;
  Table where{{"file", file}};
  if (line != 0) where.emplace_back("line", static_cast<std::int64_t>(line));
  if (column != 0) where.emplace_back("column", static_cast<std::int64_t>(column));
  table.emplace_back("where", std::move(where));
}

/// The members whose values are words of the contract (docs/events.md, docs/plugins/extensions.md), with those words. "name"
/// is that of a notification, or an environment's.
constexpr std::pair<std::string_view, std::string_view> kWords[] = {
    {"outcome", " succeeded not_started blocked rolled_back failed rollback_failed kept cancelled "},
    {"event", " succeeded not_started blocked rolled_back failed rollback_failed kept cancelled started waiting recovered "},
    {"name",
     " succeeded not_started blocked rolled_back failed rollback_failed kept cancelled started waiting recovered "
     "production preview development unknown "},
    {"class",
     " failed config cancelled deadline unavailable locked conflict denied not_found unsupported internal "
     "production preview development unknown "},
    {"verdict", " pass warn block skipped error "},
    {"severity", " deny warn info "},
    {"state", " detecting checking locked rechecking changing verifying finished "},
    {"kind", " detect precheck apply verify rollback notify "},
    {"level", " debug info warn error "},
    {"for", " lock run "},
    {"on_failure", " undo keep "},
    {"rule", " pipeline check-could-not-run migration-edited migration-missing "},
};

bool is_fixed(std::string_view key, const std::string& text) {
  const auto* member = std::find_if(std::begin(kWords), std::end(kWords), [&](const auto& words) { return words.first == key; });
  return member != std::end(kWords) && text.find(' ') == std::string::npos &&
         member->second.find(' ' + text + ' ') != std::string_view::npos;
}

/// A password that is a word of the stream is no less secret for it, and a reader of the stream depends on its words.
void redact(Value& value, std::string_view key, const base::Redactor& redactor) {
  if (auto* text = value.as<std::string>()) {
    auto shown = redactor.apply(*text);
    if (shown != *text && !is_fixed(key, *text)) *text = std::move(shown);
  }
  if (auto* array = value.as<base::Array>())
    for (auto& element : *array) redact(element, {}, redactor);
  if (auto* table = value.as<Table>())
    for (auto& [name, member] : *table) redact(member, name, redactor);
}

}  // namespace

Value to_value(const Event& event) {
  Table out{{"v", 1},
            {"seq", static_cast<std::int64_t>(event.seq)},
            {"time", base::format_time(event.time)},
            {"run", event.run},
            {"type", event.type}};
  if (!event.stage.empty()) out.emplace_back("stage", event.stage);
  if (const auto* fields = event.fields.as<Table>()) out.insert(out.end(), fields->begin(), fields->end());
  return out;
}

Value to_value(const stage::Finding& finding) {
  Table out{{"verdict", stage::name_of(finding.verdict)}, {"rule", finding.rule}, {"message", finding.message}};
  add_place(out, finding.file, finding.line, finding.column);
  add_text(out, "fix", finding.fix);
  if (!finding.attributes_json.empty())
    if (auto more = from_json(finding.attributes_json); more && more->as<Table>() != nullptr)
      out.insert(out.end(), more->as<Table>()->begin(), more->as<Table>()->end());
  return out;
}

Value to_value(const base::Error& error) {
  Table out{{"class", base::name_of(error.code)}, {"message", error.message}};
  add_text(out, "hint", error.hint);
  add_place(out, error.file, error.line, error.column);
  add_text(out, "sqlstate", error.sqlstate);
  add_text(out, "detail", error.detail);
  add_text(out, "relation", error.relation);
  add_text(out, "constraint", error.constraint);
  return out;
}

void redact(Value& value, const base::Redactor& redactor) {
  redact(value, {}, redactor);
}

Event EventStream::make(std::string_view type, std::string_view stage, Table fields) const {
  Event event{0, std::chrono::system_clock::now(), run_id_, std::string(type), std::string(stage), std::move(fields)};
  redact(event.fields, redactor_);
  return event;
}

void EventStream::remove(Reader& reader) {
  const std::lock_guard lock(mutex_);
  std::erase(readers_, &reader);
}

void EventStream::hand_out(Event& event) {
  event.seq = ++seq_;
  for (auto* reader : readers_) reader->on_event(event);
}

void EventStream::emit(std::string_view type, std::string_view stage, Table fields) {
  Event event = make(type, stage, std::move(fields));
  const std::lock_guard lock(mutex_);
  hand_out(event);
}

void EventStream::emit_unless_busy(std::string_view type, std::string_view stage, Table fields, std::chrono::milliseconds limit) {
  Event event = make(type, stage, std::move(fields));
  const std::unique_lock lock(mutex_, limit);
  if (lock.owns_lock()) hand_out(event);
}

}  // namespace tidegate::run
