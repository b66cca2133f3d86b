// SPDX-License-Identifier: Apache-2.0
//
// Control: the run's own session on the target, for lease, journal and heartbeat, driven by a thread of its own so that
// none of them holds the stages up. Opened only when something is pending; never with a transaction left open. Owned by
// the run and destroyed on its thread; call and post_in from any thread.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "services/db/hub.hpp"

namespace tidegate::run {

class Control {
 public:
  /// What the control thread does with the session. It leaves no transaction open.
  using Work = std::function<base::Result<void>(services::db::Session& session)>;
  /// No statement of this session takes longer: nothing that it asks for waits.
  static constexpr std::chrono::seconds kStatementLimit{10};

  /// Opens one to connection main. A signal does not interrupt it: it also writes how an interrupted run ended.
  static base::Result<std::unique_ptr<Control>> open(services::db::Hub& hub, base::Deadline deadline);
  explicit Control(std::unique_ptr<services::db::Session> session);
  /// Waits for the work under way; what was posted for later is dropped.
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  /// Does it on the control thread, after what was asked for before, and waits. unavailable once the session is lost.
  base::Result<void> call(Work work);
  /// Does it later, unless the control ends before. Its error is nobody's but its own.
  void post_in(std::chrono::milliseconds span, Work work);
  /// Why the session is lost; nullopt: as far as is known it lives.
  [[nodiscard]] std::optional<base::Error> lost() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::run
