// SPDX-License-Identifier: Apache-2.0
//
// How long an answer asks to wait. Pure function: any thread.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace tidegate::notify_webhook {

/// From a Retry-After header, seconds or an HTTP date (RFC 9110, 10.2.3); nullopt without a usable one.
std::optional<std::chrono::milliseconds> retry_after(const std::vector<std::string>& headers, std::chrono::system_clock::time_point now);

}  // namespace tidegate::notify_webhook
