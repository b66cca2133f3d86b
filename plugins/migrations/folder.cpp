// SPDX-License-Identifier: Apache-2.0
#include "migrations/folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "migrations/checksum.hpp"
#include "migrations/lock_file.hpp"

namespace tidegate::migrations {
namespace {

using sdk::Error;
using sdk::Result;
using sdk::Status;

constexpr const char* kFile = "/migration.sql";
constexpr const char* kDownFile = "/down.sql";
// What is kept of the texts, since those that are pending are asked for next.
constexpr std::size_t kKeep = 1024 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// Reads whole files into a buffer that is used again, until there is no more: file systems of networks and of user space
/// may give a part at a time, and half a migration is none.
class FileReader {
 public:
  /// The bytes, valid until the next call; nullopt with errno.
  std::optional<std::string_view> read(int folder, const char* name) {
    const Descriptor file(::openat(folder, name, O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return std::nullopt;
    for (std::size_t have = 0;;) {
      const ssize_t got = ::read(file.get(), buffer_.data() + have, buffer_.size() - have);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::nullopt;
      if (got == 0) return std::string_view(buffer_.data(), have);
      have += static_cast<std::size_t>(got);
      if (have == buffer_.size()) buffer_.resize(buffer_.size() * 4);
    }
  }

 private:
  std::vector<char> buffer_ = std::vector<char>(16 * 1024);
};

std::string below_working_folder(const std::string& path) {
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  if (error) return path;
  const auto relative = std::filesystem::path(path).lexically_relative(here);
  return relative.empty() || *relative.begin() == ".." ? path : relative.string();
}

}  // namespace

Folder::Folder(std::string path) : path_(std::move(path)), shown_(below_working_folder(path_)) {
  while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
  while (shown_.size() > 1 && shown_.ends_with('/')) shown_.pop_back();
}
Folder::~Folder() = default;
Folder::Folder(Folder&&) noexcept = default;
Folder& Folder::operator=(Folder&&) noexcept = default;

std::string Folder::file(std::string_view name) const {
  return shown_ + "/" + std::string(name) + kFile;
}

std::string Folder::down_file(std::string_view name) const {
  return shown_ + "/" + std::string(name) + kDownFile;
}

Result<std::string> Folder::down_text(std::string_view name) const {
  FileReader reader;
  if (const auto text = reader.read(AT_FDCWD, (path_ + "/" + std::string(name) + kDownFile).c_str())) return std::string(*text);
  if (errno == ENOENT || errno == ENOTDIR) return Error{Status::not_found, "there is no " + down_file(name)};
  return Error{Status::config, std::string("it cannot be read: ") + std::strerror(errno), "", down_file(name)};
}

const Migration* Folder::find(std::string_view name) const {
  const auto found =
      std::lower_bound(migrations_.begin(), migrations_.end(), name, [](const Migration& m, std::string_view n) { return m.name < n; });
  return found != migrations_.end() && found->name == name ? &*found : nullptr;
}

Result<void> Folder::check_lock_file(int folder) const {
  FileReader reader;
  const auto text = reader.read(folder, "migration_lock.toml");
  if (!text) {
    if (errno == ENOENT) return {};
    return Error{Status::config, std::string("migration_lock.toml cannot be read: ") + std::strerror(errno), "",
                 shown_ + "/migration_lock.toml"};
  }
  const auto provider = lock_file_provider(*text);
  if (provider == "postgresql") return {};
  return Error{Status::config,
               "the migrations were made for provider \"" + provider.value_or("<PROVIDER NOT FOUND>") + "\", not \"postgresql\" (P3019)",
               "the file must have the line: provider = \"postgresql\"", shown_ + "/migration_lock.toml"};
}

Result<void> Folder::refresh() {
  auto reading = begin_refresh();
  if (!reading) return reading.error();
  return reading->get();
}

Result<std::future<Result<void>>> Folder::begin_refresh() {
  auto folder = std::make_unique<Descriptor>(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder->get() < 0) {
    return Error{Status::config, "the migrations folder " + shown_ + " cannot be opened: " + std::strerror(errno),
                 "say where it is: --set migrations=DIR, or `migrations` under [with] in the pipeline"};
  }
  if (auto lock = check_lock_file(folder->get()); !lock) return lock.error();
  // The default policy: without a thread to be had, the files are read when the future is asked.
  return std::async([this, folder = std::move(folder)]() -> Result<void> {
    auto names = subfolders(folder->get());
    if (!names) return names.error();
    read_files(folder->get(), std::move(*names));
    return {};
  });
}

/// In byte order.
Result<std::vector<std::string>> Folder::subfolders(int folder) const {
  std::vector<std::string> names;
  const int listing = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* dir = listing < 0 ? nullptr : ::fdopendir(listing);
  if (dir == nullptr) return Error{Status::config, "the migrations folder " + shown_ + " cannot be listed: " + std::strerror(errno)};
  while (const dirent* entry = ::readdir(dir)) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    bool is_folder = entry->d_type == DT_DIR;
    if (entry->d_type == DT_UNKNOWN) {
      struct stat s {};
      is_folder = ::fstatat(folder, entry->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(s.st_mode);
    }
    if (is_folder) names.emplace_back(name);
  }
  ::closedir(dir);
  std::sort(names.begin(), names.end());
  return names;
}

void Folder::read_files(int folder, std::vector<std::string> names) {
  migrations_.clear();
  migrations_.reserve(names.size());
  FileReader reader;
  std::string relative;
  std::size_t kept = 0;
  for (auto& name : names) {
    relative.assign(name).append(kFile);
    Migration& m = migrations_.emplace_back();
    m.name = std::move(name);
    const auto text = reader.read(folder, relative.c_str());
    if (!text) {
      if (errno != ENOENT) m.problem = std::strerror(errno);
      continue;
    }
    m.has_file = true;
    m.checksum = checksum(*text);
    if (kept + text->size() <= kKeep) m.text = *text, kept += text->size();
  }
}

Result<std::string> Folder::text(const Migration& migration) const {
  if (migration.text) return *migration.text;
  FileReader reader;
  const auto text = reader.read(AT_FDCWD, (path_ + "/" + migration.name + kFile).c_str());
  if (!text) {
    return Error{Status::config, "migration.sql cannot be read (P3015): " + std::string(std::strerror(errno)), "", file(migration.name)};
  }
  if (checksum(*text) != migration.checksum) {
    return Error{Status::config, "the migration was changed while this run was looking at it", "run again", file(migration.name)};
  }
  return std::string(*text);
}

}  // namespace tidegate::migrations
