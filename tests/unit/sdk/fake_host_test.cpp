// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <tidegate/testing.hpp>

using namespace tidegate::sdk;
using tidegate::sdk::testing::FakeHost;

TEST(FakeHost, Settings_AreReadByPath) {
  FakeHost fake;
  fake.set("tables", {"a", "B"}).set("on", true).set("n", 3).set("r", 0.5).set("assert.0.sql", "select 1").set("assert.1.sql", "select 2");
  const Host host(&fake);
  EXPECT_EQ(host.texts("tables"), (std::vector<std::string>{"a", "B"}));
  EXPECT_TRUE(host.flag("on"));
  EXPECT_EQ(host.integer("n"), 3);
  EXPECT_EQ(host.setting("r")->d, 0.5);
  EXPECT_EQ(host.count("assert"), 2U);
  EXPECT_EQ(host.text("assert.1.sql"), "select 2");
  EXPECT_EQ(host.text("nothing", "else"), "else");
  tg_str key{};
  const auto* config = host.table<tg_config_v1>(TG_CONFIG);
  EXPECT_EQ(config->key_at(&fake, to_abi("assert.0"), 0, &key), TG_OK);
  EXPECT_EQ(view(key), "sql");
  EXPECT_EQ(config->key_at(&fake, to_abi("assert.0"), 1, &key), TG_E_NOT_FOUND);
}

TEST(FakeHost, Secret_IsDeniedByConfigAndGivenBySecrets) {
  FakeHost fake;
  fake.set_secret("token", "hunter2");
  const Host host(&fake);
  tg_value value{};
  EXPECT_EQ(host.table<tg_config_v1>(TG_CONFIG)->get(&fake, to_abi("token"), &value), TG_E_DENIED);
  EXPECT_EQ(*host.secret("token"), "hunter2");
  EXPECT_EQ(host.secret("other").error().code, Status::not_found);
}

TEST(FakeHost, DeniedService_AnswersUnsupported) {
  FakeHost fake;
  fake.deny(TG_DB);
  EXPECT_EQ(Host(&fake).db().error().code, Status::unsupported);
}

TEST(FakeHost, Context_IsGivenAndTaken) {
  FakeHost fake;
  fake.set_context("environment.name", "production");
  const Host host(&fake);
  EXPECT_EQ(*host.context("environment.name"), "production");
  EXPECT_EQ(host.context("other").error().code, Status::not_found);
  host.publish("applied", "[]");
  EXPECT_EQ(fake.published().at("applied"), "[]");
}

TEST(FakeHost, Waits_AreRecordedUseUpTheTimeAndEndByCancellation) {
  FakeHost fake;
  fake.set_remaining_ms(1'000);
  fake.cancel_at_wait(2);
  const Host host(&fake);
  EXPECT_FALSE(host.wait_ms(300));
  EXPECT_EQ(host.remaining_ms(), 700);
  EXPECT_FALSE(host.cancelled());
  EXPECT_TRUE(host.wait_ms(100));
  EXPECT_TRUE(host.cancelled());
  EXPECT_EQ(fake.waits(), (std::vector<std::int64_t>{300, 100}));
}

TEST(FakeHost, WaitBeyondTheDeadline_SaysSo) {
  FakeHost fake;
  fake.set_remaining_ms(100);
  EXPECT_TRUE(Host(&fake).wait_ms(500));
  EXPECT_EQ(Host(&fake).remaining_ms(), 0);
}

TEST(FakeDb, ScriptedRows_ReachTheCallerWithNulls) {
  FakeHost fake;
  fake.db().on("from t").rows({"id", "name"}, {{"1", "a"}, {"2", std::nullopt}});
  auto db = Host(&fake).db();
  ASSERT_TRUE(db);
  std::vector<std::string> seen;
  ASSERT_TRUE(db->query("select id, name from t where id > $1", {"0"}, [&](const Row& row) {
    seen.push_back(std::string(row[0]) + (row.is_null(1) ? "-" : std::string(row[1])) + std::string(row.name(1)));
  }));
  EXPECT_EQ(seen, (std::vector<std::string>{"1aname", "2-name"}));
  ASSERT_EQ(fake.db().sent().size(), 1U);
  EXPECT_EQ(fake.db().sent()[0].params, (Db::Params{"0"}));
  EXPECT_FALSE(fake.db().sent()[0].script);
}

TEST(FakeDb, ScriptedError_CarriesWhatTheServerSays) {
  FakeHost fake;
  DbError error;
  error.error = Error{Status::locked, "canceling statement due to lock timeout"};
  error.error.sqlstate = "55P03";
  error.position = 7;
  error.blockers = "pid 12";
  fake.db().on("alter").fails(error);
  auto db = Host(&fake).db();
  const auto out = db->script("alter table t add c int");
  EXPECT_EQ(out.error().code, Status::locked);
  EXPECT_EQ(db->last_error().error.sqlstate, "55P03");
  EXPECT_EQ(db->last_error().position, 7U);
  EXPECT_EQ(db->last_error().blockers, "pid 12");
}

TEST(FakeDb, SqlstateAlone_DecidesTheStatus) {
  FakeHost fake;
  fake.db().on("").fails("55P03", "").once();
  fake.db().on("").fails("40P01", "").once();
  fake.db().on("").fails("08006", "").once();
  fake.db().on("").fails("42501", "").once();
  fake.db().on("").fails("22012", "").once();
  auto db = Host(&fake).db();
  for (const auto status : {Status::locked, Status::conflict, Status::unavailable, Status::denied, Status::failed})
    EXPECT_EQ(db->script("x").error().code, status);
}

TEST(FakeDb, AnswerForOnce_MakesRoomForTheNext) {
  FakeHost fake;
  fake.db().on("try").rows({"ok"}, {{"f"}}).once();
  fake.db().on("try").rows({"ok"}, {{"t"}});
  auto db = Host(&fake).db();
  std::string seen;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(db->query("select try", {}, [&](const Row& row) { seen += row[0]; }));
  EXPECT_EQ(seen, "ftt");
}

TEST(FakeDb, MessageNobodyForesaw_FailsUnlessAccepted) {
  FakeHost fake;
  auto db = Host(&fake).db();
  EXPECT_NE(db->script("drop table x").error().message.find("FakeDb has no answer for: drop table x"), std::string::npos);
  fake.db().accept_anything();
  EXPECT_TRUE(db->script("drop table x"));
  EXPECT_TRUE(fake.db().was_sent("drop table"));
}

TEST(FakeDb, TransactionQuotingAndClosing_AreAnswered) {
  FakeHost fake;
  fake.db().on("BEGIN").leaves_transaction(TG_TXN_OPEN);
  fake.db().schema = "shop";
  {
    auto db = Host(&fake).db("main", TG_DB_FRESH);
    ASSERT_TRUE(db->script("BEGIN"));
    EXPECT_EQ(db->transaction(), TG_TXN_OPEN);
    EXPECT_EQ(db->identifier("a\"b"), "\"a\"\"b\"");
    EXPECT_EQ(db->literal("it's"), "'it''s'");
    EXPECT_EQ(*db->schema(), "shop");
    EXPECT_EQ(fake.db().last_flags(), std::uint32_t{TG_DB_FRESH});
  }
  EXPECT_EQ(fake.db().opened(), 1U);
  EXPECT_EQ(fake.db().closed(), 1U);
}

TEST(FakeDb, RefusedConnection_IsReported) {
  FakeHost fake;
  fake.db().refuse_connections({Status::unavailable, "connection refused"});
  const auto db = Host(&fake).db();
  EXPECT_EQ(db.error().code, Status::unavailable);
  EXPECT_EQ(db.error().message, "connection refused");
}

TEST(FakeHttp, ScriptedAnswers_ComeInTurnAndRequestsAreKept) {
  FakeHost fake;
  fake.on_http("hook").answers(503).once();
  fake.on_http("hook").answers(200, "ok", {"X-A: 1"});
  const Host host(&fake);
  HttpRequest request;
  request.url = "https://example.org/hook";
  request.body = "{}";
  request.headers = {"Content-Type: application/json"};
  EXPECT_EQ(host.http(request)->code, 503);
  const auto second = host.http(request);
  EXPECT_EQ(second->body, "ok");
  EXPECT_EQ(second->headers, std::vector<std::string>{"X-A: 1"});
  EXPECT_EQ(fake.requests().size(), 2U);
  EXPECT_EQ(fake.requests()[0].headers, request.headers);
  request.url = "https://example.org/other";
  EXPECT_EQ(host.http(request).error().code, Status::internal);
}

TEST(FakeStages, ScriptedAnswer_IsGivenAndTheQuestionKept) {
  FakeHost fake;
  fake.on_ask("tidegate.history/1", "list").answers("{\"pending\":[]}");
  const Host host(&fake);
  EXPECT_EQ(*host.ask("tidegate.history/1", "list", "{\"x\":1}"), "{\"pending\":[]}");
  EXPECT_EQ(fake.asked()[0].arguments_json, "{\"x\":1}");
  EXPECT_EQ(host.ask("tidegate.plan/1", "pending").error().code, Status::not_found);
}
