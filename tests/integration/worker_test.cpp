// SPDX-License-Identifier: Apache-2.0
// Plugins that are not bundled, in their own processes: a good one is as in the host's process, a bad one is a failed
// stage and nothing else.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "project.hpp"
#include "support/http_server.hpp"

namespace tidegate::test {
namespace {

/// Processes of that program whose parent is, or was, a run that this test started: by a variable of their environment
/// they cannot be told, so by the folder that they work in.
std::vector<int> workers_in(const std::string& folder) {
  std::vector<int> out;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::error_code failure;
    const auto program = std::filesystem::read_symlink(entry.path() / "exe", failure);
    if (failure || program.filename() != "tidegate-worker") continue;
    const auto cwd = std::filesystem::read_symlink(entry.path() / "cwd", failure);
    if (!failure && cwd == std::filesystem::canonical(folder)) out.push_back(std::stoi(name));
  }
  return out;
}

/// Waits until there are so many; the test's own timeout ends it otherwise.
std::vector<int> wait_for_workers(const std::string& folder, std::size_t count) {
  for (;;) {
    auto found = workers_in(folder);
    if (found.size() == count) return found;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

class Worker : public ProjectTest {
 protected:
  Worker() { project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n"); }
  ~Worker() override { EXPECT_EQ(workers_in(project.dir.path()), std::vector<int>()) << "a worker was left behind"; }

  static std::string pipeline(const std::string& folder, const std::string& id, const std::string& where, const std::string& stages) {
    return "version = 1\n[plugins]\ndirs = [\"" + std::string(FIXTURES) + folder + "\"]\n[plugins.isolation]\n\"" + id + "\" = \"" + where +
           "\"\n" + stages;
  }
  void faulty(const std::string& does, const std::string& stage = "use = \"faulty\"\nkind = \"precheck\"\n", const std::string& more = "") {
    project.file("tidegate.toml", pipeline("/faulty", "org.example.faulty", "worker",
                                           "[[stage]]\n" + stage + "[stage.with]\ndoes = \"" + does + "\"\n" + more));
  }
  /// The error of the stage, of which there must be one.
  Json failure_of(const std::vector<Json>& events, const std::string& stage = "faulty") {
    for (const auto& event : of_type(events, "stage.finished"))
      if (event["stage"] == stage && event.contains("error")) return event["error"];
    ADD_FAILURE() << "the stage did not fail";
    return Json{{"message", ""}, {"class", ""}};
  }
};

/// Without what the clock, the port and the process say.
std::string told(std::vector<Json> events) {
  std::string out;
  for (auto& event : events) {
    for (const char* field : {"seq", "time", "run", "ms"}) event.erase(field);
    if (event["type"] != "stage.progress" && event["type"] != "lease.taken") out += event.dump() + "\n";
  }
  return out;
}

TEST_F(Worker, EveryService_IsAsInProcess) {
  HttpServer server;
  std::map<std::string, std::string> streams;
  for (const std::string where : {"in-process", "worker"}) {
    server.answer_with({{201, "answered", {}}, {201, "answered", {}}});
    Project fresh;
    const std::string with = "[stage.with]\nurl = \"" + server.url() + "\"\ntoken = \"${TOKEN}\"\nsay = \"what is said\"\n";
    fresh.file("tidegate.toml", pipeline("", "org.example.thorough", where,
                                         "[[stage]]\nid = \"check\"\nuse = \"thorough\"\nkind = \"precheck\"\ndeadline = \"5m\"\n" + with +
                                             "scratch = true\n[[stage]]\nid = \"change\"\nuse = \"thorough\"\nkind = \"apply\"\n" + with +
                                             "create = \"create table made (id int); insert into made values (1), (2)\"\n" +
                                             "[[notify]]\nid = \"tell\"\nuse = \"thorough\"\non = [\"started\", \"succeeded\"]\n"));
    const auto done = fresh.tidegate({"run", "--json"}, {{"TOKEN", "a-secret-token"}});
    EXPECT_CODE(done, 0);
    EXPECT_EQ(done.out.find("a-secret-token"), std::string::npos);
    EXPECT_EQ(fresh.db.value("select count(*) from made"), "2");
    streams[where] = told(parse_events(done.out));
    EXPECT_EQ(workers_in(fresh.dir.path()), std::vector<int>());
  }
  EXPECT_EQ(streams["in-process"], streams["worker"]);
  EXPECT_NE(streams["worker"].find("http 201 answered"), std::string::npos);
  EXPECT_NE(streams["worker"].find("printed by precheck"), std::string::npos);
  EXPECT_NE(streams["worker"].find("event 2 of this instance"), std::string::npos) << "one instance a run";
}

TEST_F(Worker, PluginThatIsNotBundled_RunsInOneUnlessTrusted) {
  project.file("tidegate.toml", "version = 1\n[plugins]\ndirs = [\"" + std::string(FIXTURES) +
                                    "/faulty\"]\n[[stage]]\nuse = \"faulty\"\nkind = \"precheck\"\n[stage.with]\ndoes = \"segfault\"\n");
  EXPECT_CODE(project.tidegate({"run"}), 3) << "in process it would be the end of the host";
}

struct Fault {
  std::string does, says, error_class = "failed";
};
class WorkerFault : public Worker, public ::testing::WithParamInterface<Fault> {};

TEST_P(WorkerFault, InAPrecheck_ClosesTheGateAndSaysWhat) {
  const auto& fault = GetParam();
  faulty(fault.does, "use = \"faulty\"\nkind = \"precheck\"\ntimeout = \"" + std::string(fault.does == "hang" ? "1s" : "5m") + "\"\n");
  const auto done = project.tidegate({"run", "--json"});
  EXPECT_CODE(done, 3);
  const auto error = failure_of(parse_events(done.out));
  const std::string message = error["message"];
  EXPECT_NE(message.find("org.example.faulty"), std::string::npos) << message;
  EXPECT_NE(message.find(fault.says), std::string::npos) << message;
  EXPECT_EQ(error["class"], fault.error_class);
  EXPECT_NE(done.out.find("printed before the end"), std::string::npos) << "what it printed is in the log";
}

std::vector<Fault> faults() {
  std::vector<Fault> out{{"segfault", "signal 11 (Segmentation fault)"},
                         {"abort", "signal 6 (Aborted)"},
                         {"exit", "ended with exit code 0"},
                         {"hang", "after its deadline", "deadline"},
                         {"log", "published more than 16 MiB"},
                         {"print", "printed more than 64 MiB"},
                         {"context", "may be sent at once"},
                         {"contexts", "published more than 16 MiB"},
                         {"garbage", "malformed"},
                         {"length", "malformed"},
                         {"unknown_call", "malformed"}};
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they need the address space, so it has no limit there
  out.push_back({"allocate", "bad_alloc", "internal"});
#endif
  return out;
}

INSTANTIATE_TEST_SUITE_P(All, WorkerFault, ::testing::ValuesIn(faults()), [](const auto& tested) { return tested.param.does; });

/// In the middle of apply, after what it had changed was committed: rollback and notification run.
TEST_P(WorkerFault, InApply_IsRolledBackAndNotified) {
  const auto& fault = GetParam();
  HttpServer server;
  project.file("undo.sh", "#!/bin/sh\npsql \"$DATABASE_URL\" -qc 'drop table half'\n");
  std::filesystem::permissions(project.dir / std::string_view("undo.sh"), std::filesystem::perms::owner_all);
  faulty(fault.does, "use = \"faulty\"\nkind = \"apply\"\ntimeout = \"" + std::string(fault.does == "hang" ? "1s" : "5m") + "\"\n",
         "create = \"create table half (id int)\"\n[[rollback]]\nuse = \"command\"\n[rollback.with]\nargv = "
         "[\"./undo.sh\"]\npass_connection = true\n"
         "[[notify]]\nuse = \"notify.webhook\"\n[notify.with]\nurl = \"${HOOK}\"\n");
  const auto done = project.tidegate({"run", "--json"}, {{"HOOK", server.url()}});
  EXPECT_CODE(done, 5) << "that the database is as it was is not known of a program";
  EXPECT_EQ(failure_of(parse_events(done.out))["class"], fault.error_class);
  EXPECT_EQ(project.db.value("select to_regclass('half') is null"), "t") << "the rollback ran";
  ASSERT_FALSE(server.requests().empty());
  EXPECT_NE(server.requests().back().body.find("org.example.faulty"), std::string::npos);
}

TEST_F(Worker, NotificationThatCrashes_IsAWarning) {
  project.file("tidegate.toml",
               pipeline("/faulty", "org.example.faulty", "worker",
                        "[[stage]]\nuse = \"apply.prisma\"\n[[notify]]\nuse = \"faulty\"\n[notify.with]\ndoes = \"segfault\"\n"));
  const auto done = project.tidegate({"run", "--json"});
  EXPECT_CODE(done, 0);
  EXPECT_FALSE(of_type(parse_events(done.out), "notification.failed").empty());
  EXPECT_EQ(project.applied().size(), 1U);
}

TEST_F(Worker, AfterACrash_TheNextAttemptHasANewOne) {
  faulty("segfault", "use = \"faulty\"\nkind = \"precheck\"\nretry = { attempts = 3, delay = \"0s\", on = [\"failed\"] }\n");
  const auto events = project.tidegate({"run", "--json"});
  EXPECT_CODE(events, 3);
  EXPECT_EQ(of_type(parse_events(events.out), "stage.started").size(), 3U);
}

TEST_F(Worker, HostThatIsKilled_LeavesNone) {
  faulty("hang");
  Process host(project.command({"run", "--json"}));
  ASSERT_TRUE(host.wait_for_line("about to").has_value());
  ASSERT_EQ(workers_in(project.dir.path()).size(), 1U);
  host.signal(SIGKILL);
  host.wait();
  EXPECT_TRUE(wait_for_workers(project.dir.path(), 0).empty());
}

TEST_F(Worker, Interruption_EndsAHangingOne) {
  faulty("hang");
  Process host(project.command({"run", "--json"}));
  ASSERT_TRUE(host.wait_for_line("about to").has_value());
  host.signal(SIGTERM);
  const auto done = host.wait();
  EXPECT_EQ(done.exit_code, 143) << done.out << done.err;
}

TEST_F(Worker, ItsProcess_HasNothingOfTheHostsButASocket) {
  faulty("hang");
  Process host(project.command({"run", "--json"}, {{"SOME_TOKEN", "not-for-plugins"}}));
  ASSERT_TRUE(host.wait_for_line("about to").has_value());
  const auto found = workers_in(project.dir.path());
  ASSERT_EQ(found.size(), 1U);
  const auto proc = std::filesystem::path("/proc") / std::to_string(found[0]);
  std::ifstream file(proc / "environ");
  const std::string environment{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_NE(environment.find("PATH="), std::string::npos);
  EXPECT_EQ(environment.find("SOME_TOKEN"), std::string::npos);
  EXPECT_EQ(environment.find("DATABASE_URL"), std::string::npos);
  std::vector<int> descriptors;
  for (const auto& entry : std::filesystem::directory_iterator(proc / "fd")) descriptors.push_back(std::stoi(entry.path().filename()));
  std::sort(descriptors.begin(), descriptors.end());
  EXPECT_EQ(descriptors, (std::vector<int>{0, 1, 2, 3}));
  host.signal(SIGKILL);
  host.wait();
  wait_for_workers(project.dir.path(), 0);
}

}  // namespace
}  // namespace tidegate::test
