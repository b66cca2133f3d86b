// SPDX-License-Identifier: Apache-2.0
//
// What the database tests share: a session on a new database, and its results as text. Test thread.
#pragma once
#include <gtest/gtest.h>

#include "services/db/session.hpp"
#include "services/interruption.hpp"
#include "support/postgres.hpp"

namespace tidegate::services::db {

using namespace std::chrono_literals;

inline ConnectionTarget target_of(const std::string& url) {
  auto parsed = parse_connection(url);
  if (!parsed) throw std::runtime_error(parsed.error().message);
  return std::move(*parsed);
}

/// "statement: a|b" for a row (NULL as ~), "statement= TAG affected" for an end.
struct Collected {
  std::vector<std::string> lines;
  OnResult take = [this](const tg_result& r) {
    std::string line = std::to_string(r.statement) + (r.text != nullptr ? ":" : "=");
    if (r.text == nullptr) line += " " + std::string(r.tag.data, r.tag.size) + " " + std::to_string(r.affected);
    for (std::uint32_t i = 0; r.text != nullptr && i < r.columns; ++i)
      line += (i == 0 ? " " : "|") + (r.is_null[i] != 0 ? "~" : std::string(r.text[i].data, r.text[i].size));
    lines.push_back(line);
  };
};

class DbTest : public ::testing::Test {
 protected:
  std::unique_ptr<Session> open(const std::string& url, std::chrono::milliseconds lock_timeout = 200ms) {
    SessionOptions options;
    options.lock_timeout = lock_timeout;
    options.application_name = "tidegate test";
    options.interrupt = Interrupt{&interruption};
    options.on_notice = [this](std::string_view severity, std::string_view text) {
      notices.push_back(std::string(severity) + " " + std::string(text));
    };
    auto session = Session::connect(target_of(url), options, redactor);
    if (!session) throw std::runtime_error(session.error().message);
    return std::move(*session);
  }
  std::unique_ptr<Session> open() { return open(database.url()); }

  /// The one value; "!SQLSTATE message" when it failed.
  static std::string value(Session& session, const std::string& sql) {
    std::string out;
    const auto failure = session.query(
        sql, {},
        [&](const tg_result& r) {
          if (r.text != nullptr) out = std::string(r.text[0].data, r.text[0].size);
        },
        base::Deadline::in(60s));
    return failure ? "!" + failure->error.sqlstate + " " + failure->error.message : out;
  }

  test::TestDatabase database;
  base::Redactor redactor;
  Interruption interruption;
  std::vector<std::string> notices;
};

}  // namespace tidegate::services::db
