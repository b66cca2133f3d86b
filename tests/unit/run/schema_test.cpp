// SPDX-License-Identifier: Apache-2.0
#include "run/journal/schema.hpp"

#include <latch>
#include <thread>

#include "journal_fixture.hpp"

namespace tidegate::run {
namespace {

using base::Status;

class Schema : public JournalTest {
 protected:
  base::Result<SchemaMade> make(const std::string& user = "postgres") {
    return make_schema(*connect_to(database.url(user), redactor), soon());
  }
  base::Result<SchemaState> look(const std::string& user = "postgres") {
    return look_at_schema(*connect_to(database.url(user), redactor), SchemaUse::read, soon());
  }
};

TEST_F(Schema, NotThere_IsAbsentAndLookingMakesNothing) {
  EXPECT_EQ(*look(), SchemaState::absent);
  EXPECT_FALSE(has_schema());
}

TEST_F(Schema, Made_HasItsTablesAndVersion) {
  const auto made = make();
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->usable) << made->warning;
  EXPECT_EQ(database.value("select string_agg(relname, ' ' order by relname) from pg_class where relkind = 'r' and relnamespace = "
                           "'tidegate'::regnamespace"),
            "events lease meta runs");
  EXPECT_EQ(database.value("select version from tidegate.meta"), "1");
  EXPECT_TRUE(make()->usable);  // again: nothing to do
  EXPECT_EQ(*look(), SchemaState::usable);
}

TEST_F(Schema, ManyMakeItAtOnce_AllOfThemMayUseIt) {
  constexpr int kMany = 12;
  std::vector<std::unique_ptr<services::db::Session>> sessions;
  for (int i = 0; i < kMany; ++i) sessions.push_back(connect_to(database.url(), redactor));
  std::vector<std::optional<base::Result<SchemaMade>>> made(kMany);
  std::latch together(kMany);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kMany; ++i)
    threads.emplace_back([&, i] {
      together.arrive_and_wait();
      made[i].emplace(make_schema(*sessions[i], soon()));
    });
  for (auto& thread : threads) thread.join();
  for (const auto& one : made) {
    ASSERT_TRUE(one->ok()) << one->error().message;
    EXPECT_TRUE((*one)->usable) << (*one)->warning;
  }
  EXPECT_EQ(database.value("select count(*) from tidegate.lease"), "1");
  EXPECT_EQ(database.value("select count(*) from tidegate.meta"), "1");
}

TEST_F(Schema, RoleMayNotMakeIt_IsAWarningAndNothingIsLeftBehind) {
  const auto made = make(new_role());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_FALSE(made->usable);
  EXPECT_NE(made->warning.find("may not make schema tidegate"), std::string::npos) << made->warning;
  EXPECT_FALSE(has_schema());
}

TEST_F(Schema, MadeByAnAdministratorForTheRole_IsFilledWithoutTheRightToMakeSchemas) {
  const auto role = new_role();
  database.sql("create schema tidegate authorization " + role);
  const auto made = make(role);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->usable) << made->warning;
}

TEST_F(Schema, OfAnotherRole_MayNotBeUsed) {
  ASSERT_TRUE(make()->usable);
  const auto role = new_role();
  EXPECT_FALSE(make(role)->usable);
  EXPECT_EQ(*look(role), SchemaState::denied);
  database.sql("grant usage on schema tidegate to " + role + "; grant select on all tables in schema tidegate to " + role);
  EXPECT_EQ(*look(role), SchemaState::usable);
  EXPECT_FALSE(make(role)->usable);  // reading is not writing
}

TEST_F(Schema, ReadOnlyDatabase_IsAWarning) {
  database.sql("alter database " + database.name() + " set default_transaction_read_only = on");
  const auto made = make();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_FALSE(made->usable);
}

TEST_F(Schema, OfANewerHost_IsRefusedForReadingAndWriting) {
  ASSERT_TRUE(make()->usable);
  database.sql("update tidegate.meta set version = 99");
  for (const auto& error : {make().error(), look().error()}) {
    EXPECT_EQ(error.code, Status::unsupported);
    EXPECT_NE(error.message.find("version 99"), std::string::npos) << error.message;
    EXPECT_FALSE(error.hint.empty());
  }
}

TEST_F(Schema, NotWhole_IsRefusedAndNotMended) {
  database.sql("create schema tidegate; create table tidegate.runs (mine int)");
  const auto error = make().error();
  EXPECT_EQ(error.code, Status::config);
  EXPECT_NE(error.message.find("1 of tidegate's 4 tables"), std::string::npos) << error.message;
  EXPECT_EQ(database.value("select count(*) from pg_class where relnamespace = 'tidegate'::regnamespace and relkind = 'r'"), "1");
}

}  // namespace
}  // namespace tidegate::run
