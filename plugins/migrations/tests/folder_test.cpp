// SPDX-License-Identifier: Apache-2.0
#include "migrations/folder.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "migrations/checksum.hpp"

namespace tidegate::migrations {
namespace {

namespace fs = std::filesystem;

class FolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tidegate-folder-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }
  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  fs::path root_;
};

std::vector<std::string> names(const Folder& folder) {
  std::vector<std::string> out;
  for (const auto& m : folder.migrations()) out.push_back(m.name);
  return out;
}

TEST_F(FolderTest, Subfolders_AreMigrationsInByteOrder) {
  write("2_b/migration.sql", "b");
  write("2_B copy/migration.sql", "");
  write(".hidden/migration.sql", "h");
  write("README.md", "no");
  write("elsewhere.txt", "no");
  fs::create_directory_symlink(root_ / "2_b", root_ / "3_link");
  Folder folder(root_.string());
  ASSERT_TRUE(folder.refresh().ok());
  EXPECT_EQ(names(folder), (std::vector<std::string>{".hidden", "2_B copy", "2_b"}));
  EXPECT_EQ(folder.find("2_b")->checksum, checksum("b"));
  EXPECT_EQ(folder.find("nothing"), nullptr);
  EXPECT_EQ(*folder.text(*folder.find("2_b")), "b");
}

TEST_F(FolderTest, FileThatComesInParts_IsReadToItsEnd) {
  fs::create_directories(root_ / "1_a");
  const auto path = root_ / "1_a/migration.sql";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  // A pipe gives a part at a time, as some file systems do; the second is written when the first was read.
  const int keep = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(keep, 0);
  ASSERT_EQ(::write(keep, "SELECT 1;", 9), 9);
  std::thread rest([&] {
    for (int left = 9; left > 0; std::this_thread::yield()) ::ioctl(keep, FIONREAD, &left);
    EXPECT_EQ(::write(keep, "SELECT 2;", 9), 9);
    ::close(keep);
  });
  Folder folder(root_.string());
  const auto read = folder.refresh();
  rest.join();
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(folder.migrations().at(0).checksum, checksum("SELECT 1;SELECT 2;"));
}

TEST_F(FolderTest, FolderWithoutFile_IsListedAsSuch) {
  fs::create_directories(root_ / "1_a");
  Folder folder(root_.string());
  ASSERT_TRUE(folder.refresh().ok());
  EXPECT_FALSE(folder.migrations().at(0).has_file);
}

TEST_F(FolderTest, FileThatCannotBeRead_SaysWhy) {
  fs::create_directories(root_ / "1_a/migration.sql");
  Folder folder(root_.string());
  ASSERT_TRUE(folder.refresh().ok());
  EXPECT_FALSE(folder.migrations().at(0).has_file);
  EXPECT_FALSE(folder.migrations().at(0).problem.empty());
}

TEST_F(FolderTest, LookingAgain_SeesWhatChanged) {
  write("1_a/migration.sql", "a");
  write("2_b/migration.sql", "b");
  Folder folder(root_.string());
  ASSERT_TRUE(folder.refresh().ok());
  write("2_b/migration.sql", "another");
  write("3_c/migration.sql", "c");
  fs::remove_all(root_ / "1_a");
  ASSERT_TRUE(folder.refresh().ok());
  EXPECT_EQ(names(folder), (std::vector<std::string>{"2_b", "3_c"}));
  EXPECT_EQ(folder.find("2_b")->checksum, checksum("another"));
}

TEST_F(FolderTest, FileThatChangesAfterItWasRead_IsTheOldOneOrRefused) {
  const std::string too_much_to_keep(2'000'000, 'x');
  write("1_a/migration.sql", "a");
  write("2_b/migration.sql", too_much_to_keep);
  Folder folder(root_.string());
  ASSERT_TRUE(folder.refresh().ok());
  EXPECT_EQ(*folder.text(*folder.find("2_b")), too_much_to_keep);
  write("1_a/migration.sql", "another");
  write("2_b/migration.sql", "another");
  EXPECT_EQ(*folder.text(*folder.find("1_a")), "a");
  const auto changed = folder.text(*folder.find("2_b"));
  ASSERT_FALSE(changed.ok());
  EXPECT_NE(changed.error().message.find("changed while"), std::string::npos);
}

TEST_F(FolderTest, LargeFile_IsReadWhole) {
  const std::string text(300'000, 'x');
  write("1_a/migration.sql", text);
  Folder folder(root_.string());
  ASSERT_TRUE(folder.refresh().ok());
  EXPECT_EQ(folder.migrations().at(0).checksum, checksum(text));
}

TEST_F(FolderTest, MissingFolder_IsAConfigurationError) {
  Folder folder((root_ / "gone").string());
  const auto r = folder.refresh();
  ASSERT_FALSE(r.ok());
  EXPECT_EQ(r.error().code, sdk::Status::config);
}

TEST_F(FolderTest, LockFileOfAnotherProvider_IsP3019) {
  write("migration_lock.toml", "provider = \"mysql\"\n");
  Folder folder(root_.string());
  const auto r = folder.refresh();
  ASSERT_FALSE(r.ok());
  EXPECT_EQ(r.error().code, sdk::Status::config);
  EXPECT_NE(r.error().message.find("P3019"), std::string::npos);
  EXPECT_NE(r.error().message.find("mysql"), std::string::npos);
  write("migration_lock.toml", "provider = \"postgresql\"\n");
  EXPECT_TRUE(folder.refresh().ok());
}

}  // namespace
}  // namespace tidegate::migrations
