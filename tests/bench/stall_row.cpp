// SPDX-License-Identifier: Apache-2.0
// A long transaction reads a table; a migration wants to change it; a third session goes on reading. How long does the
// reader wait at most, beside the lock timeout?
#include <libpq-fe.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include "bench/rows.hpp"

namespace tidegate::bench {
namespace {

using Connection = std::unique_ptr<PGconn, void (*)(PGconn*)>;

Connection connect(const std::string& url) {
  Connection connection(PQconnectdb(url.c_str()), &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) fail("no connection for the stall benchmark");
  return connection;
}

void execute(const Connection& connection, const char* sql) {
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection.get(), sql), &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail(std::string(sql) + ": " + PQresultErrorMessage(result.get()));
}

}  // namespace

void bench_stall(Bench& bench) {
  using Clock = std::chrono::steady_clock;
  constexpr double kLockTimeoutMs = 200;
  bench.fresh_database("stall");
  bench.sql("stall", "CREATE TABLE busy (id int); INSERT INTO busy SELECT generate_series(1, 100)");
  const std::string migrations = bench.folder + "/stall/migrations";
  bench.write(migrations + "/20240101000000_widen/migration.sql", "ALTER TABLE busy ADD COLUMN note text;\n");
  bench.write(migrations + "/migration_lock.toml", "provider = \"postgresql\"\n");
  // The table is there before the first migration, so the history must begin with a baseline.
  bench.write(migrations + "/20230101000000_init/migration.sql", "CREATE TABLE busy (id int);\n");
  run_once({"resolve",
            {bench.host, "resolve", "--applied", "20230101000000_init", "--url", bench.url("stall"), "--set", "migrations=" + migrations},
            {},
            bench.folder});

  std::vector<double> worst_waits;
  for (int round = 0; round < bench.rounds_or(3); ++round) {
    const auto blocker = connect(bench.url("stall"));
    execute(blocker, "BEGIN");
    execute(blocker, "SELECT count(*) FROM busy");
    std::atomic<bool> done{false};
    double worst = 0;
    int slow = 0;
    std::thread reader([&] {
      const auto connection = connect(bench.url("stall"));
      while (!done) {
        const auto begin = Clock::now();
        execute(connection, "SELECT count(*) FROM busy");
        const std::chrono::duration<double, std::milli> waited = Clock::now() - begin;
        worst = std::max(worst, waited.count());
        if (waited.count() > kLockTimeoutMs / 2) ++slow;
      }
    });
    std::thread releaser([&] {  // the blocker's own length: a condition of the experiment
      std::this_thread::sleep_for(std::chrono::seconds(8));
      execute(blocker, "COMMIT");
    });
    const auto sample =
        run_once({"tidegate run",
                  {bench.host, "run", "--url", bench.url("stall"), "--set", "migrations=" + migrations, "--environment", "production"},
                  {},
                  bench.folder});
    releaser.join();
    done = true;
    reader.join();
    worst_waits.push_back(worst);
    std::printf("%s  blocked for 8 s: run took %.1f s, worst wait of a reader %.0f ms, %d waits over %.0f ms\n",
                round == 0 ? "\nstall while a migration waits for one lock\n" : "", sample.wall_ms / 1e3, worst, slow, kLockTimeoutMs / 2);
    std::fflush(stdout);
    bench.sql("stall", "ALTER TABLE busy DROP COLUMN note; DELETE FROM _prisma_migrations WHERE migration_name = '20240101000000_widen'");
  }
  std::printf("  median of the worst waits: %.2f x the lock timeout of %.0f ms\n", median(worst_waits) / kLockTimeoutMs, kLockTimeoutMs);
}

}  // namespace tidegate::bench
