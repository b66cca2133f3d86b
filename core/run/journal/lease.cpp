// SPDX-License-Identifier: Apache-2.0
#include "run/journal/lease.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

#include "base/text.hpp"
#include "run/journal/rows.hpp"
#include "run/journal/schema.hpp"
#include "run/journal/takeover.hpp"

namespace tidegate::run {
namespace {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;
using services::db::Session;

constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{1'000};
// A killed client's session ends by itself within the check interval that the host sets, a second.
constexpr std::chrono::milliseconds kEndsByItself{2'500};
constexpr std::chrono::milliseconds kEndsWhenTold{10'000};

Deadline step() {
  return Deadline::in(Control::kStatementLimit);
}

/// Between two looks; an error when the run was interrupted.
Result<void> pause_for(std::chrono::milliseconds pause, const LeaseWait& wait, const std::string& whom) {
  const services::Interruption nobody;
  if ((wait.interruption != nullptr ? *wait.interruption : nobody).wait_for(pause))
    return Error{Status::cancelled, "interrupted while waiting for " + whom};
  return {};
}

std::string described(const LeaseRecord& lease) {
  return lease.holder + (lease.since.empty() ? "" : ", since " + lease.since);
}

std::string named(const std::vector<LeftSession>& left) {
  std::vector<std::string> words;
  for (const auto& session : left) words.push_back(session.what + " pid " + session.pid + " (" + session.who + ")");
  return base::join_words(words);
}

}  // namespace

struct Lease::Impl : std::enable_shared_from_this<Lease::Impl> {
  const Control::Link control;
  const std::chrono::milliseconds heartbeat;
  std::string run;
  int pid = 0;
  bool recorded = false;
  std::atomic<bool> held{false};
  std::atomic<std::int64_t> fence{0};
  mutable std::mutex mutex;
  std::optional<Error> lost;

  Impl(Control::Link link, std::chrono::milliseconds every) : control(std::move(link)), heartbeat(every) {}

  /// A step on the control thread that answers with something.
  template <class T, class Ask>
  Result<T> ask(Ask what) const {
    std::optional<Result<T>> answer;
    auto called = control.call([&](Session& session) -> Result<void> {
      answer.emplace(what(session));
      if (!*answer) return answer->error();
      return {};
    });
    if (!called) return std::move(called).error();
    return std::move(*answer);
  }

  Result<void> unlock() {
    held = false;
    return control.call([](Session& session) -> Result<void> {
      auto done = rows_of(session, "SELECT pg_catalog.pg_advisory_unlock($1)", {std::to_string(kLeaseKey)}, step());
      if (!done) return std::move(done).error();
      return {};
    });
  }

  /// The error, with the lock given back.
  Error give_up(Error error) {
    (void)unlock();  // else it ends with the session
    return error;
  }

  /// Which backend this is, behind what else may answer in its name.
  Result<void> know_oneself(const OpenAnother& another) {
    auto own = ask<int>([&](Session& session) { return backend_of_its_own(session, another); });
    if (!own) return std::move(own).error();
    pid = *own;
    return {};
  }

  Result<void> lock(const LeaseWait& wait) {
    const auto begin = base::Clock::now();
    const Deadline limit(begin + wait.limit);
    std::string holder;
    for (auto pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
      std::optional<LeaseRecord> seen;
      auto taken = ask<bool>([&](Session& session) -> Result<bool> {
        auto got = rows_of(session, "SELECT pg_catalog.pg_try_advisory_lock($1)", {std::to_string(kLeaseKey)}, step());
        if (!got) return std::move(got).error();
        if (got->front()[0] == "t") return true;
        auto has = current_lease(session, step());
        if (!has) return std::move(has).error();
        seen = std::move(*has);
        return false;
      });
      if (!taken) return std::move(taken).error();
      if (*taken) return {};
      const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(base::Clock::now() - begin);
      if (seen && described(*seen) != holder) {
        holder = described(*seen);
        if (wait.on_wait) wait.on_wait(holder, waited);
      }
      const std::string whom = "the lease held by " + (holder.empty() ? "another session" : holder);
      if (limit.over())
        return Error{Status::locked, "another run holds the lease of this target: " + (holder.empty() ? "it is not seen who" : holder),
                     "waited " + base::format_duration(waited) + " (run.lock_wait); run again when it has finished"};
      const auto span = std::min<std::int64_t>(pause.count(), limit.remaining_ms());
      if (auto paused = pause_for(std::chrono::milliseconds(span), wait, whom); !paused) return paused;
    }
  }

  /// The dead holder's sessions: given the time to end by themselves, then ended, and seen gone.
  Result<void> see_gone(const LeaseWait& wait) {
    const Deadline by_themselves = Deadline::in(kEndsByItself);
    Deadline when_told;
    bool told = false;
    for (;;) {
      auto left = ask<std::vector<LeftSession>>([](Session& session) { return sessions_left(session, step()); });
      if (!left) return std::move(left).error();
      if (left->empty()) return {};
      const Error stays{Status::conflict, "the run that held the lease is gone, but sessions of it still are at work: " + named(*left),
                        "let them be ended by who may (SELECT pg_terminate_backend(pid)), then run again"};
      if (told && when_told.over()) return stays;
      if (!told && by_themselves.over()) {
        told = true;
        when_told = Deadline::in(kEndsWhenTold);
        for (const auto& session : *left) {
          auto ended = ask<bool>([&](Session& control_session) -> Result<bool> {
            auto done = end_session(control_session, session, step());
            if (done) return true;
            if (done.error().sqlstate == "42501") return false;
            return std::move(done).error();
          });
          if (!ended) return std::move(ended).error();
          if (!*ended) return stays;
        }
      }
      if (auto paused = pause_for(kFirstPause, wait, "sessions of a run that is gone: " + named(*left)); !paused) return paused;
    }
  }

  Result<LeaseTaken> settle(const LeaseRequest& request, const LeaseWait& wait) {
    LeaseTaken out;
    auto target = ask<TargetIdentity>([](Session& session) { return identify_target(session, step()); });
    if (!target) return std::move(target).error();
    out.target = std::move(*target);
    if (!request.record) {  // one that was recorded may be dead, and its sessions still at work
      auto there = ask<SchemaState>([](Session& session) { return look_at_schema(session, SchemaUse::read, step()); });
      if (there && *there == SchemaState::usable)
        if (auto gone = see_gone(wait); !gone) return std::move(gone).error();
      return out;
    }
    auto schema = ask<SchemaMade>([](Session& session) { return make_schema(session, step()); });
    if (!schema) return std::move(schema).error();
    out.warning = schema->warning;
    if (!schema->usable) return out;
    if (auto gone = see_gone(wait); !gone) return std::move(gone).error();
    auto taking = ask<Taking>([&](Session& session) { return take_row(session, out.target, request.run, request.holder, step()); });
    if (!taking) return std::move(taking).error();
    out.recorded = true;
    out.fence = taking->fence;
    out.interrupted = std::move(taking->interrupted);
    return out;
  }

  Result<void> look(Session& session) const {
    std::string sql =
        "SELECT pg_catalog.pg_backend_pid() = $1::integer AND EXISTS (SELECT FROM pg_catalog.pg_locks k WHERE k.pid = $1::integer AND " +
        lease_lock_sql("k") + ")";
    Parameters parameters{std::to_string(pid)};
    if (recorded) {
      sql += " AND EXISTS (SELECT FROM tidegate.lease WHERE fence = $2::bigint AND run = $3)";
      parameters.insert(parameters.end(), {std::to_string(fence), run});
    }
    auto rows = rows_of(session, sql, parameters, step());
    if (!rows) return std::move(rows).error();
    if (rows->front()[0] == "t") return {};
    return Error{Status::conflict, "this run does not hold the lease of the target any more",
                 "another run may be at work: nothing more is changed; run again"};
  }

  void note_loss(const Error& error) {
    const std::lock_guard lock(mutex);
    if (!lost) lost = error;
  }

  /// Looks, and does it again later; ends with the lease.
  void beat_later() {
    control.post_in(heartbeat, [weak = weak_from_this()](Session& session) -> Result<void> {
      const auto me = weak.lock();
      if (!me || !me->held) return {};
      auto seen = me->look(session);
      if (!seen)
        me->note_loss(seen.error());
      else
        me->beat_later();
      return seen;
    });
  }
};

Lease::Lease(Control& control, std::chrono::milliseconds heartbeat) : impl_(std::make_shared<Impl>(control.link(), heartbeat)) {}

Lease::~Lease() {
  (void)release();
}

Result<LeaseTaken> Lease::acquire(const LeaseRequest& request, const LeaseWait& wait) {
  auto& me = *impl_;
  if (auto known = me.know_oneself(request.another); !known) return std::move(known).error();
  if (auto locked = me.lock(wait); !locked) return std::move(locked).error();
  auto taken = me.settle(request, wait);
  if (!taken) return me.give_up(std::move(taken).error());
  me.run = request.run;
  me.recorded = taken->recorded;
  me.fence = taken->fence;
  me.held = true;
  me.beat_later();
  return taken;
}

Result<void> Lease::main_is(Session& main) {
  auto& me = *impl_;
  auto pid = backend_behind(main);
  if (!pid) return std::move(pid).error();
  if (*pid == me.pid) return behind_a_pooler(main.target());
  if (!me.recorded) return {};
  return me.control.call([&](Session& session) -> Result<void> {
    auto rows = rows_of(session,
                        "UPDATE tidegate.lease SET main_pid = $1::integer, main_backend_start = (SELECT backend_start FROM "
                        "pg_catalog.pg_stat_activity WHERE pid = $1::integer) WHERE fence = $2::bigint AND run = $3 RETURNING fence",
                        {std::to_string(*pid), std::to_string(me.fence), me.run}, step());
    if (!rows) return std::move(rows).error();
    if (rows->empty()) return Error{Status::conflict, "this run does not hold the lease of the target any more", "run again"};
    return {};
  });
}

Result<void> Lease::still_held() {
  auto& me = *impl_;
  if (auto before = lost()) return *before;
  auto seen = me.control.call([&](Session& session) { return me.look(session); });
  if (seen) return {};
  Error error = std::move(seen).error();
  if (error.code != Status::conflict) {
    error.message = "it cannot be told whether this run still holds the lease: " + error.message;
    error.hint = "nothing is changed without it; run again";
    error.code = Status::conflict;
  }
  me.note_loss(error);
  return error;
}

std::optional<Error> Lease::lost() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->lost;
}

std::int64_t Lease::fence() const {
  return impl_->fence;
}

Result<void> Lease::release() {
  auto& me = *impl_;
  if (!me.held.exchange(false)) return {};
  if (me.recorded) {
    // Committed before the lock is given back: who takes it next must not see this session as a dead holder's.
    auto cleared = me.control.call([&](Session& session) -> Result<void> {
      auto rows = rows_of(session,
                          "UPDATE tidegate.lease SET run = NULL, holder = NULL, pid = NULL, backend_start = NULL, main_pid = NULL, "
                          "main_backend_start = NULL, role = NULL, since = NULL WHERE fence = $1::bigint AND run = $2",
                          {std::to_string(me.fence), me.run}, step());
      if (!rows) return std::move(rows).error();
      return {};
    });
    if (!cleared) return cleared;  // the lock ends with the session
  }
  return me.unlock();
}

std::string holder_here(const base::Environment& variables, const std::string& runner) {
  std::array<char, 256> name{};
  const std::string host = ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != 0 ? name.data() : "an unnamed host";
  if (!runner.empty()) return runner + " job on " + host;
  for (const char* user : {"USER", "LOGNAME"})
    if (const auto value = variables(user)) return *value + " on " + host;
  return "user " + std::to_string(::getuid()) + " on " + host;
}

}  // namespace tidegate::run
