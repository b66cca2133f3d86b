// SPDX-License-Identifier: Apache-2.0
//
// Control: the run's own session on the target, for lease, journal and heartbeat, driven by a thread of its own so that
// none of them holds the stages up. Opened only when something is pending; never with a transaction left open. Owned by
// the run and destroyed on its thread; its Links are used from any thread.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "services/db/hub.hpp"

namespace tidegate::run {

class Control {
  struct Impl;

 public:
  /// What the control thread does with the session. It leaves no transaction open.
  using Work = std::function<base::Result<void>(services::db::Session& session)>;
  /// No statement of this session takes longer: nothing that it asks for waits.
  static constexpr std::chrono::seconds kStatementLimit{10};

  /// Takes main's connection when it is open (the run's next use of main connects anew), so that a run that waits for the
  /// lease holds one connection; else opens one. A signal does not interrupt it: it also writes how such a run ended.
  static base::Result<std::unique_ptr<Control>> open(services::db::Hub& hub, base::Deadline deadline);
  /// Over a session that is connected already; it is reset.
  static base::Result<std::unique_ptr<Control>> over(std::unique_ptr<services::db::Session> session);
  /// Waits for the work under way; what was posted for later is dropped.
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  /// A way to the control thread that may outlive the Control, and then answers unavailable.
  class Link {
   public:
    Link() = default;
    /// Does it on the control thread, after what was asked for before, and waits. unavailable once the session is lost.
    base::Result<void> call(Work work) const;
    /// Does it later, unless the control ends before. Its error is nobody's but its own.
    void post_in(std::chrono::milliseconds span, Work work) const;

   private:
    friend class Control;
    explicit Link(std::weak_ptr<Impl> impl) : impl_(std::move(impl)) {}
    std::weak_ptr<Impl> impl_;
  };
  [[nodiscard]] Link link() const { return Link(impl_); }
  base::Result<void> call(Work work) { return link().call(std::move(work)); }
  /// Why the session is lost; nullopt: as far as is known it lives.
  [[nodiscard]] std::optional<base::Error> lost() const;

 private:
  explicit Control(std::unique_ptr<services::db::Session> session);
  std::shared_ptr<Impl> impl_;
};

}  // namespace tidegate::run
