// SPDX-License-Identifier: Apache-2.0
//
// The HTTP client behind tidegate.http/1: one request, with retries, that never outlives its deadline and ends at once
// when the run is interrupted. TLS is always checked, redirects are never followed, and neither URL nor headers get into
// a message, since both carry secrets. Stateless: any thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/world.hpp"
#include "services/interruption.hpp"

namespace tidegate::services::http {

struct Request {
  std::string method = "GET", url, body;
  std::vector<std::string> headers;  ///< "Name: value"
  std::chrono::milliseconds try_timeout{10'000};
  std::uint32_t attempts = 1;
  std::size_t max_body = 1024 * 1024;  ///< of the answer; the rest is not read
  base::Deadline deadline;             ///< of all tries and the waits between them
  std::chrono::milliseconds first_backoff{500};
};

struct Response {
  std::int32_t code = 0;
  std::uint32_t attempts = 0;
  std::vector<std::string> headers;
  std::string body;
};

/// Any answer, whatever its code. Errors: config (the request cannot be sent as it is), unavailable (nobody answered in
/// the time of a try), failed (TLS or protocol), deadline, cancelled.
base::Result<Response> send(const Request& request, const Interruption& interruption);

}  // namespace tidegate::services::http
