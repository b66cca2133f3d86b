// SPDX-License-Identifier: Apache-2.0
#include "worker/session.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace tidegate::worker {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;

namespace {

constexpr std::size_t kFlushAt = 64 * 1024;
/// A worker whose reading thread does not take anything for that long is no longer one.
constexpr std::chrono::seconds kWriteLimit{5};

std::string mebibytes(std::uint64_t bytes) {
  return std::to_string(bytes >> 20U) + " MiB";
}

}  // namespace

Session::Session(const services::Host& host, std::string plugin_id, std::unique_ptr<Child> child)
    : host_(host), plugin_id_(std::move(plugin_id)), child_(std::move(child)), servant_(host, [this](const Writer& piece) {
        pieces_ += encode(FrameType::piece, call_, piece.bytes());
        if (pieces_.size() >= kFlushAt) flush_pieces();
      }) {}

Session::~Session() = default;

void Session::cancel() noexcept {
  try {
    if (const auto id = request_.load(); id != 0) send(FrameType::cancel, id, {});
  } catch (...) {  // out of memory: the deadline's grace still holds
  }
}

bool Session::send(FrameType type, std::uint32_t id, std::string_view payload) {
  return send_now(encode(type, id, payload));
}

void Session::flush_pieces() {
  send_now(std::exchange(pieces_, {}));
}

/// False once nothing can be sent any more: the loop of request() finds out why.
bool Session::send_now(std::string_view bytes) {
  const std::lock_guard lock(writing_);
  const auto limit = Deadline::in(kWriteLimit);
  while (!bytes.empty() && !broken_) {
    const auto wrote = ::send(child_->socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (wrote > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
      continue;
    }
    if (wrote < 0 && errno == EINTR) continue;
    pollfd one{child_->socket(), POLLOUT, 0};
    if (wrote == 0 || errno != EAGAIN || ::poll(&one, 1, static_cast<int>(limit.remaining_ms())) <= 0) broken_ = true;
  }
  return !broken_;
}

void Session::read_output() {
  std::array<char, 16 * 1024> piece;
  // A bounded share, so that one that prints without end does not keep the rest from being looked at.
  for (int turn = 0; turn < 16; ++turn) {
    const auto got = ::read(child_->output(), piece.data(), piece.size());
    if (got <= 0) return;
    const auto size = static_cast<std::size_t>(got);
    printed_.append(piece.data(), std::min(size, kMostKept - std::min(kMostKept, printed_.size())));
    printed_bytes_ += size;
  }
}

/// Reads what is there, all of it once nothing can follow. False at the end.
bool Session::read_socket(bool last) {
  std::array<char, 64 * 1024> piece;
  for (;;) {
    const auto got = ::recv(child_->socket(), piece.data(), piece.size(), 0);
    if (got > 0) frames_.add({piece.data(), static_cast<std::size_t>(got)});
    if (got < 0 && errno == EINTR) continue;
    if (got > 0 && last) continue;
    return got > 0 || (got < 0 && errno == EAGAIN && !last);
  }
}

void Session::drain(const std::function<void(std::string_view)>& take) {
  read_output();
  const std::string text = std::exchange(printed_, {});
  const auto bytes = std::exchange(printed_bytes_, 0);
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    if (const auto line = rest.substr(0, end); !line.empty()) take(line);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  if (bytes > text.size()) take("... " + std::to_string(bytes - text.size()) + " more bytes were written");
}

Error Session::ended(const std::string& doing, const std::string& how, Status status) {
  child_->kill();
  return {status, "plugin '" + plugin_id_ + "': its worker process " + how + ", in " + doing + " of stage '" + host_.stage_id + "'",
          status == Status::failed ? "this is a fault of the plugin: report it to its author, or take the stage out" : ""};
}

Result<std::string> Session::request(What what, const std::string& doing, const Writer& arguments, Deadline deadline,
                                     std::chrono::milliseconds grace) {
  servant_.begin_call();
  const auto id = ++last_request_;
  Writer payload;
  payload.u8(static_cast<std::uint8_t>(what)).i64(deadline.remaining_ms()).raw(arguments.bytes());
  if (!arguments.fits() || !payload.fits())
    return Error{Status::failed,
                 "stage '" + host_.stage_id + "' cannot be given " + mebibytes(arguments.size()) + " at once in a worker process"};
  if (what == What::run || what == What::call || what == What::validate) request_ = id;
  send(FrameType::request, id, payload.bytes());

  const auto& interruption = host_.shared.interruption;
  auto kill_at = deadline.never() ? Deadline{} : Deadline(deadline.at() + grace);
  bool asked = false;  // to stop, because it is time
  bool interrupted = false;
  bool at_end = false;  // of the socket
  const struct Over {
    std::atomic<std::uint32_t>& request;
    ~Over() { request = 0; }
  } over{request_};
  for (;;) {
    while (auto frame = frames_.next()) {
      if (frame->type == FrameType::answer && frame->id == id) return std::move(frame->payload);
      if (frame->type == FrameType::fatal) return ended(doing, "was ended: " + host_.shared.redactor.apply(frame->payload));
      std::optional<Writer> answer;
      if (frame->type == FrameType::call || frame->type == FrameType::tell) {
        call_ = frame->id;
        answer = servant_.answer(frame->payload);
        flush_pieces();
      }
      if (!answer) return ended(doing, "sent what it never sends, and was killed (a malformed message)");
      if (frame->type == FrameType::call) send(FrameType::answer, frame->id, answer->bytes());
      if (servant_.told() > kMostTold)
        return ended(doing, "logged and published more than " + mebibytes(kMostTold) + ", the most that one call may, and was killed");
    }
    if (frames_.malformed()) return ended(doing, "sent what it never sends, and was killed (a malformed message)");
    if (printed_bytes_ > kMostPrinted)
      return ended(doing, "printed more than " + mebibytes(kMostPrinted) + ", the most that one call may, and was killed");
    if (at_end) {
      const auto limit = Deadline::in(std::chrono::seconds(1));  // from the end of its socket to its own
      while (!child_->ended() && !limit.over()) ::usleep(200);
      read_output();
      const auto how = child_->ended() ? child_->how_it_ended() : std::string("closed its connection and was killed");
      return ended(doing, how);
    }
    if (!asked && (interruption.triggered() || deadline.over())) {
      asked = true;
      interrupted = interruption.triggered();
      if (interrupted) kill_at = Deadline::in(grace).sooner(kill_at);
      cancel();
    }
    if (kill_at.over()) {
      if (interrupted) return ended(doing, "did not end when it was interrupted, and was killed", Status::cancelled);
      return ended(doing, "did not end within " + std::to_string(grace.count()) + " ms after its deadline and was killed",
                   Status::deadline);
    }
    std::array<pollfd, 4> fds{pollfd{child_->socket(), POLLIN, 0}, pollfd{child_->output(), POLLIN, 0}, pollfd{child_->pidfd(), POLLIN, 0},
                              pollfd{asked ? -1 : interruption.fd(), POLLIN, 0}};
    auto timeout = std::min<std::int64_t>((asked ? kill_at : deadline).remaining_ms(), child_->pidfd() < 0 ? 20 : 60'000);
    if (::poll(fds.data(), fds.size(), static_cast<int>(timeout) + 1) < 0) continue;
    if (fds[1].revents != 0) read_output();
    const bool last = child_->ended() || (fds[0].revents & (POLLHUP | POLLERR)) != 0 || broken_;
    if (last || (fds[0].revents & POLLIN) != 0) at_end = !read_socket(last);
  }
}

}  // namespace tidegate::worker
