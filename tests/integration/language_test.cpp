// SPDX-License-Identifier: Apache-2.0
// Pipelines that extend others, pins and allowed services, and the commands about the file: graph, schema, init.
#include <fstream>
#include <sstream>

#include "project.hpp"
#include "support/files.hpp"

namespace tidegate::test {
namespace {

class Language : public ProjectTest {};

constexpr const char* kShop = R"(version = 1
extends = "minimal"
name = "shop"

[[stage]]
use = "environment"
before = "apply.prisma"

[[stage]]
id = "apply.prisma"
when = { "environment.name" = ["production", "preview"] }
retry = { attempts = 3 }

[[stage]]
id = "proof"
use = "health"
on_error = "warn"
[stage.in.preview.with]
invalid_indexes = false

[[notify]]
id = "hook"
use = "notify.webhook"
on = ["failed"]
with = { url = "${HOOK}" }
)";

TEST_F(Language, ExtendedPipeline_Runs) {
  project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n");
  project.file("deploy/base.toml",
               "version = 1\nextends = \"minimal\"\n[[stage]]\nid = \"apply.prisma\"\nwith = { migrations = \"../prisma/migrations\" }\n");
  project.file("tidegate.toml",
               "version = 1\nextends = \"deploy/base.toml\"\n[[stage]]\nuse = \"health\"\nwith = { tables = [\"users\"] }\n");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  EXPECT_EQ(project.applied(), (std::vector<std::string>{"20240101000000_users"}));
}

TEST_F(Language, MistakeInAnExtendedFile_IsShownThere) {
  project.file("deploy/base.toml", "version = 1\n[[stage]]\nuse = \"apply.prisma\"\ntimeuot = \"1m\"\n");
  project.file("tidegate.toml", "version = 1\nextends = \"deploy/base.toml\"\n");
  const auto done = project.tidegate({"validate"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "deploy/base.toml:4:1");
  EXPECT_SAYS(done, "timeuot = \"1m\"");
  const auto answer = project.json({"validate", "--json"}, {}, 2);
  EXPECT_EQ(answer["valid"], false);
  EXPECT_EQ(answer["errors"][0]["where"]["file"], "deploy/base.toml");
}

TEST_F(Language, UnknownPipelineToExtend_NamesTheNearest) {
  project.file("tidegate.toml", "version = 1\nextends = \"minimall\"\n");
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "did you mean 'minimal'?");
  EXPECT_SAYS(done, "tidegate.toml:2:11");
}

TEST_F(Language, FilesThatExtendEachOther_AreRefused) {
  project.file("tidegate.toml", "version = 1\nextends = \"deploy/base.toml\"\n");
  project.file("deploy/base.toml", "version = 1\nextends = \"../tidegate.toml\"\n");
  const auto done = project.tidegate({"validate"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "'extends' goes in a circle: tidegate.toml -> deploy/base.toml -> tidegate.toml");
}

TEST_F(Language, PluginOtherThanPinned_IsNotRun) {
  const std::string stage = "[[stage]]\nuse = \"health\"\n";
  const auto inspected = project.json({"plugin", "inspect", "health", "--json"}, {}, 0);
  project.file("tidegate.toml", "version = 1\n[plugins.pin]\n\"org.tidegate.health\" = { version = \"99.0.0\" }\n" + stage);
  const auto version = project.tidegate({"run"});
  EXPECT_CODE(version, 2);
  EXPECT_SAYS(version, "pins version 99.0.0");
  project.file("tidegate.toml",
               "version = 1\n[plugins.pin]\n\"org.tidegate.health\" = { sha256 = \"" + std::string(64, '0') + "\" }\n" + stage);
  const auto sum = project.tidegate({"run"});
  EXPECT_CODE(sum, 2);
  EXPECT_SAYS(sum, "its SHA-256 is ");
  project.file("tidegate.toml", "version = 1\n[plugins.pin]\n\"org.tidegate.health\" = { version = \"" +
                                    inspected["version"].get<std::string>() + "\" }\n" + stage);
  EXPECT_CODE(project.tidegate({"run"}), 0);
}

TEST_F(Language, PluginThatMayNotHaveWhatItNeeds_IsAMistake) {
  project.file(
      "tidegate.toml",
      "version = 1\n[plugins.allow]\n\"org.tidegate.notify-webhook\" = [\"secrets\"]\n[[stage]]\nuse = \"apply.prisma\"\n[[notify]]\n"
      "use = \"notify.webhook\"\nwith = { url = \"${HOOK}\" }\n");
  const auto done = project.tidegate({"validate"}, {{"HOOK", "http://127.0.0.1:9"}});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "'notify.webhook' cannot do without the service http");
  EXPECT_SAYS(done, "tidegate.toml:7:7");
}

TEST_F(Language, Graph_ShowsStagesConditionsAndWhoIsTold) {
  project.file("tidegate.toml", kShop);
  const Variables hook{{"HOOK", "http://127.0.0.1:9"}};
  const auto done = project.tidegate({"graph"}, hook);
  ASSERT_CODE(done, 0);
  EXPECT_EQ(
      done.out,
      "shop (tidegate.toml)\n"
      "  detect    environment\n"
      "  apply     apply.prisma           when environment.name = production or preview; timeout 10 min 0 s; 3 attempts on unavailable, "
      "locked and conflict\n"
      "  verify    proof (health)         a failed call only warns; other settings in preview\n"
      "told\n"
      "  notify    hook (notify.webhook)  on failed\n");
  const auto mermaid = project.tidegate({"graph", "--format", "mermaid"}, hook);
  ASSERT_CODE(mermaid, 0);
  EXPECT_EQ(mermaid.out.rfind("flowchart TD\n", 0), 0U) << mermaid.out;
  for (const char* line : {"  s0[\"environment<br/>detect\"]\n", "  s0 --> s1\n", "  s1 --> s2\n",
                           "  n0([\"hook<br/>use notify.webhook<br/>notify\"])\n", "  s2 -.->|\"failed\"| n0\n"})
    EXPECT_NE(mermaid.out.find(line), std::string::npos) << line << "\n" << mermaid.out;
  const auto dot = project.tidegate({"graph", "--format", "dot"}, hook);
  ASSERT_CODE(dot, 0);
  EXPECT_EQ(dot.out.rfind("digraph pipeline {\n", 0), 0U) << dot.out;
  EXPECT_TRUE(dot.out.ends_with("}\n")) << dot.out;
  for (const char* line : {"  s0 [label=\"environment\\ndetect\"];\n", "  s0 -> s1;\n", "  s2 -> n0 [label=\"failed\", style=dashed];\n"})
    EXPECT_NE(dot.out.find(line), std::string::npos) << line << "\n" << dot.out;
}

TEST_F(Language, GraphOfAFileWithMistakes_NamesThem) {
  project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"helth\"\n");
  const auto done = project.tidegate({"graph"});
  EXPECT_CODE(done, 2);
  EXPECT_EQ(done.out, "");
  EXPECT_SAYS(done, "did you mean 'health'?");
  EXPECT_CODE(project.tidegate({"graph", "--format", "pdf"}), 2);
}

TEST_F(Language, Reference_IsTheOneInTheDocs) {
  const std::string docs = file_text(PIPELINE_DOCS);
  const std::string begin = "<!-- keys: printed by `tidegate schema --markdown` -->\n\n";
  const auto from = docs.find(begin);
  const auto to = docs.find("\n<!-- end of keys -->");
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  const auto done = project.tidegate({"schema", "--markdown"});
  ASSERT_CODE(done, 0);
  EXPECT_EQ(docs.substr(from + begin.size(), to - from - begin.size()), done.out)
      << "put what `tidegate schema --markdown` prints into docs/pipeline.md";
}

TEST_F(Language, Init_WritesAFileThatIsValidAndNothingElse) {
  project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n");
  project.file("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
  const std::string package =
      "{\n  \"name\": \"acme \\\"web\\\"\",\n  \"scripts\": {\n    \"build\": \"npx prisma migrate deploy && next build\"\n  }\n}\n";
  project.file("package.json", package).file("vercel.json", "{}\n");
  const auto answer = project.json({"init", "--json"});
  EXPECT_EQ(answer["file"], "tidegate.toml");
  EXPECT_EQ(answer["migrations"], Json::array({"prisma/migrations"}));
  ASSERT_EQ(answer["changes"].size(), 1U);
  EXPECT_EQ(answer["changes"][0]["file"], "package.json");
  EXPECT_EQ(answer["changes"][0]["line"], 4);
  EXPECT_EQ(answer["changes"][0]["to"], "    \"build\": \"tidegate run && next build\"");
  EXPECT_EQ(file_text(project.dir / "package.json"), package);
  EXPECT_EQ(file_text(project.dir / "vercel.json"), "{}\n");
  const auto written = file_text(project.dir / "tidegate.toml");
  EXPECT_NE(written.find("name = \"acme \\\"web\\\"\"\n"), std::string::npos) << written;
  EXPECT_CODE(project.tidegate({"validate"}), 0);
  EXPECT_CODE(project.tidegate({"run", "--environment", "production"}), 0);
  EXPECT_EQ(project.applied().size(), 1U);
}

TEST_F(Language, InitOverAFile_IsRefused) {
  project.file("tidegate.toml", "version = 1\n# mine\n");
  const auto done = project.tidegate({"init"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "is there already");
  EXPECT_EQ(file_text(project.dir / "tidegate.toml"), "version = 1\n# mine\n");
}

TEST_F(Language, InitWithMigrationsElsewhere_SaysWhere) {
  project.file("packages/db/prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
  project.file("node_modules/x/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
  project.file(".github/workflows/deploy.yml",
               "jobs:\n  deploy:\n    steps:\n      # npx prisma migrate deploy\n      - run: pnpm exec prisma migrate deploy --schema "
               "packages/db/prisma/schema.prisma\n");
  const auto done = project.tidegate({"init"});
  ASSERT_CODE(done, 0);
  EXPECT_SAYS(done, ".github/workflows/deploy.yml:5");
  EXPECT_SAYS(done, "+       - run: tidegate run\n");
  EXPECT_SAYS(done, "-       - run: pnpm exec prisma migrate deploy --schema packages/db/prisma/schema.prisma\n");
  EXPECT_NE(file_text(project.dir / "tidegate.toml").find("[with]\nmigrations = \"packages/db/prisma/migrations\"\n"), std::string::npos);
  EXPECT_CODE(project.tidegate({"validate"}), 0);
}

TEST_F(Language, InitWhereNothingMigratesYet_SaysWhereToBegin) {
  project.file("package.json", "{ \"name\": \"web\",\n  \"scripts\": {\n    \"build\": \"vite build\" } }\n");
  const auto netlify = project.file("netlify.toml", "[build]\n  command = \"npm run build\"\n").json({"init", "--json"});
  ASSERT_EQ(netlify["changes"].size(), 1U);
  EXPECT_EQ(netlify["changes"][0]["file"], "netlify.toml");
  EXPECT_EQ(netlify["changes"][0]["to"], "  command = \"tidegate run && npm run build\"");
  EXPECT_EQ(netlify["migrations"], Json::array());
  EXPECT_CODE(project.tidegate({"validate"}), 0);
}

}  // namespace
}  // namespace tidegate::test
