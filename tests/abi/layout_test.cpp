// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <tidegate/services.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "table.hpp"

namespace {

std::string recorded_name() {
  return "layout-" + std::to_string(TG_ABI_MAJOR) + '.' + std::to_string(TG_ABI_MINOR) + ".txt";
}

std::vector<std::string> recorded(const std::string& name = recorded_name()) {
  std::ifstream in(std::string(RECORDED) + '/' + name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  return lines;
}

}  // namespace

TEST(AbiLayout, EveryOffsetAndSize_IsAsRecorded) {
  const auto lines = recorded();
  ASSERT_FALSE(lines.empty()) << recorded_name() << " is missing: record it with abi_table";
  std::vector<std::string> now;
  for (const auto& row : layout()) now.push_back(to_text(row));
  const std::set<std::string> was(lines.begin(), lines.end());
  const std::set<std::string> is(now.begin(), now.end());
  std::string difference;
  for (const auto& line : lines)
    if (!is.contains(line)) difference += "- " + line + '\n';
  for (const auto& line : now)
    if (!was.contains(line)) difference += "+ " + line + '\n';
  EXPECT_EQ(difference, "") << "(type field offset size) differs from " << recorded_name()
                            << "; an appended field needs a new TG_ABI_MINOR and its table, anything else a new major";
}

TEST(AbiLayout, EveryEarlierMinor_IsOnlyAddedTo) {
  std::set<std::string> now;
  for (const auto& row : layout()) now.insert(to_text(row));
  for (unsigned minor = 1; minor < TG_ABI_MINOR; ++minor) {
    const auto name = "layout-" + std::to_string(TG_ABI_MAJOR) + '.' + std::to_string(minor) + ".txt";
    const auto lines = recorded(name);
    EXPECT_FALSE(lines.empty()) << name;
    for (const auto& line : lines) {
      const bool size_of_struct = line.find(" - 0 ") != std::string::npos;
      EXPECT_TRUE(size_of_struct || now.contains(line)) << line << " of " << name << " has moved";
    }
  }
}

// A field that is left out of the table would leave a gap here.
TEST(AbiLayout, FieldsOfAStruct_FollowEachOtherWithoutHoles) {
  std::size_t end = 0;
  std::size_t size = 0;
  std::string type;
  for (const auto& row : layout()) {
    if (row.field.empty()) {
      EXPECT_EQ(end, size) << "after the last field of " << type;
      type = row.type;
      size = row.size;
      end = 0;
      continue;
    }
    EXPECT_EQ(row.offset, end) << "before " << row.type << '.' << row.field;
    end = row.offset + row.size;
  }
  EXPECT_EQ(end, size) << "after the last field of " << type;
}

TEST(AbiLayout, EveryStructThatCrosses_StartsWithItsSize) {
  std::string type;
  for (const auto& row : layout()) {
    const bool first = row.type != type && !row.field.empty();
    if (!first) continue;
    type = row.type;
    if (type == "tg_str" || type == "tg_value") continue;  // frozen instead
    EXPECT_EQ(row.field, "struct_size") << type;
    EXPECT_EQ(row.size, 4U) << type;
  }
}

TEST(AbiLayout, EveryStructOfTheHeaders_IsInTheTable) {
  std::set<std::string> listed;
  for (const auto& row : layout()) listed.insert(row.type);
  std::size_t seen = 0;
  for (const char* header : {"/plugin.h", "/services.h"}) {
    std::ifstream in(std::string(HEADERS) + header);
    std::stringstream text;
    text << in.rdbuf();
    const std::string source = text.str();
    const std::regex definition("struct (tg_\\w+) \\{");
    for (std::sregex_iterator at(source.begin(), source.end(), definition), end; at != end; ++at, ++seen)
      EXPECT_TRUE(listed.contains((*at)[1])) << (*at)[1] << " of" << header << " is not in tests/abi/table.cpp";
  }
  EXPECT_EQ(seen, listed.size());
}
