// SPDX-License-Identifier: Apache-2.0
//
// From the paths of a command line to SQL files in the order of their history, each with the files before it that are not
// judged but say what there is. Reads folders, no file. Any thread.
#pragma once
#include <string>
#include <tidegate/result.hpp>
#include <vector>

namespace tidegate::safety {

/// Files that build on each other, oldest first.
struct History {
  struct File {
    std::string path;
    bool judged = true;  ///< false: asked for its consequences alone
  };
  std::vector<File> files;
};

/// A file that stands by itself is a history of one. Class not_found, naming the path, when there is no such thing.
sdk::Result<std::vector<History>> histories_of(const std::vector<std::string>& paths);

}  // namespace tidegate::safety
