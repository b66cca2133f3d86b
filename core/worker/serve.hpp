// SPDX-License-Identifier: Apache-2.0
//
// Servant: answers a worker's calls of services with the tables that stages in the host's own process get, so that what
// a call may do, until when, and what is redacted stays with them. Owned by the stage's session with its worker; the
// thread that called into the stage.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tidegate/services.hpp>

#include "services/host.hpp"
#include "worker/codec.hpp"
#include "worker/protocol.hpp"

namespace tidegate::worker {

class Servant {
 public:
  /// `piece`: sends a part of the answer that is being made.
  Servant(const services::Host& host, std::function<void(const Writer&)> piece) : host_(host), piece_(std::move(piece)) {}
  ~Servant();
  Servant(const Servant&) = delete;
  Servant& operator=(const Servant&) = delete;

  /// The answer to a call; nullopt when the payload is none that a worker sends.
  std::optional<Writer> answer(std::string_view payload);
  /// What the worker has logged, emitted and published since the call into the stage began, in bytes.
  [[nodiscard]] std::uint64_t told() const { return told_; }
  void begin_call() { told_ = 0; }

 private:
  template <class Table>
  const Table* table(const char* id);
  bool say(Function function, Reader& in);
  bool values(Function function, Reader& in, Writer& out);
  bool ask(Reader& in, Writer& out);
  bool http(Reader& in, Writer& out);
  bool process(Reader& in, Writer& out);
  bool open(Function function, Reader& in, Writer& out);
  bool session(Function function, Reader& in, Writer& out);
  bool statement(Function function, const tg_db_v1& db, tg_db* session, Reader& in, Writer& out);
  tg_db* session_of(std::uint32_t handle);
  std::uint32_t keep(tg_db* session);

  const services::Host& host_;
  std::function<void(const Writer&)> piece_;
  std::uint64_t told_ = 0;
  std::uint32_t last_session_ = 0;
  std::map<std::uint32_t, tg_db*> sessions_;
};

}  // namespace tidegate::worker
