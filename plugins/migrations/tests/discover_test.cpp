// SPDX-License-Identifier: Apache-2.0
#include "migrations/discover.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "migrations/lock_file.hpp"

namespace tidegate::migrations {
namespace {

namespace fs = std::filesystem;

class FindFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tidegate-discover-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }
  void folder(const std::string& path) { fs::create_directories(root_ / path); }
  void config(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  std::string found() {
    auto f = find_folder(root_.string());
    return f ? fs::path(*f).lexically_relative(root_).string() : "error: " + f.error().message;
  }
  fs::path root_;
};

TEST_F(FindFolder, UsualPlaces_AreTriedInOrder) {
  folder("prisma/schema/migrations");
  EXPECT_EQ(found(), "prisma/schema/migrations");
  folder("prisma/migrations");
  EXPECT_EQ(found(), "prisma/migrations");
}

TEST_F(FindFolder, LiteralPathInTheConfiguration_Wins) {
  folder("prisma/migrations");
  folder("db/history");
  config("prisma.config.ts", "export default defineConfig({ migrations: { seed: 'x', path: './db/history' } })");
  EXPECT_EQ(found(), "db/history");
}

TEST_F(FindFolder, ConfigurationInItsOwnFolder_IsReadFromThere) {
  folder("db/history");
  config(".config/prisma.mjs", "export default { \"migrations\": { \"path\": `../db/history` } }");
  EXPECT_EQ(found(), "db/history");
}

TEST_F(FindFolder, ConfiguredFolderThatIsMissing_IsAnError) {
  folder("prisma/migrations");
  config("prisma.config.ts", "export default { migrations: { path: 'gone' } }");
  auto f = find_folder(root_.string());
  ASSERT_FALSE(f.ok());
  EXPECT_EQ(f.error().code, sdk::Status::config);
  EXPECT_NE(f.error().file.find("prisma.config.ts"), std::string::npos);
}

TEST_F(FindFolder, NothingThere_NamesTheTriedPlaces) {
  auto f = find_folder(root_.string());
  ASSERT_FALSE(f.ok());
  EXPECT_NE(f.error().message.find("prisma/migrations"), std::string::npos);
  EXPECT_NE(f.error().message.find("prisma/schema/migrations"), std::string::npos);
}

TEST(PathInConfig, CommentsAndExpressions_AreNoLiteral) {
  EXPECT_EQ(path_in_config("// migrations: { path: 'a' }\nexport default { schema: 'x' }"), std::nullopt);
  EXPECT_EQ(path_in_config("export default { migrations: { path: join(a, 'b') } }"), std::nullopt);
  EXPECT_EQ(path_in_config("export default { migrations: { path: `${a}/b` } }"), std::nullopt);
  EXPECT_EQ(path_in_config("export default { migrations: { path: 'a' + b } }"), std::nullopt);
  EXPECT_EQ(path_in_config("export default { schema: { path: 'a' } }"), std::nullopt);
  EXPECT_EQ(path_in_config("export default { migrations: { seed: 'a' }, views: { path: 'v' } }"), std::nullopt);
  EXPECT_EQ(path_in_config("export default { url: 'http://x', /* a */ migrations : { path : \"m\" } }"), "m");
}

TEST(LockFile, Provider_IsReadAsPrismaDoes) {
  EXPECT_EQ(lock_file_provider("# a\n# b\nprovider = \"postgresql\"\n"), "postgresql");
  EXPECT_EQ(lock_file_provider("provider = \"postgresql\"\r\n"), "postgresql");
  EXPECT_EQ(lock_file_provider("provider = postgresql"), "postgresql");
  EXPECT_EQ(lock_file_provider(""), std::nullopt);
  for (const char* text : {"provider = \"postgres\"", "provider = 'postgresql'", "provider=\"postgresql\"", "provider  = \"postgresql\"",
                           "provider = \"postgresql\" # x", "provider_x = 1\nprovider = \"postgresql\""}) {
    EXPECT_NE(lock_file_provider(text), "postgresql") << text;
  }
  EXPECT_EQ(lock_file_provider("  provider = \"postgresql\""), std::nullopt);
}

}  // namespace
}  // namespace tidegate::migrations
