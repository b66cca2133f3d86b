// SPDX-License-Identifier: Apache-2.0
//
// Child: the worker's process as the host sees it: started with nothing of the host but a socket, what it prints, and a
// few variables; killed with its group, at the latest on destruction. Main thread.
#pragma once
#include <sys/types.h>

#include <memory>
#include <string>

#include "base/error.hpp"

namespace tidegate::worker {

class Child {
 public:
  static base::Result<std::unique_ptr<Child>> start(const std::string& program);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] int socket() const { return socket_; }  ///< non-blocking
  [[nodiscard]] int output() const { return output_; }  ///< what it prints, non-blocking
  [[nodiscard]] int pidfd() const { return pidfd_; }    ///< readable once it has ended; -1 on a kernel without
  [[nodiscard]] bool ended() const;
  /// Kills the group and waits for the process.
  void kill();
  /// Of a process that has ended or was killed: "was ended by signal 11 (Segmentation fault)".
  std::string how_it_ended();

 private:
  Child(pid_t pid, int socket, int output);
  const pid_t pid_;
  const int socket_, output_, pidfd_;
  bool reaped_ = false;
  int status_ = 0;
};

}  // namespace tidegate::worker
