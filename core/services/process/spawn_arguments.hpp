// SPDX-License-Identifier: Apache-2.0
//
// posix_spawn's two argument objects, with an owner: who starts a program. Any thread.
#pragma once
#include <spawn.h>

namespace tidegate::services::process {

struct SpawnArguments {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  SpawnArguments() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnArguments() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnArguments(const SpawnArguments&) = delete;
  SpawnArguments& operator=(const SpawnArguments&) = delete;
};

}  // namespace tidegate::services::process
