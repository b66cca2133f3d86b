// SPDX-License-Identifier: Apache-2.0
//
// Result<T>: a value or an Error, used by plugins and by every layer of the host instead of exceptions.
// Plain values without shared state: any thread.
#pragma once
#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "plugin.h"

namespace tidegate::sdk {

/// Did a call work? The numbers are the ABI's tg_status.
enum class Status : std::int32_t {
  ok = TG_OK,
  failed = TG_E_FAILED,
  config = TG_E_CONFIG,
  cancelled = TG_E_CANCELLED,
  deadline = TG_E_DEADLINE,
  unavailable = TG_E_UNAVAILABLE,
  locked = TG_E_LOCKED,
  conflict = TG_E_CONFLICT,
  denied = TG_E_DENIED,
  not_found = TG_E_NOT_FOUND,
  unsupported = TG_E_UNSUPPORTED,
  internal = TG_E_INTERNAL,
};

/// The name used in pipeline files, events and messages; "internal" for a number that is none.
constexpr std::string_view name_of(Status status) {
  constexpr std::string_view names[] = {"ok",     "failed",   "config", "cancelled", "deadline",    "unavailable",
                                        "locked", "conflict", "denied", "not_found", "unsupported", "internal"};
  const auto index = static_cast<std::size_t>(status);
  return index < std::size(names) ? names[index] : names[TG_E_INTERNAL];
}

/// What went wrong, for a person: what (message), where (file, line, column; 0 = no place), why (the server's own
/// words in sqlstate, detail, relation, constraint) and what to do (hint).
struct Error {
  Status code = Status::failed;
  std::string message;
  std::string hint = {};
  std::string file = {};
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string sqlstate = {};
  std::string detail = {};
  std::string relation = {};
  std::string constraint = {};
};

/// A T or an Error. Reading the side that is not there is a bug (checked by assert).
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] T& value() & { assert(ok()); return *std::get_if<0>(&state_); }
  [[nodiscard]] const T& value() const& { assert(ok()); return *std::get_if<0>(&state_); }
  [[nodiscard]] T&& value() && { assert(ok()); return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] Error& error() & { assert(!ok()); return *std::get_if<1>(&state_); }
  [[nodiscard]] const Error& error() const& { assert(!ok()); return *std::get_if<1>(&state_); }
  [[nodiscard]] Error&& error() && { assert(!ok()); return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}

  [[nodiscard]] bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  [[nodiscard]] Error& error() & { assert(!ok_); return error_; }
  [[nodiscard]] const Error& error() const& { assert(!ok_); return error_; }
  [[nodiscard]] Error&& error() && { assert(!ok_); return std::move(error_); }

 private:
  Error error_;
  bool ok_ = true;
};

}  // namespace tidegate::sdk
