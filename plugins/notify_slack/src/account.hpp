// SPDX-License-Identifier: Apache-2.0
//
// Where messages go and with which right, from the stage's settings. Pure but for the host that is asked: the stage's
// thread.
#pragma once
#include <optional>
#include <string>
#include <tidegate/services.hpp>

namespace tidegate::notify_slack {

struct Account {
  std::string token, channel;  ///< one message a run, updated in place
  std::string webhook_url;     ///< or, when this is set, one message an event
  std::string base_url;        ///< ends in a slash
  std::int64_t timeout_ms = 5'000;
  std::uint32_t attempts = 3;
};

/// nullopt when the secret is optional, ${NAME:-}, and not there: then nobody is told. No error repeats a secret.
sdk::Result<std::optional<Account>> read_account(const sdk::Host& host);

}  // namespace tidegate::notify_slack
