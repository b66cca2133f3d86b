// SPDX-License-Identifier: Apache-2.0
//
// A stage as the runner sees it, whether it runs in this process or in another. Owned by the runner; used on the run's
// main thread, except cancel.
#pragma once
#include <tidegate/plugin.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/model.hpp"
#include "services/host.hpp"

namespace tidegate::stage {

using sdk::Finding;
using sdk::Verdict;

std::string_view name_of(Verdict verdict);

/// What a call into a stage came to. With an error the verdict does not count.
struct Outcome {
  std::optional<base::Error> error;
  Verdict verdict = Verdict::unset;
  std::vector<Finding> findings;
};

struct Request {
  std::string run_id;
  bool dry = false;
  bool changed = false;
  std::uint32_t attempt = 1;
  base::Deadline deadline;
};

class Stage {
 public:
  virtual ~Stage() = default;
  [[nodiscard]] virtual const std::string& id() const = 0;
  [[nodiscard]] virtual manifest::Kind kind() const = 0;
  [[nodiscard]] virtual bool offers(std::string_view extension) const = 0;
  /// Looks at settings and files only; no database, nothing changed.
  virtual Outcome validate(base::Deadline deadline) = 0;
  /// The stage's work under the contract of its kind.
  virtual Outcome run(const Request& request) = 0;
  /// An extension's method; the answer is JSON.
  virtual base::Result<std::string> call(std::string_view extension, std::string_view method, std::string_view arguments_json,
                                         services::Access access, base::Deadline deadline) = 0;
  /// Asks a call that is under way to end soon. Any thread.
  virtual void cancel() noexcept = 0;
};

}  // namespace tidegate::stage
