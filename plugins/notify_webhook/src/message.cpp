// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

namespace tidegate::notify_webhook {
namespace {

using Json = nlohmann::ordered_json;

/// RFC 3339 in UTC with milliseconds.
std::string format_time(std::chrono::system_clock::time_point time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char date[32];
  char out[48];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(out, sizeof out, "%s.%03dZ", date, static_cast<int>(ms % 1000));
  return out;
}

}  // namespace

sdk::Result<std::string> message_for(std::string_view arguments_json, std::chrono::system_clock::time_point now) {
  Json arguments = Json::parse(arguments_json, nullptr, false);
  if (!arguments.is_object() || !arguments.contains("event") || !arguments["event"].is_object() ||
      !arguments["event"].value("name", Json()).is_string())
    return sdk::Error{sdk::Status::internal, "the host gave an event without a name", "please report it as a bug of tidegate"};
  Json& event = arguments["event"];
  Json message;
  message["type"] = "run." + event["name"].get<std::string>();
  message["timestamp"] = format_time(now);
  message["data"] = std::move(event);
  return message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tidegate::notify_webhook
