// SPDX-License-Identifier: Apache-2.0
//
// A proxy in front of the test server that reads PostgreSQL's protocol along: counts round trips, records statements,
// and breaks the connection the ways a network does. Its own thread serves; every member may be called from any thread.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tidegate::test {

class WireProxy {
 public:
  struct Counts {
    int connections = 0;                  ///< sessions that got to their startup message
    int cancels = 0;                      ///< cancel requests
    int queries = 0;                      ///< simple-query messages, 'Q'
    int syncs = 0;                        ///< 'S', the ends of extended-protocol messages
    std::uint64_t sent = 0;               ///< bytes by clients
    std::uint64_t received = 0;           ///< bytes to clients
    std::map<char, int> messages;         ///< by type, after the startup
    std::vector<std::string> statements;  ///< texts of 'Q' and 'P', in order
    [[nodiscard]] int round_trips() const { return queries + syncs; }
  };

  /// In front of the shared test server.
  WireProxy();
  /// In front of the server whose Unix socket this is (…/.s.PGSQL.5432).
  explicit WireProxy(const std::string& socket_path);
  ~WireProxy();
  WireProxy(const WireProxy&) = delete;
  WireProxy& operator=(const WireProxy&) = delete;

  [[nodiscard]] int port() const;
  [[nodiscard]] std::string url(const std::string& database, const std::string& user = "postgres") const;
  [[nodiscard]] Counts counts() const;
  void reset_counts();
  /// Ends every connection now, as a restarted balancer does.
  void cut();
  /// The connection is cut when the n-th round trip from now begins (1: the next): before the server sees it, or right
  /// after it was passed on, so that the answer is lost.
  void cut_at(int round_trip, bool after_passing_on = false);
  /// Likewise, but this is called instead, on the proxy's thread, before the message is passed on or right after it.
  void call_at(int round_trip, bool after_passing_on, std::function<void()> what);
  /// Ends every connection once so many bytes from now have passed, both ways together: in the middle of a message, too.
  void cut_after_bytes(std::uint64_t bytes);
  /// Nothing is passed on any more, and nothing is closed: a black hole. False: on again.
  void freeze(bool frozen = true);
  /// Answers are held back, questions still go through.
  void hold_answers(bool held = true);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::test
