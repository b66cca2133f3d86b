// SPDX-License-Identifier: Apache-2.0
//
// Session: one worker process and the talk with it: sends a request, serves the calls that come back until it is
// answered, and tells what became of the process when it is not. Owned by a WorkerStage; the run's main thread, except
// cancel.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/world.hpp"
#include "worker/child.hpp"
#include "worker/serve.hpp"

namespace tidegate::worker {

class Session {
 public:
  Session(const services::Host& host, std::string plugin_id, std::unique_ptr<Child> child);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// The answer's payload. An error: the process is gone, and why. `doing`: "run", for that text.
  base::Result<std::string> request(What what, const std::string& doing, const Writer& arguments, base::Deadline deadline,
                                    std::chrono::milliseconds grace = kGrace);
  /// Asks the request that is under way to end soon. Any thread.
  void cancel() noexcept;
  /// What it printed since the last time, by lines.
  void drain(const std::function<void(std::string_view line)>& take);

 private:
  bool send(FrameType type, std::uint32_t id, std::string_view payload);
  bool send_now(std::string_view bytes);
  void flush_pieces();
  void read_output();
  bool read_socket(bool last);
  base::Error ended(const std::string& doing, const std::string& how, base::Status status = base::Status::failed);

  static constexpr std::size_t kMostKept = 64 * 1024;  ///< of what one call prints, as in process

  const services::Host& host_;
  const std::string plugin_id_;
  std::unique_ptr<Child> child_;
  Servant servant_;
  Frames frames_;
  std::mutex writing_;
  std::string pieces_;                     // of the answer that is being made, on their way
  std::uint32_t call_ = 0;                 // that is being answered
  std::atomic<std::uint32_t> request_{0};  // that can be cancelled; 0: none
  std::uint32_t last_request_ = 0;
  std::string printed_;
  std::uint64_t printed_bytes_ = 0;
  std::atomic<bool> broken_{false};
};

}  // namespace tidegate::worker
