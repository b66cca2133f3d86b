// SPDX-License-Identifier: Apache-2.0
#include "services/db/hub.hpp"

#include <optional>
#include <utility>

#include "scratch/server.hpp"

namespace tidegate::services::db {
namespace {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;

constexpr std::chrono::milliseconds kWatchLimit{1'000};

// After the watch session could not be opened.
constexpr std::chrono::seconds kWatchAgain{10};

}  // namespace

struct Hub::Impl {
  base::Redactor& redactor;
  Interruption& interruption;
  Resolve resolve;
  Options options;
  std::map<std::string, ConnectionTarget, std::less<>> targets;
  std::unique_ptr<Session> main, watch;
  std::optional<Handshake> main_begun;
  base::Clock::time_point watch_again{};
  int opened = 0;
  std::map<int, std::unique_ptr<scratch::Server>> scratch_servers;  // by the version that was asked for
  int scratch_databases = 0;

  [[nodiscard]] SessionOptions session_options(Deadline deadline, std::chrono::milliseconds limit) const {
    SessionOptions session;
    session.connect_deadline = deadline.sooner(options.deadline);
    session.connect_timeout = limit;
    session.lock_timeout = options.lock_timeout;
    session.application_name = options.application_name;
    session.interrupt = Interrupt{&interruption};
    session.on_notice = options.on_notice;
    return session;
  }

  Result<std::unique_ptr<Session>> open(const ConnectionTarget& target, Deadline deadline, std::chrono::milliseconds limit) {
    auto out = Session::connect(target, session_options(deadline, limit), redactor);
    if (out) ++opened;
    return out;
  }
};

Hub::Hub(base::Redactor& redactor, Interruption& interruption, Resolve resolve, Options options)
    : impl_(std::make_unique<Impl>(Impl{redactor, interruption, std::move(resolve), std::move(options), {}, nullptr, nullptr, {}, {}})) {}
Hub::~Hub() = default;

Result<const ConnectionTarget*> Hub::target(std::string_view connection) {
  auto& me = *impl_;
  if (const auto found = me.targets.find(connection); found != me.targets.end()) return &found->second;
  auto text = me.resolve(connection);
  if (!text) return std::move(text).error();
  auto parsed = parse_connection(*text);
  if (!parsed) {
    auto error = std::move(parsed).error();
    error.message = "connection " + std::string(connection) + ": " + error.message;
    return error;
  }
  parsed->text = std::move(*text);
  me.redactor.add(parsed->password);
  me.redactor.add(parsed->password_as_written);
  if (me.options.on_warning) {
    for (const auto& warning : parsed->warnings) me.options.on_warning(warning);
    if (parsed->pooled)
      me.options.on_warning(
          "the connection " + std::string(connection) + " (" + parsed->display +
          ") looks like a transaction-mode pooler, where settings and locks of a session do not hold; give the direct one");
  }
  return &me.targets.emplace(std::string(connection), std::move(*parsed)).first->second;
}

Result<std::unique_ptr<Session>> Hub::open(std::string_view connection, Deadline deadline) {
  auto to = target(connection);
  if (!to) return std::move(to).error();
  auto opened = impl_->open(**to, deadline, impl_->options.connect_timeout);
  if (connection == "main") target_lost_ = !opened && opened.error().code == Status::unavailable;
  return opened;
}

void Hub::begin_main() {
  auto& me = *impl_;
  if (me.main || me.main_begun) return;
  const auto to = target("main");
  if (!to) return;
  auto begun = Handshake::begin(**to, me.session_options({}, me.options.connect_timeout), me.redactor);
  if (begun) me.main_begun = std::move(*begun);
}

Result<Session*> Hub::main(Deadline deadline) {
  auto opened = open_main(deadline);
  target_lost_ = !opened && opened.error().code == Status::unavailable;
  return opened;
}

Result<Session*> Hub::open_main(Deadline deadline) {
  auto& me = *impl_;
  if (me.main && me.main->alive()) return me.main.get();
  if (pinned_)
    return Error{Status::unavailable, "the connection that held the run's lock was lost, and the lock with it",
                 "nothing more is done without the lock; run again"};
  auto to = target("main");
  if (!to) return std::move(to).error();
  auto begun = std::exchange(me.main_begun, std::nullopt);
  const auto options = me.session_options(deadline, me.options.connect_timeout);
  auto opened = begun ? Session::over(std::move(*begun), **to, options, me.redactor) : Session::connect(**to, options, me.redactor);
  if (!opened) return std::move(opened).error();
  ++me.opened;
  me.main = std::move(*opened);
  return me.main.get();
}

std::unique_ptr<Session> Hub::hand_over_main() {
  if (pinned_ || !main_is_open()) return nullptr;
  impl_->watch.reset();  // it looked at this one
  return std::move(impl_->main);
}

Result<std::unique_ptr<Session>> Hub::scratch(int major, std::string name, Deadline deadline) {
  auto& me = *impl_;
  auto& server = me.scratch_servers[major];
  if (!server) {
    scratch::Options options;
    options.major = major;
    auto started = scratch::Server::start(options, deadline);
    if (!started) return std::move(started).error();
    server = std::move(*started);
  }
  const auto session_on = [&](const std::string& database) -> Result<std::unique_ptr<Session>> {
    auto target = parse_connection(server->url(database));
    if (!target) return std::move(target).error();
    return Session::connect(*target, me.session_options(deadline, me.options.connect_timeout), me.redactor);
  };
  if (name.empty()) name = "scratch_" + std::to_string(++me.scratch_databases);
  auto owner = session_on("template1");
  if (!owner) return owner;
  const auto quoted = (*owner)->quote_identifier(name);
  for (const auto& sql : {"DROP DATABASE IF EXISTS " + quoted + ((*owner)->server_version() >= 130000 ? " WITH (FORCE)" : ""),
                          "CREATE DATABASE " + quoted + " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"})
    if (const auto failed = (*owner)->script(sql, {}, deadline)) return failed->error;
  return session_on(name);
}

Seen Hub::look_at(int pid) {
  auto& me = *impl_;
  const auto to = target("main");
  if (!to || pid == 0 || base::Clock::now() < me.watch_again) return {};
  const auto limit = Deadline::in(kWatchLimit);
  if (!me.watch || !me.watch->alive()) {
    auto opened = me.open(**to, limit, kWatchLimit);
    if (!opened) {
      me.watch_again = base::Clock::now() + kWatchAgain;
      return {};
    }
    me.watch = std::move(*opened);
  }
  return db::look_at(*me.watch, pid, me.redactor, limit);
}

void Hub::next_stage() {
  if (impl_->main) impl_->main->reset_before_next();
}

void Hub::rest() {
  if (main_is_open()) impl_->main->end_host_transaction(Deadline::in(kWatchLimit));
}

bool Hub::main_is_open() const {
  return impl_->main && impl_->main->alive();
}
int Hub::connections_opened() const {
  return impl_->opened;
}

void Hub::close_all() {
  pinned_ = false;
  impl_->main_begun.reset();
  impl_->main.reset();
  impl_->watch.reset();
  impl_->scratch_servers.clear();
}

}  // namespace tidegate::services::db
