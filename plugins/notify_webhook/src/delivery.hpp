// SPDX-License-Identifier: Apache-2.0
//
// Delivers one message: tries, waits, tries again. Every try is signed anew, since receivers refuse old timestamps; the
// message id stays, since receivers tell repetitions by it. The world (HTTP, clock, sleep) is behind functions. One
// thread at a time.
#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <tidegate/retries.hpp>
#include <vector>

namespace tidegate::notify_webhook {

struct World {
  std::function<sdk::Result<sdk::HttpResponse>(const sdk::HttpRequest&)> send;
  sdk::Waiting waiting;
  std::function<std::chrono::system_clock::time_point()> now = [] { return std::chrono::system_clock::now(); };
};

struct Target {
  std::string url;
  std::string key;  ///< empty: not signed
  std::vector<std::string> headers;
  std::int64_t timeout_ms = 10'000;  ///< of one try
  std::uint32_t attempts = 3;
};

/// The error says what the receiver answered, never where it is.
sdk::Result<void> deliver(const World& world, const Target& target, const std::string& id, const std::string& body);

}  // namespace tidegate::notify_webhook
