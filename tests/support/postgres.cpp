// SPDX-License-Identifier: Apache-2.0
#include "support/postgres.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <random>
#include <stdexcept>

#include "scratch/programs.hpp"
#include "scratch/server.hpp"
#include "support/files.hpp"

namespace tidegate::test {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// The server of this process, for tests that run without the fixture.
const std::string& lazy_socket_dir() {
  static const std::unique_ptr<scratch::Server> server = [] {
    scratch::Options options;
    options.max_connections = 200;
    auto started = scratch::Server::start(options, base::Deadline::in(std::chrono::minutes(2)));
    if (!started) throw std::runtime_error(started.error().message + " (" + started.error().hint + ")");
    return std::move(*started);
  }();
  return server->socket_dir();
}

std::string socket_dir_of(const std::string& url) {
  const auto at = url.find("host=");
  if (at == std::string::npos) throw std::runtime_error("TIDEGATE_TEST_SERVER must be a folder or a URL with ?host=/folder");
  return url.substr(at + 5, url.find('&', at) - at - 5);
}

}  // namespace

void Connection::Close::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

Connection::Connection(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_.get()));
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
}

Rows Connection::sql(const std::string& text) {
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection_.get(), text.c_str()), &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY)
    throw std::runtime_error(PQerrorMessage(connection_.get()) + text.substr(0, 500));
  Rows rows;
  for (int r = 0; r < PQntuples(result.get()); ++r) {
    auto& row = rows.emplace_back();
    for (int c = 0; c < PQnfields(result.get()); ++c)
      row.push_back(PQgetisnull(result.get(), r, c) != 0 ? std::nullopt : std::optional<std::string>(PQgetvalue(result.get(), r, c)));
  }
  return rows;
}

std::string Connection::value(const std::string& text) {
  const auto rows = sql(text);
  if (rows.size() != 1 || rows[0].size() != 1) throw std::runtime_error("not one value: " + text);
  return rows[0][0].value_or("");
}

void Connection::send(const std::string& text) {
  if (PQsendQuery(connection_.get(), text.c_str()) == 0) throw std::runtime_error(PQerrorMessage(connection_.get()));
}

std::string Connection::finish() {
  std::string error;
  while (PGresult* result = PQgetResult(connection_.get())) {
    if (PQresultStatus(result) == PGRES_FATAL_ERROR) error = PQresultErrorMessage(result);
    PQclear(result);
  }
  return error;
}

int Connection::pid() const {
  return PQbackendPID(connection_.get());
}

std::string server_socket_dir() {
  static const std::string folder = []() -> std::string {
    const std::string given = variable("TIDEGATE_TEST_SERVER");
    if (given.starts_with("postgres")) return socket_dir_of(given);
    if (!given.empty() && std::filesystem::exists(given + "/url")) return socket_dir_of(file_text(given + "/url"));
    return lazy_socket_dir();
  }();
  return folder;
}

std::string server_url(const std::string& database, const std::string& user) {
  return "postgresql:///" + database + "?host=" + server_socket_dir() + "&port=5432&user=" + user;
}

TestDatabase::TestDatabase(const std::string& options) {
  static std::atomic<int> number{0};
  static const unsigned salt = std::random_device{}();
  name_ = "tg_" + std::to_string(::getpid()) + "_" + std::to_string(salt % 100'000) + "_" + std::to_string(++number);
  Connection(server_url()).sql("create database " + name_ + " " + (options.find("template ") == std::string::npos ? "template template0 " : "") + options);
}

TestDatabase::~TestDatabase() {
  own_.reset();
  try {
    Connection(server_url()).sql("drop database if exists " + name_ + " with (force)");
  } catch (const std::exception&) {  // the server is gone, and the database with it
  }
}

Connection& TestDatabase::own() {
  if (!own_) own_ = std::make_unique<Connection>(url());
  return *own_;
}

int TestDatabase::sessions() {
  return std::stoi(
      value("select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() "
            "and backend_type = 'client backend'"));
}

bool TestDatabase::eventually(const std::string& query) {
  const auto end = base::Clock::now() + std::chrono::seconds(30);
  while (base::Clock::now() < end) {
    if (value(query) == "t") return true;
    ::usleep(5'000);
  }
  return false;
}

std::string postgres_program(const std::string& name) {
  const auto there = [&](const base::Environment& variables) -> std::string {
    const auto programs = scratch::find_programs(0, "", variables);
    if (!programs) throw std::runtime_error(programs.error().message);
    return programs->bin_dir + "/" + name;
  };
  auto program = there(base::process_environment());
  // A server's package without clients (TIDEGATE_PG_BIN): those of the installed PostgreSQL.
  if (::access(program.c_str(), X_OK) != 0) program = there([](std::string_view) { return std::nullopt; });
  return program;
}

}  // namespace tidegate::test
