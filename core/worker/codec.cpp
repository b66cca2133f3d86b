// SPDX-License-Identifier: Apache-2.0
#include "worker/codec.hpp"

#include <bit>
#include <utility>

namespace tidegate::worker {
namespace {

constexpr std::size_t kHead = 4 + 1 + 4;  // length of what follows it, type, id
constexpr std::size_t kHeadInLength = kHead - 4;

template <class T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
}

template <class T>
T get(std::string_view bytes) {
  T out = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    out = static_cast<T>(out | static_cast<T>(static_cast<T>(static_cast<unsigned char>(bytes[i])) << (8 * i)));
  return out;
}

}  // namespace

Writer& Writer::u8(std::uint8_t value) {
  out_ += static_cast<char>(value);
  return *this;
}

Writer& Writer::u32(std::uint32_t value) {
  put(out_, value);
  return *this;
}

Writer& Writer::u64(std::uint64_t value) {
  put(out_, value);
  return *this;
}

Writer& Writer::real(double value) {
  return u64(std::bit_cast<std::uint64_t>(value));
}

Writer& Writer::text(std::string_view value) {
  u64(value.size());
  if (value.size() > kMostInFrame)
    left_out_ += value.size();  // a copy might be one too many
  else
    out_ += value;
  return *this;
}

Writer& Writer::error(const base::Error& value) {
  i32(static_cast<std::int32_t>(value.code)).text(value.message).text(value.hint).text(value.file).u32(value.line).u32(value.column);
  return text(value.sqlstate).text(value.detail).text(value.relation).text(value.constraint);
}

std::string_view Reader::take(std::size_t size) {
  ok_ = ok_ && size <= rest_.size();
  if (!ok_) return {};
  const auto out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

std::uint8_t Reader::u8() {
  return get<std::uint8_t>(take(1));
}
std::uint32_t Reader::u32() {
  return get<std::uint32_t>(take(4));
}
std::uint64_t Reader::u64() {
  return get<std::uint64_t>(take(8));
}
double Reader::real() {
  return std::bit_cast<double>(u64());
}
std::string_view Reader::text() {
  return take(u64());
}

base::Error Reader::error() {
  base::Error out;
  const auto code = i32();
  ok_ = ok_ && code >= TG_OK && code <= TG_E_INTERNAL;
  out.code = ok_ ? static_cast<base::Status>(code) : base::Status::internal;
  out.message = text();
  out.hint = text();
  out.file = text();
  out.line = u32();
  out.column = u32();
  out.sqlstate = text();
  out.detail = text();
  out.relation = text();
  out.constraint = text();
  return out;
}

std::string encode(FrameType type, std::uint32_t id, std::string_view payload) {
  std::string out;
  out.reserve(kHead + payload.size());
  put(out, static_cast<std::uint32_t>(kHeadInLength + payload.size()));
  out += static_cast<char>(type);
  put(out, id);
  out += payload;
  return out;
}

void Frames::add(std::string_view bytes) {
  if (malformed_) return;
  bytes_.erase(0, std::exchange(begin_, 0));
  bytes_ += bytes;
}

std::optional<Frame> Frames::next() {
  const auto rest = std::string_view(bytes_).substr(begin_);
  if (malformed_ || rest.size() < 4) return std::nullopt;
  const auto length = get<std::uint32_t>(rest.substr(0, 4));
  malformed_ = length < kHeadInLength || length > kHeadInLength + kMostInFrame;
  if (!malformed_ && rest.size() > 4) {
    const auto type = static_cast<std::uint8_t>(rest[4]);
    malformed_ = type < static_cast<std::uint8_t>(FrameType::request) || type > static_cast<std::uint8_t>(FrameType::fatal);
  }
  if (malformed_ || rest.size() < 4 + length) return std::nullopt;
  begin_ += 4 + length;
  return Frame{static_cast<FrameType>(rest[4]), get<std::uint32_t>(rest.substr(5, 4)),
               std::string(rest.substr(kHead, length - kHeadInLength))};
}

}  // namespace tidegate::worker
