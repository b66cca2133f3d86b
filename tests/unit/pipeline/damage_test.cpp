// SPDX-License-Identifier: Apache-2.0
#include "support/damage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "fixture.hpp"

namespace tidegate::pipeline::testing {
namespace {

const std::string kPipeline = R"(version = 1
name = "shop"
[connection.main]
url = "${SHOP_URL:-postgresql:///${NAME}}"
[with]
migrations = "db/migrations"
[run]
lock_wait = "90s"
[plugins]
dirs = ["tools", "/opt/plugins"]
[[stage]]
use = "environment"
[[stage]]
id = "migrate"
use = "apply.prisma"
when = { "environment.name" = ["production", "preview"], environment.platform = "!=local" }
timeout = "1m30s"
[stage.with]
lock_timeout = "100ms"
[stage.in.preview.with]
lock_timeout = "1s"
[[stage]]
use = "health"
with.tables = ["a", "$$b"]
[[notify]]
use = "notify.webhook"
with.url = "https://example.com/${NAME}"
on = ["failed", "kept"]
)";

TEST(DamagedPipeline, WhateverTheDamage_IsReadOrRefusedAtAPlaceInIt) {
  const auto environment = variables({{"NAME", "x"}});
  ASSERT_EQ(text(read(kPipeline, environment, true).errors), "");
  std::size_t refused = 0;
  for (std::uint32_t seed = 0; seed < 1500; ++seed) {
    const auto damaged = test::damaged(kPipeline, seed);
    const auto reading = read(damaged, environment, true);
    const auto lines = static_cast<std::uint32_t>(1 + std::count(damaged.begin(), damaged.end(), '\n'));
    refused += reading.errors.empty() ? 0 : 1;
    for (const auto& error : reading.errors) {
      EXPECT_FALSE(error.message.empty()) << "seed " << seed;
      EXPECT_LE(error.line, lines) << "seed " << seed << ": " << error.message;
    }
  }
  EXPECT_GT(refused, 500U);
}

TEST(DamagedPipeline, VariablesWithinVariables_AreExpandedOrRefusedAndNeverAnOverflow) {
  std::string deep;
  for (int depth = 0; depth < 50'000; ++depth) deep += "${A:-";
  EXPECT_FALSE(expand(deep, variables(), {"a.toml", 1, 1}));
  EXPECT_FALSE(read("version = 1\nname = \"x\"\n[connection.main]\nurl = \"" + deep + "\"\n", variables(), true).errors.empty());
}

TEST(DamagedPipeline, DotenvFiles_GiveNamesThatAreNames) {
  const std::string whole = "export A=1\nB='single\nline'\nC=\"a \\\"b\\\" ${A}\"\nD=`x`\n# note\nE = ${F:-${A}} # note\nG=$A\n";
  ASSERT_EQ(parse_dotenv(whole).size(), 6U);
  for (std::uint32_t seed = 0; seed < 1500; ++seed)
    for (const auto& [name, value] : parse_dotenv(test::damaged(whole, seed)))
      EXPECT_EQ(name.find_first_of(" =\n\"'$"), std::string::npos) << "seed " << seed << ": " << name;
}

}  // namespace
}  // namespace tidegate::pipeline::testing
