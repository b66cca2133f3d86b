// SPDX-License-Identifier: Apache-2.0
// The event stream as machines read it: its names and fields are a contract.
#include <regex>

#include "project.hpp"

namespace tidegate::test {
namespace {

class Events : public ProjectTest {
 protected:
  Events() {
    project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n");
    project.migration("20240102000000_posts", "CREATE TABLE posts (id int PRIMARY KEY);\n");
  }
  static std::vector<std::string> texts(const std::vector<Json>& events, const std::string& field) {
    std::vector<std::string> out;
    for (const auto& event : events) out.push_back(event.at(field));
    return out;
  }
};

void expect_well_formed(const std::vector<Json>& events) {
  ASSERT_FALSE(events.empty());
  const std::regex time("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z");
  std::string last_time;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto& event = events[i];
    EXPECT_EQ(event.at("v"), 1);
    EXPECT_EQ(event.at("seq"), i + 1) << "numbered from 1 without gaps";
    EXPECT_EQ(event.at("run"), events.front().at("run"));
    EXPECT_TRUE(std::regex_match(event.at("time").get<std::string>(), time)) << event;
    EXPECT_GE(event.at("time").get<std::string>(), last_time);
    last_time = event.at("time");
    EXPECT_FALSE(event.at("type").get<std::string>().empty());
    for (const auto& [key, value] : event.items())
      if (key == "ms" || key.ends_with("_ms")) {
        EXPECT_GE(value.get<std::int64_t>(), 0) << event;
      }
  }
  EXPECT_EQ(events.front().at("type"), "run.started");
  EXPECT_EQ(events.back().at("type"), "run.finished");
  EXPECT_EQ(of_type(events, "run.finished").size(), 1U);
}

TEST_F(Events, Stream_IsNumberedAndTimed) {
  expect_well_formed(project.events());
  expect_well_formed(project.events());
  expect_well_formed(project.events({"--dry-run"}));
}

TEST_F(Events, StreamOfAFailedRun_IsWholeToo) {
  project.migration("20240103000000_bad", "SELECT 1/0;\n");
  const auto events = project.events();
  expect_well_formed(events);
  EXPECT_EQ(events.back()["error"]["sqlstate"], "22012");
  EXPECT_EQ(events.back()["error"]["where"]["line"], 1);
  EXPECT_FALSE(events.back()["error"]["message"].get<std::string>().empty());
}

TEST_F(Events, States_FollowEachOther) {
  EXPECT_EQ(texts(of_type(project.events(), "run.state"), "state"),
            (std::vector<std::string>{"detecting", "checking", "locked", "rechecking", "changing", "verifying", "finished"}));
  EXPECT_EQ(texts(of_type(project.events(), "run.state"), "state"),
            (std::vector<std::string>{"detecting", "checking", "verifying", "finished"}))
      << "nothing pending: straight from checking to verifying";
}

TEST_F(Events, EveryStage_StartsAndFinishesInOrder) {
  const auto events = project.events();
  const std::vector<std::string> stages{"environment", "safety", "safety.rehearse", "apply.prisma", "health"};
  EXPECT_EQ(texts(of_type(events, "stage.started"), "stage"), stages);
  EXPECT_EQ(texts(of_type(events, "stage.finished"), "stage"), stages);
  for (const auto& event : of_type(events, "stage.finished")) {
    EXPECT_EQ(event.at("verdict"), event.at("stage") == "safety.rehearse" ? "skipped" : "pass") << "rehearsals are turned off here";
    EXPECT_TRUE(event.at("ms").is_number_integer());
  }
}

TEST_F(Events, LastLine_HasEveryFieldOfTheContract) {
  const auto finished = last_event(project.events());
  EXPECT_EQ(finished["outcome"], "succeeded");
  EXPECT_EQ(finished["exit"], 0);
  EXPECT_EQ(finished["applied"], Json::array({"20240101000000_users", "20240102000000_posts"}));
  for (const char* list : {"pending", "undone", "kept"}) EXPECT_EQ(finished.at(list), Json::array()) << list;
  EXPECT_TRUE(finished.at("findings").is_array());
  EXPECT_TRUE(finished.at("ms").is_number_integer());
}

TEST_F(Events, RunWithNothingToDo_HasEmptyListsAndNoNull) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  const auto finished = last_event(project.events());
  EXPECT_EQ(finished["outcome"], "succeeded");
  for (const char* list : {"applied", "pending", "undone", "kept"}) EXPECT_EQ(finished.at(list), Json::array()) << list;
}

TEST_F(Events, BlockedRun_HasAFindingOrErrorThatSaysWhy) {
  project.db.sql("create table legacy (id int)");
  const auto finished = last_event(project.events());
  EXPECT_EQ(finished["outcome"], "blocked");
  EXPECT_EQ(finished["exit"], 3);
  EXPECT_NE(finished.dump().find("P3005"), std::string::npos);
}

TEST_F(Events, EachMigration_IsReported) {
  EXPECT_EQ(texts(of_type(project.events(), "migration.finished"), "name"),
            (std::vector<std::string>{"20240101000000_users", "20240102000000_posts"}));
}

TEST_F(Events, EventsFile_HasTheSameLinesBesideTheTextForPeople) {
  const auto done = project.tidegate({"run", "--events", "events.ndjson"});
  ASSERT_CODE(done, 0);
  EXPECT_SAYS(done, "2 migrations applied");
  const auto events = parse_events(file_text(project.dir / "events.ndjson"));
  expect_well_formed(events);
  EXPECT_EQ(last_event(events)["exit"], 0);
}

TEST_F(Events, Json_KeepsStdoutForTheStream) {
  const auto done = project.tidegate({"run", "--json", "--events", "events.ndjson"});
  EXPECT_EQ(done.out, file_text(project.dir / "events.ndjson"));
}

TEST_F(Events, EventsFileThatCannotBeWritten_IsAMistakeOfTheCommandLine) {
  const auto done = project.tidegate({"run", "--events", "no/such/folder/events.ndjson"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "no/such/folder/events.ndjson");
  EXPECT_TRUE(project.applied().empty());
}

TEST_F(Events, TextOnAPipe_HasNoEscapesAndTheResultOnStdout) {
  const auto done = project.tidegate({"run"});
  EXPECT_EQ(all_output(done).find('\x1b'), std::string::npos);
  EXPECT_EQ(done.out.rfind("succeeded: 2 migrations applied", 0), 0U) << done.out;
  EXPECT_NE(done.err.find("apply.prisma"), std::string::npos) << done.err;
}

TEST_F(Events, Quiet_LeavesTheResult) {
  const auto done = project.tidegate({"run", "-q"});
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(done.out.rfind("succeeded", 0), 0U) << done.out;
}

TEST_F(Events, Colour_IsGivenWhenAskedFor) {
  EXPECT_NE(all_output(project.tidegate({"run", "--color"})).find("\x1b["), std::string::npos);
  EXPECT_NE(all_output(project.tidegate({"run"}, {{"CLICOLOR_FORCE", "1"}})).find("\x1b["), std::string::npos);
  EXPECT_EQ(all_output(project.tidegate({"run"}, {{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", "1"}})).find("\x1b["), std::string::npos);
}

}  // namespace
}  // namespace tidegate::test
