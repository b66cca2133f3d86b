// SPDX-License-Identifier: Apache-2.0
//
// What statements demand: the lock of each relation against PostgreSQL's manual, rights, and what must be there.
#include "migrations/demands.hpp"

#include <gtest/gtest.h>

namespace tidegate::migrations {
namespace {

/// "orders AccessExclusiveLock owner there, …" in the order in which they are named.
std::string of(std::string_view sql) {
  std::string out;
  for (const auto& d : demands(sql).relations) {
    out += (out.empty() ? "" : ", ") + (d.relation.schema.empty() ? "" : d.relation.schema + ".") + d.relation.name;
    if (d.lock != Lock::none) out += " " + std::string(name_of(d.lock));
    if (d.owner) out += " owner";
    if (!d.privilege.empty()) out += " " + d.privilege;
    if (d.presence == Presence::there) out += " there";
    if (d.presence == Presence::not_there) out += " not-there";
    if (d.rewrites) out += " rewrites";
    if (d.builds_index) out += " index";
  }
  return out;
}

TEST(Demands, AlterTable_TakesTheStrongestOfItsCommands) {
  EXPECT_EQ(of("ALTER TABLE a.t ADD COLUMN c int"), "a.t AccessExclusiveLock owner there");
  EXPECT_EQ(of("ALTER TABLE t VALIDATE CONSTRAINT c"), "t ShareUpdateExclusiveLock owner there");
  EXPECT_EQ(of("ALTER TABLE t VALIDATE CONSTRAINT c, ALTER COLUMN a TYPE text"), "t AccessExclusiveLock owner there rewrites");
  EXPECT_EQ(of("ALTER TABLE IF EXISTS t DISABLE TRIGGER x"), "t ShareRowExclusiveLock owner");
}

TEST(Demands, ForeignKey_LocksBothEndsAndNeedsReferences) {
  EXPECT_EQ(of("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id)"),
            "t ShareRowExclusiveLock owner there, p ShareRowExclusiveLock REFERENCES there");
  EXPECT_EQ(of("CREATE TABLE t (a int REFERENCES p)"), "t not-there, p ShareRowExclusiveLock REFERENCES there");
  EXPECT_EQ(of("ALTER TABLE t ADD COLUMN a int REFERENCES p"),
            "t AccessExclusiveLock owner there, p ShareRowExclusiveLock REFERENCES there");
}

TEST(Demands, Index_SharesOrGoesConcurrently) {
  EXPECT_EQ(of("CREATE INDEX i ON t (a)"), "t ShareLock owner there index");
  EXPECT_EQ(of("CREATE INDEX CONCURRENTLY i ON t (a)"), "t ShareUpdateExclusiveLock owner there index");
  EXPECT_TRUE(demands("CREATE INDEX CONCURRENTLY i ON t (a)").concurrently);
  EXPECT_FALSE(demands("CREATE INDEX i ON t (a)").concurrently);
  EXPECT_EQ(demands("CREATE INDEX i ON t (a)").relations.at(0).index, "i");
}

TEST(Demands, Rows_NeedAPrivilegeAndReadersNone) {
  EXPECT_EQ(of("INSERT INTO t SELECT * FROM u"), "t RowExclusiveLock INSERT there rewrites, u AccessShareLock");
  EXPECT_EQ(of("INSERT INTO t VALUES (1)"), "t RowExclusiveLock INSERT there");
  EXPECT_EQ(of("UPDATE t SET a = 1 FROM u"), "t RowExclusiveLock UPDATE there rewrites, u AccessShareLock");
  EXPECT_EQ(of("TRUNCATE t, u"), "t AccessExclusiveLock TRUNCATE there, u AccessExclusiveLock TRUNCATE there");
}

TEST(Demands, DropAndRename_AreTheOwners) {
  EXPECT_EQ(of("DROP TABLE IF EXISTS s.t"), "s.t AccessExclusiveLock owner");
  EXPECT_EQ(of("DROP TRIGGER x ON s.t"), "s.t AccessExclusiveLock owner there");
  EXPECT_EQ(of("DROP TYPE x"), "");
  const auto renamed = demands("ALTER TABLE t RENAME TO u").relations.at(0);
  EXPECT_TRUE(renamed.renames);
  EXPECT_EQ(renamed.new_name, "u");
  const auto column = demands("ALTER TABLE t RENAME COLUMN a TO b").relations.at(0);
  EXPECT_EQ(column.needed_columns, std::vector<std::string>{"a"});
  EXPECT_EQ(column.new_columns, std::vector<std::string>{"b"});
  EXPECT_EQ(column.new_name, "");
}

TEST(Demands, Columns_ThatMustBeThereOrNot) {
  const auto d =
      demands("ALTER TABLE t ADD COLUMN a int, DROP COLUMN b, ALTER COLUMN c TYPE text, DROP COLUMN IF EXISTS d").relations.at(0);
  EXPECT_EQ(d.new_columns, std::vector<std::string>{"a"});
  EXPECT_EQ(d.needed_columns, (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(d.typed_columns, std::vector<std::string>{"c"});
}

TEST(Demands, TemporaryTable_IsNobodysBusiness) {
  EXPECT_EQ(of("CREATE TEMP TABLE t (a int)"), "t");
  EXPECT_FALSE(demands("CREATE TEMP TABLE t (a int)").creates);
  EXPECT_EQ(demands("CREATE TABLE s.t (a int)").creates_in, "s");
}

TEST(Demands, WhatTheTextDoesNotTell_IsUnsure) {
  EXPECT_NE(demands("DO $$ BEGIN END $$").unsure, "");
  EXPECT_NE(demands("this is no SQL").unsure, "");
  EXPECT_TRUE(demands("ALTER TABLE t FANCY NEW CONCURRENTLY THING").concurrently) << "by its words";
  EXPECT_EQ(demands("ALTER TABLE t ADD COLUMN a int").unsure, "");
}

TEST(Locks, Conflicts_AreThoseOfTheManual) {
  // Each row: what the mode conflicts with, in PostgreSQL's order (manual, table "Conflicting Lock Modes").
  const std::string rows[] = {"00000001", "00000011", "00001111", "00011111", "00110111", "00111111", "01111111", "11111111"};
  for (int a = 1; a <= 8; ++a)
    for (int b = 1; b <= 8; ++b)
      EXPECT_EQ(conflict(static_cast<Lock>(a), static_cast<Lock>(b)), rows[a - 1][static_cast<std::size_t>(b - 1)] == '1') << a << " " << b;
  EXPECT_EQ(lock_from("ShareLock"), Lock::share);
  EXPECT_EQ(lock_from("SIReadLock"), Lock::none);
  EXPECT_EQ(lock_from(""), Lock::none);
}

}  // namespace
}  // namespace tidegate::migrations
