// SPDX-License-Identifier: Apache-2.0
//
// A real PgBouncer in front of the shared test server, on a Unix socket of its own; gone with its object. Failures throw.
// Main thread.
#pragma once
#include <memory>
#include <string>

#include "support/files.hpp"
#include "support/process.hpp"

namespace tidegate::test {

class PgBouncer {
 public:
  struct Options {
    std::string mode = "transaction";  ///< pool_mode
    int pool = 4;                      ///< backends at most, for each database
    bool round_robin = false;          ///< the backend that was longest idle is the next; otherwise the one that was used last
  };
  explicit PgBouncer(const Options& options);
  [[nodiscard]] std::string url(const std::string& database) const;

 private:
  TempDir folder_;
  std::unique_ptr<Process> process_;
};

}  // namespace tidegate::test
