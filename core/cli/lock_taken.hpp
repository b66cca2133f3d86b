// SPDX-License-Identifier: Apache-2.0
//
// LockTaken: a reader of the event stream that notes that the lock was taken. From then on a command's change may have
// been sent. Owned by a command; called as readers are.
#pragma once
#include "run/events.hpp"

namespace tidegate::cli {

class LockTaken : public run::Reader {
 public:
  void on_event(const run::Event& event) override { taken_ = taken_ || event.type == "lock.taken"; }
  explicit operator bool() const { return taken_; }

 private:
  bool taken_ = false;
};

}  // namespace tidegate::cli
