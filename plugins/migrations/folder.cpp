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

Stamp stamp_of(const struct stat& s) {
  return {s.st_mtim.tv_sec, s.st_mtim.tv_nsec, s.st_ino, static_cast<std::uint64_t>(s.st_size)};
}

/// The whole file into `out`, whose memory is used again; `size` is what it should have. False with errno.
bool read_all(int file, std::size_t size, std::string& out) {
  std::size_t have = 0;
  for (out.resize(size + 1);;) {  // one more, so that the first read is also the one that sees the end
    const ssize_t got = ::read(file, out.data() + have, out.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    have += static_cast<std::size_t>(got);
    if (have < out.size()) break;  // a short read of a regular file is its end
    out.resize(out.size() + 64 * 1024);
  }
  out.resize(have);
  return true;
}

bool read_all(int folder, const char* name, std::string& out) {
  const Descriptor file(::openat(folder, name, O_RDONLY | O_CLOEXEC));
  struct stat s {};
  return file.get() >= 0 && ::fstat(file.get(), &s) == 0 && read_all(file.get(), static_cast<std::size_t>(s.st_size), out);
}

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

const Migration* Folder::find(std::string_view name) const {
  const auto found =
      std::lower_bound(migrations_.begin(), migrations_.end(), name, [](const Migration& m, std::string_view n) { return m.name < n; });
  return found != migrations_.end() && found->name == name ? &*found : nullptr;
}

Result<void> Folder::check_lock_file(int folder) const {
  std::string text;
  if (!read_all(folder, "migration_lock.toml", text)) {
    if (errno == ENOENT) return {};
    return Error{Status::config, std::string("migration_lock.toml cannot be read: ") + std::strerror(errno), "",
                 shown_ + "/migration_lock.toml"};
  }
  const auto provider = lock_file_provider(text);
  if (provider == "postgresql") return {};
  return Error{Status::config,
               "the migrations were made for provider \"" + provider.value_or("<PROVIDER NOT FOUND>") + "\", not \"postgresql\" (P3019)",
               "the file must have the line: provider = \"postgresql\"", shown_ + "/migration_lock.toml"};
}

Result<void> Folder::refresh() {
  auto reading = begin_refresh();
  if (!reading) return reading.error();
  reading->get();
  return {};
}

Result<std::future<void>> Folder::begin_refresh() {
  auto folder = std::make_unique<Descriptor>(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder->get() < 0) {
    return Error{Status::config, "the migrations folder " + shown_ + " cannot be opened: " + std::strerror(errno),
                 "say where it is: --set migrations=DIR, or `migrations` under [with] in the pipeline"};
  }
  if (auto lock = check_lock_file(folder->get()); !lock) return lock.error();

  std::vector<std::string> names;
  const int listing = ::openat(folder->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* dir = listing < 0 ? nullptr : ::fdopendir(listing);
  if (dir == nullptr) return Error{Status::config, "the migrations folder " + shown_ + " cannot be listed: " + std::strerror(errno)};
  while (const dirent* entry = ::readdir(dir)) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    bool is_folder = entry->d_type == DT_DIR;
    if (entry->d_type == DT_UNKNOWN) {
      struct stat s {};
      is_folder = ::fstatat(folder->get(), entry->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(s.st_mode);
    }
    if (is_folder) names.emplace_back(name);
  }
  ::closedir(dir);
  std::sort(names.begin(), names.end());
  // The default policy: without a thread to be had, the files are read when the future is asked.
  return std::async(
      [this, folder = std::move(folder), names = std::move(names)]() mutable { read_files(folder->get(), std::move(names)); });
}

void Folder::read_files(int folder, std::vector<std::string> names) {
  auto before = std::move(migrations_);
  migrations_.clear();
  migrations_.reserve(names.size());
  std::string relative, text;
  std::size_t old = 0, kept = 0;
  for (auto& name : names) {
    relative.assign(name).append(kFile);
    while (old < before.size() && before[old].name < name) ++old;
    struct stat s {};
    if (old < before.size() && before[old].name == name && before[old].has_file && ::fstatat(folder, relative.c_str(), &s, 0) == 0 &&
        before[old].stamp == stamp_of(s)) {
      migrations_.push_back(std::move(before[old]));
      if (migrations_.back().text) kept += migrations_.back().size;
      continue;
    }
    Migration& m = migrations_.emplace_back();
    m.name = std::move(name);
    const Descriptor file(::openat(folder, relative.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0 || ::fstat(file.get(), &s) != 0 || !read_all(file.get(), static_cast<std::size_t>(s.st_size), text)) {
      if (errno != ENOENT) m.problem = std::strerror(errno);
      continue;
    }
    m.stamp = stamp_of(s);
    m.has_file = true;
    m.checksum = checksum(text);
    m.size = text.size();
    if (kept + m.size <= kKeep) m.text = text, kept += m.size;
  }
}

Result<std::string> Folder::text(const Migration& migration) const {
  const std::string name = path_ + "/" + migration.name + kFile;
  struct stat s {};
  if (migration.text && ::stat(name.c_str(), &s) == 0 && migration.stamp == stamp_of(s)) return *migration.text;
  std::string out;
  if (!read_all(AT_FDCWD, name.c_str(), out)) {
    return Error{Status::config, "migration.sql cannot be read (P3015): " + std::string(std::strerror(errno)), "", file(migration.name)};
  }
  if (checksum(out) != migration.checksum) {
    return Error{Status::config, "the migration was changed while this run was looking at it", "run again", file(migration.name)};
  }
  out.shrink_to_fit();
  return out;
}

}  // namespace tidegate::migrations
