// SPDX-License-Identifier: Apache-2.0
//
// A table "orders" that is there, a migration that alters it, and a pipeline with the stage safety before apply.prisma.
// For the tests of safety; main thread.
#pragma once
#include <memory>

#include "project.hpp"
#include "scratch/server.hpp"

namespace tidegate::test {

class SafetyScene : public ProjectTest {
 protected:
  static constexpr const char* kAlter = "ALTER TABLE orders ADD COLUMN note text;\n";

  static constexpr const char* kOnlyLive = "policy = [{ rules = [\"*\"], level = \"allow\" }]\n";

  SafetyScene() {
    project.migration("20240101000000_orders",
                      "CREATE TABLE orders (id serial PRIMARY KEY, amount int);\nINSERT INTO orders (amount) VALUES (1);\n");
  }
  /// Applies what is there, on the given server or the shared one, then adds the migration that the test is about.
  void then(const std::string& sql, const std::string& url = {}) {
    url_ = url;
    ASSERT_CODE(tidegate({"run", "minimal"}), 0);
    project.migration("20240102000000_next", sql);
    safety("");
  }
  /// The settings of the stage, and what else its table needs. What the SQL says by itself has tests of its own.
  void safety(const std::string& with, const std::string& stage = "timeout = \"1m\"\n") {
    project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"safety\"\n" + stage + "[stage.with]\n" + kOnlyLive + with +
                                      "\n[[stage]]\nuse = \"apply.prisma\"\n");
  }
  Command command(std::vector<std::string> args) const {
    if (!url_.empty()) args.insert(args.end(), {"--url", url_});
    return project.command(std::move(args));
  }
  Finished tidegate(std::vector<std::string> args) const { return test::run(command(std::move(args))); }
  /// Runs it; what safety found.
  std::vector<Json> findings(int exit_code, const std::vector<std::string>& more = {}) {
    std::vector<std::string> args{"run", "--json"};
    args.insert(args.end(), more.begin(), more.end());
    const auto done = tidegate(std::move(args));
    EXPECT_CODE(done, exit_code);
    const auto last = last_event(parse_events(done.out));
    return last.at("findings").get<std::vector<Json>>();
  }
  std::vector<Json> would_find(int exit_code = 0) { return findings(exit_code, {"--dry-run"}); }
  /// The finding of a rule; a failure when there is none.
  static Json of_rule(const std::vector<Json>& all, const std::string& rule) {
    for (const auto& finding : all)
      if (finding.at("rule") == rule) return finding;
    ADD_FAILURE() << "no finding " << rule << " in " << Json(all).dump(1);
    return Json{{"rule", ""}, {"verdict", ""}, {"message", ""}};
  }
  static bool says(const Json& finding, const std::string& text) {
    return finding.at("message").get<std::string>().find(text) != std::string::npos;
  }
  std::string url_;
};

/// A server of the test's own, with settings that the shared one does not have.
class OwnServer {
 public:
  explicit OwnServer(std::vector<std::string> settings, int max_connections = 100) {
    scratch::Options options;
    options.max_connections = max_connections;
    options.settings = std::move(settings);
    auto started = scratch::Server::start(options, base::Deadline::in(std::chrono::minutes(4)));
    if (!started) throw std::runtime_error(started.error().message);
    server_ = std::move(*started);
  }
  [[nodiscard]] std::string url() const { return server_->url(); }
  [[nodiscard]] Connection connect() const { return Connection(url()); }
  /// Waits until the query gives "t"; false after 30 s.
  bool eventually(const std::string& query) const {
    auto session = connect();
    for (int i = 0; i < 600; ++i) {
      if (session.value(query) == "t") return true;
      session.sql("select pg_sleep(0.05)");
    }
    return false;
  }

 private:
  std::unique_ptr<scratch::Server> server_;
};

}  // namespace tidegate::test
