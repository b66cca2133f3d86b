// SPDX-License-Identifier: Apache-2.0
#include "worker/link.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

namespace tidegate::worker {
namespace {

std::string too_large(const std::string& what, std::uint64_t size) {
  return what + " has " + std::to_string(size) + " bytes, more than the " + std::to_string(kMostInFrame >> 20U) +
         " MiB that may be sent at once";
}

}  // namespace

void Link::start(std::function<void()> cancel) {
  cancel_ = std::move(cancel);
  std::thread([this] { read(); }).detach();
}

void Link::read() {
  Frames frames;
  std::array<char, 64 * 1024> buffer;
  for (;;) {
    const auto got = ::read(fd_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) ::_exit(0);  // nobody is left to answer to
    frames.add({buffer.data(), static_cast<std::size_t>(got)});
    while (auto frame = frames.next()) take(*std::move(frame));
    if (frames.malformed()) fatal("what it read from the host is no frame");
  }
}

void Link::take(Frame frame) {
  const std::lock_guard lock(mutex_);
  switch (frame.type) {
    case FrameType::request:
      requests_.push_back(std::move(frame));
      break;
    case FrameType::cancel:
      if (frame.id != request_ || request_ == 0 || cancelled_) return;
      cancelled_ = true;
      cancelling_ = std::thread(cancel_);  // one that hangs must not keep answers from their callers
      break;
    case FrameType::piece:
    case FrameType::answer:
      if (const auto waiting = calls_.find(frame.id); waiting != calls_.end()) waiting->second.push_back(std::move(frame));
      break;
    case FrameType::call:
    case FrameType::tell:
    case FrameType::fatal:
      return;
  }
  changed_.notify_all();
}

Frame Link::next_request() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !requests_.empty(); });
  auto out = std::move(requests_.front());
  requests_.pop_front();
  request_ = out.id;
  cancelled_ = false;
  return out;
}

void Link::begin(std::int64_t left_ms) {
  constexpr std::int64_t kLongest = 365LL * 24 * 3'600'000;  // keeps the sum with the clock within its range
  const std::lock_guard lock(mutex_);
  deadline_ = left_ms > kLongest ? base::Deadline{} : base::Deadline::in(std::chrono::milliseconds(left_ms));
}

void Link::answer(std::uint32_t request, const Writer& payload) {
  std::thread cancelling;
  {
    const std::lock_guard lock(mutex_);
    request_ = 0;
    deadline_ = base::Deadline{};
    cancelling.swap(cancelling_);
  }
  if (cancelling.joinable()) cancelling.join();
  if (!payload.fits()) fatal(too_large("its answer", payload.size()));
  send(FrameType::answer, request, payload.bytes());
}

std::string Link::payload_of(Function function, const Writer& arguments) {
  if (arguments.size() > kMostInFrame - 2) fatal(too_large("what it gave to a service of the host", arguments.size()));
  Writer head;
  head.u8(static_cast<std::uint8_t>(function)).u8(on_stage_thread() ? 1 : 0);
  return head.bytes() + arguments.bytes();
}

std::string Link::call(Function function, const Writer& arguments, const OnPiece& piece) {
  const auto payload = payload_of(function, arguments);
  std::unique_lock lock(mutex_);
  const auto id = ++last_call_;
  auto& frames = calls_[id];
  lock.unlock();
  send(FrameType::call, id, payload);
  for (;;) {
    lock.lock();
    changed_.wait(lock, [&] { return !frames.empty(); });
    auto frame = std::move(frames.front());
    frames.pop_front();
    if (frame.type == FrameType::answer) {
      calls_.erase(id);
      return std::move(frame.payload);
    }
    lock.unlock();
    if (piece) piece(Reader(frame.payload));
  }
}

void Link::tell(Function function, const Writer& arguments) {
  send(FrameType::tell, 0, payload_of(function, arguments));
}

void Link::fatal(const std::string& why) {
  send(FrameType::fatal, 0, why);
  ::_exit(1);
}

void Link::send(FrameType type, std::uint32_t id, std::string_view payload) {
  const auto frame = encode(type, id, payload);
  const std::lock_guard lock(writing_);
  for (std::size_t done = 0; done < frame.size();) {
    const auto wrote = ::send(fd_, frame.data() + done, frame.size() - done, MSG_NOSIGNAL);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) ::_exit(1);
    done += static_cast<std::size_t>(wrote);
  }
}

bool Link::cancelled() {
  const std::lock_guard lock(mutex_);
  return cancelled_ || deadline_.over();
}

std::int64_t Link::remaining_ms() {
  const std::lock_guard lock(mutex_);
  return deadline_.remaining_ms();
}

bool Link::wait(std::int64_t ms) {
  constexpr std::int64_t kLongest = 365LL * 24 * 3'600'000;
  std::unique_lock lock(mutex_);
  const auto span = std::min({std::max<std::int64_t>(ms, 0), deadline_.remaining_ms(), kLongest});
  return changed_.wait_for(lock, std::chrono::milliseconds(span), [this] { return cancelled_; }) || deadline_.over();
}

}  // namespace tidegate::worker
