// SPDX-License-Identifier: Apache-2.0
//
// Folder: a Prisma migrations folder as it was when it was read, so that what was checked is what is run. Contents are
// kept up to a limit, so a long history does not stay in memory; beyond it a file is read again and has to be the same.
// Owned by one stage; one thread at a time (but see begin_refresh).
#pragma once
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <tidegate/result.hpp>
#include <vector>

namespace tidegate::migrations {

struct Migration {
  std::string name;       ///< of its folder
  bool has_file = false;  ///< migration.sql can be read
  std::string problem;    ///< why not, when it is there
  std::string checksum;   ///< of the bytes
  std::optional<std::string> text;  ///< the bytes, when the folder keeps them
};

class Folder {
 public:
  explicit Folder(std::string path);
  ~Folder();
  Folder(Folder&&) noexcept;
  Folder& operator=(Folder&&) noexcept;

  /// Reads the folder. A class config error when there is no such folder or migration_lock.toml names another provider
  /// (P3019).
  sdk::Result<void> refresh();
  /// The same with the folder being listed and its files read on a thread of its own, which ends before the future does.
  /// Until then nothing else of this object may be used.
  sdk::Result<std::future<sdk::Result<void>>> begin_refresh();
  /// Every direct subfolder, in byte order; links are not followed, as Prisma does not.
  [[nodiscard]] const std::vector<Migration>& migrations() const { return migrations_; }
  [[nodiscard]] const Migration* find(std::string_view name) const;
  /// The bytes behind `checksum`; an error when they were not kept and the file is another by now.
  sdk::Result<std::string> text(const Migration& migration) const;
  /// The bytes of the down.sql beside a migration, read anew; an error of class not_found when there is none.
  [[nodiscard]] sdk::Result<std::string> down_text(std::string_view name) const;
  /// The file as errors name it: relative to the working folder when it is below.
  [[nodiscard]] std::string file(std::string_view name) const;
  [[nodiscard]] std::string down_file(std::string_view name) const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  sdk::Result<void> check_lock_file(int folder) const;
  [[nodiscard]] sdk::Result<std::vector<std::string>> subfolders(int folder) const;
  void read_files(int folder, std::vector<std::string> names);
  std::string path_, shown_;
  std::vector<Migration> migrations_;
};

}  // namespace tidegate::migrations
