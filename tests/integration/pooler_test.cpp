// SPDX-License-Identifier: Apache-2.0
// Behind PgBouncer: where it gives a session's backend to others between two transactions, nothing is begun and no lock is
// left behind; where it keeps one backend for each session, a run is a run.
#include <atomic>
#include <thread>

#include "project.hpp"
#include "support/pgbouncer.hpp"

namespace tidegate::test {
namespace {

class Pooler : public ProjectTest {
 protected:
  Pooler() { project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n"); }

  [[nodiscard]] Finished run_through(const PgBouncer& pooler, std::vector<std::string> args = {"run"}) const {
    return project.tidegate(std::move(args), {{"DATABASE_URL", pooler.url(project.db.name())}});
  }
  void only_apply() { project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"apply.prisma\"\n"); }
  /// Of any session that is there: PgBouncer's go on when ours are gone.
  std::string advisory_locks() {
    return project.db.value(
        "select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where "
        "datname = current_database())");
  }
  std::string tables() { return project.db.value("select count(*) from pg_tables where schemaname in ('public', 'tidegate')"); }
  void expect_untouched() {
    EXPECT_EQ(advisory_locks(), "0");
    EXPECT_EQ(tables(), "0");
  }
};

TEST_F(Pooler, TransactionMode_DefaultPipelineClosesTheGate) {
  const PgBouncer pooler({});
  const auto run = run_through(pooler, {"run", "--environment", "production"});
  EXPECT_CODE(run, 3);
  EXPECT_SAYS(run, "blocked [pooler]");
  EXPECT_SAYS(run, "DIRECT_URL");
  expect_untouched();
}

/// However PgBouncer chooses among its backends, and whatever other clients do meanwhile.
class PoolerModes : public Pooler, public ::testing::WithParamInterface<PgBouncer::Options> {};

TEST_P(PoolerModes, TransactionMode_IsRefusedBeforeALockIsTaken) {
  only_apply();
  const PgBouncer pooler(GetParam());
  std::atomic<bool> done{false};
  std::thread others([&] {
    Connection client(pooler.url(project.db.name()));
    while (!done) client.sql("select 1");
  });
  for (int i = 0; i < (GetParam().pool == 1 ? 1 : 5); ++i) {  // a pool of one keeps each waiting for 10 s
    const auto run = run_through(pooler);
    EXPECT_CODE(run, 2);
    EXPECT_SAYS(run, "goes through a transaction-mode pooler");
    expect_untouched();
  }
  const auto resolved = run_through(pooler, {"resolve", "--applied", "20240101000000_users"});
  EXPECT_CODE(resolved, 2);
  EXPECT_SAYS(resolved, "goes through a transaction-mode pooler");
  expect_untouched();
  done = true;
  others.join();
}

INSTANTIATE_TEST_SUITE_P(Backends, PoolerModes,
                         ::testing::Values(PgBouncer::Options{}, PgBouncer::Options{.pool = 2}, PgBouncer::Options{.pool = 1},
                                           PgBouncer::Options{.round_robin = true}),
                         [](const auto& of) {
                           return of.param.mode + std::to_string(of.param.pool) + (of.param.round_robin ? "RoundRobin" : "");
                         });

TEST_F(Pooler, StatementMode_IsRefusedWithPgBouncersReason) {
  only_apply();
  const PgBouncer pooler({.mode = "statement"});
  const auto run = run_through(pooler);
  EXPECT_CODE(run, 6);
  EXPECT_SAYS(run, "statement pooling mode");
  expect_untouched();
}

TEST_F(Pooler, SessionMode_IsARunLikeAnyOther) {
  only_apply();
  const PgBouncer pooler({.mode = "session"});
  const auto run = run_through(pooler);
  EXPECT_CODE(run, 0);
  EXPECT_SAYS(run, "1 migration applied");
  EXPECT_EQ(project.applied().size(), 1U);
  const auto again = run_through(pooler);
  EXPECT_CODE(again, 0);
  EXPECT_SAYS(again, "nothing to do");
  EXPECT_EQ(advisory_locks(), "0");
}

TEST_F(Pooler, SessionMode_DefaultPipelineGoesOnWhenToldSo) {
  project.file("tidegate.toml",
               "version = 1\nextends = \"default\"\n[[stage]]\nid = \"safety\"\n[stage.with]\npooler = { action = \"ignore\" }\n");
  const PgBouncer pooler({.mode = "session", .pool = 8});
  const auto run = run_through(pooler, {"run", "--environment", "production"});
  EXPECT_CODE(run, 0);
  EXPECT_EQ(project.applied().size(), 1U);
  EXPECT_EQ(advisory_locks(), "0");
}

}  // namespace
}  // namespace tidegate::test
