// SPDX-License-Identifier: Apache-2.0
// The checks of what the pending SQL changes, each fired by the real thing.
#include "safety_scene.hpp"

namespace tidegate::test {
namespace {

using SafetyRelations = SafetyScene;

TEST_F(SafetyRelations, QuietServer_NothingIsFoundBesideTheDefaultPipeline) {
  project.file("tidegate.toml",
               "version = 1\nextends = \"default\"\n[[stage]]\nuse = \"safety\"\nbefore = \"apply.prisma\"\n[stage.with]\n" +
                   std::string(kOnlyLive));
  ASSERT_CODE(project.tidegate({"run"}), 0);
  project.migration("20240102000000_next",
                    std::string(kAlter) +
                        "CREATE TABLE lines (order_id int REFERENCES orders, n int);\nCREATE INDEX lines_n ON lines (n);\n"
                        "UPDATE orders SET note = '';\n");
  const auto events = project.events();
  EXPECT_EQ(last_event(events)["outcome"], "succeeded");
  for (const auto& finding : last_event(events)["findings"]) EXPECT_NE(finding["severity"], "warn") << finding;
  for (const auto& event : of_type(events, "stage.finished")) EXPECT_EQ(event["verdict"], event["stage"] == "safety.rehearse" ? "skipped" : "pass") << event;
}

TEST_F(SafetyRelations, RoleWithoutOwnership_ClosesTheGateBeforeAnything) {
  then(kAlter);
  const auto role = project.db.name() + "_deploy";
  project.db.sql("create role " + role + " login; grant all on _prisma_migrations, orders to " + role +
                 "; grant create on schema public to " + role);
  url_ = project.db.url(role);
  const auto finding = of_rule(findings(3), "missing-privilege");
  EXPECT_EQ(finding["verdict"], "block");
  EXPECT_EQ(finding["severity"], "deny");
  EXPECT_TRUE(says(finding, "alters orders, which postgres owns")) << finding;
  EXPECT_EQ(finding["where"]["line"], 1);
  EXPECT_EQ(finding["locks"][0]["mode"], "AccessExclusiveLock");
  EXPECT_EQ(project.applied().size(), 1U);

  project.migration("20240102000000_next", "CREATE TABLE other (id int);\n");
  project.db.sql("revoke create on schema public from " + role + ", public");
  EXPECT_TRUE(says(of_rule(findings(3), "missing-privilege"), "schema public"));
  project.db.sql("drop owned by " + role + "; drop role " + role);
}

TEST_F(SafetyRelations, InvalidIndexOfThePlannedName_Blocks) {
  then("CREATE UNIQUE INDEX orders_amount ON orders (amount);\n");
  project.db.sql("insert into orders (amount) values (1)");
  EXPECT_THROW(project.db.sql("create unique index concurrently orders_amount on orders (amount)"), std::exception);
  project.db.sql("delete from orders where id = 2");
  const auto finding = of_rule(findings(3), "invalid-index");
  EXPECT_EQ(finding["verdict"], "block");
  EXPECT_TRUE(says(finding, "orders_amount"));
  project.db.sql("drop index orders_amount");
  EXPECT_TRUE(findings(0).empty());
}

TEST_F(SafetyRelations, UnvalidatedConstraint_IsAWarning) {
  then(kAlter);
  project.db.sql("alter table orders add constraint positive check (amount > 0) not valid");
  EXPECT_TRUE(says(of_rule(findings(0), "unvalidated-constraint"), "positive"));
}

TEST_F(SafetyRelations, SequenceNearItsEnd_WarnsAndThenBlocks) {
  then(kAlter);
  project.db.sql("select setval('orders_id_seq', 1500000000)");
  EXPECT_EQ(of_rule(would_find(), "sequence-exhaustion")["verdict"], "warn");
  project.db.sql("select setval('orders_id_seq', 2000000000)");
  const auto finding = of_rule(findings(3), "sequence-exhaustion");
  EXPECT_TRUE(says(finding, "orders.id: 93 %")) << finding;
}

TEST_F(SafetyRelations, ViewOnAColumnWhoseTypeChanges_BlocksUnlessTheMigrationDealsWithIt) {
  then("ALTER TABLE orders ALTER COLUMN amount TYPE bigint;\n");
  project.db.sql("create view report as select amount from orders");
  EXPECT_TRUE(says(of_rule(findings(3), "dependent-view"), "report"));
  project.migration(
      "20240102000000_next",
      "DROP VIEW report;\nALTER TABLE orders ALTER COLUMN amount TYPE bigint;\nCREATE VIEW report AS SELECT amount FROM orders;\n");
  EXPECT_TRUE(findings(0).empty());
}

TEST_F(SafetyRelations, TableThatIsGone_DisagreesWithTheHistory) {
  then(kAlter);
  project.db.sql("drop table orders");
  const auto warned = of_rule(would_find(), "history-disagrees");
  EXPECT_EQ(warned["verdict"], "warn");
  EXPECT_TRUE(says(warned, "changes orders, which is not there"));
  safety("history_disagrees = { action = \"block\" }");
  EXPECT_EQ(of_rule(findings(3), "history-disagrees")["verdict"], "block");
}

TEST_F(SafetyRelations, ColumnAndTableThatAreThereAlready_DisagreeToo) {
  then(std::string(kAlter) + "CREATE TABLE lines (id int);\n");
  project.db.sql("alter table orders add column note text; create table lines (id int)");
  const auto found = would_find();
  EXPECT_EQ(found.size(), 2U) << Json(found).dump(1);
  EXPECT_TRUE(says(found.at(0), "adds the column orders.note, which is there already"));
  EXPECT_TRUE(says(found.at(1), "creates lines, which is there already"));
}

TEST_F(SafetyRelations, WhatTheSqlItselfMakesRoomFor_IsNoDisagreement) {
  then("ALTER TABLE orders DROP COLUMN amount, ADD COLUMN amount text;\n");
  for (const auto& finding : would_find()) EXPECT_NE(finding["rule"], "history-disagrees") << finding;
}

TEST_F(SafetyRelations, TableThatIsLockedAlongAndNamedAsWell_IsThere) {
  project.migration("20240101000001_parts", "CREATE TABLE parts (id int PRIMARY KEY, order_id int REFERENCES orders (id));\n");
  then("DROP TABLE parts;\nCREATE TABLE pieces (id int PRIMARY KEY, order_id int REFERENCES orders (id));\n");
  for (const auto& finding : would_find()) EXPECT_NE(finding["rule"], "history-disagrees") << finding;
}

TEST_F(SafetyRelations, PublishedTable_BlocksARenameAndWarnsOfOtherDdl) {
  then("ALTER TABLE orders RENAME COLUMN amount TO total;\n");
  project.db.sql("create publication pub for table orders");
  EXPECT_TRUE(says(of_rule(findings(3), "logical-replication"), "(pub)"));
  project.migration("20240102000000_next", kAlter);
  EXPECT_EQ(of_rule(findings(0), "logical-replication")["verdict"], "warn");
}

TEST_F(SafetyRelations, PartitionAndHeir_AreLookedAtWithTheWhole) {
  project.migration("20240101000001_parts",
                    "CREATE TABLE whole (id int) PARTITION BY LIST (id);\nCREATE TABLE part PARTITION OF whole FOR VALUES IN (1);\n");
  then("ALTER TABLE whole ADD COLUMN note text;\n");
  safety("conflicting_lock = { action = \"block\", after = 0 }\nidle_in_transaction = { action = \"ignore\" }");
  auto other = project.db.connect();
  other.sql("begin; select * from part");
  EXPECT_TRUE(says(of_rule(findings(3), "conflicting-lock"), " on part, "));
}

TEST_F(SafetyRelations, LargeTable_IsWeighedByWhatIsDoneToIt) {
  then("CREATE INDEX orders_amount ON orders (amount);\n");
  project.db.sql("insert into orders (amount) select 1 from generate_series(1, 2000); analyze orders");
  safety("large_table = { rows = 1000 }");
  EXPECT_TRUE(says(of_rule(would_find(), "large-table"), "about 2001 rows"));
  project.migration("20240102000000_next", "INSERT INTO orders (amount) VALUES (2);\n");
  EXPECT_TRUE(would_find().empty());
}

TEST_F(SafetyRelations, RewriteOfALargeTable_SaysThatDiskCannotBeSeenOrThatThereIsTooLittle) {
  then("ALTER TABLE orders ALTER COLUMN amount TYPE bigint;\n");
  project.db.sql(
      "alter table orders add column ballast text; alter table orders alter column ballast set storage external;"
      "insert into orders (amount, ballast) select 1, repeat('x', 100000) from generate_series(1, 1100)");
  const auto unseen = of_rule(would_find(), "check-could-not-run");
  EXPECT_TRUE(says(unseen, "disk-space: up to ")) << unseen;
  safety("disk_space = { capacity = \"150MB\" }");
  EXPECT_EQ(of_rule(findings(3), "disk-space")["verdict"], "block");
  safety("disk_space = { capacity = \"100000GB\" }");
  EXPECT_TRUE(would_find().empty());
}

}  // namespace
}  // namespace tidegate::test
