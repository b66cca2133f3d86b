// SPDX-License-Identifier: Apache-2.0
//
// A user's project for a test: a folder with migrations, a database, and the built executable run in that folder. Every
// run is given a password, and fails the test when any output repeats it. Main thread.
#pragma once
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/files.hpp"
#include "support/postgres.hpp"
#include "support/process.hpp"

namespace tidegate::test {

using Json = nlohmann::json;
using Variables = std::vector<std::pair<std::string, std::string>>;

/// In every URL that Project gives; the test server asks for none, so it only has to stay secret.
inline constexpr const char* kPassword = "hunter2-&-s3cret";
inline constexpr const char* kPasswordInUrl = "hunter2-%26-s3cret";

/// Makes a URL for a role with kPassword on the server behind the folder of its socket.
std::string url_with_password(const std::string& socket_dir, const std::string& database, const std::string& user = "postgres");

/// Of the installed packages; it refuses servers that are newer, whose catalogs are read instead (catalog.hpp).
bool pg_dump_is_too_old();
/// Everything in the database but the history table (and schema tidegate): schema and rows, as text to compare.
std::string snapshot(const std::string& url);
/// The schema alone, likewise.
std::string schema_of(const std::string& url);

class Project {
 public:
  TestDatabase db;
  TempDir dir;

  /// prisma/migrations/NAME/migration.sql
  Project& migration(const std::string& name, const std::string& sql);
  Project& file(const std::string& path, const std::string& text);
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::string snapshot() const { return test::snapshot(db.url()); }
  /// Names in the history table that are applied, in order; empty without the table.
  std::vector<std::string> applied();

  /// `tidegate ARGS…` in the folder, with DATABASE_URL set to url(), and without rehearsals, which would start a server for
  /// each; later variables win.
  [[nodiscard]] Command command(std::vector<std::string> args, Variables env = {}) const;
  [[nodiscard]] Finished tidegate(std::vector<std::string> args, Variables env = {}) const;
  /// The JSON object that a command prints on stdout.
  [[nodiscard]] Json json(std::vector<std::string> args, Variables env = {}, int exit_code = 0) const;
  /// The events of `tidegate run --json ARGS…`.
  [[nodiscard]] std::vector<Json> events(std::vector<std::string> args = {}, Variables env = {}) const;
};

/// A test with a project of its own.
class ProjectTest : public ::testing::Test {
 protected:
  Project project;
};

/// prisma.config.ts of a project that works with the engine that needs no binary of the platform's.
std::string prisma_config();

/// NDJSON as values; a line that is no JSON fails the test.
std::vector<Json> parse_events(const std::string& ndjson);
/// The last event, which must be run.finished.
Json last_event(const std::vector<Json>& events);
/// The events of a type, in order.
std::vector<Json> of_type(const std::vector<Json>& events, const std::string& type);

/// Fails the test when the password, as given or as in the URL, is in the program's output.
void expect_no_secret(const Finished& finished);
/// Both streams, for messages of failed expectations and searches in either.
std::string all_output(const Finished& finished);

}  // namespace tidegate::test

/// The output of a Finished (both streams) contains the text.
#define EXPECT_SAYS(finished, wanted)                                                                                   \
  EXPECT_NE(::tidegate::test::all_output(finished).find(wanted), std::string::npos) << "not said: " << (wanted) << "\n" \
                                                                                    << ::tidegate::test::all_output(finished)
#define EXPECT_DOES_NOT_SAY(finished, unwanted) \
  EXPECT_EQ(::tidegate::test::all_output(finished).find(unwanted), std::string::npos) << ::tidegate::test::all_output(finished)
#define EXPECT_CODE(finished, code) EXPECT_EQ((finished).exit_code, code) << ::tidegate::test::all_output(finished)
#define ASSERT_CODE(finished, code) ASSERT_EQ((finished).exit_code, code) << ::tidegate::test::all_output(finished)
