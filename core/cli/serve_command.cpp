// SPDX-License-Identifier: Apache-2.0
// Two threads: one answers requests, this one asks the database, since a session belongs to the thread of the job. An answer
// is kept for a second, and one question serves everybody who waits for it.
#include <tidegate/extensions.hpp>
#include <unistd.h>

#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/http_listener.hpp"
#include "cli/print.hpp"
#include "cli/state.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

using base::Clock;
using base::Error;
using base::Result;
using base::Status;

constexpr std::chrono::milliseconds kKept{1'000};      // an answer
constexpr std::chrono::milliseconds kQuestion{5'000};  // to the database, all of it
constexpr std::chrono::milliseconds kLongestWait{12'000};  // of a request: a question under way, and the next one
constexpr std::size_t kRows = 5, kRuns = 5;
constexpr const char* kNewestRows = R"({"rows":5})";

struct Address {
  std::string host;
  int port = 0;
};

std::optional<Address> parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  Address out{text.substr(0, colon), -1};
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, out.port);
  if (parsed.ec != std::errc{} || parsed.ptr != end || out.port < 0 || out.port > 65'535) return std::nullopt;
  return out;
}

/// The newest rows as the format keeps them; of a format that does not tell, those that are applied.
base::Array newest_rows(const base::Value& history) {
  if (const auto* rows = history.find("rows"); rows != nullptr && rows->as<base::Array>() != nullptr) return *rows->as<base::Array>();
  base::Array out;
  const auto* applied = history.find("applied");
  if (const auto* list = applied != nullptr ? applied->as<base::Array>() : nullptr)
    for (auto row = list->rbegin(); row != list->rend() && out.size() < kRows; ++row) out.push_back(*row);
  return out;
}

/// A journal that cannot be read leaves the rest. On a connection of its own for each question, so that none is held, and no snapshot either, while nobody asks.
Result<std::string> ask(Job& job, const Options& options) {
  const auto deadline = base::Deadline::in(kQuestion);
  const auto state = [&]() -> Result<base::Value> {
    auto* stage = job.runner().offering(TG_HISTORY);
    if (stage == nullptr) return Error{Status::not_found, "no stage of this pipeline keeps a history of migrations"};
    const auto answer = stage->call(TG_HISTORY, TG_HISTORY_LIST, kNewestRows, services::Access::read, deadline);
    if (!answer) return answer.error();
    const auto history = run::from_json(*answer);
    if (!history) return history.error();
    const auto* pending = history->find("pending");
    auto lock = lock_of(job, deadline);
    if (!lock) return lock.error();
    auto runs = runs_of(job, kRuns, deadline);
    base::Array warnings;
    if (!runs) {
      print_problems({}, {runs.error()}, options, &job.redactor());
      warnings.emplace_back(run::to_value(runs.error()));
    }
    return base::Value(base::Table{{"status", newest_rows(*history)}, {"pending", pending != nullptr ? *pending : base::Value(base::Array{})},
                                   {"lock", std::move(*lock)}, {"runs", runs ? std::move(*runs) : base::Array{}}, {"warnings", std::move(warnings)}});
  }();
  job.databases().close_all();
  if (!state) return state.error();
  auto clean = *state;
  run::redact(clean, job.redactor());
  return run::to_json(clean);
}

/// What one thread wants to know and the other finds out.
class Board {
 public:
  /// nullopt: not known yet, and asked for now.
  std::optional<HttpAnswer> look() {
    const std::lock_guard lock(mutex_);
    if (known_ && Clock::now() - at_ < kKept) return known_;
    wanted_ = true;
    changed_.notify_all();
    return std::nullopt;
  }
  /// True when somebody asks; false at the end.
  bool wait_for_question() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return wanted_ || ended_; });
    return !ended_ && std::exchange(wanted_, false);
  }
  void put(HttpAnswer answer) {
    const std::lock_guard lock(mutex_);
    known_ = std::move(answer);
    at_ = Clock::now();
  }
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<HttpAnswer> known_;
  Clock::time_point at_{};
  bool wanted_ = false, ended_ = false;
};

/// Names that only this machine itself goes by. A page in a browser here can ask by any other name that its owner lets point
/// to 127.0.0.1, and would read the answer.
bool is_this_machine(std::string_view host) {
  return host.empty() || host == "localhost" || host == "[::1]" || (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

std::optional<HttpAnswer> answer(const HttpRequest& request, std::chrono::milliseconds waited, const std::string& token, Board& board) {
  const bool status = request.path == "/api/migrate/status", health = request.path == "/healthz";
  if (!status && !health) return http_error(404, "not_found", "there is /api/migrate/status and /healthz");
  if (request.method != "GET" && request.method != "HEAD") {
    auto refusal = http_error(405, "unsupported", "GET only");
    refusal.headers.emplace_back("Allow", "GET, HEAD");
    return refusal;
  }
  if (health) return HttpAnswer{200, R"({"status":"ok"})"};
  if (token.empty() && !is_this_machine(request.host))
    return http_error(403, "denied", "without a token only requests to localhost are answered; set TIDEGATE_TOKEN");
  constexpr std::string_view kScheme = "bearer ";
  const bool bearer = base::to_lower(std::string_view(request.authorization).substr(0, kScheme.size())) == kScheme;
  if (!token.empty() && !(bearer && same_secret(std::string_view(request.authorization).substr(kScheme.size()), token))) {
    auto refusal = http_error(401, "denied", bearer ? "the token is wrong" : "a token is needed: Authorization: Bearer TOKEN");
    refusal.headers.emplace_back("WWW-Authenticate", "Bearer");
    return refusal;
  }
  if (auto known = board.look()) return known;
  if (waited < kLongestWait) return std::nullopt;
  return http_error(503, "deadline", "the database did not answer in time");
}

}  // namespace

int serve_command(const Options& options) {
  const auto address = parse_address(options.listen);
  const auto refuse = [&](const Error& error) {
    print_problems({error}, {}, options);
    return run::exit_for(error);
  };
  if (!address) return refuse({Status::config, "--listen " + options.listen + ": HOST:PORT is wanted, as 127.0.0.1:8080 or [::1]:8080"});
  const std::string token(base::trim(base::process_environment()("TIDEGATE_TOKEN").value_or("")));
  auto listener = HttpListener::bind(address->host, address->port, {});
  if (!listener) return refuse(listener.error());
  if (token.empty() && !(*listener)->is_loopback())
    return refuse({Status::config, "--listen " + options.listen + " is open to other machines, and no token is set",
                   "set TIDEGATE_TOKEN to a long random word, or listen on 127.0.0.1"});
  int exit_code = 0;
  const auto job = Job::make_to_ask(options, exit_code);
  if (!job) return exit_code;
  if (auto prepared = job->runner().prepare_to_ask(); !prepared) return job->fail(prepared.error());
  if (job->runner().offering(TG_HISTORY) == nullptr)
    return job->fail({Status::config, "no stage of this pipeline keeps a history of migrations, so there is no status to serve",
                      "apply.prisma keeps one"});
  job->databases().close_all();

  base::Redactor secrets;
  secrets.add(token);
  const auto style = style_for(STDERR_FILENO, options.color, &secrets);
  const auto log = [&](const HttpListener::Served& served) {
    if (options.quiet) return;
    put(stderr, base::format_time(std::chrono::system_clock::now()) + " " + served.client + " " + (served.method.empty() ? "-" : served.method) + " " +
                    (served.path.empty() ? "-" : printable(served.path).substr(0, 200)) + " " + std::to_string(served.code) + " " +
                    base::format_duration(served.took) + "\n", style);
  };
  std::printf("listening on http://%s\n", (*listener)->address().c_str());
  std::fflush(stdout);

  Board board;
  std::thread http([&] {
    const auto answers = [&](const HttpRequest& request, std::chrono::milliseconds waited) { return answer(request, waited, token, board); };
    (*listener)->serve(job->interrupt_fd(), answers, log);
    board.end();
  });
  while (board.wait_for_question()) {
    const auto state = ask(*job, options);
    if (state) {
      board.put({200, *state});
    } else {
      auto error = run::to_value(state.error());
      run::redact(error, job->redactor());
      board.put({503, run::to_json(base::Table{{"error", std::move(error)}})});
      print_problems({state.error()}, {}, options, &job->redactor());
    }
    (*listener)->wake();
  }
  http.join();
  return run::kExitOk;
}

}  // namespace tidegate::cli
