// SPDX-License-Identifier: Apache-2.0
// What a run leaves in its journal: in the target, in a file, or nowhere.
#include <filesystem>

#include "project.hpp"

namespace tidegate::test {
namespace {

class Record : public ProjectTest {
 protected:
  Record() { project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\nINSERT INTO users VALUES (1);\n"); }

  void pipeline(const std::string& run) {
    project.file("tidegate.toml", "version = 1\nname = \"shop\"\n[run]\n" + run + "\n[[stage]]\nuse = \"apply.prisma\"\n");
  }
  bool has_schema() { return project.db.value("select count(*) from pg_namespace where nspname = 'tidegate'") == "1"; }
  Json run_row() { return Json::parse(project.db.value("select to_jsonb(r) from tidegate.runs r order by started_at desc limit 1")); }
  /// The text of the only journal file.
  std::string journal_file() {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(project.dir / ".tidegate"))
      if (entry.path().extension() == ".ndjson") found.push_back(entry.path().string());
    return found.size() == 1 ? file_text(found[0]) : "";
  }
};

TEST_F(Record, OfARun_IsItsRowAndItsEvents) {
  pipeline("");
  const auto told = project.events({"--environment", "preview"});
  const auto end = last_event(told);
  ASSERT_EQ(end["exit"], 0) << end;
  const auto row = run_row();
  EXPECT_EQ(row["id"], end["run"]);
  EXPECT_EQ(row["pipeline"], "shop");
  EXPECT_EQ(row["environment"], "preview");
  EXPECT_EQ(row["outcome"], "succeeded");
  EXPECT_EQ(row["exit"], 0);
  EXPECT_EQ(row["ms"], end["ms"]);
  EXPECT_EQ(row["fence"], 1);
  EXPECT_EQ(row["applied"], Json::array({"20240101000000_users"}));
  EXPECT_EQ(row["pending"], Json::array());
  EXPECT_TRUE(row["error"].is_null());
  EXPECT_EQ(row["database"], project.db.name());
  EXPECT_EQ(row["version"], project.tidegate({"--version"}).out.substr(9, row["version"].get<std::string>().size()));
  std::vector<Json> kept;
  for (const auto& event : told)
    if (event["type"] != "stage.progress") kept.push_back(event);
  const auto rows = project.db.sql("select jsonb_build_object('seq', seq, 'type', type) || case when stage is null then '{}' else "
                                   "jsonb_build_object('stage', stage) end || fields from tidegate.events order by seq");
  ASSERT_EQ(rows.size(), kept.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    for (const char* key : {"v", "time", "run"}) kept[i].erase(key);
    EXPECT_EQ(Json::parse(*rows[i][0]), kept[i]);
  }
}

TEST_F(Record, OfAFailedRun_HasItsErrorAndNoSecret) {
  project.migration("20240102000000_bad", std::string("SELECT '") + kPassword + "';\nSELECT 1/0;\n");
  ASSERT_CODE(project.tidegate({"run"}), 5);
  const auto row = run_row();
  EXPECT_EQ(row["outcome"], "kept");
  EXPECT_EQ(row["exit"], 5);
  EXPECT_EQ(row["kept"], Json::array({"20240101000000_users"}));
  EXPECT_EQ(row["error"]["sqlstate"], "22012") << row;
  EXPECT_EQ(project.db.value("select type from tidegate.events order by seq desc limit 1"), "run.finished");
  const auto secrets = project.db.value(std::string("select count(*) from tidegate.events e, tidegate.runs r where strpos(e::text || r::text, '") +
                                        kPassword + "') > 0 or strpos(e::text || r::text, '" + kPasswordInUrl + "') > 0");
  EXPECT_EQ(secrets, "0");
}

TEST_F(Record, NothingToDo_WritesNothing) {
  pipeline("journal = \"none\"");
  ASSERT_CODE(project.tidegate({"run"}), 0);
  pipeline("");
  ASSERT_CODE(project.tidegate({"run"}), 0);
  ASSERT_CODE(project.tidegate({"status"}), 0);
  ASSERT_CODE(project.tidegate({"plan"}), 0);
  project.migration("20240102000000_next", "CREATE TABLE next (id int);\n");
  ASSERT_CODE(project.tidegate({"run", "--dry-run"}), 0);
  EXPECT_FALSE(has_schema());
  EXPECT_FALSE(std::filesystem::exists(project.dir / ".tidegate"));
}

TEST_F(Record, None_LeavesNothingAnywhere) {
  pipeline("journal = \"none\"");
  ASSERT_CODE(project.tidegate({"run"}), 0);
  EXPECT_EQ(project.applied().size(), 1U);
  EXPECT_FALSE(has_schema());
  EXPECT_FALSE(std::filesystem::exists(project.dir / ".tidegate"));
  EXPECT_EQ(project.json({"status", "--json"})["runs"], Json::array());
}

TEST_F(Record, InAFile_IsTheStreamBetweenItsTwoLinesAndStatusReadsIt) {
  pipeline("journal = \"file\"");
  const auto told = project.events();
  ASSERT_EQ(last_event(told)["exit"], 0);
  EXPECT_FALSE(has_schema());
  const auto kept = parse_events(journal_file().substr(1));
  ASSERT_GT(kept.size(), 3U);
  EXPECT_EQ(kept.front()["type"], "journal.begin");
  EXPECT_EQ(kept.front()["pending"], Json::array({"20240101000000_users"}));
  EXPECT_EQ(kept.back()["type"], "journal.end");
  EXPECT_EQ(kept.back()["applied"], Json::array({"20240101000000_users"}));
  EXPECT_EQ(kept[kept.size() - 2], told.back());
  const auto runs = project.json({"status", "--json"})["runs"];
  ASSERT_EQ(runs.size(), 1U) << runs;
  EXPECT_EQ(runs[0]["id"], told.front()["run"]);
  EXPECT_EQ(runs[0]["outcome"], "succeeded");
}

TEST_F(Record, RoleMayNotMakeTheSchema_IsAWarningAndAFile) {
  const auto role = project.db.name() + "_deploy";
  project.db.sql("create role " + role + " login; grant all on schema public to " + role);
  pipeline("");
  const auto done = project.tidegate({"run"}, {{"DATABASE_URL", url_with_password(server_socket_dir(), project.db.name(), role)}});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "the role may not make schema tidegate");
  EXPECT_SAYS(done, "recovery after a crash knows less");
  EXPECT_SAYS(done, "GRANT CREATE ON DATABASE");
  EXPECT_FALSE(has_schema());
  EXPECT_NE(journal_file().find("\"journal.end\""), std::string::npos);
  EXPECT_EQ(project.json({"status", "--json"})["runs"][0]["outcome"], "succeeded");
  project.db.sql("drop owned by " + role + " cascade; drop role " + role);
}

TEST_F(Record, NewerJournal_IsRefusedAndNothingIsTouched) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  project.db.sql("update tidegate.meta set version = 99");
  project.migration("20240102000000_next", "CREATE TABLE next (id int);\n");
  const auto before = project.snapshot();
  const auto runs = project.db.value("select count(*) from tidegate.runs");
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "version 99");
  EXPECT_SAYS(done, "a newer tidegate wrote it");
  EXPECT_EQ(project.snapshot(), before);
  EXPECT_EQ(project.applied().size(), 1U);
  EXPECT_EQ(project.db.value("select count(*) from tidegate.runs"), runs);
  EXPECT_EQ(project.db.value("select fence from tidegate.lease"), "1");
  EXPECT_TRUE(project.db.eventually("select pg_try_advisory_lock(8388346167643173989)")) << "the lease is free";
  const auto status = project.tidegate({"status"});
  EXPECT_CODE(status, 0);
  EXPECT_SAYS(status, "version 99");
}

TEST_F(Record, OfAResolve_IsARunOfItsOwn) {
  const auto done = project.tidegate({"resolve", "--applied", "20240101000000_users"});
  ASSERT_CODE(done, 0);
  const auto row = run_row();
  EXPECT_EQ(row["outcome"], "succeeded");
  EXPECT_EQ(row["exit"], 0);
  const auto events = project.db.sql("select type, fields->>'command' from tidegate.events where run = '" + row["id"].get<std::string>() + "' order by seq");
  ASSERT_GT(events.size(), 2U);
  EXPECT_EQ(events.front().at(0), "run.started");
  EXPECT_EQ(events.front().at(1), "resolve");
  EXPECT_EQ(events.back().at(0), "run.finished");
  EXPECT_TRUE(project.db.eventually("select run is null from tidegate.lease"));
}

TEST_F(Record, OfAResolveThatIsRefused_SaysSo) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  const auto done = project.tidegate({"resolve", "--rolled-back", "20240101000000_users"});
  EXPECT_NE(done.exit_code, 0);
  const auto row = run_row();
  EXPECT_NE(row["outcome"], "succeeded") << row;
  EXPECT_EQ(row["exit"], done.exit_code) << row;
  EXPECT_FALSE(row["error"].is_null()) << row;
}

TEST_F(Record, EndThatCannotBeWritten_IsAWarningOfEveryCommand) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  project.db.sql("create function no() returns trigger language plpgsql as $$ begin raise 'no room for the record'; end $$;"
                 "create trigger no before update on tidegate.runs for each row when (new.finished_at is not null) execute function no()");
  project.migration("20240102000000_next", "CREATE TABLE next (id int);\n").migration("20240103000000_by_hand", "SELECT 1;\n");
  const auto resolved = project.tidegate({"resolve", "--applied", "20240103000000_by_hand"});
  EXPECT_CODE(resolved, 0);
  EXPECT_SAYS(resolved, "no room for the record");
  const auto run = project.tidegate({"run"});
  EXPECT_CODE(run, 0);
  EXPECT_SAYS(run, "no room for the record");
}

TEST_F(Record, EventsFileThatIsFull_IsAWarning) {
  const auto done = project.tidegate({"run", "--events", "/dev/full"});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "--events /dev/full: not all events could be written");
}

TEST_F(Record, TurnedOff_TheEventsFileSaysSo) {
  project.file("events.ndjson", "what an earlier run left\n");
  ASSERT_CODE(project.tidegate({"run", "--events", "events.ndjson"}, {{"TIDEGATE_SKIP", "True"}}), 0);
  const auto events = parse_events(file_text(project.dir / "events.ndjson"));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0]["type"], "run.started");
  EXPECT_EQ(events[1]["skipped"], true);
  EXPECT_TRUE(project.applied().empty());
}

TEST_F(Record, TurnedOffByAWordThatSaysNothing_IsRefused) {
  EXPECT_CODE(project.tidegate({"run"}, {{"TIDEGATE_SKIP", "perhaps"}}), 2);
  EXPECT_TRUE(project.applied().empty());
  EXPECT_CODE(project.tidegate({"run"}, {{"TIDEGATE_SKIP", "no"}}), 0);
  EXPECT_EQ(project.applied().size(), 1U);
}

TEST_F(Record, OfAnOverride_HasItsReasonWhenItLetAGateThrough) {
  const auto with_gate = [&](const std::string& program) {
    project.file("tidegate.toml", "version = 1\n[[stage]]\nid = \"gate\"\nuse = \"command\"\nkind = \"precheck\"\nwith = { argv = [\"" + program +
                                      "\"] }\n[[stage]]\nuse = \"apply.prisma\"\n");
    return project.tidegate({"run", "--override", "command-failed", "--reason", "we know"});
  };
  ASSERT_CODE(with_gate("false"), 0);
  EXPECT_EQ(run_row()["reason"], (Json{{"rule", "command-failed"}, {"reason", "we know"}}));
  project.migration("20240102000000_next", "CREATE TABLE next (id int);\n");
  ASSERT_CODE(with_gate("true"), 0);
  EXPECT_TRUE(run_row()["reason"].is_null()) << "there was nothing to let through";
}

}  // namespace
}  // namespace tidegate::test
