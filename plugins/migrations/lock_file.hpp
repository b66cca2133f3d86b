// SPDX-License-Identifier: Apache-2.0
//
// migration_lock.toml, read by Prisma's rule: not as TOML, but by the first line that starts with "provider".
// Pure: any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::migrations {

/// The provider that the file names; nullopt when no line does.
std::optional<std::string> lock_file_provider(std::string_view text);

}  // namespace tidegate::migrations
