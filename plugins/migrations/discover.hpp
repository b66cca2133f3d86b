// SPDX-License-Identifier: Apache-2.0
//
// Where a project keeps its Prisma migrations when nobody says. Reads a few small files; any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <tidegate/result.hpp>

namespace tidegate::migrations {

/// The literal `path` of `migrations` in the text of a prisma.config file; nullopt when there is none.
std::optional<std::string> path_in_config(std::string_view source);

/// The folder for a project: a literal path in prisma.config.*, prisma/migrations, prisma/schema/migrations. The error
/// (class config) names all places that were tried.
sdk::Result<std::string> find_folder(const std::string& project);

/// What the setting `migrations` says; where it says nothing, the folder for the project in the working folder.
sdk::Result<std::string> configured_folder(std::string setting);

}  // namespace tidegate::migrations
