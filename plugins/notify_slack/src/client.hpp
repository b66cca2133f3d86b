// SPDX-License-Identifier: Apache-2.0
//
// Brings messages to Slack: the first is posted, the next ones replace it, as far as Slack lets them. A retried post can
// appear twice, since Slack knows no repetitions: better than not at all. The world is behind functions. One a run, one
// thread at a time.
#pragma once
#include <functional>
#include <string>
#include <tidegate/retries.hpp>

#include "account.hpp"
#include "message.hpp"

namespace tidegate::notify_slack {

struct World {
  std::function<sdk::Result<sdk::HttpResponse>(const sdk::HttpRequest&)> send;
  sdk::Waiting waiting;
};

class Client {
 public:
  explicit Client(World world) : world_(std::move(world)) {}
  /// The error says what Slack answered, never with which token or URL.
  sdk::Result<void> tell(const Account& account, const Message& message);

 private:
  /// What Slack said to a message: `code` is its word for why not, "" when it gave none.
  struct Answer {
    std::string code, channel, ts;
  };
  sdk::Result<void> bring(const Account& account, Json message);
  sdk::Result<void> send(const Account& account, const std::string& method, const Json& message);
  sdk::Try judge(const sdk::HttpResponse& response, bool webhook);

  World world_;
  Answer answer_;  // to the last try
  Answer posted_;  // the run's message; no ts before the first was posted
};

}  // namespace tidegate::notify_slack
