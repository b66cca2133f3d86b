// SPDX-License-Identifier: Apache-2.0
#include "db_fixture.hpp"
#include "scratch/server.hpp"
#include "support/silent_server.hpp"

namespace tidegate::services::db {
namespace {

using base::Deadline;
using base::Error;
using base::Status;

constexpr const char* kPassword = "s3cr3t-passw0rd";

Error error_of(const std::string& url, std::chrono::milliseconds timeout = std::chrono::seconds(30), Interrupt interrupt = {}) {
  base::Redactor redactor;
  SessionOptions options;
  options.connect_timeout = timeout;
  options.interrupt = interrupt;
  const auto session = Session::connect(target_of(url), options, redactor);
  if (session) return {Status::ok, "it connected"};
  EXPECT_EQ((session.error().message + session.error().hint).find(kPassword), std::string::npos) << session.error().message;
  return session.error();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(DbConnect, ClosedPort_IsUnavailableAndNamesTheAddress) {
  const test::ClosedPort closed;
  const auto address = "127.0.0.1:" + std::to_string(closed.port());
  const auto e = error_of("postgresql://u:" + std::string(kPassword) + "@" + address + "/shop");
  EXPECT_EQ(e.code, Status::unavailable);
  EXPECT_TRUE(has(e.message, address + "/shop")) << e.message;
  EXPECT_TRUE(has(e.message, "refused")) << e.message;
}

TEST(DbConnect, SilentServer_IsGivenUpAfterTheTimeout) {
  const test::SilentServer silent;
  const auto url = "postgresql://u:" + std::string(kPassword) + "@127.0.0.1:" + std::to_string(silent.port()) + "/shop";
  const auto e = error_of(url, 300ms);
  EXPECT_EQ(e.code, Status::unavailable);
  EXPECT_TRUE(has(e.message, "no answer within 300 ms")) << e.message;
  const auto of_url = error_of(url + "?connect_timeout=1");
  EXPECT_TRUE(has(of_url.message, "within 1.0 s")) << of_url.message;
}

TEST(DbConnect, SilentServersBehindOneAnother_ShareOneTimeout) {
  const test::SilentServer a, b;
  const auto e = error_of("postgresql://u@127.0.0.1:" + std::to_string(a.port()) + ",127.0.0.1:" + std::to_string(b.port()) + "/d", 300ms);
  EXPECT_TRUE(has(e.message, "no answer within 300 ms")) << e.message;
}

TEST(DbConnect, Interrupted_EndsAtOnce) {
  const test::SilentServer silent;
  Interruption interruption;
  interruption.trigger();
  const auto e = error_of("postgresql://u@127.0.0.1:" + std::to_string(silent.port()) + "/d", 30s, Interrupt{&interruption});
  EXPECT_EQ(e.code, Status::cancelled);
}

TEST(DbConnect, MissingDatabase_SaysThatARetryWillNotHelp) {
  const auto e = error_of(test::server_url("no_such_database"));
  EXPECT_EQ(e.code, Status::unavailable);
  EXPECT_EQ(e.sqlstate, "3D000");
  EXPECT_TRUE(has(e.message, "\"no_such_database\" does not exist")) << e.message;
  EXPECT_FALSE(has(e.message, "LOCATION")) << e.message;
  EXPECT_FALSE(has(e.message, "3D000")) << e.message;
  EXPECT_TRUE(has(e.hint, "retry will not help")) << e.hint;
}

TEST(DbConnect, Password_WrongIsRefusedAndNeverRepeated) {
  scratch::Options options;
  options.hba = {"local all alice scram-sha-256"};
  auto server = scratch::Server::start(options, Deadline::in(60s));
  ASSERT_TRUE(server) << server.error().message;
  test::Connection((*server)->url()).sql("create role alice login password 'right-one'");
  const auto with = [&](const std::string& password) {
    return "postgresql://alice:" + password + "@/postgres?port=5432&host=" + (*server)->socket_dir();
  };
  EXPECT_EQ(error_of(with("right-one")).code, Status::ok);
  const auto wrong = error_of(with(kPassword));
  EXPECT_EQ(wrong.code, Status::unavailable);
  EXPECT_EQ(wrong.sqlstate, "28P01");
  EXPECT_TRUE(has(wrong.hint, "retry will not help")) << wrong.hint;
  const auto none = error_of("postgresql://alice@/postgres?port=5432&host=" + (*server)->socket_dir());
  EXPECT_TRUE(has(none.message, "no password supplied")) << none.message;
}

TEST(DbConnect, PasswordInASqlError_IsTakenOut) {
  test::TestDatabase database;
  base::Redactor redactor;
  auto target = target_of(database.url());
  target.password = kPassword;
  auto session = Session::connect(target, {}, redactor);
  ASSERT_TRUE(session);
  const auto failure = (*session)->script(
      "do $$ begin raise exception 'oh " + std::string(kPassword) + "' using detail = '" + kPassword + "'; end $$", {}, Deadline());
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->error.message, "oh ***");
  EXPECT_EQ(failure->error.detail, "***");
  EXPECT_FALSE(has(failure->context, kPassword));
}

}  // namespace
}  // namespace tidegate::services::db
