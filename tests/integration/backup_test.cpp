// SPDX-License-Identifier: Apache-2.0
//
// Backups before a change, made by the built host and restored into another database.
#include <algorithm>
#include <csignal>
#include <filesystem>

#include "project.hpp"

namespace tidegate::test {
namespace {

namespace fs = std::filesystem;

class BackupStage : public ProjectTest {
 protected:
  void SetUp() override {
    if (pg_dump_is_too_old()) GTEST_SKIP() << "the installed pg_dump is older than the server, and refuses to dump it";
    project.migration("0_init", "CREATE TABLE \"Users\" (id int PRIMARY KEY, name text);\nCREATE TABLE other (id int PRIMARY KEY);\n");
    ASSERT_CODE(project.tidegate({"run", "minimal"}), 0);
    project.db.sql("insert into \"Users\" values (1, 'ada'), (2, 'bob'); insert into other values (1), (2), (3)");
  }
  void pipeline(const std::string& settings) {
    project.file("tidegate.toml",
                 "version = 1\n[[stage]]\nuse = \"backup\"\n[stage.with]\n" + settings + "[[stage]]\nuse = \"apply.prisma\"\n");
  }
  std::vector<fs::path> files() {
    std::vector<fs::path> out;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(project.dir / "backups", ignored)) out.push_back(entry.path());
    return out;
  }
  /// The tables whose rows a dump holds.
  std::string rows_in(const fs::path& dump) {
    const auto listed = test::run({.argv = {postgres_program("pg_restore"), "--list", dump.string()}});
    EXPECT_EQ(listed.exit_code, 0) << listed.err;
    std::string out;
    for (const char* table : {"Users", "other"})
      if (listed.out.find(std::string("TABLE DATA public ") + table + " ") != std::string::npos)
        out += std::string(out.empty() ? "" : " ") + table;
    return out;
  }
  static std::string message_of(const std::vector<Json>& events, const std::string& containing) {
    for (const auto& event : of_type(events, "log"))
      if (event["message"].get<std::string>().find(containing) != std::string::npos) return event["message"];
    return {};
  }
};

TEST_F(BackupStage, Dump_HoldsTheTouchedTableAsItWas) {
  project.migration("1_drop", "DELETE FROM \"Users\" WHERE id = 1;\nALTER TABLE \"Users\" DROP COLUMN name;\n");
  pipeline("how = \"dump\"\nfolder = \"backups\"\n");
  const auto events = project.events();
  EXPECT_EQ(last_event(events)["outcome"], "succeeded") << last_event(events);
  ASSERT_EQ(files().size(), 1U);
  const auto dump = files().front();
  EXPECT_EQ(rows_in(dump), "Users");
  EXPECT_NE(message_of(events, "listed and read back").find(dump.string()), std::string::npos);
  EXPECT_EQ(fs::status(dump).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(project.db.value("select count(*) from \"Users\""), "1") << "the change was made after it";

  TestDatabase copy;
  const auto restored = test::run({.argv = {postgres_program("pg_restore"), "--dbname=" + copy.url(), "--no-owner", dump.string()}});
  EXPECT_EQ(restored.exit_code, 0) << restored.err;
  EXPECT_EQ(copy.value("select string_agg(name, ' ' order by id) from \"Users\""), "ada bob");
}

TEST_F(BackupStage, AllTables_AreDumpedWhenAskedFor) {
  project.migration("1_add", "ALTER TABLE other ADD COLUMN a int;\n");
  pipeline("how = \"dump\"\nfolder = \"backups\"\ntables = \"all\"\n");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  ASSERT_EQ(files().size(), 1U);
  EXPECT_EQ(rows_in(files().front()), "Users other");
}

TEST_F(BackupStage, SqlThatDoesNotTell_DumpsAllAndSaysWhy) {
  project.migration("1_do", "DO $$ BEGIN DELETE FROM other; END $$;\n");
  pipeline("how = \"dump\"\nfolder = \"backups\"\n");
  const auto events = project.events();
  ASSERT_EQ(files().size(), 1U);
  EXPECT_EQ(rows_in(files().front()), "Users other");
  EXPECT_NE(message_of(events, "dumping all tables").find("1_do"), std::string::npos);
}

TEST_F(BackupStage, RowsThatCascade_DumpAll) {
  project.db.sql("create table post (id int references \"Users\" on delete cascade)");
  project.migration("1_delete", "DELETE FROM \"Users\" WHERE id = 1;\n");
  pipeline("how = \"dump\"\nfolder = \"backups\"\n");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  EXPECT_EQ(rows_in(files().at(0)), "Users other");
}

TEST_F(BackupStage, Partitions_GoWithTheirTable) {
  project.db.sql(
      "create table whole (id int) partition by range (id); create table part partition of whole for values from (0) to (9); "
      "insert into whole values (1), (2)");
  project.migration("1_add", "ALTER TABLE whole ADD COLUMN a int;\n");
  pipeline("how = \"dump\"\nfolder = \"backups\"\n");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  const auto listed = test::run({.argv = {postgres_program("pg_restore"), "--list", files().at(0).string()}});
  EXPECT_NE(listed.out.find("TABLE DATA public part "), std::string::npos) << listed.out;
}

TEST_F(BackupStage, OnlyNewTables_NeedNoDump) {
  project.migration("1_new", "CREATE TABLE fresh (id int);\n");
  pipeline("how = \"dump\"\nfolder = \"backups\"\n");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(project.applied().size(), 2U);
}

TEST_F(BackupStage, NothingPending_MakesNone) {
  project.migration("1_new", "CREATE TABLE fresh (id int);\n");
  project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"apply.prisma\"\n");
  ASSERT_CODE(project.tidegate({"run"}), 0);
  pipeline("how = \"dump\"\nfolder = \"backups\"\ntables = \"all\"\n");
  EXPECT_CODE(project.tidegate({"run"}), 0);
  EXPECT_CODE(project.tidegate({"run", "--dry-run"}), 0);
  EXPECT_TRUE(files().empty());
}

TEST_F(BackupStage, DryRun_NamesTheTablesAndWritesNothing) {
  project.migration("1_drop", "DROP TABLE \"Users\";\n");
  pipeline("how = \"dump\"\nfolder = \"backups\"\n");
  const auto done = project.tidegate({"run", "--dry-run"});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "would dump 1 table: public.\"Users\"");
  EXPECT_TRUE(files().empty());
}

TEST_F(BackupStage, FailedBackup_LeavesTheDatabaseAsItWas) {
  project.migration("1_drop", "DROP TABLE \"Users\";\n");
  project.file("backups", "a file where the folder should be\n");
  pipeline("how = \"dump\"\nfolder = \"backups\"\n");
  const auto before = project.snapshot();
  const auto done = project.tidegate({"run", "--json"});
  EXPECT_CODE(done, 4);
  EXPECT_EQ(last_event(parse_events(done.out))["outcome"], "failed");
  EXPECT_SAYS(done, "could not be made");
  EXPECT_EQ(project.snapshot(), before);
  EXPECT_EQ(project.applied().size(), 1U);
}

TEST_F(BackupStage, DumpThatIsRefused_LeavesNoFile) {
  project.db.sql("create role reader_" + project.db.name() + " login; grant usage, create on schema public to reader_" + project.db.name() +
                 "; grant all on _prisma_migrations to reader_" + project.db.name());
  project.migration("1_drop", "ALTER TABLE other ADD COLUMN a int;\n");
  pipeline("how = \"dump\"\nfolder = \"backups\"\n");
  const auto url = url_with_password(server_socket_dir(), project.db.name(), "reader_" + project.db.name());
  const auto done = project.tidegate({"run"}, {{"DATABASE_URL", url}});
  EXPECT_CODE(done, 4);
  EXPECT_SAYS(done, "permission denied for table other");
  EXPECT_TRUE(files().empty()) << files().front();
  project.db.sql("drop owned by reader_" + project.db.name() + "; drop role reader_" + project.db.name());
}

TEST_F(BackupStage, RestorePoint_IsInTheServersWal) {
  project.migration("1_drop", "DROP TABLE \"Users\";\n");
  pipeline("how = \"restore_point\"\n");
  project.db.sql("select pg_switch_wal()");
  const auto events = project.events();
  EXPECT_EQ(last_event(events)["outcome"], "succeeded") << last_event(events);
  const auto said = message_of(events, "restore point tidegate-");
  EXPECT_NE(said.find(events.front()["run"].get<std::string>()), std::string::npos) << said;
  const auto findings = of_type(events, "finding");
  ASSERT_EQ(findings.size(), 1U) << "the test server archives nothing";
  EXPECT_EQ(findings.front()["rule"], "restore-point-without-archive");
}

TEST_F(BackupStage, Command_RunsBeforeTheChange) {
  project.migration("1_drop", "DROP TABLE \"Users\";\n");
  project.file("snapshot", "#!/bin/sh\npsql \"$DATABASE_URL\" -XAtqc 'select count(*) from \"Users\"'\n");
  fs::permissions(project.dir / "snapshot", fs::perms::owner_all);
  pipeline("how = \"command\"\nargv = [\"" + (project.dir / "snapshot") + "\"]\npass_connection = true\n");
  const auto events = project.events();
  EXPECT_EQ(last_event(events)["outcome"], "succeeded") << last_event(events);
  EXPECT_EQ(message_of(events, "2"), "2") << "both rows were still there";
}

TEST_F(BackupStage, FailedCommand_StopsTheRunBeforeTheChange) {
  project.migration("1_drop", "DROP TABLE \"Users\";\n");
  pipeline("how = \"command\"\nargv = [\"false\"]\n");
  const auto before = project.snapshot();
  EXPECT_CODE(project.tidegate({"run"}), 4);
  EXPECT_EQ(project.snapshot(), before);
}

/// By restore points, which need no program.
class BackupHandle : public ProjectTest {
 protected:
  BackupHandle() {
    project.file("tidegate.toml",
                 "version = 1\n[[stage]]\nid = \"keep\"\nuse = \"backup\"\nwith = { how = \"restore_point\" }\n[[stage]]\nuse = "
                 "\"apply.prisma\"\n");
    project.migration("0_init", "CREATE TABLE a (id int);\n");
  }
  static std::string handle_of(const std::string& run) { return ("tidegate-" + run).substr(0, 63); }
};

TEST_F(BackupHandle, IsInTheEventsTheJournalAndStatus) {
  const auto events = project.events();
  const auto handle = handle_of(events.front()["run"]);
  const auto expected = Json::parse(R"([{"stage":"keep","handle":")" + handle + "\"}]");
  const auto made = of_type(events, "backup.made");
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0]["stage"], "keep");
  EXPECT_EQ(made[0]["handle"], handle);
  EXPECT_LT(made[0]["seq"], of_type(events, "migration.finished").at(0)["seq"]);
  EXPECT_EQ(last_event(events)["backups"], expected);
  EXPECT_FALSE(last_event(events).contains("error"));
  EXPECT_EQ(project.json({"status", "--json"})["runs"][0]["backups"], expected);
  EXPECT_SAYS(project.tidegate({"status"}), "backup before it: " + handle);
  project.migration("1_more", "CREATE TABLE b (id int);\n");
  project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"apply.prisma\"\n");
  EXPECT_EQ(last_event(project.events())["backups"], Json::array());
  EXPECT_EQ(project.json({"status", "--json"})["runs"][0]["backups"], Json::array());
}

TEST_F(BackupHandle, FailedRun_SaysWhatThereIsToRestoreFrom) {
  project.migration("1_bad", "SELECT 1/0;\n");
  const auto done = project.tidegate({"run", "--json"});
  EXPECT_CODE(done, 5);
  const auto last = last_event(parse_events(done.out));
  const auto handle = handle_of(last["run"]);
  EXPECT_NE(last["error"]["hint"].get<std::string>().find("the backup from before the change: " + handle), std::string::npos) << last;
  EXPECT_EQ(project.json({"status", "--json"})["runs"][0]["backups"][0]["handle"], handle);
}

TEST_F(BackupHandle, OfAKilledRun_IsInItsRecord) {
  project.migration("1_slow", "SELECT pg_sleep(600);\n");
  Process running(project.command({"run"}));
  ASSERT_TRUE(project.db.eventually("select count(*) = 1 from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()"));
  running.signal(SIGKILL);
  (void)running.wait();
  ASSERT_TRUE(project.db.eventually("select count(*) = 0 from pg_stat_activity where application_name like 'tidegate%'"));
  const auto run = project.json({"status", "--json"})["runs"][0];
  EXPECT_EQ(run["outcome"], "interrupted");
  EXPECT_EQ(run["backups"][0]["handle"], handle_of(run["id"]));
}

TEST_F(BackupHandle, OfAJournalInAFile_IsReadFromThere) {
  project.file("tidegate.toml",
               "version = 1\n[run]\njournal = \"file\"\n[[stage]]\nuse = \"backup\"\nwith = { how = \"restore_point\" "
               "}\n[[stage]]\nuse = \"apply.prisma\"\n");
  ASSERT_CODE(project.tidegate({"run"}), 0);
  const auto run = project.json({"status", "--json"})["runs"][0];
  EXPECT_EQ(run["backups"][0]["handle"], handle_of(run["id"]));
}

}  // namespace
}  // namespace tidegate::test
