// SPDX-License-Identifier: Apache-2.0
#include "scene.hpp"

#include <chrono>
#include <cstdlib>
#include <thread>

#include "support/catalog.hpp"

namespace tidegate::test {
namespace {

constexpr const char* kBefore =
    "create type mood as enum ('fine'); create table customers (id int primary key, name text not null, email text); create table orders (id int "
    "primary key, customer int not null references customers, total numeric(10,2), state mood not null default 'fine'); insert into customers "
    "select n, 'customer ' || n, n || '@example.org' from generate_series(1, 40) n; insert into orders select n, 1 + n % 40, n, 'fine' from "
    "generate_series(1, 400) n; create index orders_old on orders (state); create table _prisma_migrations (id varchar(36) primary key not null, "
    "checksum varchar(64) not null, finished_at timestamptz, migration_name varchar(255) not null, logs text, rolled_back_at timestamptz, "
    "started_at timestamptz not null default now(), applied_steps_count int not null default 0)";

struct Migration {
  const char* name;
  const char* forth;
  const char* back;
};
// Whole ones, ones in parts, a transaction before and behind what runs alone.
constexpr Migration kHistory[] = {
    {"20240101_notes", "CREATE TABLE notes (id int PRIMARY KEY, text text);\nINSERT INTO notes VALUES (1, 'a'), (2, 'b');\n", "DROP TABLE notes;\n"},
    {"20240102_indexes",
     "CREATE INDEX CONCURRENTLY orders_customer ON orders (customer);\nCREATE UNIQUE INDEX CONCURRENTLY customers_email ON customers (email);\n",
     "DROP INDEX CONCURRENTLY customers_email;\nDROP INDEX CONCURRENTLY orders_customer;\n"},
    {"20240103_column", "ALTER TABLE orders ADD COLUMN note text;\nUPDATE orders SET note = 'n' WHERE id < 10;\n", "ALTER TABLE orders DROP COLUMN note;\n"},
    {"20240104_mixed",
     "CREATE TABLE tags (id int PRIMARY KEY);\nINSERT INTO tags VALUES (1);\nDROP INDEX CONCURRENTLY orders_old;\nCREATE INDEX CONCURRENTLY orders_total ON orders "
     "(total);\nINSERT INTO tags VALUES (2);\nALTER TABLE tags ADD COLUMN label text;\n",
     "DROP TABLE tags;\nDROP INDEX orders_total;\nCREATE INDEX orders_old ON orders (state);\n"},
    {"20240105_phone", "ALTER TABLE customers ADD COLUMN phone text;\n", "ALTER TABLE customers DROP COLUMN phone;\n"},
};
constexpr Migration kWorks = {"20240106_enum", "BEGIN;\nALTER TYPE mood ADD VALUE 'sad';\nCOMMIT;\nALTER TABLE orders ALTER COLUMN state SET DEFAULT 'sad';\n", ""};
constexpr Migration kFails = {"20240106_fails", "CREATE TABLE never (id int);\nINSERT INTO never SELECT 1 / (id - id) FROM orders;\n", "DROP TABLE never;\n"};

constexpr const char* kLeft =
    "select (select count(*) from pg_index where not indisvalid) || ' invalid indexes, ' || (select count(*) from _prisma_migrations where "
    "finished_at is null and rolled_back_at is null) || ' open rows, ' || (select count(*) from (select from _prisma_migrations where rolled_back_at "
    "is null group by migration_name having count(*) > 1) twice) || ' migrations twice, ' || (select count(*) from _prisma_migrations where "
    "finished_at is not null and rolled_back_at is null) || ' applied'";

}  // namespace

Scene::Scene(Ending ending) : ending_(ending) {
  const auto add = [&](const Migration& migration) {
    const auto folder = "prisma/migrations/" + std::string(migration.name);
    write_file(dir_ / (folder + "/migration.sql"), migration.forth);
    if (ending == Ending::goes_back) write_file(dir_ / (folder + "/down.sql"), migration.back);
  };
  for (const auto& migration : kHistory) add(migration);
  add(ending == Ending::complete ? kWorks : kFails);
  Connection(base_.url()).sql(kBefore);
  if (ending == Ending::goes_back) {
    wanted_ = catalog_text(base_.url(), true);
    return;
  }
  TestDatabase quiet(made_from());
  const auto done = test::run(run(quiet.url()));
  EXPECT_CODE(done, 0);
  wanted_ = catalog_text(quiet.url(), true);
}

std::string Scene::before() {
  return kBefore;
}

Command Scene::run(const std::string& url) const {
  Command out;
  out.argv = {TIDEGATE_EXECUTABLE, "run", "--environment", "production"};
  out.env = {{"DATABASE_URL", url}, {"TIDEGATE_REHEARSE", "0"}};
  out.cwd = dir_.path();
  return out;
}

std::string Scene::wrong_after_the_next_run(const std::string& url) const {
  Finished done;
  for (int n = 0; n < 40; ++n) {
    done = test::run(run(url));
    if (done.exit_code != 6) break;  // the server is not back yet
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  }
  const bool complete = ending_ == Ending::complete;
  if (done.exit_code != (complete ? 0 : 4)) return "the next run ends with " + std::to_string(done.exit_code) + "\n" + all_output(done);
  const auto left = Connection(url).value(kLeft);
  const auto expected = std::string("0 invalid indexes, 0 open rows, 0 migrations twice, ") + (complete ? "6" : "0") + " applied";
  if (left != expected) return left + "\n" + all_output(done);
  const auto now = catalog_text(url, true);
  return now == wanted_ ? "" : "the database is another one\n" + now + "\n" + all_output(done);
}

int sampled(int of) {
  const char* check = std::getenv("TIDEGATE_CHECK");
  return check != nullptr && std::string(check) == "full" ? of : of / 10;
}

}  // namespace tidegate::test
