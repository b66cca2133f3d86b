// SPDX-License-Identifier: Apache-2.0
//
// The JSON that goes out. Pure function: any thread.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <tidegate/result.hpp>

namespace tidegate::notify_webhook {

/// `arguments_json`: {"event":{"name":"succeeded",…}}, as tidegate.notify/1 gives it. The answer is
/// {"type":"run.succeeded","timestamp":"2026-11-22T17:27:19.123Z","data":{…the event…}}.
sdk::Result<std::string> message_for(std::string_view arguments_json, std::chrono::system_clock::time_point now);

}  // namespace tidegate::notify_webhook
