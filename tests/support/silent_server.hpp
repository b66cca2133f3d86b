// SPDX-License-Identifier: Apache-2.0
//
// A server that accepts connections and never says a word: what a hung database or a wrong port looks like. Also a
// port that nobody listens on. Any thread.
#pragma once

namespace tidegate::test {

class SilentServer {
 public:
  SilentServer();
  ~SilentServer();
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  [[nodiscard]] int port() const { return port_; }

 private:
  int listener_ = -1;
  int port_ = 0;
};

/// A loopback port that refuses connections as long as this object lives: bound, not listened on.
class ClosedPort {
 public:
  ClosedPort();
  ~ClosedPort();
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;
  [[nodiscard]] int port() const { return port_; }

 private:
  int socket_ = -1;
  int port_ = 0;
};

}  // namespace tidegate::test
