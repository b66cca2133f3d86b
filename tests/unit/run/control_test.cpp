// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <future>
#include <thread>

#include "journal_fixture.hpp"
#include "run/journal/rows.hpp"

namespace tidegate::run {
namespace {

using base::Result;
using base::Status;
using services::db::Session;

class ControlTest : public JournalTest {
 protected:
  std::unique_ptr<Control> open() {
    auto session = connect_to(database.url(), redactor);
    pid = session->backend_pid();
    return std::move(*Control::over(std::move(session)));
  }
  static Result<std::string> value(Control& control, const std::string& sql) {
    std::string out;
    auto done = control.call([&](Session& session) -> Result<void> {
      auto rows = rows_of(session, sql, {}, soon());
      if (!rows) return std::move(rows).error();
      out = rows->front()[0];
      return {};
    });
    if (!done) return std::move(done).error();
    return out;
  }
  int pid = 0;
};

TEST_F(ControlTest, Call_RunsOnAThreadOfItsOwnAndWaits) {
  auto control = open();
  std::thread::id seen;
  ASSERT_TRUE(control->call([&](Session&) -> Result<void> {
    seen = std::this_thread::get_id();
    return {};
  }));
  EXPECT_NE(seen, std::this_thread::get_id());
  EXPECT_NE(seen, std::thread::id());
}

TEST_F(ControlTest, Works_AreDoneInTheOrderAskedFor) {
  auto control = open();
  std::string order;  // of the control thread until the call below
  for (const char c : std::string("abc"))
    control->link().post_in(0ms, [&order, c](Session&) -> Result<void> {
      order += c;
      return {};
    });
  ASSERT_TRUE(control->call([&](Session&) -> Result<void> {
    order += "d";
    return {};
  }));
  EXPECT_EQ(order, "abcd");
}

TEST_F(ControlTest, BetweenCalls_NoTransactionIsOpen) {
  auto control = open();
  EXPECT_EQ(*value(*control, "select 1"), "1");
  EXPECT_TRUE(value(*control, "select 1/0").error().sqlstate == "22012");
  EXPECT_EQ(database.value("select state || coalesce(xact_start::text, '') from pg_stat_activity where pid = " + std::to_string(pid)), "idle");
}

TEST_F(ControlTest, SearchPath_IsEmptySoThatNoFunctionOfOthersIsMistakenForOurs) {
  auto control = open();
  EXPECT_EQ(*value(*control, "show search_path"), "\"\"");
}

TEST_F(ControlTest, ConnectionLost_IsToldAndCallsAnswerWithIt) {
  auto control = open();
  EXPECT_FALSE(control->lost());
  end(pid);
  EXPECT_EQ(value(*control, "select 1").error().code, Status::unavailable);
  // Its own thread notes the loss after it has answered: the next call comes behind that.
  bool reached = false;
  EXPECT_EQ(control->call([&](Session&) -> Result<void> { reached = true; return {}; }).error().code, Status::unavailable);
  EXPECT_FALSE(reached);
  ASSERT_TRUE(control->lost());
  EXPECT_EQ(control->lost()->code, Status::unavailable);
}

TEST_F(ControlTest, EndedWithWorkForLater_DropsItAndCloses) {
  std::atomic<bool> ran{false};
  Control::Link link;
  {
    auto control = open();
    link = control->link();
    link.post_in(1h, [&](Session&) -> Result<void> { ran = true; return {}; });
  }
  EXPECT_FALSE(ran);
  EXPECT_EQ(link.call([](Session&) -> Result<void> { return {}; }).error().code, Status::unavailable);
  EXPECT_TRUE(database.eventually("select count(*) = 0 from pg_stat_activity where pid = " + std::to_string(pid)));
}

TEST_F(ControlTest, EndedWhileACallWaits_TheCallIsAnswered) {
  auto control = open();
  const auto link = control->link();
  std::promise<void> entered, go_on;
  link.post_in(0ms, [&](Session&) -> Result<void> {
    entered.set_value();
    go_on.get_future().wait();
    return {};
  });
  entered.get_future().wait();
  std::promise<void> asking;
  auto answer = std::async(std::launch::async, [&] {
    asking.set_value();
    return link.call([](Session&) -> Result<void> { return {}; });
  });
  asking.get_future().wait();
  std::thread ender([&] { control.reset(); });
  go_on.set_value();
  const auto answered = answer.get();  // done before the end, or told of it: never left waiting
  ender.join();
  EXPECT_TRUE(answered || answered.error().code == Status::unavailable);
}

TEST_F(ControlTest, MainIsOpen_ItsConnectionBecomesTheControlSession) {
  services::Interruption interruption;
  services::db::Hub hub(redactor, interruption, [&](std::string_view) -> Result<std::string> { return database.url(); },
                        {.application_name = "tidegate test", .deadline = {}, .on_warning = {}, .on_notice = {}});
  auto main = hub.main(soon());
  ASSERT_TRUE(main);
  const int before = (*main)->backend_pid();
  ASSERT_FALSE((*main)->script("begin; set work_mem = '9MB'; create temp table left_over (a int)", {}, soon()));
  auto control = Control::open(hub, soon());
  ASSERT_TRUE(control);
  EXPECT_EQ(*value(**control, "select pg_backend_pid()"), std::to_string(before));
  EXPECT_EQ(*value(**control, "select to_regclass('pg_temp.left_over') is null and current_setting('work_mem') <> '9MB'"), "t");
  EXPECT_EQ(database.sessions(), 1);
  EXPECT_NE((*hub.main(soon()))->backend_pid(), before);
  interruption.trigger();
  EXPECT_EQ(*value(**control, "select 1"), "1");  // how an interrupted run ended is written all the same
}

}  // namespace
}  // namespace tidegate::run
