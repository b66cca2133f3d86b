// SPDX-License-Identifier: Apache-2.0
#include "pipeline/entries.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "pipeline/conditions.hpp"
#include "pipeline/extend.hpp"
#include "pipeline/keys.hpp"
#include "pipeline/shape.hpp"

namespace tidegate::pipeline {
namespace {

Stage common(const base::Value& table, Reading& reading) {
  Stage out;
  out.use = text_of(table, "use");
  out.id = id_of(table);
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  };
  const bool tidy = std::all_of(out.id.begin(), out.id.end(), allowed) && !out.id.starts_with('.') && !out.id.ends_with('.');
  if (const auto* id = table.find("id"); id != nullptr && !tidy)
    reading.errors.push_back(
        mistake(id->where, "the id '" + out.id + "' is not usable", "an id has letters, digits, '_', '-' and dots within"));
  if (const auto* with = table_of(table, "with")) out.with = *with;
  out.where = table.where;
  out.written = table;
  return out;
}

Retry read_retry(const base::Value& table, const std::string& owner, Reading& reading) {
  Retry out;
  // What is out of bounds has been reported.
  if (const auto* attempts = table.find("attempts")) out.attempts = static_cast<int>(std::clamp<std::int64_t>(attempts->integer(1), 1, 100));
  if (const auto* delay = table.find("delay"))
    if (const auto span = base::parse_duration(delay->text())) out.delay = *span;
  const auto number = [&](std::string_view key, double& to) {
    const auto* value = table.find(key);
    if (value == nullptr) return;
    if (const auto* integer = value->as<std::int64_t>()) to = static_cast<double>(*integer);
    if (const auto* real = value->as<double>()) to = *real;
  };
  number("backoff", out.backoff);
  number("jitter", out.jitter);
  if (const auto* on = table.find("on"); on != nullptr && on->as<base::Array>() != nullptr) {
    out.on.clear();
    for (const auto& name : *on->as<base::Array>()) out.on.push_back(name.text());
    if (out.on.empty())
      reading.errors.push_back(mistake(on->where, "'on' of 'retry' of " + owner + " is empty, so nothing would be tried again", "remove it"));
  }
  return out;
}

/// What [[stage]] and [[rollback]] have in common.
void work(Stage& out, const base::Value& table, const std::string& owner, Reading& reading) {
  out.timeout = read_duration(table, "timeout", owner, reading);
  out.deadline = read_duration(table, "deadline", owner, reading);
  if (const auto* retry = table_of(table, "retry")) out.retry = read_retry(*retry, owner, reading);
  if (const auto* when = table_of(table, "when")) out.when = read_conditions(*when, out.id, reading.errors, reading.warnings);
  if (const auto* in = table_of(table, "in"))
    for (const auto& [name, overlay] : *in->as<base::Table>())
      if (const auto* with = overlay.as<base::Table>() != nullptr ? table_of(overlay, "with") : nullptr) out.in.emplace_back(name, *with);
}

}  // namespace

std::string text_of(const base::Value& table, std::string_view key) {
  const auto* value = table.find(key);
  return value != nullptr ? value->text() : std::string{};
}

const base::Value* table_of(const base::Value& table, std::string_view key) {
  const auto* value = table.find(key);
  return value != nullptr && value->as<base::Table>() != nullptr ? value : nullptr;
}

std::optional<std::chrono::milliseconds> read_duration(const base::Value& table, std::string_view key, const std::string& owner,
                                                       Reading& reading) {
  const auto* value = table.find(key);
  if (value == nullptr) return std::nullopt;
  const auto span = base::parse_duration(value->text());
  if (span && span->count() == 0)
    reading.errors.push_back(mistake(value->where, "'" + std::string(key) + "' of " + owner + " is 0, so it could never work"));
  return span;
}

Stage read_stage(const base::Value& table, Reading& reading) {
  Stage out = common(table, reading);
  if (const auto kind = manifest::kind_from(text_of(table, "kind"))) out.kind = *kind;
  out.warn_on_error = text_of(table, "on_error") == "warn";
  work(out, table, "stage '" + out.id + "'", reading);
  return out;
}

Stage read_rollback(const base::Value& table, Reading& reading) {
  Stage out = common(table, reading);
  out.kind = manifest::Kind::rollback;
  if (const auto* ensure = table.find("ensure")) out.ensure = ensure->flag();
  work(out, table, "rollback '" + out.id + "'", reading);
  return out;
}

Stage read_notification(const base::Value& table, Reading& reading) {
  Stage out = common(table, reading);
  out.kind = manifest::Kind::notify;
  const auto* on = table.find("on");
  if (on == nullptr)
    out.on = default_notify_events();
  else if (const auto* list = on->as<base::Array>())
    for (const auto& entry : *list) out.on.push_back(entry.text());
  return out;
}

}  // namespace tidegate::pipeline
