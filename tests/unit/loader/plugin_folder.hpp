// SPDX-License-Identifier: Apache-2.0
//
// A private folder to put copies of fixture plugins into; gone at the end of the test.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

namespace tidegate::loader {

class PluginFolder : public testing::Test {
 protected:
  PluginFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidegate-loader-XXXXXX").string();
    // The canonical name: messages have it, and the temporary folder may be reached through a link.
    folder_ = std::filesystem::canonical(mkdtemp(pattern.data())).string();
  }
  ~PluginFolder() override { std::filesystem::remove_all(folder_); }

  /// A copy of a fixture in the folder (or in one below it), writable by its owner alone.
  std::string copy(const std::string& fixture, const std::string& as = {}) {
    auto from = std::filesystem::path(FIXTURES) / (fixture + ".tidegate.so");
    if (!std::filesystem::exists(from)) from = std::filesystem::path(FIXTURES) / "bad" / (fixture + ".tidegate.so");
    const auto to = std::filesystem::path(folder_) / ((as.empty() ? fixture : as) + ".tidegate.so");
    std::filesystem::create_directories(to.parent_path());
    chmod(to.parent_path().c_str(), 0755);
    std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
    chmod(to.c_str(), 0644);
    return to.string();
  }

  std::string folder_;
};

}  // namespace tidegate::loader
