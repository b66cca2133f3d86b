// SPDX-License-Identifier: Apache-2.0
//
// Folder: a Prisma migrations folder on disk. Reads each file once; looking again costs one stat a file. Contents
// are kept up to a limit, so a long history does not stay in memory. Owned by one stage; one thread at a time
// (but see begin_refresh).
#pragma once
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <tidegate/result.hpp>
#include <vector>

namespace tidegate::migrations {

/// By which a file is known to be the one that was read.
struct Stamp {
  std::int64_t seconds = 0, nanoseconds = 0;
  std::uint64_t inode = 0, size = 0;
  bool operator==(const Stamp&) const = default;
};

struct Migration {
  std::string name;       ///< of its folder
  bool has_file = false;  ///< migration.sql can be read
  std::string problem;    ///< why not, when it is there
  std::string checksum;   ///< of the bytes
  std::uint64_t size = 0;
  std::optional<std::string> text;  ///< the bytes, when the folder keeps them
  Stamp stamp;
};

class Folder {
 public:
  explicit Folder(std::string path);
  ~Folder();
  Folder(Folder&&) noexcept;
  Folder& operator=(Folder&&) noexcept;

  /// Reads the folder, or what changed in it since the last time. A class config error when there is no such folder or
  /// migration_lock.toml names another provider (P3019).
  sdk::Result<void> refresh();
  /// The same with the files being read on a thread of its own, which ends before the future does. Until then nothing
  /// else of this object may be used.
  sdk::Result<std::future<void>> begin_refresh();
  /// Every direct subfolder, in byte order; links are not followed, as Prisma does not.
  [[nodiscard]] const std::vector<Migration>& migrations() const { return migrations_; }
  [[nodiscard]] const Migration* find(std::string_view name) const;
  /// The bytes behind `checksum`; an error when the file is another by now.
  sdk::Result<std::string> text(const Migration& migration) const;
  /// The file as errors name it: relative to the working folder when it is below.
  [[nodiscard]] std::string file(std::string_view name) const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  sdk::Result<void> check_lock_file(int folder) const;
  void read_files(int folder, std::vector<std::string> names);
  std::string path_, shown_;
  std::vector<Migration> migrations_;
};

}  // namespace tidegate::migrations
