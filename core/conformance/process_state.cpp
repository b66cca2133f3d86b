// SPDX-License-Identifier: Apache-2.0
#include "conformance/process_state.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <filesystem>

namespace tidegate::conformance {
namespace {

std::string working_folder() {
  std::error_code failure;
  return std::filesystem::current_path(failure).string();
}

std::string locale() {
  const char* name = std::setlocale(LC_ALL, nullptr);
  return name == nullptr ? "" : name;
}

std::vector<std::string> environment() {
  std::vector<std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) out.emplace_back(*entry);
  return out;
}

unsigned mask_of_files() {
  const auto mask = ::umask(0);
  ::umask(mask);
  return mask;
}

std::map<int, struct sigaction> handlers() {
  std::map<int, struct sigaction> out;
  for (int number = 1; number < SIGRTMIN; ++number) {
    struct sigaction now {};
    if (::sigaction(number, nullptr, &now) == 0) out[number] = now;
  }
  return out;
}

/// Each with what it is open on.
std::map<int, std::string> descriptors() {
  std::map<int, std::string> out;
  DIR* list = ::opendir("/proc/self/fd");
  if (list == nullptr) return out;
  while (const dirent* entry = ::readdir(list)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == ::dirfd(list)) continue;
    char target[4096];
    const ssize_t size = ::readlinkat(::dirfd(list), entry->d_name, target, sizeof target);
    out[fd] = std::string(target, size > 0 ? static_cast<std::size_t>(size) : 0);
  }
  ::closedir(list);
  return out;
}

std::size_t threads() {
  std::size_t count = 0;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", failure)) count += entry.path().empty() ? 0U : 1U;
  return count;
}

}  // namespace

ProcessState::ProcessState()
    : cwd_(working_folder()),
      locale_(locale()),
      environment_(environment()),
      umask_(mask_of_files()),
      handlers_(handlers()),
      descriptors_(descriptors()),
      threads_(threads()) {
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_);
}

std::string ProcessState::surroundings_changed() const {
  if (working_folder() != cwd_) return "the working folder is " + working_folder() + " now";
  if (locale() != locale_) return "the locale is " + locale() + " now";
  if (environment() != environment_) return "the environment variables are others now";
  if (mask_of_files() != umask_) return "the umask is another now";
  for (const auto& [number, before] : handlers_) {
    struct sigaction now {};
    if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler != before.sa_handler)
      return "signal " + std::to_string(number) + " has another handler now";
  }
  sigset_t now{};
  ::pthread_sigmask(SIG_SETMASK, nullptr, &now);
  for (int number = 1; number < SIGRTMIN; ++number)
    if (sigismember(&now, number) != sigismember(&mask_, number))
      return "signal " + std::to_string(number) + " is blocked now, or no longer";
  return {};
}

std::string ProcessState::descriptors_changed() const {
  const auto now = descriptors();
  for (const auto& [fd, target] : now) {
    const auto before = descriptors_.find(fd);
    if (before == descriptors_.end()) return "descriptor " + std::to_string(fd) + " was left open on " + target;
    if (before->second != target) return "descriptor " + std::to_string(fd) + " is open on " + target + " now, not on " + before->second;
  }
  for (const auto& [fd, target] : descriptors_)
    if (!now.contains(fd)) return "descriptor " + std::to_string(fd) + ", open on " + target + ", was closed";
  return {};
}

std::size_t ProcessState::threads_more() const {
  constexpr int tries = 200;
  std::size_t now = threads();
  for (int i = 0; i < tries && now > threads_; ++i) {
    ::usleep(10'000);
    now = threads();
  }
  return now > threads_ ? now - threads_ : 0;
}

bool ProcessState::has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG) == 0 || errno != ECHILD;
}

}  // namespace tidegate::conformance
