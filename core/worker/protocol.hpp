// SPDX-License-Identifier: Apache-2.0
//
// What host and worker say to each other, in the order of their payloads. Both come from one build and are installed
// together, so there are no versions. Constants: any thread.
//
// A request's payload: What, i64 milliseconds left (INT64_MAX: no deadline), then
//   create    text path, text manifest, u32 abi, text stage type, u32 n and n service ids
//   run       u32 flags, text run id, text stage id, text kind, u32 attempt
//   call      text extension, text method, text arguments
// and its answer's: i32 status, u8 1 and error if one was reported, else 0; u32 n and n findings; i32 verdict; u8 1 and
// text if there is an answer, else 0.
// A call's payload: Function, u8 1 from the stage's thread, arguments; its answer's: i32 status, values. See serve.cpp.
#pragma once
#include <chrono>
#include <cstdint>

namespace tidegate::worker {

/// Where the worker finds its end of the socket.
constexpr int kSocket = 3;

enum class What : std::uint8_t { create = 1, validate, run, call, destroy };

enum class Function : std::uint8_t {
  log = 1,
  progress,
  emit,
  rest,
  changing,
  config_get,
  config_key,
  context_get,
  context_put,
  secret,
  ask,
  http,
  process,
  scratch,
  db_open,
  db_script,
  db_query,
  db_quote,
  db_transaction,
  db_pid,
  db_version,
  db_schema,
  db_close
};

// What a worker may use. The deadline of a stage is the limit that is meant to be met; these are for what runs wild.
constexpr std::uint64_t kMemory = std::uint64_t{2} << 30U;  ///< bytes of address space
constexpr std::uint64_t kCpuSeconds = 3'600;
constexpr std::uint64_t kFiles = 1'024;
constexpr std::uint64_t kMostTold = std::uint64_t{16} << 20U;     ///< bytes that one call may log, emit and publish
constexpr std::uint64_t kMostPrinted = std::uint64_t{64} << 20U;  ///< bytes that one call may print

/// What a worker has to end by itself, after its deadline or an interruption, before it is killed. Less than the ten
/// seconds after which the host would give up.
constexpr std::chrono::seconds kGrace{5};

}  // namespace tidegate::worker
