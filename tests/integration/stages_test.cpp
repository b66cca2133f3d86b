// SPDX-License-Identifier: Apache-2.0
// Stages as a pipeline configures them: the environment they see, conditions, overlays, settings.
#include "project.hpp"
#include "support/http_server.hpp"

namespace tidegate::test {
namespace {

class Stages : public ProjectTest {
 protected:
  Stages() { project.migration("20240101000000_users", "CREATE TABLE \"Users\" (id int PRIMARY KEY);\n"); }

  Json environment(Variables env, std::vector<std::string> args = {}) {
    args.push_back("--dry-run");
    const auto found = of_type(project.events(std::move(args), std::move(env)), "environment");
    return found.empty() ? Json::object() : found.front();
  }
  static Json finished_stage(const std::vector<Json>& events, const std::string& stage) {
    for (const auto& event : of_type(events, "stage.finished"))
      if (event["stage"] == stage) return event;
    return {};
  }
};

TEST_F(Stages, NoMarker_IsUnknownAndTreatedAsProduction) {
  EXPECT_EQ(environment({})["name"], "unknown");
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "unknown");
  EXPECT_EQ(project.applied().size(), 1U) << "unknown counts as production: the change is made";
}

TEST_F(Stages, Vercel_IsRecognised) {
  const auto found =
      environment({{"VERCEL", "1"}, {"VERCEL_ENV", "preview"}, {"VERCEL_GIT_COMMIT_REF", "feature"}, {"VERCEL_GIT_COMMIT_SHA", "abc123"}});
  EXPECT_EQ(found["name"], "preview");
  EXPECT_EQ(found["platform"], "vercel");
  EXPECT_EQ(found["branch"], "feature");
}

TEST_F(Stages, VercelBuildInsideGithub_KeepsRunnerAndPlatformApart) {
  const auto found = environment({{"GITHUB_ACTIONS", "true"}, {"CI", "true"}, {"VERCEL", "1"}, {"NOW_BUILDER", "1"}});
  EXPECT_EQ(found["platform"], "vercel");
  EXPECT_EQ(found["runner"], "github");
  EXPECT_EQ(found["name"], "unknown") << "a marker without a name is not production";
}

TEST_F(Stages, EmptyVariables_AreUnset) {
  EXPECT_EQ(environment({{"VERCEL", ""}, {"VERCEL_ENV", ""}, {"NETLIFY", ""}})["name"], "unknown");
}

TEST_F(Stages, Netlify_IsRecognised) {
  EXPECT_EQ(environment({{"NETLIFY", "true"}, {"CONTEXT", "production"}})["name"], "production");
  EXPECT_EQ(environment({{"NETLIFY", "true"}, {"CONTEXT", "deploy-preview"}})["name"], "preview");
}

TEST_F(Stages, CustomEnvironment_FallsBackToItsClass) {
  const auto found = environment({{"VERCEL", "1"}, {"VERCEL_ENV", "preview"}, {"VERCEL_TARGET_ENV", "staging"}});
  EXPECT_EQ(found["name"], "staging");
  EXPECT_EQ(found["class"], "preview");
}

TEST_F(Stages, EnvironmentFlag_WinsOverVariables) {
  EXPECT_EQ(environment({{"VERCEL", "1"}, {"VERCEL_ENV", "production"}}, {"--environment", "preview"})["name"], "preview");
}

TEST_F(Stages, Development_SkipsTheChangeAndSaysSo) {
  for (const auto& [args, env] : std::vector<std::pair<std::vector<std::string>, Variables>>{
           {{"run"}, {{"VERCEL", "1"}, {"VERCEL_ENV", "development"}}}, {{"run", "--environment", "development"}, {}}}) {
    const auto done = project.tidegate(args, env);
    EXPECT_CODE(done, 0);
    EXPECT_SAYS(done, "development");
    EXPECT_SAYS(done, "apply.prisma");
    EXPECT_SAYS(done, "skip");
    EXPECT_TRUE(project.applied().empty());
  }
}

TEST_F(Stages, Overlay_IsLaidOverInItsEnvironmentOnly) {
  project.file("other/20240101000000_other/migration.sql", "CREATE TABLE other (id int);\n");
  project.file("tidegate.toml",
               "version = 1\n[[stage]]\nuse = \"environment\"\n[[stage]]\nuse = \"apply.prisma\"\n[stage.in.preview.with]\nmigrations = "
               "\"other\"\n");
  const auto pending = [&](const std::string& environment) {
    return last_event(project.events({"--dry-run", "--environment", environment}))["pending"];
  };
  EXPECT_EQ(pending("preview"), Json::array({"20240101000000_other"}));
  EXPECT_EQ(pending("production"), Json::array({"20240101000000_users"}));
}

TEST_F(Stages, OverlayForProduction_HoldsForUnknown) {
  project.file("other/20240101000000_other/migration.sql", "CREATE TABLE other (id int);\n");
  project.file("tidegate.toml",
               "version = 1\n[[stage]]\nuse = \"environment\"\n[[stage]]\nuse = \"apply.prisma\"\n[stage.in.production.with]\nmigrations = "
               "\"other\"\n");
  EXPECT_EQ(last_event(project.events({"--dry-run"}))["pending"], Json::array({"20240101000000_other"}));
}

TEST_F(Stages, When_RunsAStageOnlyWhereItHolds) {
  project.file("tidegate.toml",
               "version = 1\n[[stage]]\nuse = \"environment\"\n[[stage]]\nuse = \"apply.prisma\"\nwhen = { \"environment.platform\" = "
               "\"vercel\" }\n");
  EXPECT_EQ(finished_stage(project.events(), "apply.prisma")["verdict"], "skipped");
  EXPECT_TRUE(project.applied().empty());
  EXPECT_EQ(finished_stage(project.events({}, {{"VERCEL", "1"}, {"VERCEL_ENV", "production"}}), "apply.prisma")["verdict"], "pass");
  EXPECT_EQ(project.applied().size(), 1U);
}

TEST_F(Stages, PathInAPipeline_StartsAtItsFile) {
  project.file("deploy/history/0_init/migration.sql", "CREATE TABLE deep (id int);\n");
  project.file("deploy/web.toml", "version = 1\n[with]\nmigrations = \"history\"\n[[stage]]\nuse = \"apply.prisma\"\n");
  EXPECT_CODE(project.tidegate({"run", "deploy/web.toml"}), 0);
  EXPECT_EQ(project.applied(), (std::vector<std::string>{"0_init"}));
}

TEST_F(Stages, PathFromTheCommandLine_StartsAtTheWorkingFolder) {
  project.file("history/0_init/migration.sql", "CREATE TABLE flat (id int);\n");
  project.file("deploy/web.toml", "version = 1\n[[stage]]\nuse = \"apply.prisma\"\nwith = { migrations = \"nowhere\" }\n");
  EXPECT_CODE(project.tidegate({"run", "deploy/web.toml", "--set", "migrations=history"}), 0);
  EXPECT_EQ(project.applied(), (std::vector<std::string>{"0_init"}));
}

TEST_F(Stages, PipelineInAParentFolder_IsFound) {
  project.file("tidegate.toml", "version = 1\nname = \"from above\"\n[[stage]]\nuse = \"apply.prisma\"\n");
  project.file("packages/web/package.json", "{}");
  auto command = project.command({"run", "--json"});
  command.cwd = project.dir / "packages/web";
  const auto events = parse_events(run(command).out);
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.front()["pipeline"], "from above");
}

TEST_F(Stages, Health_ReadsTablesWithCapitalsAndSchemas) {
  project.migration("20240102000000_more", "CREATE SCHEMA \"Sales\"; CREATE TABLE \"Sales\".\"Order Lines\" (id int);\n");
  project.file("tidegate.toml",
               "version = 1\n[[stage]]\nuse = \"apply.prisma\"\n[[stage]]\nuse = \"health\"\nwith = { tables = [\"Users\", \"Sales.Order "
               "Lines\"] }\n");
  EXPECT_CODE(project.tidegate({"run"}), 0);
}

TEST_F(Stages, HealthOfAnInvalidIndex_FailsNamingIt) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  project.db.sql(
      "insert into \"Users\" values (1); create unique index broken on \"Users\" (id); update pg_index set indisvalid = false where "
      "indexrelid = 'broken'::regclass");
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 4);
  EXPECT_SAYS(done, "broken");
}

TEST_F(Stages, Webhook_IsToldTheOutcome) {
  HttpServer server;
  project.file("tidegate.toml",
               "version = 1\nname = \"shop\"\n[[stage]]\nuse = \"apply.prisma\"\n[[notify]]\nuse = \"notify.webhook\"\non = [\"started\", "
               "\"succeeded\", \"failed\"]\n"
               "with = { url = \"${HOOK}\", secret = \"${HOOK_SECRET}\" }\n");
  const Variables env{{"HOOK", server.url("/hook")}, {"HOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}};
  ASSERT_CODE(project.tidegate({"run"}, env), 0);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].method, "POST");
  for (const auto& request : requests) {
    EXPECT_FALSE(request.header("webhook-id").empty());
    EXPECT_FALSE(request.header("webhook-timestamp").empty());
    EXPECT_EQ(request.header("webhook-signature").rfind("v1,", 0), 0U) << request.header("webhook-signature");
    EXPECT_EQ(request.body.find(kPassword), std::string::npos);
    EXPECT_FALSE(Json::parse(request.body, nullptr, false).is_discarded()) << request.body;
  }
  EXPECT_NE(requests[1].body.find("20240101000000_users"), std::string::npos) << requests[1].body;
  EXPECT_NE(requests[1].body.find("succeeded"), std::string::npos) << requests[1].body;
}

TEST_F(Stages, DryRun_TellsNobody) {
  HttpServer server;
  project.file("tidegate.toml",
               "version = 1\n[[stage]]\nuse = \"apply.prisma\"\n[[notify]]\nuse = \"notify.webhook\"\nwith = { url = \"${HOOK}\" }\n");
  ASSERT_CODE(project.tidegate({"run", "--dry-run"}, {{"HOOK", server.url("/hook")}}), 0);
  EXPECT_EQ(server.requests().size(), 0U);
}

}  // namespace
}  // namespace tidegate::test
