// SPDX-License-Identifier: Apache-2.0
#include "run/notifier.hpp"

#include <algorithm>
#include <utility>

#include "run/json.hpp"

namespace tidegate::run {
namespace {

constexpr std::string_view kExtension = "tidegate.notify/1";

bool asked_for(const pipeline::Stage& spec, std::string_view name) {
  if (spec.on.empty()) return name != "waiting";
  return std::find(spec.on.begin(), spec.on.end(), name) != spec.on.end();
}

}  // namespace

Notifier::Notifier(const pipeline::Pipeline& pipeline, const MakeStage& make, services::Shared& shared, EventStream& events, Guard& guard,
                   std::function<Guard::Watch(stage::Stage&, base::Deadline)> watch)
    : pipeline_(pipeline), make_(make), shared_(shared), events_(events), guard_(guard), watch_(std::move(watch)) {}

base::Result<void> Notifier::prepare(const std::vector<std::string>& environments, const std::function<bool(const pipeline::Stage&)>& applies) {
  if (std::exchange(prepared_, true)) return {};
  for (const auto& spec : pipeline_.notify) {
    if (!applies(spec)) continue;
    auto stage = make_(spec, environments, shared_);
    if (!stage) return stage.error();
    if (auto checked = (*stage)->validate(base::Deadline::in(kLimit)); checked.error) return *checked.error;
    entries_.push_back({&spec, std::move(*stage)});
  }
  return {};
}

void Notifier::tell(std::string_view name, base::Table fields) {
  base::Table event{{"name", name}};
  event.insert(event.end(), std::make_move_iterator(fields.begin()), std::make_move_iterator(fields.end()));
  std::string arguments;
  for (auto& entry : entries_) {
    if (!asked_for(*entry.spec, name)) continue;
    if (arguments.empty()) {
      base::Value whole(base::Table{{"event", event}});
      redact(whole, shared_.redactor);
      arguments = to_json(whole);
    }
    tell_one(entry, name, arguments);
  }
}

void Notifier::tell_one(Entry& entry, std::string_view name, const std::string& arguments) {
  const auto deadline = base::Deadline::in(entry.spec->timeout.value_or(kLimit));
  guard_.watch(watch_(*entry.stage, deadline));
  const auto answer = entry.stage->call(kExtension, "event", arguments, services::Access::none, deadline);
  guard_.unwatch();
  if (answer) {
    events_.emit("notification.sent", entry.spec->id, {{"event", name}});
  } else {
    events_.emit("notification.failed", entry.spec->id, {{"event", name}, {"error", to_value(answer.error())}});
  }
}

}  // namespace tidegate::run
