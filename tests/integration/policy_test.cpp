// SPDX-License-Identifier: Apache-2.0
// The policy of the default pipeline on whole histories of real projects, one migration after the other, on a database with rows:
// what it stops is listed, each with why, in docs/policy.md. TIDEGATE_CORPORA names a folder with trigger.dev/migrations and
// umami/migrations.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "project.hpp"

namespace tidegate::test {
namespace {

namespace fs = std::filesystem;

/// Three rows in every table that has none, as far as its constraints allow.
constexpr const char* kFill = R"sql(DO $$
DECLARE t record; c record; cols text; vals text; has_rows bool; v text;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR t IN SELECT r.oid, r.oid::regclass AS name FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
    WHERE relkind IN ('r', 'p') AND NOT relispartition AND nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'tidegate') AND relname <> '_prisma_migrations'
  LOOP
    EXECUTE 'SELECT EXISTS (SELECT FROM ' || t.name || ')' INTO has_rows;
    CONTINUE WHEN has_rows;
    FOR i IN 1..3 LOOP
      cols := ''; vals := '';
      FOR c IN SELECT a.attname, a.atttypid, a.atttypmod, format_type(a.atttypid, a.atttypmod) AS ty, y.typtype, y.typcategory FROM pg_attribute a
        JOIN pg_type y ON y.oid = a.atttypid WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = ''
      LOOP
        v := CASE
          WHEN c.typtype = 'e' THEN (SELECT quote_literal(enumlabel) FROM pg_enum WHERE enumtypid = c.atttypid ORDER BY enumsortorder LIMIT 1)
          WHEN c.typcategory = 'A' THEN quote_literal('{}') WHEN c.typcategory = 'N' THEN i::text WHEN c.typcategory = 'B' THEN 'true'
          WHEN c.typcategory = 'D' THEN quote_literal(now() + i * interval '1 hour') WHEN c.ty = 'uuid' THEN 'gen_random_uuid()'
          WHEN c.ty LIKE 'json%' THEN quote_literal('{}') WHEN c.ty = 'bytea' THEN quote_literal('\x00')
          WHEN c.typcategory = 'S' THEN quote_literal(left(md5(c.attname || i), CASE WHEN c.atttypmod > 4 THEN c.atttypmod - 4 ELSE 32 END))
          ELSE 'NULL' END;
        cols := cols || ',' || quote_ident(c.attname);
        vals := vals || ',' || v || CASE WHEN v = 'NULL' THEN '' ELSE '::' || c.ty END;
      END LOOP;
      BEGIN
        EXECUTE 'INSERT INTO ' || t.name || ' (' || substr(cols, 2) || ') VALUES (' || substr(vals, 2) || ')';
      EXCEPTION WHEN others THEN NULL;
      END;
    END LOOP;
  END LOOP;
END $$)sql";

constexpr const char* kEmpty = R"sql(DO $$
DECLARE t text;
BEGIN
  FOR t IN SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE relkind IN ('r', 'p') AND nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'tidegate') AND relname <> '_prisma_migrations'
  LOOP EXECUTE 'TRUNCATE ' || t || ' CASCADE'; END LOOP;
END $$)sql";

struct RealHistory {
  const char* name;
  std::size_t migrations;
};

class PolicyOnRealHistories : public ProjectTest, public ::testing::WithParamInterface<RealHistory> {
 protected:
  void SetUp() override {
    const char* corpora = std::getenv("TIDEGATE_CORPORA");
    if (corpora == nullptr || *corpora == '\0') GTEST_SKIP() << "TIDEGATE_CORPORA is not set: no real histories to judge";
    folder_ = std::string(corpora) + "/" + GetParam().name + "/migrations";
    for (const auto& entry : fs::directory_iterator(folder_))
      if (entry.is_directory()) names_.push_back(entry.path().filename());
    std::sort(names_.begin(), names_.end());
    ASSERT_EQ(names_.size(), GetParam().migrations);
    page_ = file_text(TIDEGATE_POLICY_PAGE);
  }
  void add(std::size_t i) { fs::copy(folder_ + "/" + names_[i], project.dir / "prisma/migrations/" + names_[i], fs::copy_options::recursive); }
  Finished apply() { return project.tidegate({"run", "minimal", "--quiet", "--environment", "production"}); }
  /// PostgreSQL refuses some because of the rows: those are run with the tables emptied.
  void apply_whatever_the_rows(const std::string& name) {
    auto done = apply();
    if (done.exit_code == 0) return;
    std::printf("  with the tables emptied: %s\n", name.c_str());
    project.db.sql(kEmpty);
    project.db.sql("delete from _prisma_migrations where finished_at is null");
    done = apply();
    ASSERT_CODE(done, 0) << name;
  }
  std::string section(const std::string& title) const {
    const auto at = page_.find("## " + title);
    return at == std::string::npos ? "" : page_.substr(at, page_.find("\n## ", at + 3) - at);
  }

  std::string folder_, page_;
  std::vector<std::string> names_;
};

INSTANTIATE_TEST_SUITE_P(Real, PolicyOnRealHistories, ::testing::Values(RealHistory{"trigger.dev", 820}, RealHistory{"umami", 19}),
                         [](const auto& tested) { return std::string(tested.param.name) == "umami" ? "Umami" : "TriggerDev"; });

TEST_P(PolicyOnRealHistories, WhatIsStopped_IsListedWithItsReason) {
  const char* check = std::getenv("TIDEGATE_CHECK");
  const bool full = (check != nullptr && std::string(check) == "full") || names_.size() < 100;
  const std::size_t step = full ? 1 : 20;
  const auto harmless = section("Harmless after all");
  ASSERT_FALSE(harmless.empty());
  fs::create_directories(project.dir / "prisma/migrations");
  std::size_t stopped = 0, for_nothing = 0, judged = 0;
  std::map<std::string, int> by_rule;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (i % step != 0) {
      add(i);
      continue;
    }
    ++judged;
    if (step > 1 && i > 0) apply_whatever_the_rows(names_[i - 1]);
    project.db.sql(kFill);
    add(i);
    const auto said = project.tidegate({"plan", "--json", "--environment", "production"});
    const auto plan = Json::parse(said.out);
    ASSERT_EQ(plan["migrations"].size(), 1U) << names_[i] << all_output(said);
    std::vector<std::string> rules;
    for (const auto& finding : plan["migrations"][0]["findings"])
      if (finding["verdict"] == "block" && std::find(rules.begin(), rules.end(), finding["rule"]) == rules.end()) rules.push_back(finding["rule"]);
    for (const auto& finding : plan["checks"]) EXPECT_NE(finding["verdict"], "block") << names_[i] << finding;
    for (const auto& rule : rules) ++by_rule[rule];
    if (!rules.empty()) {
      ++stopped;
      EXPECT_NE(page_.find("`" + names_[i] + "`"), std::string::npos) << names_[i] << " is stopped and docs/policy.md does not say why: " << Json(rules);
      if (harmless.find("`" + names_[i] + "`") != std::string::npos) ++for_nothing;
    }
    apply_whatever_the_rows(names_[i]);
  }
  std::printf("%s: %zu judged, %zu stopped, %zu of them harmless after all\n", GetParam().name, judged, stopped, for_nothing);
  for (const auto& [rule, count] : by_rule) std::printf("  %4d %s\n", count, rule.c_str());
  EXPECT_LE(static_cast<double>(for_nothing), 0.02 * static_cast<double>(names_.size()));
}

}  // namespace
}  // namespace tidegate::test
