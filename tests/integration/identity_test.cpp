// SPDX-License-Identifier: Apache-2.0
// The mark of a database: who may change it, what a copy is, and `tidegate identity`.
#include "project.hpp"

namespace tidegate::test {
namespace {

class IdentityMark : public ProjectTest {
 protected:
  IdentityMark() { project.migration("1_a", "CREATE TABLE a (id int);\n"); }
  Json shown(const std::string& url = {}) {
    std::vector<std::string> args{"identity", "show", "--json"};
    if (!url.empty()) args.insert(args.end(), {"--url", url});
    return project.json(args);
  }
  void applied_in_production() {
    ASSERT_CODE(project.tidegate({"run", "--environment", "production"}), 0);
    project.migration("2_b", "CREATE TABLE b (id int);\n");
  }
  void refused(std::vector<std::string> args, Variables env, const char* says) {
    const auto before = project.snapshot();
    args.insert(args.begin(), "run");
    const auto done = project.tidegate(args, std::move(env));
    EXPECT_CODE(done, 3);
    EXPECT_SAYS(done, "this database is marked as production of default");
    EXPECT_SAYS(done, says);
    EXPECT_EQ(project.snapshot(), before);
    EXPECT_EQ(project.applied().size(), 1U);
  }
};

TEST_F(IdentityMark, FirstRunInAKnownEnvironment_MarksTheDatabase) {
  EXPECT_EQ(shown()["identity"], nullptr);
  ASSERT_CODE(project.tidegate({"run"}), 0);
  EXPECT_EQ(shown()["identity"], nullptr) << "unknown is no environment to be marked as";
  project.migration("2_b", "CREATE TABLE b (id int);\n");
  ASSERT_CODE(project.tidegate({"run", "--environment", "production"}), 0);
  const auto seen = shown();
  EXPECT_EQ(seen["identity"]["environment"], "production");
  EXPECT_EQ(seen["identity"]["class"], "production");
  EXPECT_EQ(seen["identity"]["address"]["database"], project.db.name());
  EXPECT_EQ(seen["copied"], false);
  EXPECT_SAYS(project.tidegate({"identity", "show"}), "production of default");
}

TEST_F(IdentityMark, PreviewOnProductionsDatabase_IsStoppedBeforeAnythingIsWritten) {
  applied_in_production();
  refused({"--environment", "preview"}, {}, "give it a database of its own");
  refused({}, {{"VERCEL", "1"}, {"VERCEL_ENV", "preview"}, {"CI", "1"}}, "this run is of environment preview");
  refused({"--dry-run", "--environment", "preview"}, {}, "give it a database of its own");
  refused({"minimal", "--environment", "preview"}, {}, "give it a database of its own");
  const auto runs = project.db.value("select count(*) from tidegate.runs");
  EXPECT_EQ(runs, "1") << "a run that was stopped there is not recorded";
  EXPECT_CODE(project.tidegate({"run", "--environment", "production"}), 0);
}

TEST_F(IdentityMark, UnknownEnvironmentOnProductionsDatabase_IsStoppedWithTheRemedy) {
  applied_in_production();
  refused({}, {}, "when this is production, say so: --environment production");
}

TEST_F(IdentityMark, NothingPending_AsksNothing) {
  ASSERT_CODE(project.tidegate({"run", "--environment", "production"}), 0);
  EXPECT_CODE(project.tidegate({"run", "--environment", "preview"}), 0);
  EXPECT_EQ(shown()["identity"]["environment"], "production");
}

TEST_F(IdentityMark, Finding_IsInTheStream) {
  applied_in_production();
  const auto done = project.tidegate({"run", "--json", "--environment", "preview"});
  const auto last = last_event(parse_events(done.out));
  EXPECT_EQ(last["outcome"], "blocked");
  ASSERT_EQ(last["findings"].size(), 1U);
  EXPECT_EQ(last["findings"][0]["rule"], "production-database");
  EXPECT_EQ(last["findings"][0]["verdict"], "block");
}

TEST_F(IdentityMark, CopyOfProduction_IsToldMarkedAnewAndAllowed) {
  applied_in_production();
  const std::string copy = project.db.name() + "_copy";
  Connection(server_url()).sql("create database " + copy + " template " + project.db.name());
  const auto url = url_with_password(server_socket_dir(), copy);
  EXPECT_EQ(shown(url)["copied"], true);
  const auto done = project.tidegate({"run", "--url", url, "--environment", "preview"});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "this database is a copy: it carries the mark of production of default");
  const auto seen = shown(url);
  EXPECT_EQ(seen["copied"], false);
  EXPECT_EQ(seen["identity"]["environment"], "preview");
  EXPECT_EQ(seen["identity"]["address"]["database"], copy);
  EXPECT_EQ(shown()["identity"]["environment"], "production") << "the other one keeps its own";
  Connection(server_url()).sql("drop database " + copy + " with (force)");
}

TEST_F(IdentityMark, Set_MarksByHand) {
  const auto unknown = project.tidegate({"identity", "set"});
  EXPECT_CODE(unknown, 2);
  EXPECT_SAYS(unknown, "tidegate identity set --environment production");
  EXPECT_CODE(project.tidegate({"identity", "set", "--environment", "production"}), 0);
  EXPECT_EQ(shown()["identity"]["set_by"], "hand");
  EXPECT_CODE(project.tidegate({"run", "--environment", "preview"}), 3);
  EXPECT_EQ(project.applied().size(), 0U);
  EXPECT_CODE(project.tidegate({"identity", "set", "--environment", "preview"}), 0);
  EXPECT_CODE(project.tidegate({"run", "--environment", "preview"}), 0);
}

TEST_F(IdentityMark, MarkThatTheRoleMayNotRead_IsAWarningAndNoBlessing) {
  applied_in_production();
  const auto role = "deployer_" + project.db.name();
  project.db.sql("create role " + role + " login; grant usage, create on schema public to " + role + "; grant all on _prisma_migrations to " + role);
  const auto url = url_with_password(server_socket_dir(), project.db.name(), role);
  const auto done = project.tidegate({"run", "minimal", "--url", url, "--environment", "preview"});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "check-could-not-run");
  EXPECT_SAYS(done, "whether this database is production's");
  project.db.sql("drop owned by " + role + "; drop role " + role);
}

TEST_F(IdentityMark, SetByARoleWithoutRights_IsRefused) {
  const auto role = "reader_" + project.db.name();
  project.db.sql("create role " + role + " login");
  const auto url = url_with_password(server_socket_dir(), project.db.name(), role);
  const auto done = project.tidegate({"identity", "set", "--url", url, "--environment", "production"});
  EXPECT_CODE(done, 3);
  EXPECT_SAYS(done, "the database cannot be marked");
  project.db.sql("drop role " + role);
}

}  // namespace
}  // namespace tidegate::test
