// SPDX-License-Identifier: Apache-2.0
//
// HTTP probes: which address must answer what. The query of an address is never shown, since it may hold a secret. Pure
// but for the host that is asked: the stage's thread.
#pragma once
#include <string>
#include <string_view>
#include <tidegate/services.hpp>
#include <vector>

#include "findings.hpp"

namespace tidegate::health {

struct Probe {
  struct Expected {
    std::string pointer;  ///< RFC 6901, into the body
    std::string equals;
  };
  std::string url, contains;
  std::int64_t status = 200, timeout_ms = 10'000;
  std::vector<std::string> headers;  ///< "Name: value"
  std::vector<Expected> json;
  std::string version_pointer, version_header, version;  ///< one of the first two, and what it must be; "" = not asked
};

/// From the setting "http". The error names the probe and never its query.
sdk::Result<std::vector<Probe>> read_probes(const sdk::Host& host);

/// The address without user, query and fragment.
std::string shown_url(std::string_view url);

/// Why the answer is not what was expected, as findings.
void judge(const Probe& probe, const sdk::HttpResponse& answer, Findings& found);

/// Asks all of them, in order. The error means that the question could not be put (deadline, cancelled, a malformed
/// address); an application that does not answer is a finding.
sdk::Result<void> run_probes(const sdk::Host& host, const std::vector<Probe>& probes, Findings& found);

}  // namespace tidegate::health
