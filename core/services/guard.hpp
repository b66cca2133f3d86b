// SPDX-License-Identifier: Apache-2.0
//
// The C boundary of the service tables: nothing thrown behind one gets out. Stateless: any thread.
#pragma once
#include <exception>
#include <string>
#include <utility>

#include "services/host.hpp"

namespace tidegate::services {

/// Runs the body of a table's function; an exception (out of memory, as a rule) becomes TG_E_INTERNAL and, where
/// there is a report, words.
template <class Body>
tg_status guarded(tg_report* report, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const std::exception& e) {
    try {
      report_error(report, base::Error{base::Status::internal, std::string("a service of the host failed: ") + e.what(),
                                       "this is a bug in tidegate; please report it"});
    } catch (...) {  // out of memory while saying so: the status still says it
    }
  } catch (...) {
  }
  return TG_E_INTERNAL;
}

/// The same for functions that give no status.
template <class Body>
void guarded_void(Body&& body) noexcept {
  try {
    std::forward<Body>(body)();
  } catch (...) {  // a log line or progress mark is lost, the stage's work is not
  }
}

/// Tells the reader of the log, not the plugin's user, that a plugin broke its contract.
void log_plugin_bug(const Host& host, const std::string& what);

}  // namespace tidegate::services
