// SPDX-License-Identifier: Apache-2.0
#include "migrations/executor.hpp"

#include <algorithm>
#include <limits>

#include "migrations/failure.hpp"
#include "migrations/headline.hpp"
#include "migrations/leftovers.hpp"
#include "migrations/lex.hpp"
#include "migrations/locate.hpp"
#include "migrations/resume.hpp"
#include "migrations/retry.hpp"

namespace tidegate::migrations {

using sdk::Db;
using sdk::Error;
using sdk::Result;
using sdk::Status;

namespace {

// Never for ever, even in a pipeline without a timeout.
constexpr std::int64_t kLongestWithoutTimeout = 600'000;

std::string shortened(std::string_view sql) {
  std::string out;
  for (const char c : sql.substr(0, 90)) out += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  while (first_invalid_utf8(out) != std::string_view::npos) out.pop_back();  // the cut went through a character
  return sql.size() > 90 ? out + "…" : out;
}

/// Of a file that has no other; "" when it may have. Of one that is not split that is seen by its only semicolon.
std::string_view the_only_statement(const FilePlan& plan, std::string_view text) {
  constexpr std::size_t kLongest = 4'096;
  if (!plan.plain) {
    const bool one = plan.parts.size() == 1 && plan.parts.front().statements.size() == 1;
    return one ? plan.parts.front().statements.front().in(text) : std::string_view{};
  }
  if (text.size() > kLongest) return {};
  const auto semicolon = text.find(';');
  const auto rest = semicolon == std::string_view::npos ? std::string_view::npos : text.find_first_not_of(" \t\r\n", semicolon + 1);
  return rest == std::string_view::npos ? text : std::string_view{};
}

}  // namespace

struct Executor::Current {
  const Script& script;
  const Account& account;
  const FilePlan& plan;
  std::string_view text;
  bool used = false;                       // the session is not fresh
  bool row_stands = false;                 // the open history row is committed
  std::size_t done = 0;                    // parts
  std::vector<const Statement*> standing;  // committed, in a file that runs in parts
  bool may_commit = false;                 // its only statement may commit by itself, again and again
  Leftovers::Found found;                  // of the statement that failed

  /// Empty: nobody can go on with it. Not with a file that takes another role, which may not write to the history.
  [[nodiscard]] std::string progress(std::size_t parts, const std::string& why = {}) const {
    return may_commit || plan.mentions_role ? std::string() : account.progress(parts, plan.parts.size(), why);
  }
  void keep_progress(Message& message, std::size_t parts) const {
    const auto sql = progress(parts);
    if (!sql.empty()) message.ours(sql, 1);
  }
  [[nodiscard]] bool can_be_gone_on_with() const { return !progress(done).empty(); }
};

Executor::Executor(sdk::Host host, Db& db, Settings settings)
    : host_(host), db_(db), settings_(std::move(settings)), backend_{db.backend_pid(), settings_.backend_start} {
  fresh_session_ = "RESET SESSION AUTHORIZATION;RESET ALL;SELECT WHERE false";  // no row and no column, which are work for nothing
  for (const auto& [name, value] : settings_.session) {
    fresh_session_ += " OR pg_catalog.set_config(" + db_.literal(name) + "," + db_.literal(value) + ",false) IS NULL";
  }
  fresh_session_ += ";\n";
  limits_ = ";SET LOCAL lock_timeout = " + std::to_string(settings_.lock_timeout_ms) + ";";
}

Result<std::uint32_t> Executor::run(const Script& script, const Account& account) {
  lost_ = false;
  Current c{script, account, script.plan, script.text, used_};
  auto done = script.plan.whole ? run_whole(c) : run_parts(c);
  // CALL and DO may end transactions themselves, and a newer server may know commands that refuse one: nothing of it
  // stands yet. Outside of one it may: a failure then says nothing about what it has committed before.
  const auto& state = db_.last_error().error.sqlstate;
  if (!done && !lost_ && script.plan.whole && (state == "2D000" || state == "25001")) {
    auto alone = plan_one_by_one(script.text, script.file);
    if (alone && alone->parts.size() == 1) {
      Current again{script, account, *alone, script.text, used_};
      again.may_commit = true;
      done = run_parts(again);
    }
  }
  used_ = true;
  return done;
}

// ------------------------------------------------------------------------------------------ texts

void Executor::fresh(Message& message, Current& c) const {
  if (c.used) message.ours(fresh_session_, 3);
  c.used = false;
}

void Executor::begin(Message& message, std::string_view words) const {
  message.ours(words, 1);
  message.ours(limits_, 1);
}

void Executor::statements(Message& message, const Current& c, const std::vector<Statement>& list) const {
  for (const auto& s : list) {
    message.statement(s.offset, s.length);
    message.ours("\n;", 0);  // the line break ends a comment that may stand at the end
    // pg_dump's header and others take every limit away.
    if (c.plan.mentions_lock_timeout &&
        (contains_ignoring_case(s.in(c.text), "lock_timeout") || leading_words(s.in(c.text), 1) == std::vector<std::string>{"reset"})) {
      message.ours("SELECT pg_catalog.set_config('lock_timeout','" + std::to_string(settings_.lock_timeout_ms) +
                       "',true) WHERE pg_catalog.current_setting('lock_timeout') = '0';",
                   1);
    }
  }
}

// ----------------------------------------------------------------------------- one transaction

Result<std::uint32_t> Executor::run_whole(Current& c) {
  if (settings_.on_statement) {
    if (const auto only = the_only_statement(c.plan, c.text); !only.empty()) settings_.on_statement(headline(only));
  }
  Message message(c.text);
  fresh(message, c);
  begin(message, c.plan.plain ? std::string_view("BEGIN") : c.plan.parts.front().begin);
  if (c.plan.plain) {
    message.whole_file();
    message.ours("\n;", 0);
  } else {
    statements(message, c, c.plan.parts.front().statements);
  }
  if (c.plan.mentions_role) message.ours("RESET SESSION AUTHORIZATION;", 1);
  message.ours(c.account.done_whole(), 1);
  message.ours("COMMIT", 1);
  auto ran = send(c, message, true);
  if (!ran) {
    Error error = ran.error();
    if (!lost_) add_hint(error, c.account.nothing_stands());
    return error;
  }
  return *ran - std::min(*ran, message.our_statements());
}

// ------------------------------------------------------------------------------------- in parts

Result<std::uint32_t> Executor::run_parts(Current& c) {
  const auto& parts = c.plan.parts;
  std::size_t before = 0;
  if (c.script.done) {
    if (auto ready = go_on(c); !ready) {
      if (lost_ || c.done == parts.size()) return ready.error();
      return fail_parts(c, parts[c.done], ready.error());
    }
    before = c.standing.size();
  }
  for (; c.done < parts.size(); ++c.done) {
    const auto& part = parts[c.done];
    const bool last = c.done + 1 == parts.size();
    auto done = part.transactional ? run_transaction(c, part, last) : run_alone(c, part, last);
    if (!done) {
      if (lost_) return done.error();
      return fail_parts(c, part, done.error());
    }
    for (const auto& s : part.statements) c.standing.push_back(&s);
  }
  return static_cast<std::uint32_t>(c.standing.size() - before);
}

/// The session as the parts that are done have left it, and the row as that of a file under way.
Result<void> Executor::go_on(Current& c) {
  c.row_stands = true;
  c.done = *c.script.done;
  for (std::size_t i = 0; i < c.done; ++i)
    for (const auto& s : c.plan.parts[i].statements) c.standing.push_back(&s);
  Message message(c.text);
  fresh(message, c);
  message.ours("SET lock_timeout = " + std::to_string(settings_.lock_timeout_ms) + ";", 1);
  if (c.done == c.plan.parts.size()) {
    message.ours(c.account.close(), 1);
  } else {
    c.keep_progress(message, c.done);
    for (const auto& s : session_of(c.plan, c.text, c.done)) {
      message.statement(s.offset, s.length);
      message.ours("\n;", 0);
    }
  }
  if (auto sent = send(c, message, false); !sent) return sent.error();
  return {};
}

Result<void> Executor::run_transaction(Current& c, const Part& part, bool last) {
  Message message(c.text);
  fresh(message, c);
  begin(message, part.begin);
  if (!c.row_stands) message.ours(c.account.open(), 1);
  statements(message, c, part.statements);
  if (last) {
    if (c.plan.mentions_role) message.ours("RESET SESSION AUTHORIZATION;", 1);
    message.ours(c.account.close(), 1);
  } else {
    c.keep_progress(message, c.done + 1);
  }
  message.ours("COMMIT", 1);
  if (auto sent = send(c, message, true); !sent) return sent.error();
  c.row_stands = true;
  return {};
}

Result<void> Executor::run_alone(Current& c, const Part& part, bool last) {
  const Statement& s = part.statements.front();
  Message before(c.text);
  fresh(before, c);
  before.ours("SELECT pg_catalog.set_config('tidegate.statement_timeout', pg_catalog.current_setting('statement_timeout'), false);", 1);
  if (part.concurrently) {  // it waits for others without being in their way; a limit would leave INVALID indexes for ever
    before.ours("SET lock_timeout = 0;SET statement_timeout = 0;", 2);
  } else {
    before.ours("SET lock_timeout = " + std::to_string(settings_.lock_timeout_ms) + ";", 1);
  }
  if (!c.row_stands) {
    before.ours(c.account.open(), 1);
    c.keep_progress(before, c.done);
  }
  if (auto sent = send(c, before, false); !sent) return sent.error();
  c.row_stands = true;

  if (settings_.on_statement) settings_.on_statement(headline(s.in(c.text)));
  Leftovers leftovers(host_, db_, s);
  bool nothing_left = false;
  if (s.concurrently) {
    if (auto looked = leftovers.before(c.script.tried_before); !looked) {
      Error error = looked.error();
      error.message = c.account.subject() + ": what its CONCURRENTLY statement finds could not be looked up: " + error.message;
      return db_.transaction() == TG_TXN_UNKNOWN ? lost_connection(c, std::move(error)) : error;
    } else {
      nothing_left = *looked;
    }
    if (const auto doubt = leftovers.name_is_taken() ? c.progress(c.done, "an index of this name was there before") : std::string(); !doubt.empty())
      if (auto noted = db_.script(doubt); !noted) return noted.error();
  }
  Message alone(c.text);
  if (!nothing_left) alone.statement(s.offset, s.length);
  auto sent = send(c, alone, false, [&](const std::string& sqlstate) {
    if (c.may_commit) return false;  // it could do a second time what it has committed
    auto found = leftovers.after_failure(sqlstate);
    return found && !found->stands && (found->left.empty() || s.concurrent == Concurrent::drop_index);
  });
  if (!sent) {
    const Error error = sent.error();
    if (lost_ || error.sqlstate.empty()) return error;  // without one the server never saw it
    if (c.may_commit) {
      c.found.left = "it ran outside of a transaction, so what it committed before it failed stands";
      c.found.remedy = "look at what it has done";
    } else if (auto found = leftovers.after_failure(error.sqlstate); found) {
      c.found = std::move(*found);
      if (c.found.stands) {
        c.standing.push_back(&s);
        ++c.done;
      }
    } else {
      c.found.left = "what it left half done, such as an INVALID index, could not be looked up or dropped: " + found.error().message;
      c.found.remedy = "look for it";
    }
    return error;
  }

  Message after(c.text);
  after.ours("SELECT pg_catalog.set_config('statement_timeout', pg_catalog.current_setting('tidegate.statement_timeout'), false);", 1);
  if (last) {
    if (c.plan.mentions_role) after.ours("RESET SESSION AUTHORIZATION;", 1);
    after.ours("SET lock_timeout = " + std::to_string(settings_.lock_timeout_ms) + ";", 1);
    after.ours(c.account.close(), 1);
  } else {
    c.keep_progress(after, c.done + 1);
  }
  if (auto closed = send(c, after, false); !closed) {
    c.standing.push_back(&s);
    ++c.done;
    return closed.error();
  }
  return {};
}

/// After a part has failed for good: takes the open row away when nothing stands, else writes into it why it is there.
Error Executor::fail_parts(Current& c, const Part& part, Error error) {
  const std::string reset = "RESET SESSION AUTHORIZATION;SET lock_timeout = " + std::to_string(settings_.lock_timeout_ms) + ";";
  if (c.standing.empty() && c.found.left.empty() && !c.script.done) {  // a row of an earlier run may be about what that one left
    if (c.row_stands) {
      if (auto removed = db_.script(reset + c.account.abandon()); !removed) {
        add_hint(error, c.account.nothing_stands() + ", but its open row in the history could not be put right (" +
                            removed.error().message + "): " + c.account.row_is_left());
        return error;
      }
    }
    add_hint(error, c.account.nothing_stands());
    return error;
  }
  std::string stands;
  for (const auto* s : c.standing) {
    stands += (stands.empty() ? "" : "\n") + ("line " + std::to_string(locate(c.text, s->offset).line) + ": " + shortened(s->in(c.text)));
  }
  std::string account;
  if (!stands.empty()) account = "; it runs in parts, and these statements of it stand:\n" + stands;
  if (!c.found.left.empty()) account += (stands.empty() ? "; " : "\n") + c.found.left;
  error.message += account;
  const std::string why = error.message + (error.sqlstate.empty() ? "" : " (" + error.sqlstate + ")");
  auto note = c.progress(c.done, why);
  if (note.empty()) note = c.account.note(db_.literal(why));
  auto noted = db_.script(reset + note);
  if (!c.found.remedy.empty()) add_hint(error, c.found.remedy);
  const auto line = locate(c.text, part.statements.front().offset).line;
  const bool goes_on = c.can_be_gone_on_with();
  if (stands.empty()) add_hint(error, goes_on ? c.account.after_leftovers() : c.account.after_unknown());
  else add_hint(error, c.account.after_parts(line, goes_on));
  if (!noted) add_hint(error, "this could not be noted in the history: " + noted.error().message);
  return error;
}

// -------------------------------------------------------------------------------------- sending

Result<std::uint32_t> Executor::send(Current& c, const Message& message, bool in_transaction,
                                     const std::function<bool(const std::string&)>& may_retry) {
  std::int64_t waited = 0;
  for (int n = 1;; ++n) {
    if (auto sent = db_.script(message.sql())) return db_.completed();
    const sdk::DbError failure = db_.last_error();
    const std::uint32_t completed = db_.completed();
    Error error = explain(failure, c.account, c.script.file, c.text, message, completed);
    const auto kind = kind_of(failure);
    // Closed: broken, or given up by the host because nothing answered; the server may still be at work. Open: what
    // says "unavailable" is something that the statement wanted to connect to.
    if (db_.transaction() == TG_TXN_UNKNOWN) return lost_connection(c, std::move(error));
    if (kind == Failure::lost) error.code = Status::failed;
    if (in_transaction && db_.transaction() != TG_TXN_IDLE) {
      (void)db_.script("ROLLBACK");
      if (db_.transaction() == TG_TXN_UNKNOWN) return lost_connection(c, std::move(error));
    }
    if (kind != Failure::retry || (may_retry && !may_retry(failure.error.sqlstate))) return error;
    std::int64_t remaining = host_.remaining_ms();
    if (remaining == std::numeric_limits<std::int64_t>::max()) remaining = kLongestWithoutTimeout - waited;
    const auto pause = retry_pause_ms(n, settings_.lock_timeout_ms, remaining, random_fraction());
    const bool deadlock = failure.error.sqlstate == "40P01";
    const std::string who = failure.blockers.empty() ? std::string() : ": " + failure.blockers;
    if (!pause) {
      error.code = Status::locked;
      error.message = c.account.subject() + " did not get its locks in " + std::to_string(n) + (n == 1 ? " try" : " tries") +
                      " within the stage's time" + c.account.code() + ": " + failure.error.message;
      if (!failure.blockers.empty()) error.detail = "blocked by " + failure.blockers;
      add_hint(error, "end what holds the lock, or give the stage more time (timeout)");
      return error;
    }
    const std::string line = c.account.subject() + (deadlock ? " ran into a deadlock" : " waits for a lock") + who + "; try " +
                             std::to_string(n + 1) + " in " + std::to_string(*pause) + " ms";
    host_.warn(line);
    if (settings_.on_wait) settings_.on_wait(line);
    if (host_.wait_ms(*pause)) {
      error.code = Status::cancelled;
      error.message = c.account.subject() + " was stopped while it waited for a lock" + who;
      return error;
    }
    waited += *pause + settings_.lock_timeout_ms;
  }
}

/// The connection is gone in the middle: what really happened is read on another one, once the old backend is gone.
Error Executor::lost_connection(Current& c, Error error) {
  lost_ = true;
  const std::string lost = "the connection was lost during " + c.account.subject() + ": " + error.message;
  const std::string in_parts = lost + "; it runs in parts and was not finished, so some of its statements may stand";
  const auto found = find_out(host_, backend_, c.account, c.can_be_gone_on_with() ? std::string() : in_parts);  // else its row says more
  switch (found.ending) {
    case Ending::committed:
      error.code = Status::failed;
      error.message = lost + "; the history shows that it was committed";
      error.hint = c.account.after_lost_done();
      break;
    case Ending::in_parts:
      error.code = Status::failed;
      error.message = in_parts;
      error.hint = c.can_be_gone_on_with() ? c.account.after_lost_parts() : c.account.after_unknown();
      break;
    case Ending::nothing_stands:
      error.code = Status::unavailable;
      error.message = lost + "; the history shows that nothing of it stands";
      error.hint = "run again";
      break;
    case Ending::unknown:
      error.code = Status::conflict;
      error.message = lost + "; its outcome is unknown" + (found.problem.empty() ? "" : " (" + found.problem + ")");
      error.hint = "look at `tidegate status`, and whether its server process still runs, before the next run";
      break;
  }
  return error;
}

}  // namespace tidegate::migrations
