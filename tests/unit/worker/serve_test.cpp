// SPDX-License-Identifier: Apache-2.0
// What the host makes of calls that no worker of ours would send.
#include "worker/serve.hpp"

#include <gtest/gtest.h>

#include <random>

#include "services/db/hub.hpp"

namespace tidegate::worker {
namespace {

class QuietSink : public services::Sink {
 public:
  std::vector<std::string> logged;

 private:
  void log(const std::string&, int, std::string_view message) override { logged.emplace_back(message); }
  void progress(const std::string&, std::uint64_t, std::uint64_t, std::string_view) override {}
  void emit(const std::string&, std::string_view, std::string_view) override {}
  void changing(const std::string&) override {}
  void waiting(const std::string&, std::chrono::milliseconds, std::string_view) override {}
};

class Serve : public ::testing::Test {
 protected:
  static std::string call(Function function, const Writer& arguments) {
    return Writer().u8(static_cast<std::uint8_t>(function)).u8(1).raw(arguments.bytes()).bytes();
  }
  static manifest::StageType type_with(std::vector<std::string> services) {
    manifest::StageType out;
    out.type = "thing";
    out.wanted_services = std::move(services);
    return out;
  }

  base::Redactor redactor;
  services::ContextStore context;
  QuietSink sink;
  services::Interruption interruption;
  services::db::Hub hub{redactor,
                        interruption,
                        [](std::string_view) -> base::Result<std::string> {
                          return base::Error{base::Status::config, "no database here"};
                        },
                        {}};
  services::Shared shared{redactor, context, sink, interruption, hub, {}, [](std::string_view) { return std::nullopt; }};
  manifest::StageType type = type_with({TG_LOG, TG_CONFIG, TG_CONTEXT, TG_DB, TG_CONTROL});
  services::Host host{shared, "thing-1", type, base::Value(base::Table{{"name", "x"}}), {TG_LOG, TG_CONFIG, TG_CONTEXT, TG_DB, TG_CONTROL}};
  Servant servant{host, [](const Writer&) {}};
};

TEST_F(Serve, Log_ReachesTheSinkRedacted) {
  redactor.add("secret-word");
  ASSERT_TRUE(servant.answer(call(Function::log, Writer().i32(TG_LOG_INFO).text("a secret-word"))).has_value());
  ASSERT_EQ(sink.logged.size(), 1U);
  EXPECT_EQ(sink.logged[0].find("secret-word"), std::string::npos);
  EXPECT_GT(servant.told(), 10U);
  servant.begin_call();
  EXPECT_EQ(servant.told(), 0U);
}

TEST_F(Serve, ServiceThatWasNotGranted_IsRefused) {
  EXPECT_FALSE(servant.answer(call(Function::secret, Writer().text("token"))).has_value());
  EXPECT_FALSE(servant.answer(call(Function::ask, Writer().text("a").text("b").text("{}"))).has_value());
}

TEST_F(Serve, UnknownFunctionHandleOrArguments_AreRefused) {
  EXPECT_FALSE(servant.answer("").has_value());
  EXPECT_FALSE(servant.answer("\x01").has_value());
  EXPECT_FALSE(servant.answer(call(static_cast<Function>(200), Writer())).has_value());
  EXPECT_FALSE(servant.answer(call(Function::db_close, Writer().u32(1))).has_value());
  EXPECT_FALSE(servant.answer(call(Function::config_get, Writer().text("name").text("more"))).has_value());
  EXPECT_FALSE(servant.answer(call(Function::context_put, Writer().text("key"))).has_value());
}

TEST_F(Serve, Database_IsRefusedAsInProcess) {
  host.call.access = services::Access::none;
  const auto answer = servant.answer(call(Function::db_open, Writer().text("main").u32(0)));
  ASSERT_TRUE(answer.has_value());
  Reader in(answer->bytes());
  EXPECT_EQ(in.i32(), TG_E_DENIED);
}

TEST_F(Serve, RandomBytes_AreRefusedOrAnswered) {
  std::minstd_rand random(7);
  int refused = 0;
  for (int round = 0; round < 5'000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (auto& c : bytes) c = static_cast<char>(random() % (round % 2 == 0 ? 256 : 25));
    if (!servant.answer(bytes)) ++refused;
  }
  EXPECT_GT(refused, 2'500);
}

}  // namespace
}  // namespace tidegate::worker
