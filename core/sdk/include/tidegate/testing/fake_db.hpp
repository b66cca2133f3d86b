// SPDX-License-Identifier: Apache-2.0
//
// FakeDb: a database that answers as the test says and remembers what it was asked. It knows no SQL: an answer is for
// every message that contains its text. Owned by one FakeHost; its thread.
#pragma once
#include "script.hpp"

namespace tidegate::sdk::testing {

/// The status that the host gives a server error of this SQLSTATE (services.h).
inline Status status_of_sqlstate(std::string_view sqlstate) {
  if (sqlstate.empty() || sqlstate.starts_with("08") || sqlstate.starts_with("57P0") || sqlstate == "53300") return Status::unavailable;
  if (sqlstate == "55P03") return Status::locked;
  if (sqlstate == "40001" || sqlstate == "40P01") return Status::conflict;
  if (sqlstate.starts_with("28") || sqlstate == "42501") return Status::denied;
  return Status::failed;
}

class DbAnswer : public Answer<DbAnswer> {
 public:
  using Cells = std::vector<std::optional<std::string>>;
  /// The result of one statement; called again, that of the next statement of the same message.
  DbAnswer& rows(std::vector<std::string> columns, std::vector<Cells> cells) {
    results_.push_back({std::move(columns), std::move(cells), {}, -1});
    return *this;
  }
  /// A statement without rows, like done("INSERT 0 1", 1).
  DbAnswer& done(std::string tag = {}, std::int64_t affected = -1) {
    results_.push_back({{}, {}, std::move(tag), affected});
    return *this;
  }
  /// Results given before are still delivered: the statements before the one that failed.
  DbAnswer& fails(std::string sqlstate, std::string message) {
    DbError e;
    e.error.code = status_of_sqlstate(sqlstate);
    e.error.sqlstate = std::move(sqlstate);
    e.error.message = std::move(message);
    return fails(std::move(e));
  }
  DbAnswer& fails(DbError error) {
    error_ = std::move(error);
    return *this;
  }
  /// What the session's transaction() says from this message on: TG_TXN_….
  DbAnswer& leaves_transaction(std::int32_t state) {
    transaction_ = state;
    return *this;
  }

 private:
  friend class FakeDb;
  struct Rows {
    std::vector<std::string> columns;
    std::vector<Cells> cells;
    std::string tag;
    std::int64_t affected;
  };
  std::vector<Rows> results_;
  std::optional<DbError> error_;
  std::optional<std::int32_t> transaction_;
};

class FakeDb {
 public:
  struct Sent {
    std::string sql;
    bool script = false;
    Db::Params params;
  };

  /// Says what is answered to messages that contain `sql`.
  DbAnswer& on(std::string sql) { return answers_.on(std::move(sql)); }
  /// From now on a message that no answer is for succeeds without rows; otherwise it fails, so that no test passes by
  /// an answer that nobody wrote.
  void accept_anything() { strict_ = false; }
  void refuse_connections(Error error) { open_error_ = std::move(error); }

  [[nodiscard]] const std::vector<Sent>& sent() const { return sent_; }
  /// True when a message that contains `sql` was sent.
  [[nodiscard]] bool was_sent(std::string_view sql) const {
    for (const auto& s : sent_)
      if (s.sql.find(sql) != std::string::npos) return true;
    return false;
  }
  [[nodiscard]] unsigned opened() const { return opened_; }
  [[nodiscard]] unsigned closed() const { return closed_; }
  [[nodiscard]] std::uint32_t last_flags() const { return flags_; }

  std::int32_t backend_pid = 4711;
  std::int32_t server_version = 150'018;
  std::int32_t transaction = TG_TXN_IDLE;
  std::string schema = "public";

  /// The functions behind the service's table; a session is the FakeDb itself.
  static FakeDb& of(tg_db* session) { return *reinterpret_cast<FakeDb*>(session); }
  tg_status open(std::uint32_t flags, tg_db** out, tg_report* report) {
    if (open_error_) return report_to(report, *open_error_);
    ++opened_;
    flags_ = flags;
    *out = reinterpret_cast<tg_db*>(this);
    return TG_OK;
  }
  void close() { ++closed_; }
  tg_status run(Sent message, void* user, tg_on_result on_result, tg_on_db_error on_error) {
    sent_.push_back(message);
    DbAnswer* answer = answers_.answer(message.sql);
    if (answer == nullptr) {
      if (!strict_) return TG_OK;
      DbError unexpected;
      unexpected.error = Error{Status::internal, "FakeDb has no answer for: " + message.sql};
      return fail(unexpected, user, on_error);
    }
    std::uint32_t statement = 0;
    for (const auto& rows : answer->results_) deliver(rows, statement++, user, on_result);
    if (answer->transaction_) transaction = *answer->transaction_;
    return answer->error_ ? fail(*answer->error_, user, on_error) : TG_OK;
  }
  static std::string quoted(std::int32_t as_identifier, std::string_view text) {
    const char quote = as_identifier != 0 ? '"' : '\'';
    std::string out(1, quote);
    for (const char c : text) {
      if (c == quote) out += quote;
      out += c;
    }
    return out + quote;
  }

 private:
  static tg_status fail(const DbError& e, void* user, tg_on_db_error on_error) {
    const auto status = static_cast<tg_status>(e.error.code);
    const tg_db_error raw{sizeof(tg_db_error),
                          status,
                          e.position,
                          to_abi(e.error.sqlstate),
                          to_abi(e.error.message),
                          to_abi(e.error.detail),
                          to_abi(e.error.hint),
                          to_abi(e.context),
                          to_abi(e.schema),
                          to_abi(e.error.relation),
                          to_abi(e.column),
                          to_abi(e.error.constraint),
                          to_abi(e.blockers)};
    if (on_error != nullptr) on_error(user, &raw);
    return status;
  }
  static void deliver(const DbAnswer::Rows& rows, std::uint32_t statement, void* user, tg_on_result on_result) {
    if (on_result == nullptr) return;
    std::vector<tg_str> names;
    for (const auto& name : rows.columns) names.push_back(to_abi(name));
    const auto columns = static_cast<std::uint32_t>(names.size());
    for (const auto& cells : rows.cells) {
      std::vector<tg_str> text(columns);
      std::vector<std::uint8_t> nulls(columns, 1);
      for (std::size_t i = 0; i < columns && i < cells.size(); ++i) {
        if (!cells[i]) continue;
        text[i] = to_abi(*cells[i]);
        nulls[i] = 0;
      }
      const tg_result row{sizeof(tg_result), statement, columns, 0, -1, text.data(), nulls.data(), names.data(), {}};
      on_result(user, &row);
    }
    const auto count = static_cast<std::int64_t>(rows.cells.size());
    const std::string tag = rows.tag.empty() && columns != 0 ? "SELECT " + std::to_string(count) : rows.tag;
    const tg_result end{sizeof(tg_result), statement, columns,      0,          columns != 0 && rows.affected < 0 ? count : rows.affected,
                        nullptr,           nullptr,   names.data(), to_abi(tag)};
    on_result(user, &end);
  }

  Script<DbAnswer> answers_;
  std::vector<Sent> sent_;
  std::optional<Error> open_error_;
  bool strict_ = true;
  unsigned opened_ = 0, closed_ = 0;
  std::uint32_t flags_ = 0;
};

}  // namespace tidegate::sdk::testing
