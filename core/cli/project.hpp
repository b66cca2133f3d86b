// SPDX-License-Identifier: Apache-2.0
//
// What `tidegate init` finds in a folder: where the migrations are, what deploys the project, and the lines that would
// have to change so that a deploy runs tidegate. Reads files and writes none; main thread.
#pragma once
#include <string>
#include <vector>

namespace tidegate::cli {

/// One thing that was recognised.
struct Find {
  std::string what;  ///< "prisma", "package", "vercel", "netlify", "docker", "github"
  std::string path;  ///< relative to the folder
};

/// A line of a file to change; with line 0: something to add to it.
struct Change {
  std::string file;
  std::size_t line = 0;
  std::string from, to;
  std::string why;
};

struct Project {
  std::string name;
  std::vector<Find> found;
  std::vector<std::string> migrations;  ///< folders with a migration_lock.toml
  std::vector<Change> changes;
  [[nodiscard]] bool has(std::string_view what) const;
};

Project look_at(const std::string& folder);

/// The text of tidegate.toml: `extends` is the bundled pipeline to start from.
std::string pipeline_text(const Project& project, const std::string& extends);

}  // namespace tidegate::cli
