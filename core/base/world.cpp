// SPDX-License-Identifier: Apache-2.0
#include "base/world.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace tidegate::base {

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
  };
}

Result<std::string> read_file(const std::string& path) {
  const auto failure = [&](int number) {
    return Error{number == ENOENT || number == ENOTDIR ? Status::not_found : Status::failed, path + ": " + std::strerror(number), {}, path};
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failure(errno);
  struct stat info {};
  std::string out;
  if (::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    ::close(fd);
    return failure(EISDIR);
  }
  out.resize(info.st_size > 0 ? static_cast<std::size_t>(info.st_size) + 1 : 4096);  // one more, to see the end at once
  std::size_t used = 0;
  for (;;) {
    const ssize_t got = ::read(fd, out.data() + used, out.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int number = errno;
      ::close(fd);
      return failure(number);
    }
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used == out.size()) out.resize(out.size() * 2);
  }
  ::close(fd);
  out.resize(used);
  return out;
}

std::int64_t Deadline::remaining_ms() const {
  if (never()) return std::numeric_limits<std::int64_t>::max();
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(at_ - Clock::now()).count();
  return std::max<std::int64_t>(left, 0);
}

}  // namespace tidegate::base
