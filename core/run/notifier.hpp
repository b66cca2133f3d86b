// SPDX-License-Identifier: Apache-2.0
//
// Notifier: gives the run's milestones to the notify stages that asked for them, in order, one instance a run. What a
// notify stage does never changes the result: a failure is a warning in the event stream. Main thread.
#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "pipeline/model.hpp"
#include "run/events.hpp"
#include "run/guard.hpp"
#include "run/runner.hpp"

namespace tidegate::run {

class Notifier {
 public:
  static constexpr std::chrono::seconds kLimit{10};  ///< of one notification (design: a notification has 10 s)

  Notifier(const pipeline::Pipeline& pipeline, const MakeStage& make, services::Shared& shared, EventStream& events, Guard& guard,
           std::function<Guard::Watch(stage::Stage&, base::Deadline)> watch);
  /// Makes the instances, the first time; an error when one cannot be made from its settings.
  base::Result<void> prepare(const std::vector<std::string>& environments, const std::function<bool(const pipeline::Stage&)>& applies);
  /// `name`: started, waiting, recovered, or an outcome. `fields` is the table given as {"event":…}.
  void tell(std::string_view name, base::Table fields);

 private:
  struct Entry {
    const pipeline::Stage* spec;
    std::unique_ptr<stage::Stage> stage;
  };
  void tell_one(Entry& entry, std::string_view name, const std::string& arguments);

  const pipeline::Pipeline& pipeline_;
  const MakeStage& make_;
  services::Shared& shared_;
  EventStream& events_;
  Guard& guard_;
  const std::function<Guard::Watch(stage::Stage&, base::Deadline)> watch_;  ///< how the run ends when a stage hangs
  std::vector<Entry> entries_;
  bool prepared_ = false;
};

}  // namespace tidegate::run
