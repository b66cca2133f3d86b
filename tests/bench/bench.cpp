// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "bench/rows.hpp"

namespace tidegate::bench {
namespace {

/// The newest /usr/lib/postgresql/N/bin/psql: Debian's /usr/bin/psql is a Perl wrapper.
std::string real_psql() {
  std::string best;
  int newest = 0;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    const int major = std::atoi(entry.path().filename().c_str());
    const auto program = entry.path() / "bin" / "psql";
    if (major > newest && std::filesystem::exists(program, none)) {
      newest = major;
      best = program;
    }
  }
  if (best.empty()) fail("no psql in /usr/lib/postgresql/*/bin: install postgresql-client-15");
  return best;
}

}  // namespace

Bench::Bench() : psql(real_psql()) {
  std::string pattern = (std::filesystem::temp_directory_path() / "tidegate-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) fail("no temporary folder");
  folder = pattern;
}

Bench::~Bench() {
  server_.reset();
  std::error_code none;
  std::filesystem::remove_all(folder, none);
}

std::string Bench::url(const std::string& database) {
  if (!server_) {
    scratch::Options options;
    options.durable = true;
    auto started = scratch::Server::start(options, base::Deadline::in(std::chrono::seconds(60)));
    if (!started) fail(started.error().message + " " + started.error().hint);
    server_ = std::move(*started);
  }
  return server_->url(database);
}

void Bench::sql(const std::string& database, const std::string& text) {
  run_once({"psql", {psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url(database), "-c", text}});
}

void Bench::fresh_database(const std::string& name) {
  sql("postgres", "DROP DATABASE IF EXISTS " + name);
  sql("postgres", "CREATE DATABASE " + name);
}

void Bench::write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

Bench::Workload Bench::workload(int count) {
  const std::string name = folder + "/work" + std::to_string(count);
  Workload out{name + "/migrations", name + "/per_file.sql"};
  if (std::filesystem::exists(out.script)) return out;
  std::string script;
  for (int i = 1; i <= count; ++i) {
    char stamp[32];
    std::snprintf(stamp, sizeof stamp, "20240101%06d", i);
    const std::string table = "t_" + std::to_string(i);
    const std::string file = out.migrations + "/" + stamp + "_create_" + table + "/migration.sql";
    write(file, "CREATE TABLE " + table +
                    " (id bigint generated always as identity primary key, name text not null, "
                    "created_at timestamptz not null default now());\nCREATE INDEX ON " +
                    table + "(name);\nALTER TABLE " + table + " ADD COLUMN note text;\n");
    script += "BEGIN;\n\\i " + file + "\nCOMMIT;\n";
  }
  write(out.migrations + "/migration_lock.toml", "provider = \"postgresql\"\n");
  write(out.script, script);
  return out;
}

}  // namespace tidegate::bench

int main(int argc, char** argv) {
  using namespace tidegate::bench;
  struct Row {
    const char* name;
    void (*run)(Bench&);
    bool by_default;
  };
  const Row rows[] = {{"startup", bench_startup, true}, {"noop", bench_noop, true},           {"apply", bench_apply, true},
                      {"stage", bench_stage, true},     {"worker", bench_worker, true},     {"manifests", bench_manifests, true}, {"stall", bench_stall, true},
                      {"fingerprint", bench_fingerprint, true}, {"lint", bench_lint, false},
                      {"build", bench_build, false}};
  Bench bench;
  bench.host = TIDEGATE_BENCH_HOST;
  std::vector<std::string> wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--rounds" && i + 1 < argc) {
      bench.rounds = std::atoi(argv[++i]);
    } else if (argument == "--host" && i + 1 < argc) {
      bench.host = std::filesystem::absolute(argv[++i]);
    } else if (std::any_of(std::begin(rows), std::end(rows), [&](const Row& row) { return argument == row.name; })) {
      wanted.push_back(argument);
    } else {
      std::printf("tidegate_bench [--rounds N] [--host TIDEGATE] [ROW …]\nRows:");
      for (const auto& row : rows) std::printf(" %s%s", row.name, row.by_default ? "" : " (only when named)");
      std::printf("\n");
      return argument == "--help" ? 0 : 2;
    }
  }
  for (const auto& row : rows) {
    if (wanted.empty() ? row.by_default : std::find(wanted.begin(), wanted.end(), row.name) != wanted.end()) row.run(bench);
  }
}
