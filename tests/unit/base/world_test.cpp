// SPDX-License-Identifier: Apache-2.0
#include "base/world.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <limits>

using namespace tidegate::base;

namespace {

class ReadFile : public testing::Test {
 protected:
  ReadFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidegate-world-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~ReadFile() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

}  // namespace

TEST_F(ReadFile, Bytes_ComeAsTheyAre) {
  const std::string bytes = std::string("a\0b\r\n\xFF", 6) + std::string(100'000, 'x');
  std::ofstream(folder_ + "/f", std::ios::binary) << bytes;
  EXPECT_EQ(*read_file(folder_ + "/f"), bytes);
}

TEST_F(ReadFile, EmptyFile_IsEmptyText) {
  std::ofstream(folder_ + "/empty");
  EXPECT_EQ(*read_file(folder_ + "/empty"), "");
}

TEST_F(ReadFile, FileWithoutASize_IsReadToItsEnd) {
  const auto text = read_file("/proc/self/status");
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("Name:"), std::string::npos);
}

TEST_F(ReadFile, MissingFile_IsNotFoundAndNamed) {
  const auto missing = read_file(folder_ + "/none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Status::not_found);
  EXPECT_NE(missing.error().message.find(folder_ + "/none"), std::string::npos);
  EXPECT_EQ(read_file(folder_ + "/none/below").error().code, Status::not_found);
}

TEST_F(ReadFile, Folder_IsRefused) {
  EXPECT_EQ(read_file(folder_).error().code, Status::failed);
}

TEST(Environment, EmptyVariable_CountsAsUnset) {
  const auto variables = process_environment();
  ASSERT_EQ(setenv("TIDEGATE_TEST_VARIABLE", "value", 1), 0);
  EXPECT_EQ(variables("TIDEGATE_TEST_VARIABLE"), "value");
  ASSERT_EQ(setenv("TIDEGATE_TEST_VARIABLE", "", 1), 0);
  EXPECT_EQ(variables("TIDEGATE_TEST_VARIABLE"), std::nullopt);
  ASSERT_EQ(unsetenv("TIDEGATE_TEST_VARIABLE"), 0);
  EXPECT_EQ(variables("TIDEGATE_TEST_VARIABLE"), std::nullopt);
}

TEST(Deadline, Default_NeverComes) {
  const Deadline never;
  EXPECT_TRUE(never.never());
  EXPECT_FALSE(never.over());
  EXPECT_EQ(never.remaining_ms(), std::numeric_limits<std::int64_t>::max());
}

TEST(Deadline, Past_IsOverWithNothingLeft) {
  const Deadline past(Clock::now() - std::chrono::seconds(5));
  EXPECT_TRUE(past.over());
  EXPECT_EQ(past.remaining_ms(), 0);
}

TEST(Deadline, Sooner_TakesTheNearerOne) {
  const Deadline near(Clock::now() + std::chrono::hours(1));
  const Deadline far(Clock::now() + std::chrono::hours(2));
  EXPECT_EQ(near.sooner(far).at(), near.at());
  EXPECT_EQ(far.sooner(near).at(), near.at());
  EXPECT_EQ(Deadline().sooner(far).at(), far.at());
  EXPECT_GT(far.remaining_ms(), 3'600'000);
}
