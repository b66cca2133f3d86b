// SPDX-License-Identifier: Apache-2.0
// Rows that compare whole processes with psql: start-up, nothing to do, applying.
#include "bench/rows.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace tidegate::bench {
namespace {

Command tidegate_run(Bench& bench, const std::string& name, const std::string& database, const std::string& migrations,
                     const std::string& pipeline) {
  std::vector<std::string> argv{bench.host, "run"};
  if (!pipeline.empty()) argv.push_back(pipeline);
  argv.insert(argv.end(), {"--url", bench.url(database), "--set", "migrations=" + migrations, "--environment", "production"});
  return {name, argv, {}, bench.folder};
}

}  // namespace

void bench_startup(Bench& bench) {
  print("start-up (--version)",
        interleave(bench.rounds_or(200), {{"psql", {bench.psql, "--version"}}, {"tidegate", {bench.host, "--version"}}}));
}

void bench_noop(Bench& bench) {
  const auto work = bench.workload(1000);
  bench.fresh_database("noop");
  run_once(tidegate_run(bench, "first apply", "noop", work.migrations, TIDEGATE_BENCH_PIPELINES "/minimal.toml"));
  print("nothing to do, 1,000 migrations applied",
        interleave(bench.rounds_or(40),
                   {{"psql -c 'select 1'", {bench.psql, "-X", "-q", "-At", "-d", bench.url("noop"), "-c", "select 1"}},
                    tidegate_run(bench, "tidegate run (default)", "noop", work.migrations, ""),
                    tidegate_run(bench, "tidegate run minimal.toml", "noop", work.migrations, TIDEGATE_BENCH_PIPELINES "/minimal.toml")}));
}

void bench_apply(Bench& bench) {
  const auto work = bench.workload(1000);
  const auto into = [&](const std::string& database, Command command) {
    command.before = [&bench, database] { bench.fresh_database(database); };
    return command;
  };
  // psql writes no history row; tidegate's is part of its one message a migration.
  print("apply 1,000 small migrations, one commit each",
        interleave(bench.rounds_or(5),
                   {into("by_psql", {"psql, BEGIN; \\i file; COMMIT",
                                     {bench.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", bench.url("by_psql"), "-f", work.script}}),
                    into("by_minimal", tidegate_run(bench, "tidegate run minimal.toml", "by_minimal", work.migrations,
                                                    TIDEGATE_BENCH_PIPELINES "/minimal.toml")),
                    into("by_default", tidegate_run(bench, "tidegate run (default)", "by_default", work.migrations, ""))}));
}

void bench_lint(Bench& bench) {
  const char* squawk = std::getenv("TIDEGATE_SQUAWK");
  const char* corpora = std::getenv("TIDEGATE_CORPORA");
  if (squawk == nullptr || corpora == nullptr) {
    std::printf("lint: skipped; TIDEGATE_SQUAWK names squawk's program (npm install squawk-cli), TIDEGATE_CORPORA the real histories\n");
    return;
  }
  const std::string folder = std::string(corpora) + "/trigger.dev/migrations";
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_directory()) files.push_back(entry.path() / "migration.sql");
  std::sort(files.begin(), files.end());
  Command by_squawk{"squawk", {squawk, "--reporter", "json"}, {}, bench.folder};
  by_squawk.argv.insert(by_squawk.argv.end(), files.begin(), files.end());
  by_squawk.expected_exit = 1;  // as a linter does that has found something
  Command ours{"tidegate lint", {bench.host, "lint", folder, "--json"}, {}, bench.folder};
  ours.expected_exit = 3;
  print("checking " + std::to_string(files.size()) + " files without a database", interleave(bench.rounds_or(10), {by_squawk, ours}));
}

}  // namespace tidegate::bench
