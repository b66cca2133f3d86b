// SPDX-License-Identifier: Apache-2.0
//
// tidegate.process/1 through the face that plugins use: above all, the connection that the host puts into the environment.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <tidegate/process.hpp>

#include "world.hpp"

namespace tidegate::services {
namespace {

using base::Status;

/// A program that a stage starts through its service, and what it sees.
class ProcessService : public testing::Test {
 protected:
  ProcessService() { use("postgresql://alice:s3cr%40t@db.example.com:6000/shop?sslmode=require&schema=app"); }
  void use(const std::string& url) {
    hub = std::make_unique<db::Hub>(
        world.redactor, world.interruption, [url](std::string_view) { return base::Result<std::string>(url); }, db::Hub::Options{});
    shared = std::make_unique<Shared>(Shared{world.redactor, world.context, world.sink, world.interruption, *hub, {}, {}});
    host = std::make_unique<Host>(*shared, "stage1", world.type, base::Value(base::Table{}), grants_for(world.type));
    host->call = {Access::read, {}};
  }
  sdk::Result<std::int32_t> env(const std::string& connection, const std::string& name,
                                std::vector<std::pair<std::string, std::string>> more = {}) {
    sdk::Program program;
    program.argv = {"/usr/bin/env"};
    program.env = std::move(more);
    program.connection = connection;
    program.connection_env = name;
    lines.clear();
    return sdk::run_program(sdk::Host(host.get()), program, [&](std::string_view line) { lines.emplace(line); }, {});
  }
  World world;
  std::unique_ptr<db::Hub> hub;
  std::unique_ptr<Shared> shared;
  std::unique_ptr<Host> host;
  std::set<std::string> lines;
};

TEST_F(ProcessService, ConnectionAsUrl_IsInItsVariableAsGiven) {
  ASSERT_EQ(env("main", "DIRECT_URL", {{"DIRECT_URL", "another"}, {"MODE", "x"}}).value(), 0);
  EXPECT_EQ(lines, (std::set<std::string>{"MODE=x",
                                          "DIRECT_URL=postgresql://alice:s3cr%40t@db.example.com:6000/shop?sslmode=require&schema=app"}));
}

TEST_F(ProcessService, ConnectionForLibpq_IsInItsOwnVariables) {
  ASSERT_EQ(env("main", "", {{"PGPASSWORD", "another"}}).value(), 0);
  for (const char* line :
       {"PGHOST=db.example.com", "PGPORT=6000", "PGUSER=alice", "PGPASSWORD=s3cr@t", "PGDATABASE=shop", "PGSSLMODE=require"})
    EXPECT_TRUE(lines.contains(line)) << line;
}

TEST_F(ProcessService, ConnectionForLibpq_LeavesTheRestToTheEnvironment) {
  use("postgresql:///shop");
  ::setenv("PGHOST", "from.outside", 1);
  ::setenv("PGPASSWORD", "outer-secret", 1);
  const auto ended = env("main", "");
  ::unsetenv("PGHOST");
  ::unsetenv("PGPASSWORD");
  ASSERT_EQ(ended.value(), 0);
  EXPECT_EQ(lines.count("PGHOST=from.outside") + lines.count("PGPASSWORD=outer-secret") + lines.count("PGDATABASE=shop"), 3U);
}

TEST_F(ProcessService, WithoutConnection_NothingIsAdded) {
  ASSERT_EQ(env("", "DATABASE_URL", {{"MODE", "x"}}).value(), 0);
  EXPECT_EQ(lines, std::set<std::string>{"MODE=x"});
}

TEST_F(ProcessService, PasswordOfAConnectionThatIsPassed_IsRedactedFromThenOn) {
  ASSERT_EQ(env("main", "URL").value(), 0);
  EXPECT_EQ(world.redactor.apply("s3cr@t and s3cr%40t"), "*** and ***");
}

TEST_F(ProcessService, ConnectionWithoutTheDatabaseService_IsDenied) {
  world.type.required_services = {TG_PROCESS};
  use("postgresql:///shop");
  EXPECT_EQ(env("main", "URL").error().code, Status::denied);
  EXPECT_TRUE(lines.empty());
  EXPECT_TRUE(env("", "URL")) << "a program alone is no matter of the database";
}

TEST_F(ProcessService, ConnectionWhereTheDatabaseMayNotBeUsed_IsDenied) {
  host->call = {Access::none, {}};
  EXPECT_EQ(env("main", "URL").error().code, Status::denied);
}

TEST_F(ProcessService, NameThatNoVariableCanHave_IsRefused) {
  EXPECT_EQ(env("main", "A=B").error().code, Status::config);
}

TEST_F(ProcessService, PluginOfTheFirstMinor_HasNoConnectionToSpeakOf) {
  const auto word = sdk::to_abi("/usr/bin/env");
  tg_process_spec spec{};
  spec.struct_size = offsetof(tg_process_spec, connection);
  spec.argc = 1;
  spec.argv = &word;
  spec.connection = sdk::to_abi("main");  // what lies behind the struct is nobody's business
  std::int32_t exit_code = -1;
  std::string out;
  ASSERT_EQ(process_table()->run(host.get(), &spec, &exit_code, &out, &sdk::take_string, nullptr, nullptr), TG_OK);
  EXPECT_EQ(exit_code, 0);
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace tidegate::services
