// SPDX-License-Identifier: Apache-2.0
//
// The live part of the stage: looks at the server, judges, and looks again while something that passes by itself is in
// the way. Stage thread.
#pragma once
#include <tidegate/plugin.hpp>

#include "live/notices.hpp"
#include "pending.hpp"

namespace tidegate::safety {

struct Checked {
  sdk::Verdict verdict = sdk::Verdict::pass;
  std::vector<std::string> blockers;  ///< who is in the way at the end
};

/// `dry`: says what would be waited for instead of waiting.
sdk::Result<Checked> check_live(const sdk::Host& host, const Pending& pending, bool dry, sdk::Report& report);

}  // namespace tidegate::safety
