// SPDX-License-Identifier: Apache-2.0
//
// What is said in Slack about an event: a line of text, and the details as blocks in an attachment, which alone can have
// a colour. Pure functions: any thread.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <tidegate/result.hpp>

namespace tidegate::notify_slack {

using Json = nlohmann::ordered_json;

struct Message {
  std::string text;   ///< the outcome in a line, escaped
  std::string color;  ///< of the attachment
  Json blocks = Json::array();
  std::string shortly;  ///< the text with the beginning of what failed, for a Slack that takes no more

  [[nodiscard]] Json full() const;
  /// Without details; replaces those that a message had before.
  [[nodiscard]] Json plain() const;
};

/// `arguments_json`: {"event":{"name":"succeeded",…}}, as tidegate.notify/1 gives it.
sdk::Result<Message> message_for(std::string_view arguments_json);

}  // namespace tidegate::notify_slack
