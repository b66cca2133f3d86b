// SPDX-License-Identifier: Apache-2.0
//
// Waiting for the outcome after a platform was asked to go back. Stateless; stage thread.
#pragma once
#include <functional>
#include <string>
#include <tidegate/services.hpp>

namespace tidegate::deployment {

struct Watch {
  std::string platform;  ///< "Netlify"
  std::string to;        ///< what is to be served again
  std::string hint;      ///< how to see what became of it
  std::int64_t wait_ms = 180'000, every_ms = 2'000;
};
/// From the settings wait and every.
Watch watch_in_settings(const sdk::Host& host, std::string platform, std::string to, std::string hint);

struct Seen {
  bool done = false;
  std::string words;  ///< how far it is
};

/// Looks until it is done, or cannot be any more: an error of `look` ends it, unless the platform is unavailable for now.
sdk::Result<void> watch(const sdk::Host& host, const Watch& on, const std::function<sdk::Result<Seen>()>& look);

}  // namespace tidegate::deployment
