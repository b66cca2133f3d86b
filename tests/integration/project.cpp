// SPDX-License-Identifier: Apache-2.0
#include "project.hpp"

#include <sstream>

#include "support/catalog.hpp"

namespace tidegate::test {
namespace {

/// pg_dump's output without lines that differ from call to call (the \restrict keys of newer versions).
std::string dump(const std::string& url, std::vector<std::string> options) {
  std::vector<std::string> argv{postgres_program("pg_dump"), "--no-owner", "--exclude-table=*._prisma_migrations",
                                "--exclude-schema=tidegate"};
  argv.insert(argv.end(), options.begin(), options.end());
  argv.push_back(url);
  const auto finished = run({.argv = argv});
  if (finished.exit_code != 0) throw std::runtime_error("pg_dump: " + finished.err);
  std::istringstream lines(finished.out);
  std::string out;
  for (std::string line; std::getline(lines, line);)
    if (line.rfind("\\restrict", 0) != 0 && line.rfind("\\unrestrict", 0) != 0) out += line + '\n';
  return out;
}

/// The engine that needs no binary of the platform's. Its driver adapter does not know the type of the server's own
/// names (OID 19), which Prisma's own list of tables has, so it is told that they are text (25).
constexpr const char* kPrismaConfig = R"(import { defineConfig } from 'prisma/config'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
const query = pg.Client.prototype.query
const mended = (result) => {
  for (const field of result?.fields ?? []) if (field.dataTypeID === 19) field.dataTypeID = 25
  return result
}
pg.Client.prototype.query = function (config, values, callback) {
  if (typeof values === 'function') [values, callback] = [undefined, values]
  if (callback) return query.call(this, config, values, (error, result) => callback(error, mended(result)))
  return query.call(this, config, values).then(mended)
}
export default defineConfig({
  experimental: { adapter: true },
  engine: 'js',
  schema: 'prisma/schema.prisma',
  adapter: async () => new PrismaPg({ connectionString: process.env.DATABASE_URL }),
})
)";

}  // namespace

std::string prisma_config() {
  return kPrismaConfig;
}

std::string url_with_password(const std::string& socket_dir, const std::string& database, const std::string& user) {
  return "postgresql://" + user + ":" + kPasswordInUrl + "@/" + database + "?host=" + socket_dir;
}

bool pg_dump_is_too_old() {
  static const bool too_old = [] {
    const auto said = run({.argv = {postgres_program("pg_dump"), "--version"}}).out;  // pg_dump (PostgreSQL) 15.18 (…)
    return std::stoi(said.substr(said.find(") ") + 2)) < std::stoi(Connection(server_url()).value("show server_version_num")) / 10'000;
  }();
  return too_old;
}

std::string snapshot(const std::string& url) {
  return pg_dump_is_too_old() ? catalog_text(url, true) : dump(url, {"--inserts"});
}
std::string schema_of(const std::string& url) {
  return pg_dump_is_too_old() ? catalog_text(url, false) : dump(url, {"--schema-only"});
}

Project& Project::migration(const std::string& name, const std::string& sql) {
  return file("prisma/migrations/" + name + "/migration.sql", sql);
}

Project& Project::file(const std::string& path, const std::string& text) {
  write_file(dir / path, text);
  return *this;
}

std::string Project::url() const {
  return url_with_password(server_socket_dir(), db.name());
}

std::vector<std::string> Project::applied() {
  std::vector<std::string> out;
  if (db.value("select to_regclass('_prisma_migrations') is not null") != "t") return out;
  for (const auto& row : db.sql("select migration_name from _prisma_migrations where finished_at is not null and rolled_back_at is null "
                                "order by started_at, migration_name"))
    out.push_back(row.at(0).value_or(""));
  return out;
}

Command Project::command(std::vector<std::string> args, Variables env) const {
  Command out;
  out.argv = {TIDEGATE_EXECUTABLE};
  out.argv.insert(out.argv.end(), args.begin(), args.end());
  out.env = {{"DATABASE_URL", url()}, {"TIDEGATE_REHEARSE", "0"}};
  out.env.insert(out.env.end(), env.begin(), env.end());
  out.cwd = dir.path();
  return out;
}

Finished Project::tidegate(std::vector<std::string> args, Variables env) const {
  auto finished = run(command(std::move(args), std::move(env)));
  EXPECT_FALSE(finished.timed_out) << all_output(finished);
  expect_no_secret(finished);
  return finished;
}

Json Project::json(std::vector<std::string> args, Variables env, int exit_code) const {
  const auto finished = tidegate(std::move(args), std::move(env));
  EXPECT_CODE(finished, exit_code);
  auto out = Json::parse(finished.out, nullptr, false);
  if (out.is_discarded()) throw std::runtime_error("no JSON on stdout:\n" + all_output(finished));
  return out;
}

std::vector<Json> Project::events(std::vector<std::string> args, Variables env) const {
  args.insert(args.begin(), {"run", "--json"});
  return parse_events(tidegate(std::move(args), std::move(env)).out);
}

std::vector<Json> parse_events(const std::string& ndjson) {
  std::vector<Json> out;
  std::istringstream lines(ndjson);
  for (std::string line; std::getline(lines, line);) {
    auto event = Json::parse(line, nullptr, false);
    if (event.is_discarded() || !event.is_object()) throw std::runtime_error("not a JSON object: " + line);
    out.push_back(std::move(event));
  }
  return out;
}

Json last_event(const std::vector<Json>& events) {
  if (events.empty()) throw std::runtime_error("there are no events");
  EXPECT_EQ(events.back().value("type", ""), "run.finished") << events.back();
  return events.back();
}

std::vector<Json> of_type(const std::vector<Json>& events, const std::string& type) {
  std::vector<Json> out;
  for (const auto& event : events)
    if (event.value("type", "") == type) out.push_back(event);
  return out;
}

void expect_no_secret(const Finished& finished) {
  EXPECT_EQ(all_output(finished).find(kPassword), std::string::npos) << "the password was printed:\n" << all_output(finished);
  EXPECT_EQ(all_output(finished).find(kPasswordInUrl), std::string::npos) << "the password was printed:\n" << all_output(finished);
}

std::string all_output(const Finished& finished) {
  return finished.out + finished.err;
}

}  // namespace tidegate::test
