// SPDX-License-Identifier: Apache-2.0
#include "bench/measure.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace tidegate::bench {
namespace {

double milliseconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::string contents(int fd) {
  std::string text(static_cast<std::size_t>(lseek(fd, 0, SEEK_END)), '\0');
  if (pread(fd, text.data(), text.size(), 0) < 0) text.clear();
  return text;
}

Sample run_into(const Command& command, int output) {
  auto arguments = command.argv;
  std::vector<std::string> environment{"LANG=C.UTF-8"};
  for (const char* name : {"PATH", "HOME"}) {
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  }
  environment.insert(environment.end(), command.environment.begin(), command.environment.end());

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, output, 2);
  if (!command.folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, command.folder.c_str());

  if (command.before) command.before();
  const auto begin = std::chrono::steady_clock::now();
  pid_t pid = 0;
  const int spawned =
      posix_spawn(&pid, command.argv[0].c_str(), &actions, nullptr, pointers(arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (spawned != 0) fail(command.argv[0] + ": " + std::strerror(spawned));
  int status = 0;
  rusage usage{};
  if (wait4(pid, &status, 0, &usage) != pid) fail("wait4: " + std::string(std::strerror(errno)));
  const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - begin;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != command.expected_exit) {
    fail(command.name + " ended with status " + std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)) + ":\n" +
         contents(output));
  }
  return {wall.count(), milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime), usage.ru_maxrss};
}

int memory_file() {
  const int fd = memfd_create("output", MFD_CLOEXEC);
  if (fd < 0) fail("memfd_create: " + std::string(std::strerror(errno)));
  return fd;
}

}  // namespace

void fail(const std::string& why) {
  std::fprintf(stderr, "benchmark stopped: %s\n", why.c_str());
  std::exit(1);
}

Sample run_once(const Command& command) {
  const int output = memory_file();
  const Sample sample = run_into(command, output);
  close(output);
  return sample;
}

std::string output_of(const Command& command) {
  const int output = memory_file();
  run_into(command, output);
  auto text = contents(output);
  close(output);
  return text;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::vector<Medians> interleave(int rounds, const std::vector<Command>& commands) {
  struct Samples {
    std::vector<double> wall, cpu, peak, wall_ratio, cpu_ratio;
  };
  std::vector<Samples> all(commands.size());
  for (const auto& command : commands) run_once(command);
  for (int round = 0; round < rounds; ++round) {
    Sample first;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      const Sample sample = run_once(commands[i]);
      if (i == 0) first = sample;
      all[i].wall.push_back(sample.wall_ms);
      all[i].cpu.push_back(sample.cpu_ms);
      all[i].peak.push_back(static_cast<double>(sample.peak_kib) / 1024);
      all[i].wall_ratio.push_back(sample.wall_ms / first.wall_ms);
      all[i].cpu_ratio.push_back(first.cpu_ms > 0 ? sample.cpu_ms / first.cpu_ms : 0);
    }
  }
  std::vector<Medians> out;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    out.push_back({commands[i].name, median(all[i].wall), median(all[i].cpu), median(all[i].peak), median(all[i].wall_ratio),
                   median(all[i].cpu_ratio)});
  }
  return out;
}

void print(const std::string& title, const std::vector<Medians>& rows) {
  std::printf("\n%s\n  %-34s %10s %8s %10s %8s %10s\n", title.c_str(), "", "wall ms", "ratio", "CPU ms", "ratio", "peak MiB");
  for (const auto& row : rows) {
    std::printf("  %-34s %10.1f %7.2fx %10.1f %7.2fx %10.1f\n", row.name.c_str(), row.wall_ms, row.wall_ratio, row.cpu_ms, row.cpu_ratio,
                row.peak_mib);
  }
  std::fflush(stdout);
}

}  // namespace tidegate::bench
