// SPDX-License-Identifier: Apache-2.0
//
// Files for tests: a temporary folder that goes with its object, whole-file reading and writing. Failures throw, which
// GoogleTest reports as the test's failure. Any thread.
#pragma once
#include <string>
#include <string_view>

namespace tidegate::test {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The path of something in it: dir / "a/b.sql".
  [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

/// Makes the folders on the way.
void write_file(const std::string& path, std::string_view bytes);
std::string file_text(const std::string& path);

}  // namespace tidegate::test
