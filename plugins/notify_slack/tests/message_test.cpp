// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include <gtest/gtest.h>

#include "text.hpp"

namespace tidegate::notify_slack {
namespace {

Message told(Json event) {
  auto message = message_for(Json{{"event", std::move(event)}}.dump());
  EXPECT_TRUE(message.ok());
  return message ? *message : Message{};
}

/// All texts of all blocks, one a line.
std::string texts(const Json& value) {
  std::string out;
  if (value.is_object() && value.contains("text") && value["text"].is_string()) out += value["text"].get<std::string>() + "\n";
  if (value.is_structured())
    for (const auto& member : value) out += texts(member);
  return out;
}

Json failed_event() {
  return {{"name", "kept"},
          {"run", "r-17"},
          {"pipeline", "shop"},
          {"environment", "production"},
          {"commit", "0123456789abcdef0123456789abcdef01234567"},
          {"branch", "feature/a&b"},
          {"deployment", "dpl_1"},
          {"url", "https://shop.example"},
          {"outcome", "kept"},
          {"exit", 5},
          {"applied", {"1_a"}},
          {"pending", {"2_b"}},
          {"undone", Json::array()},
          {"kept", {"1_a"}},
          {"ms", 61'000},
          {"findings", {{{"verdict", "warn"}, {"rule", "long-transaction"}, {"message", "pid 7 is open for 9 min"}, {"fix", "end it"}}}},
          {"error",
           {{"class", "failed"},
            {"message", "2_b failed: column \"x\" <missing>"},
            {"hint", "correct 2_b, then `tidegate run`"},
            {"where", {{"file", "prisma/migrations/2_b/migration.sql"}, {"line", 3}}},
            {"sqlstate", "42703"}}}};
}

TEST(Message, FailedRun_SaysWhatWhyAndWhatToDo) {
  const auto message = told(failed_event());
  EXPECT_EQ(message.text, "*shop*: failed, and part of the change stands in production");
  EXPECT_EQ(message.color, "danger");
  const std::string all = texts(message.blocks);
  for (const char* part :
       {"*Environment*\nproduction", "*Deployment*\n<https://shop.example|dpl_1>", "*Commit*\n`0123456789ab`",
        "*Branch*\n`feature/a&amp;b`", "*Duration*\n1 min 1 s", "*Applied (1)*\n• `1_a`", "*Kept (1)*\n• `1_a`", "*Pending (1)*\n• `2_b`",
        "```2_b failed: column \"x\" &lt;missing&gt;\nprisma/migrations/2_b/migration.sql:3\nSQLSTATE 42703```",
        "• `long-transaction` pid 7 is open for 9 min", "• correct 2_b, then `tidegate run`", "`tidegate status`", "run r-17 · exit 5"})
    EXPECT_NE(all.find(part), std::string::npos) << part << "\nis not in\n" << all;
  EXPECT_EQ(all.find("Undone"), std::string::npos);
  EXPECT_EQ(all.find("end it"), std::string::npos) << "a warning is not what to act on now";
}

TEST(Message, BlockedRun_SaysWhichCheckAndWhatHelps) {
  const auto message =
      told({{"name", "blocked"},
            {"pipeline", "shop"},
            {"environment", "unknown"},
            {"findings", {{{"verdict", "block"}, {"rule", "too-busy"}, {"message", "40 sessions"}, {"fix", "wait for the backup"}}}}});
  EXPECT_EQ(message.text, "*shop*: the gate is closed, the database was not touched");
  const std::string all = texts(message.blocks);
  EXPECT_NE(all.find("• `too-busy` 40 sessions"), std::string::npos) << all;
  EXPECT_NE(all.find("*What to do*\n• wait for the backup"), std::string::npos) << all;
}

TEST(Message, EachOutcome_HasItsColourAndItsWords) {
  const std::pair<const char*, const char*> expected[] = {
      {"started", "#1d9bd1"}, {"waiting", "warning"},        {"recovered", "good"},      {"succeeded", "good"},
      {"blocked", "warning"}, {"not_started", "warning"},    {"rolled_back", "warning"}, {"failed", "danger"},
      {"kept", "danger"},     {"rollback_failed", "danger"}, {"cancelled", "#868686"}};
  std::string seen;
  for (const auto& [name, color] : expected) {
    const auto message = told({{"name", name}, {"pipeline", "p"}, {"environment", "preview"}});
    EXPECT_EQ(message.color, color) << name;
    EXPECT_NE(message.text.find("preview"), std::string::npos) << name;
    EXPECT_EQ(seen.find(message.text + "\n"), std::string::npos) << message.text;
    seen += message.text + "\n";
  }
}

TEST(Message, Recovered_NamesTheInterruptedRun) {
  const auto message = told({{"name", "recovered"},
                             {"pipeline", "p"},
                             {"environment", "preview"},
                             {"run", "r2"},
                             {"interrupted", {{"run", "r1"}, {"holder", "alice on laptop"}, {"started_at", ""}, {"applied", {"a"}}}}});
  EXPECT_EQ(message.text, "*p*: an interrupted run on preview is taken over");
  const std::string all = texts(message.blocks);
  EXPECT_NE(all.find("run r1, alice on laptop"), std::string::npos) << all;
  EXPECT_NE(all.find("*It had applied (1)*\n• `a`"), std::string::npos) << all;
}

TEST(Message, Succeeded_TellsWorkFromNothingToDo) {
  EXPECT_EQ(told({{"name", "succeeded"}, {"pipeline", "p"}, {"environment", "production"}, {"applied", Json::array()}}).text,
            "*p*: production is up to date, nothing was to do");
  EXPECT_EQ(told({{"name", "succeeded"}, {"pipeline", "p"}, {"environment", "production"}, {"applied", {"a", "b"}}}).text,
            "*p*: 2 migrations applied to production");
}

TEST(Message, NewNameOfALaterHost_IsStillTold) {
  EXPECT_EQ(told({{"name", "paused"}, {"pipeline", "p"}, {"environment", "preview"}}).text, "*p*: news of the run for preview");
}

TEST(Message, ManyMigrations_AreCounted) {
  Json names = Json::array();
  for (int i = 0; i < 1'000; ++i) names.push_back("20240101000000_migration_" + std::to_string(i));
  const std::string all = texts(told({{"name", "succeeded"}, {"applied", names}}).blocks);
  EXPECT_NE(all.find("*Applied (1000)*"), std::string::npos) << all;
  EXPECT_NE(all.find("migration_0`"), std::string::npos) << all;
  EXPECT_NE(all.find(" more"), std::string::npos) << all;
}

void expect_within_limits(const Message& message) {
  EXPECT_LE(units(message.text), 4'000U);
  EXPECT_LE(units(message.shortly), 4'000U);
  EXPECT_LE(message.blocks.size(), 50U);
  EXPECT_LE(units(texts(message.blocks)), 9'000U);
  for (const auto& block : message.blocks) {
    if (block.contains("text")) {
      EXPECT_LE(units(block["text"]["text"].get<std::string>()), 3'000U);
    }
    if (block.contains("elements")) {
      EXPECT_LE(block["elements"].size(), 10U);
    }
    if (!block.contains("fields")) continue;
    EXPECT_LE(block["fields"].size(), 10U);
    for (const auto& field : block["fields"]) EXPECT_LE(units(field["text"].get<std::string>()), 2'000U);
  }
}

TEST(Message, EverythingFarTooLong_StaysWithinSlacksLimits) {
  for (const std::string unit : {"x", "&", "𝄞", "日", "\n", "`"}) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += unit;
    Json event = failed_event();
    for (const char* key : {"run", "pipeline", "environment", "commit", "branch", "deployment", "url", "pull_request", "holder"})
      event[key] = text;
    event["url"] = "https://a.example/" + text;
    for (const char* key : {"applied", "pending", "undone", "kept"}) event[key] = Json::array({text, text, text, text});
    for (const char* key : {"message", "hint", "detail", "sqlstate"}) event["error"][key] = text;
    event["error"]["where"]["file"] = text;
    Json finding{{"verdict", "block"}, {"rule", text}, {"message", text}, {"fix", text}};
    event["findings"] = Json::array({finding, finding, finding, finding, finding, finding, finding, finding});
    expect_within_limits(told(event));
  }
}

TEST(Message, Colour_IsOfTheAttachmentThatHoldsTheBlocks) {
  const Json full = told(failed_event()).full();
  ASSERT_EQ(full["attachments"].size(), 1U);
  EXPECT_EQ(full["attachments"][0]["color"], "danger");
  EXPECT_FALSE(full["attachments"][0]["blocks"].empty());
  EXPECT_FALSE(full.contains("blocks"));
}

TEST(Message, Plain_HasNoDetailsButTheError) {
  const Json plain = told(failed_event()).plain();
  EXPECT_EQ(plain["text"], "*shop*: failed, and part of the change stands in production\n```2_b failed: column \"x\" &lt;missing&gt;```");
  EXPECT_EQ(plain["attachments"], Json::array()) << "those of the message that is replaced go";
}

TEST(Message, EventWithoutAName_IsTheHostsBug) {
  for (const char* text : {"", "[]", "{}", R"({"event":[]})", R"({"event":{}})", R"({"event":{"name":7}})"})
    EXPECT_EQ(message_for(text).error().code, sdk::Status::internal) << text;
}

TEST(Message, MembersOfOtherTypes_AreLeftOut) {
  const auto message = told({{"name", "failed"},
                             {"applied", "x"},
                             {"kept", {1, nullptr}},
                             {"error", "text"},
                             {"findings", {1, nullptr, {{"verdict", 3}}}},
                             {"ms", "x"},
                             {"exit", nullptr},
                             {"environment", 7},
                             {"pipeline", nullptr}});
  EXPECT_EQ(message.text, "*tidegate*: failed, the database is as it was");
  EXPECT_TRUE(message.blocks.empty()) << message.blocks.dump();
}

}  // namespace
}  // namespace tidegate::notify_slack
