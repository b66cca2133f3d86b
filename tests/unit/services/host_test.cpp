// SPDX-License-Identifier: Apache-2.0
//
// What a stage gets of the host, through the face that plugins use.
#include <gtest/gtest.h>

#include <tidegate/plugin.hpp>

#include "world.hpp"

namespace tidegate::services {
namespace {

using base::Status;
using manifest::Setting;
using manifest::SettingType;

TEST(Services, EachOneAskedForAndGranted_IsThere) {
  World world;
  const auto host = world.host();
  for (const auto& id : manifest::service_ids()) EXPECT_NE(host->service(host.get(), id.c_str()), nullptr) << id;
  EXPECT_EQ(manifest::service_ids().size(), 10U);
}

TEST(Services, NotAskedForOrNotGrantedOrUnknown_IsNull) {
  World world;
  world.type.required_services = {TG_LOG, "tidegate.teleport/1"};
  world.type.wanted_services = {TG_HTTP};
  const auto host = world.host_with({}, {TG_LOG, TG_DB, "tidegate.teleport/1"});
  EXPECT_NE(host->service(host.get(), TG_LOG), nullptr);
  EXPECT_EQ(host->service(host.get(), TG_HTTP), nullptr);
  EXPECT_EQ(host->service(host.get(), TG_DB), nullptr);
  EXPECT_EQ(host->service(host.get(), "tidegate.teleport/1"), nullptr);
  EXPECT_EQ(host->service(host.get(), nullptr), nullptr);
  EXPECT_EQ(grants_for(world.type), (std::vector<std::string>{TG_LOG, TG_HTTP}));
}

TEST(Log, Secrets_AreTakenOut) {
  World world;
  world.redactor.add("hunter22");
  sdk::Host(world.host().get()).warn("password hunter22 refused");
  ASSERT_EQ(world.sink.lines.size(), 1U);
  EXPECT_EQ(world.sink.lines[0], "stage1 3 password *** refused");
}

class Config : public testing::Test {
 protected:
  void SetUp() override {
    Setting url{.name = "url", .type = SettingType::secret};
    Setting sql{.name = "sql", .type = SettingType::string};
    Setting token{.name = "token", .type = SettingType::secret};
    Setting row{.type = SettingType::table};
    row.fields = {sql, token};
    Setting rows{.name = "assert", .type = SettingType::array};
    rows.element = {row};
    Setting secrets{.name = "keys", .type = SettingType::array};
    secrets.element = {Setting{.type = SettingType::secret}};
    Setting headers{.name = "headers", .type = SettingType::table, .sensitive = true};
    world.type.settings = {url, rows, secrets, headers, Setting{.name = "timeout", .type = SettingType::duration}};
    host = world.host({{"url", "${HOOK}"},
                       {"timeout", std::int64_t{1'500}},
                       {"keys", base::Array{"${K0:-}"}},
                       {"headers", base::Table{{"Authorization", "Bearer abcdef"}}},
                       {"assert", base::Array{base::Table{{"sql", "select 1"}, {"token", "${T}"}}}}});
  }
  tg_status get(std::string_view path) {
    tg_value value{};
    return config_table()->get(host.get(), sdk::to_abi(path), &value);
  }
  World world;
  std::unique_ptr<Host> host;
};

TEST_F(Config, Values_AreFoundByPath) {
  const sdk::Host face(host.get());
  EXPECT_EQ(face.integer("timeout"), 1'500);
  EXPECT_EQ(face.count("assert"), 1U);
  EXPECT_EQ(face.text("assert.0.sql"), "select 1");
  EXPECT_EQ(get("assert.1.sql"), TG_E_NOT_FOUND);
  EXPECT_EQ(get("nothing"), TG_E_NOT_FOUND);
}

TEST_F(Config, Secrets_AreDeniedDownToTheElement) {
  EXPECT_EQ(get("url"), TG_E_DENIED);
  EXPECT_EQ(get("assert.0.token"), TG_E_DENIED);
  EXPECT_EQ(get("keys.0"), TG_E_DENIED);
  EXPECT_EQ(get("keys.1"), TG_E_NOT_FOUND);
}

TEST_F(Config, Keys_CanBeListed) {
  tg_str key{};
  ASSERT_EQ(config_table()->key_at(host.get(), sdk::to_abi("headers"), 0, &key), TG_OK);
  EXPECT_EQ(sdk::view(key), "Authorization");
  EXPECT_EQ(config_table()->key_at(host.get(), sdk::to_abi("headers"), 1, &key), TG_E_NOT_FOUND);
  EXPECT_EQ(config_table()->key_at(host.get(), sdk::to_abi("timeout"), 0, &key), TG_E_NOT_FOUND);
  EXPECT_EQ(config_table()->key_at(host.get(), sdk::to_abi(""), 4, &key), TG_OK);
}

TEST_F(Config, SensitiveTexts_AreRedactedFromTheStart) {
  EXPECT_EQ(world.redactor.apply("sent Bearer abcdef"), "sent ***");
}

TEST_F(Config, Secret_IsReadWhenAskedForAndRedactedFromThenOn) {
  world.variables = {{"HOOK", "https://hooks.example/abc"}, {"T", "t0ken"}};
  const sdk::Host face(host.get());
  EXPECT_EQ(face.secret("url").value(), "https://hooks.example/abc");
  EXPECT_EQ(face.secret("assert.0.token").value(), "t0ken");
  EXPECT_EQ(world.redactor.apply("to https://hooks.example/abc"), "to ***");
}

TEST_F(Config, SecretWhoseVariableIsNotSet_IsAnErrorThatNamesIt) {
  const sdk::Host face(host.get());
  EXPECT_EQ(face.secret("url").error().code, Status::config);
  EXPECT_NE(world.sink.text().find("HOOK"), std::string::npos);
}

TEST_F(Config, OptionalSecretThatIsNotSet_IsQuietlyAbsent) {
  EXPECT_EQ(sdk::Host(host.get()).secret("keys.0").error().code, Status::not_found);
  EXPECT_TRUE(world.sink.lines.empty());
}

TEST_F(Config, SecretsService_GivesNoOtherSettings) {
  EXPECT_EQ(sdk::Host(host.get()).secret("timeout").error().code, Status::not_found);
}

TEST(Secret, WrittenInPlain_IsRefusedAndNotRepeated) {
  World world;
  world.type.settings = {Setting{.name = "url", .type = SettingType::secret}};
  const auto host = world.host({{"url", "https://hooks.example/plain"}});
  EXPECT_EQ(sdk::Host(host.get()).secret("url").error().code, Status::config);
  EXPECT_EQ(world.sink.text().find("plain"), std::string::npos);
}

class Context : public testing::Test {
 protected:
  void SetUp() override {
    world.type.provides = {{"environment.name", "text", ""}, {"applied", "list", ""}, {"count", "integer", ""}, {"done", "boolean", ""}};
    host = world.host();
  }
  tg_status put(std::string_view key, std::string_view value) {
    return context_table()->put(host.get(), sdk::to_abi(key), sdk::to_abi(value));
  }
  World world;
  std::unique_ptr<Host> host;
};

TEST_F(Context, DeclaredKeys_GetTheStagesId) {
  EXPECT_EQ(put("applied", R"(["a"])"), TG_OK);
  EXPECT_EQ(world.context["stage1.applied"], R"(["a"])");
  EXPECT_EQ(sdk::Host(host.get()).context("stage1.applied").value(), R"(["a"])");
}

TEST_F(Context, WellKnownKey_IsStoredAsItIs) {
  EXPECT_EQ(put("environment.name", "preview"), TG_OK);
  EXPECT_EQ(world.context["environment.name"], "preview");
}

TEST_F(Context, KeyDeclaredAsRedacted_KeepsNoSecret) {
  world.type.provides = {{"stdout", "text", "", true}, {"name", "text", ""}};
  host = world.host();
  world.redactor.add("hunter22");
  EXPECT_EQ(put("stdout", "with hunter22"), TG_OK);
  EXPECT_EQ(put("name", "hunter22"), TG_OK);
  EXPECT_EQ(world.context["stage1.stdout"], "with ***");
  EXPECT_EQ(world.context["stage1.name"], "hunter22") << "what steers the run is not touched";
}

TEST_F(Context, UndeclaredKey_IsDroppedAsThePluginsBug) {
  EXPECT_EQ(put("other", "x"), TG_E_DENIED);
  EXPECT_TRUE(world.context.empty());
  EXPECT_NE(world.sink.text().find("bug in the plugin"), std::string::npos);
}

TEST_F(Context, ValueOfAnotherType_IsDropped) {
  EXPECT_EQ(put("applied", "a, b"), TG_E_CONFIG);
  EXPECT_EQ(put("count", "12x"), TG_E_CONFIG);
  EXPECT_EQ(put("done", "yes"), TG_E_CONFIG);
  EXPECT_TRUE(world.context.empty());
  EXPECT_EQ(put("count", "-12"), TG_OK);
  EXPECT_EQ(put("done", "true"), TG_OK);
}

TEST(Control, Interruption_CancelsAndEndsWaits) {
  World world;
  const auto host = world.host();
  const sdk::Host face(host.get());
  EXPECT_FALSE(face.cancelled());
  EXPECT_EQ(face.remaining_ms(), std::numeric_limits<std::int64_t>::max());
  EXPECT_FALSE(face.wait_ms(1));
  world.interruption.trigger();
  EXPECT_TRUE(face.cancelled());
  EXPECT_TRUE(face.wait_ms(std::numeric_limits<std::int64_t>::max()));
}

TEST(Control, DeadlineThatIsOver_CancelsAndEndsWaits) {
  World world;
  const auto host = world.host();
  host->call.deadline = base::Deadline::in(std::chrono::milliseconds(0));
  const sdk::Host face(host.get());
  EXPECT_TRUE(face.cancelled());
  EXPECT_EQ(face.remaining_ms(), 0);
  EXPECT_TRUE(face.wait_ms(std::numeric_limits<std::int64_t>::max()));
}

TEST(Control, Events_MustBeDeclared) {
  World world;
  world.type.events = {"migration.finished"};
  const auto host = world.host();
  const sdk::Host face(host.get());
  face.emit("migration.finished", R"({"name":"a"})");
  face.emit("run.finished", "{}");
  EXPECT_EQ(world.sink.events, std::vector<std::string>{R"(stage1 migration.finished {"name":"a"})"});
  EXPECT_NE(world.sink.text().find("run.finished"), std::string::npos);
}

TEST(Control, ChangeInACallThatMayNotChange_IsThePluginsBug) {
  World world;
  const auto host = world.host();
  host->call.access = Access::read;
  sdk::Host(host.get()).changing();
  EXPECT_EQ(world.sink.changes, 0);
  EXPECT_NE(world.sink.text().find("bug in the plugin"), std::string::npos);
  host->call.access = Access::write;
  sdk::Host(host.get()).changing();
  EXPECT_EQ(world.sink.changes, 1);
}

TEST(Stages, Question_IsForwardedWithTheAskersAccess) {
  World world;
  world.shared.ask = [](std::string_view extension, std::string_view method, std::string_view arguments, Access access, base::Deadline) {
    return base::Result<std::string>(std::string(extension) + " " + std::string(method) + " " + std::string(arguments) +
                                     (access == Access::read ? " read" : " other"));
  };
  const auto host = world.host();
  host->call.access = Access::read;
  EXPECT_EQ(sdk::Host(host.get()).ask("tidegate.history/1", "list").value(), "tidegate.history/1 list {} read");
}

TEST(Stages, RefusedQuestion_CarriesTheWholeError) {
  World world;
  world.shared.ask = [](auto, auto, auto, auto, auto) {
    return base::Result<std::string>(base::Error{Status::locked, "held", "wait", "f.sql", 3, 4});
  };
  const auto host = world.host();
  const auto answer = sdk::Host(host.get()).ask("x.y/1", "z");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Status::locked);
  EXPECT_EQ(answer.error().hint, "wait");
  EXPECT_EQ(answer.error().line, 3U);
}

TEST(Stages, NobodyToAsk_IsNotFound) {
  World world;
  const auto host = world.host();
  EXPECT_EQ(sdk::Host(host.get()).ask("x.y/1", "z").error().code, Status::not_found);
}

}  // namespace
}  // namespace tidegate::services
