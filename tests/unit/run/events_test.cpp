// SPDX-License-Identifier: Apache-2.0
#include "run/events.hpp"

#include <gtest/gtest.h>

#include "manifest/model.hpp"
#include "run/json.hpp"
#include "run/outcome.hpp"

namespace tidegate::run {
namespace {

class Collected : public Reader {
 public:
  void on_event(const Event& event) override { events.push_back(event); }
  std::vector<Event> events;
};

TEST(Events, Emit_NumbersFromOneWithoutGaps) {
  base::Redactor redactor;
  EventStream stream("r1", redactor);
  Collected seen;
  stream.add(seen);
  for (int i = 0; i < 3; ++i) stream.emit("log", "", {});
  ASSERT_EQ(seen.events.size(), 3U);
  for (std::uint64_t i = 0; i < 3; ++i) EXPECT_EQ(seen.events[i].seq, i + 1);
}

TEST(Events, Emit_TakesSecretsOutOfEveryDepth) {
  base::Redactor redactor;
  redactor.add("hunter22");
  EventStream stream("r1", redactor);
  Collected seen;
  stream.add(seen);
  stream.emit("x", "", {{"a", "is hunter22!"}, {"list", base::Array{"hunter22"}}, {"table", base::Table{{"deep", "hunter22"}}}});
  EXPECT_EQ(to_json(seen.events.at(0).fields), R"({"a":"is ***!","list":["***"],"table":{"deep":"***"}})");
}

TEST(Events, PasswordThatIsAWordOfTheStream_LeavesTheWordWhereItBelongs) {
  base::Redactor redactor;
  for (const char* password : {"succeeded", "pass", "name", "verifying", "failed"}) redactor.add(password);
  EventStream stream("r1", redactor);
  Collected seen;
  stream.add(seen);
  stream.emit("x", "", {{"outcome", "succeeded"}, {"state", "verifying"}, {"name", "a"},
                        {"findings", base::Array{base::Table{{"verdict", "pass"}, {"message", "pass it"}}}},
                        {"error", base::Table{{"class", "failed"}, {"message", "login failed for name"}}}});
  EXPECT_EQ(to_json(seen.events.at(0).fields),
            R"({"outcome":"succeeded","state":"verifying","name":"a","findings":[{"verdict":"pass","message":"*** it"}],)"
            R"("error":{"class":"failed","message":"login *** for ***"}})");
}

TEST(Events, WordOfTheStreamElsewhere_IsRedacted) {
  base::Redactor redactor;
  redactor.add("succeeded");
  EventStream stream("r1", redactor);
  Collected seen;
  stream.add(seen);
  stream.emit("x", "", {{"verdict", "succeeded"}, {"outcome", "succeeded at host"}, {"outcomes", base::Array{"succeeded"}}, {"text", "succeeded"}});
  EXPECT_EQ(to_json(seen.events.at(0).fields), R"({"verdict":"***","outcome":"*** at host","outcomes":["***"],"text":"***"})");
}

TEST(Events, EveryWordThatTheHostSays_IsImmune) {
  const auto after = [](const char* key, std::string_view word) {
    base::Redactor redactor;
    redactor.add(word);
    base::Value value(base::Table{{key, word}});
    redact(value, redactor);
    return value.find(key)->text();
  };
  for (int i = 0; i <= static_cast<int>(Outcome::cancelled); ++i) EXPECT_EQ(after("outcome", name_of(static_cast<Outcome>(i))), name_of(static_cast<Outcome>(i)));
  for (const auto& kind : manifest::kind_names()) EXPECT_EQ(after("kind", kind), kind);
  for (int i = TG_E_FAILED; i <= TG_E_INTERNAL; ++i)
    EXPECT_EQ(after("class", base::name_of(static_cast<base::Status>(i))), base::name_of(static_cast<base::Status>(i)));
}

TEST(Events, ToValue_IsTheLineOfTheContract) {
  Event event{7, std::chrono::system_clock::time_point(std::chrono::milliseconds(1'795'368'439'123)), "r1", "stage.finished", "apply",
              base::Table{{"verdict", "pass"}, {"ms", 412}}};
  EXPECT_EQ(to_json(to_value(event)),
            R"({"v":1,"seq":7,"time":"2026-11-22T17:27:19.123Z","run":"r1","type":"stage.finished","stage":"apply","verdict":"pass","ms":412})");
  event.stage.clear();
  EXPECT_EQ(to_json(to_value(event)).find("\"stage\""), std::string::npos);
}

TEST(Events, FindingToValue_WhereIsAbsentWithoutAPlace) {
  const stage::Finding bare{stage::Verdict::warn, "rule", "message"};
  EXPECT_EQ(to_json(to_value(bare)), R"({"verdict":"warn","rule":"rule","message":"message"})");
  const stage::Finding placed{stage::Verdict::block, "rule", "message", "a.sql", 3, 1, "fix it", R"({"rewrite":true})"};
  EXPECT_EQ(to_json(to_value(placed)),
            R"({"verdict":"block","rule":"rule","message":"message","where":{"file":"a.sql","line":3,"column":1},"fix":"fix it","rewrite":true})");
}

TEST(Json, RoundTrip_KeepsOrderAndTypes) {
  const std::string text = R"({"z":1,"a":[true,null,1.5,"x\n\"y"],"t":{"b":-9007199254740993}})";
  const auto value = from_json(text);
  ASSERT_TRUE(value);
  EXPECT_EQ(to_json(*value), text);
}

TEST(Json, InvalidUtf8_BecomesTheReplacementCharacter) { EXPECT_EQ(to_json(base::Value("a\xff")), "\"a\xEF\xBF\xBD\""); }

TEST(Json, Garbage_IsAnError) {
  for (const char* text : {"", "{", "{\"a\":", R"({"a":})", R"({"a":1)", R"({"a":1,})", R"({"a":1}})", R"({"a":01})", R"({"a":-})", R"({"a":1x})",
                           R"({"a":"b)", R"({a:1})", R"({"a":"b""c":1})", R"({,})"})
    EXPECT_FALSE(from_json(text)) << text;
}

TEST(Json, ObjectOfTextsAndNumbers_IsTheSameHoweverItIsWritten) {
  const auto plain = from_json(R"({"name":"20240101_init","ms":12,"none":0,"empty":""})");
  const auto written = from_json(" {\"name\" : \"20240101\\u005finit\", \"ms\":12, \"none\":-0, \"empty\":\"\"} ");
  ASSERT_TRUE(plain && written);
  EXPECT_TRUE(*plain == *written);
  EXPECT_TRUE(*plain == base::Value(base::Table{{"name", "20240101_init"}, {"ms", 12}, {"none", 0}, {"empty", ""}}));
}

}  // namespace
}  // namespace tidegate::run
