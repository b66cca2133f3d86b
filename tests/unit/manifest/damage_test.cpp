// SPDX-License-Identifier: Apache-2.0
#include "support/damage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "manifest/model.hpp"

using namespace tidegate;

namespace {

const std::string kManifest = R"(id = "org.example.x"
version = "1.0.0"
abi = 0
summary = "Größe – 'quoted' \u00e9"
[[stage]]
type = "x.y"
kinds = ["verify", "precheck"]
requires = ["tidegate.db/1"]
dry_run = true
[[stage.provides]]
key = "applied"
type = "list"
help = """
several
lines"""
[[stage.setting]]
name = "lock_timeout"
type = "duration"
default = "200ms"
min = "10ms"
max = "1h"
[[stage.setting]]
name = "assert"
type = "array"
default = []
element = { type = "string", pattern = "[a-z]+" }
)";

TEST(DamagedManifest, WhateverTheDamage_IsReadOrRefusedAtAPlaceInIt) {
  ASSERT_TRUE(manifest::read_manifest(kManifest, "plugin.toml").errors.empty());
  std::size_t refused = 0;
  for (std::uint32_t seed = 0; seed < 1500; ++seed) {
    const auto text = test::damaged(kManifest, seed);
    const auto reading = manifest::read_manifest(text, "plugin.toml");
    const auto lines = static_cast<std::uint32_t>(1 + std::count(text.begin(), text.end(), '\n'));
    refused += reading.errors.empty() ? 0 : 1;
    for (const auto& error : reading.errors) {
      EXPECT_FALSE(error.message.empty()) << "seed " << seed;
      EXPECT_LE(error.line, lines) << "seed " << seed << ": " << error.message;
    }
  }
  EXPECT_GT(refused, 500U);
}

TEST(DamagedManifest, DeepNesting_IsRefusedAndNeverAnOverflow) {
  for (const char* opening : {"[", "{a="}) {
    std::string text = "id = ";
    for (int depth = 0; depth < 50'000; ++depth) text += opening;
    EXPECT_FALSE(manifest::read_manifest(text, "plugin.toml").errors.empty()) << opening;
  }
}

}  // namespace
