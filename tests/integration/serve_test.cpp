// SPDX-License-Identifier: Apache-2.0
// `tidegate serve` as its clients meet it: a real process, real sockets.
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <csignal>
#include <map>
#include <thread>

#include "project.hpp"
#include "support/silent_server.hpp"

namespace tidegate::test {
namespace {

constexpr const char* kToken = "0123456789-a-long-word";
constexpr const char* kStatus = "/api/migrate/status";

/// A TCP connection on which a test says what it likes.
class Raw {
 public:
  explicit Raw(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const timeval limit{60, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("not connected");
  }
  ~Raw() { ::close(fd_); }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;
  [[nodiscard]] bool say(const std::string& text) const { return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()); }
  /// All that comes until the other side closes.
  [[nodiscard]] std::string rest() const {
    std::string out;
    char piece[4096];
    for (ssize_t got = 0; (got = ::recv(fd_, piece, sizeof piece, 0)) > 0;) out.append(piece, static_cast<std::size_t>(got));
    return out;
  }

 private:
  int fd_;
};

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;
};

Answer ask(int port, const std::string& method, const std::string& path, const std::string& headers = {}, const std::string& body = {}) {
  const Raw raw(port);
  const std::string length = body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
  (void)raw.say(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + length + "\r\n" + body);
  const auto text = raw.rest();
  Answer out;
  const auto head = text.find("\r\n\r\n");
  if (head == std::string::npos || text.rfind("HTTP/1.1 ", 0) != 0) return out;
  out.status = std::stoi(text.substr(9, 3));
  out.body = text.substr(head + 4);
  std::istringstream lines(text.substr(0, head));
  for (std::string line; std::getline(lines, line);)
    if (const auto colon = line.find(": "); colon != std::string::npos) out.headers[line.substr(0, colon)] = line.substr(colon + 2, line.find('\r') - colon - 2);
  return out;
}

/// A serving process, ended by the destructor.
class Serving {
 public:
  Serving(const Project& project, Variables env = {}, std::vector<std::string> more = {}) : process_(command(project, std::move(env), std::move(more))) {
    const auto line = process_.wait_for_line("listening on ");
    if (!line) throw std::runtime_error("it does not listen: " + all_output(process_.wait()));
    port_ = std::stoi(line->substr(line->rfind(':') + 1));
  }
  [[nodiscard]] int port() const { return port_; }
  Process& process() { return process_; }
  [[nodiscard]] Answer get(const std::string& path, const std::string& token = {}) const {
    return ask(port_, "GET", path, token.empty() ? "" : "Authorization: Bearer " + token + "\r\n");
  }
  [[nodiscard]] Answer send(const std::string& method, const std::string& path, const std::string& body = {}) const { return ask(port_, method, path, {}, body); }
  [[nodiscard]] Json status(const std::string& token = {}) const {
    const auto answer = get(kStatus, token);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body);
  }
  Finished end() {
    process_.signal(SIGTERM);
    return process_.wait();
  }

 private:
  static Command command(const Project& project, Variables env, std::vector<std::string> more) {
    std::vector<std::string> args{"serve", "--listen", "127.0.0.1:0"};
    args.insert(args.end(), more.begin(), more.end());
    return project.command(args, std::move(env));
  }
  Process process_;
  int port_ = 0;
};

class Serve : public ProjectTest {
 protected:
  Serve() {
    for (int i = 1; i <= 7; ++i) project.migration(name(i), "CREATE TABLE t" + std::to_string(i) + " (id int PRIMARY KEY);\n");
  }
  static std::string name(int i) { return "2024010" + std::to_string(i) + "000000_t" + std::to_string(i); }
};

TEST_F(Serve, Status_HasTheLastFiveRowsNewestFirstAndWhatIsPending) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  project.migration("20240201000000_later", "SELECT 1;\n");
  const Serving serving(project);
  const auto status = serving.status();
  ASSERT_EQ(status.size(), 5U) << status;
  EXPECT_EQ(status.at("warnings"), Json::array());
  ASSERT_EQ(status.at("status").size(), 5U);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(status["status"][static_cast<std::size_t>(i)].at("name"), name(7 - i));
    EXPECT_EQ(status["status"][static_cast<std::size_t>(i)].at("state"), "applied");
    EXPECT_EQ(status["status"][static_cast<std::size_t>(i)].at("applied_at").get<std::string>().back(), 'Z');
  }
  EXPECT_EQ(status.at("pending"), Json::array({"20240201000000_later"}));
  EXPECT_TRUE(status.at("lock").is_null());
  EXPECT_TRUE(status.at("runs").is_array());
}

TEST_F(Serve, StatusOfANewDatabase_HasEverythingPending) {
  const Serving serving(project);
  const auto status = serving.status();
  EXPECT_EQ(status.at("status"), Json::array());
  EXPECT_EQ(status.at("pending").size(), 7U);
}

TEST_F(Serve, FailedRow_IsShownAsFailed) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  project.db.sql("insert into _prisma_migrations (id, checksum, migration_name, started_at, applied_steps_count) values ('x', 'y', '20240301000000_broken', now() + interval '1 minute', 0)");
  const auto status = Serving(project).status();
  EXPECT_EQ(status["status"][0]["name"], "20240301000000_broken");
  EXPECT_EQ(status["status"][0]["state"], "failed");
  EXPECT_FALSE(status["status"][0].contains("applied_at"));
}

TEST_F(Serve, Lock_NamesItsHolder) {
  auto other = project.db.connect();
  other.sql("select pg_advisory_lock(72707369)");
  const auto status = Serving(project).status();
  EXPECT_NE(status.at("lock").at("holder").get<std::string>().find("pid " + std::to_string(other.pid())), std::string::npos) << status;
}

TEST_F(Serve, AnswersAreFresh_AndNoConnectionIsHeldBetweenThem) {
  const Serving serving(project);
  EXPECT_EQ(serving.status()["pending"].size(), 7U);
  EXPECT_TRUE(project.db.eventually("select count(*) = 0 from pg_stat_activity where datname = current_database() and application_name like 'tidegate%'"));
  ASSERT_CODE(project.tidegate({"run"}), 0);
  Json status;
  for (int i = 0; i < 100 && (i == 0 || !status["pending"].empty()); ++i) {
    if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    status = serving.status();
  }
  EXPECT_EQ(status["pending"], Json::array());
}

TEST_F(Serve, JournalThatTheRoleMayNotRead_IsAWarningAndTheRestIsAnswered) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  const auto role = project.db.name() + "_reader";
  project.db.sql("create role " + role + " login; grant usage on schema public to " + role + "; grant select on _prisma_migrations to " + role);
  Serving serving(project, {{"DATABASE_URL", url_with_password(server_socket_dir(), project.db.name(), role)}});
  const auto status = serving.status();
  EXPECT_EQ(status.at("status").size(), 5U);
  EXPECT_EQ(status.at("runs"), Json::array());
  ASSERT_EQ(status.at("warnings").size(), 1U) << status;
  EXPECT_EQ(status["warnings"][0].at("class"), "denied");
  EXPECT_EQ(status["warnings"][0].at("message"), "the role may not read the journal in schema tidegate");
  const auto done = serving.end();
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "the role may not read the journal in schema tidegate");
  expect_no_secret(done);
  project.db.sql("grant usage on schema tidegate to " + role + "; grant select on all tables in schema tidegate to " + role);
  const Serving allowed(project, {{"DATABASE_URL", url_with_password(server_socket_dir(), project.db.name(), role)}});
  EXPECT_EQ(allowed.status().at("runs").size(), 1U);
  EXPECT_EQ(allowed.status().at("warnings"), Json::array());
  project.db.sql("drop owned by " + role + " cascade; drop role " + role);
}

TEST_F(Serve, Healthz_NeedsNoTokenAndNoDatabase) {
  const ClosedPort closed;
  const Serving serving(project, {{"TIDEGATE_TOKEN", kToken}, {"DATABASE_URL", "postgresql://127.0.0.1:" + std::to_string(closed.port()) + "/x"}});
  const auto answer = serving.get("/healthz");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(Json::parse(answer.body), Json({{"status", "ok"}}));
}

TEST_F(Serve, Token_IsNeededAndMustBeRight) {
  Serving serving(project, {{"TIDEGATE_TOKEN", kToken}});
  for (const char* wrong : {"", "wrong", "0123456789-a-long-wore", "0123456789-a-long-word2"}) {
    const auto answer = serving.get(kStatus, wrong);
    EXPECT_EQ(answer.status, 401) << wrong;
    EXPECT_EQ(answer.headers.at("WWW-Authenticate"), "Bearer");
    EXPECT_EQ(Json::parse(answer.body).at("error").at("class"), "denied");
  }
  EXPECT_EQ(serving.status(kToken)["pending"].size(), 7U);
  EXPECT_EQ(serving.get(std::string(kStatus) + "?token=" + kToken).status, 401);
  const auto done = serving.end();
  EXPECT_CODE(done, 0);
  EXPECT_DOES_NOT_SAY(done, kToken);
  EXPECT_SAYS(done, "GET /api/migrate/status 401");
  EXPECT_SAYS(done, "GET /api/migrate/status 200");
}

TEST_F(Serve, WithoutAToken_OnlyNamesOfThisMachineAreAnswered) {
  const Serving serving(project);
  const auto code = [&](const std::string& host) {
    const Raw raw(serving.port());
    (void)raw.say(std::string("GET ") + kStatus + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return raw.rest().substr(9, 3);
  };
  for (const char* host : {"localhost", "LocalHost:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]"}) EXPECT_EQ(code(host), "200") << host;
  for (const char* host : {"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "[::2]"})
    EXPECT_EQ(code(host), "403") << host;
  const Serving guarded(project, {{"TIDEGATE_TOKEN", kToken}});
  const Raw raw(guarded.port());
  (void)raw.say(std::string("GET ") + kStatus + " HTTP/1.1\r\nHost: db.example\r\nAuthorization: Bearer " + kToken + "\r\n\r\n");
  EXPECT_EQ(raw.rest().substr(9, 3), "200");
}

TEST_F(Serve, OtherPathsAndMethods_AreRefusedInJson) {
  const Serving serving(project);
  const auto missing = serving.get("/");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(Json::parse(missing.body)["error"]["class"], "not_found");
  const auto post = serving.send("POST", kStatus, "a=1");
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(post.headers.at("Allow"), "GET, HEAD");
  EXPECT_TRUE(Json::parse(post.body).contains("error"));
  EXPECT_EQ(post.headers.at("Content-Type"), "application/json");
  EXPECT_EQ(serving.send("DELETE", "/healthz").status, 405);
  const auto head = serving.send("HEAD", "/healthz");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
}

TEST_F(Serve, DatabaseThatIsDown_Is503WithoutASecret) {
  const ClosedPort closed;
  Serving serving(project, {{"DATABASE_URL", "postgresql://u:" + std::string(kPasswordInUrl) + "@127.0.0.1:" + std::to_string(closed.port()) + "/x"}});
  const auto answer = serving.get(kStatus);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(Json::parse(answer.body).at("error").at("class"), "unavailable");
  EXPECT_EQ(answer.body.find(kPassword), std::string::npos);
  const auto done = serving.end();
  expect_no_secret(done);
  EXPECT_CODE(done, 0);
}

TEST_F(Serve, LockedHistory_Is503AndNotWaitedFor) {
  ASSERT_CODE(project.tidegate({"run"}), 0);
  auto other = project.db.connect();
  other.sql("begin; lock table _prisma_migrations in access exclusive mode");
  const Serving serving(project);
  EXPECT_EQ(serving.get(kStatus).status, 503);
  other.sql("rollback");
  int code = 503;
  for (int i = 0; i < 100 && code != 200; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    code = serving.get(kStatus).status;
  }
  EXPECT_EQ(code, 200) << "it recovers";
}

TEST_F(Serve, TooLargeRequest_IsRefused) {
  const Serving serving(project);
  const Raw raw(serving.port());
  ASSERT_TRUE(raw.say("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"));
  EXPECT_EQ(raw.rest().rfind("HTTP/1.1 431 ", 0), 0U);
  EXPECT_EQ(serving.send("POST", kStatus, std::string(500'000, 'x')).status, 413);
  EXPECT_EQ(serving.get("/healthz").status, 200);
}

TEST_F(Serve, SlowClient_IsCutOffWhileOthersAreServed) {
  const Serving serving(project);
  const Raw slow(serving.port()), silent(serving.port());
  ASSERT_TRUE(slow.say("GET /healthz HTT"));
  EXPECT_EQ(serving.get("/healthz").status, 200);
  EXPECT_EQ(slow.rest().rfind("HTTP/1.1 408 ", 0), 0U) << "it got an answer, and the connection was closed";
  EXPECT_EQ(silent.rest(), "") << "the connection was closed";
}

TEST_F(Serve, FiftyClients_AreAllServed) {
  const Serving serving(project);
  std::vector<std::thread> clients;
  std::atomic<int> served{0};
  for (int i = 0; i < 50; ++i)
    clients.emplace_back([&] {
      for (int n = 0; n < 4; ++n) {
        const auto answer = serving.get(kStatus);
        if (answer.status == 200 && Json::parse(answer.body)["pending"].size() == 7) ++served;
      }
    });
  for (auto& client : clients) client.join();
  EXPECT_EQ(served, 200);
}

TEST_F(Serve, MoreConnectionsThanTheLimit_AreToldSo) {
  const Serving serving(project);
  std::vector<std::unique_ptr<Raw>> idle;
  Answer answer;
  for (int attempt = 0; attempt < 10 && answer.status != 503; ++attempt) {  // idle ones are cut off after a while: on a slow machine before all are there
    for (int i = 0; i < 64; ++i) idle.push_back(std::make_unique<Raw>(serving.port()));
    answer = serving.get("/healthz");
  }
  ASSERT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.at("Retry-After"), "1");
  idle.clear();
  int code = 503;
  for (int i = 0; i < 3000 && code != 200; ++i) {  // it takes a moment until all the ends are noticed
    ::usleep(10'000);
    code = serving.get("/healthz").status;
  }
  EXPECT_EQ(code, 200);
}

TEST_F(Serve, BeyondLoopbackWithoutAToken_IsRefused) {
  for (const char* address : {"0.0.0.0:0", "[::]:0"}) {
    const auto done = project.tidegate({"serve", "--listen", address});
    EXPECT_CODE(done, 2);
    EXPECT_SAYS(done, "TIDEGATE_TOKEN");
  }
  Process open(project.command({"serve", "--listen", "0.0.0.0:0"}, {{"TIDEGATE_TOKEN", kToken}}));
  EXPECT_TRUE(open.wait_for_line("listening on http://0.0.0.0:"));
  open.signal(SIGTERM);
  EXPECT_EQ(open.wait().exit_code, 0);
}

TEST_F(Serve, AddressThatIsNone_OrTaken_IsAMistakeOfTheCommandLine) {
  for (const char* address : {"8080", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", ":8080"}) {
    const auto done = project.tidegate({"serve", "--listen", address});
    EXPECT_CODE(done, 2);
    EXPECT_SAYS(done, "--listen");
  }
  const ClosedPort taken;
  EXPECT_CODE(project.tidegate({"serve", "--listen", "127.0.0.1:" + std::to_string(taken.port())}), 2);
}

TEST_F(Serve, PipelineWithoutAHistory_IsRefused) {
  project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"environment\"\n");
  const auto done = project.tidegate({"serve", "--listen", "127.0.0.1:0"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "history");
}

TEST_F(Serve, Sigterm_EndsItEvenWhileTheDatabaseIsSilent) {
  const SilentServer silent;
  Serving serving(project, {{"DATABASE_URL", "postgresql://127.0.0.1:" + std::to_string(silent.port()) + "/x"}});
  const Raw raw(serving.port());
  ASSERT_TRUE(raw.say("GET /api/migrate/status HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const Raw half(serving.port());
  ASSERT_TRUE(half.say("GET /"));
  EXPECT_EQ(serving.get("/healthz").status, 200);
  const auto done = serving.end();
  EXPECT_CODE(done, 0);
  EXPECT_FALSE(done.timed_out);
  EXPECT_EQ(raw.rest().rfind("HTTP/1.1 503 ", 0), 0U) << "the request under way was answered";
}

TEST_F(Serve, Serving_WritesNothing) {
  const auto before = project.snapshot();
  {
    const Serving serving(project);
    (void)serving.status();
  }
  EXPECT_EQ(project.snapshot(), before);
  EXPECT_EQ(project.db.value("select to_regclass('_prisma_migrations') is null and to_regnamespace('tidegate') is null"), "t");
}

}  // namespace
}  // namespace tidegate::test
