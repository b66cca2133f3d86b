// SPDX-License-Identifier: Apache-2.0
//
// The guardian: a process between the owner and its PostgreSQL server, in a session of its own, so that neither Ctrl-C
// nor the owner's sudden death leaves a server or a folder behind. Internal to scratch; forked by Server::start.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

namespace tidegate::scratch {

/// Everything the guardian needs, made before the fork.
struct Guard {
  std::string folder;                 ///< owned by `user`; data, log and socket are in it
  std::vector<std::string> initdb;    ///< argv
  std::vector<std::string> postgres;  ///< argv
  std::vector<std::string> environment;
  std::vector<std::string> hba;
  bool change_user = false;
  uid_t user = 0;
  gid_t group = 0;
};

/// What the guardian writes to its lifeline once: kReady, or kFailed and the reason.
inline constexpr char kReady = 'R';
inline constexpr char kFailed = 'F';

/// Never returns. `lifeline` is one end of a socket pair whose other end only the owner has.
[[noreturn]] void guard(const Guard& task, int lifeline) noexcept;

}  // namespace tidegate::scratch
