// SPDX-License-Identifier: Apache-2.0
//
// The rows of the table of numbers to hold, one function each: it measures and prints a ratio, a count or a size and
// judges nothing. Main thread.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "bench/measure.hpp"
#include "scratch/server.hpp"

namespace tidegate::bench {

/// What all rows share.
class Bench {
 public:
  Bench();
  ~Bench();
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  std::string host;    ///< the tidegate executable
  std::string psql;    ///< PostgreSQL's own program, not a wrapper
  std::string folder;  ///< temporary; removed at the end
  int rounds = 0;      ///< 0: what suits the row
  [[nodiscard]] int rounds_or(int usual) const { return rounds > 0 ? rounds : usual; }

  /// A server with ordinary durability, started when first asked for.
  std::string url(const std::string& database = "postgres");
  void sql(const std::string& database, const std::string& text);
  void fresh_database(const std::string& name);
  /// `count` migrations of three statements in Prisma's layout, with the psql script that does the same beside it.
  struct Workload {
    std::string migrations, script;
  };
  Workload workload(int count);
  void write(const std::string& path, const std::string& text);

 private:
  std::unique_ptr<scratch::Server> server_;
};

void bench_startup(Bench& bench);    ///< `--version` beside psql's
void bench_noop(Bench& bench);       ///< 1,000 migrations applied, nothing to do
void bench_apply(Bench& bench);      ///< 1,000 small migrations, one commit each
void bench_stage(Bench& bench);      ///< what the host adds to a stage that does nothing
void bench_worker(Bench& bench);     ///< the same in a process of its own
void bench_manifests(Bench& bench);  ///< checking a pipeline against 20 and 200 plugins
void bench_stall(Bench& bench);      ///< what a migration waiting for a lock adds to other sessions' queries
void bench_fingerprint(Bench& bench);  ///< describing a schema of 1,000 tables beside pg_dump
void bench_lint(Bench& bench);       ///< checking the files of a real history beside squawk
void bench_build(Bench& bench);      ///< a clean build, and an edit in one file to a passing unit test

}  // namespace tidegate::bench
