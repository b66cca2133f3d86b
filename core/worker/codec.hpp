// SPDX-License-Identifier: Apache-2.0
//
// How values and frames look on the socket between host and worker: fixed-width little-endian numbers, text behind its
// length, frames behind theirs. Whatever is read was written by somebody who may be broken: everything is checked, and
// reading past a mistake gives zeros. Plain values, owned by who reads or writes: one thread each.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tidegate::worker {

/// The most that a frame may hold. What is larger is refused by who would send it, and is the end of the worker when it comes.
constexpr std::size_t kMostInFrame = std::size_t{16} << 20U;

class Writer {
 public:
  Writer& u8(std::uint8_t value);
  Writer& u32(std::uint32_t value);
  Writer& i32(std::int32_t value) { return u32(static_cast<std::uint32_t>(value)); }
  Writer& u64(std::uint64_t value);
  Writer& i64(std::int64_t value) { return u64(static_cast<std::uint64_t>(value)); }
  Writer& real(double value);
  Writer& text(std::string_view value);
  Writer& error(const base::Error& value);
  /// What another one has written.
  Writer& raw(std::string_view bytes) {
    out_ += bytes;
    return *this;
  }
  [[nodiscard]] const std::string& bytes() const { return out_; }
  /// How much was written, with what was left out since it alone is more than a frame may hold.
  [[nodiscard]] std::uint64_t size() const { return out_.size() + left_out_; }
  [[nodiscard]] bool fits() const { return size() <= kMostInFrame; }

 private:
  std::string out_;
  std::uint64_t left_out_ = 0;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  std::uint8_t u8();
  std::uint32_t u32();
  std::int32_t i32() { return static_cast<std::int32_t>(u32()); }
  std::uint64_t u64();
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  double real();
  std::string_view text();  ///< lives as long as the bytes
  base::Error error();
  /// All was there so far. False stays.
  [[nodiscard]] bool ok() const { return ok_; }
  /// All was there, and nothing is left.
  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view take(std::size_t size);
  std::string_view rest_;
  bool ok_ = true;
};

enum class FrameType : std::uint8_t {
  request = 1,  ///< host to worker: do something with the stage
  cancel,       ///< host to worker: the request of that id should end soon
  call,         ///< worker to host: a service is called and its answer waited for
  tell,         ///< worker to host: a service is called that answers nothing
  piece,        ///< host to worker: a part of the answer to a call
  answer,       ///< to a request or a call
  fatal         ///< worker to host: why it ends now
};

struct Frame {
  FrameType type = FrameType::request;
  std::uint32_t id = 0;
  std::string payload;
};

/// The frame as it is sent. The payload is at most kMostInFrame.
std::string encode(FrameType type, std::uint32_t id, std::string_view payload);

/// Cuts what comes in into frames.
class Frames {
 public:
  void add(std::string_view bytes);
  /// The next whole frame; nullopt: more has to come, or what came is no frame.
  std::optional<Frame> next();
  /// What came is no frame; nothing more is read.
  [[nodiscard]] bool malformed() const { return malformed_; }

 private:
  std::string bytes_;
  std::size_t begin_ = 0;
  bool malformed_ = false;
};

}  // namespace tidegate::worker
