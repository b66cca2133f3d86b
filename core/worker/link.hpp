// SPDX-License-Identifier: Apache-2.0
//
// Link: the worker's end of the socket. A thread of its own reads; requests wait for the main thread, answers wake the
// thread that called. One a process, never destroyed: a plugin may leave by exit() while its threads still call.
#pragma once
#include <tidegate/plugin.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "base/world.hpp"
#include "worker/codec.hpp"
#include "worker/protocol.hpp"

namespace tidegate::worker {

class Link {
 public:
  using OnPiece = std::function<void(Reader)>;

  explicit Link(int fd) : fd_(fd), stage_thread_(std::this_thread::get_id()) {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Begins to read. The end of the host is the end of this process.
  void start(std::function<void()> cancel);
  /// The next request, once there is one. From then until answer() it can be cancelled, and its deadline holds.
  Frame next_request();
  void begin(std::int64_t left_ms);
  void answer(std::uint32_t request, const Writer& payload);

  /// A service of the host, and its answer. Any thread; `piece` is called on it.
  std::string call(Function function, const Writer& arguments, const OnPiece& piece = {});
  /// One that answers nothing. Any thread.
  void tell(Function function, const Writer& arguments);
  /// Ends this process; the host says why.
  [[noreturn]] void fatal(const std::string& why);

  [[nodiscard]] bool on_stage_thread() const { return std::this_thread::get_id() == stage_thread_; }
  [[nodiscard]] bool cancelled();
  [[nodiscard]] std::int64_t remaining_ms();
  /// Sleeps; true when cancelled or out of time.
  bool wait(std::int64_t ms);

 private:
  void read();
  void take(Frame frame);
  void send(FrameType type, std::uint32_t id, std::string_view payload);
  std::string payload_of(Function function, const Writer& arguments);

  const int fd_;
  const std::thread::id stage_thread_;
  std::function<void()> cancel_;
  std::mutex writing_;
  std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  std::deque<Frame> requests_;
  std::map<std::uint32_t, std::deque<Frame>> calls_;
  std::uint32_t last_call_ = 0, request_ = 0;  // 0: none
  bool cancelled_ = false;
  std::thread cancelling_;
  base::Deadline deadline_;
};

}  // namespace tidegate::worker
