// SPDX-License-Identifier: Apache-2.0
// `plugin new`: what it refuses and writes. That it builds and passes: tests/consumer.
#include <filesystem>

#include "checking.hpp"

namespace tidegate::test {
namespace {

namespace fs = std::filesystem;

class NewPlugin : public testing::Test {
 protected:
  Finished make(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"plugin", "new"});
    return tidegate(arguments, {}, dir.path());
  }
  TempDir dir;
};

TEST_F(NewPlugin, EveryKindAndLanguage_IsWrittenWithoutGaps) {
  for (const std::string kind : {"detect", "precheck", "apply", "verify", "rollback", "notify"})
    for (const std::string language : {"c++", "c", "rust"}) {
      const std::string name = "my_" + kind + (language == "c++" ? "_cpp" : "_" + language);
      const auto done = make({name, "--kind", kind, "--language", language});
      ASSERT_EQ(done.exit_code, 0) << done.err;
      for (const auto* file : {"CMakeLists.txt", "README.md", "plugin.toml", ".gitignore"})
        EXPECT_TRUE(fs::exists(dir / (name + "/" + file))) << file;
      for (const auto& entry : fs::recursive_directory_iterator(dir / name)) {
        if (!entry.is_regular_file()) continue;
        const auto text = file_text(entry.path());
        EXPECT_FALSE(text.empty()) << entry.path();
        EXPECT_EQ(text.find("@if"), std::string::npos) << entry.path();
        EXPECT_EQ(text.find("@name@"), std::string::npos) << entry.path();
      }
      EXPECT_NE(file_text(dir / (name + "/plugin.toml")).find("kinds = [\"" + kind + "\"]"), std::string::npos);
    }
}

TEST_F(NewPlugin, FolderThatIsThere_IsLeftAlone) {
  write_file(dir / "mine/plugin.toml", "my own\n");
  const auto done = make({"mine", "--kind", "verify"});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_NE(done.err.find("there already"), std::string::npos) << done.err;
  EXPECT_EQ(file_text(dir / "mine/plugin.toml"), "my own\n");
  EXPECT_FALSE(fs::exists(dir / "mine/README.md"));
}

TEST_F(NewPlugin, NamesThatBuildToolsCannotTake_AreRefused) {
  for (const std::string name : {"Upper", "1st", "a b", "a.b", "../up", "ends_", "ends-", "test", "all", "ü", "a/b", ""}) {
    const auto done = make({name, "--kind", "verify"});
    EXPECT_EQ(done.exit_code, 2) << name;
    EXPECT_NE(done.err.find("cannot be a plugin's name"), std::string::npos) << name << ": " << done.err;
  }
  EXPECT_TRUE(fs::is_empty(dir.path()));
}

TEST_F(NewPlugin, TypeOfABundledPlugin_IsRefused) {
  const auto done = make({"safety", "--kind", "precheck"});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_NE(done.err.find("org.tidegate.safety"), std::string::npos) << done.err;
}

TEST_F(NewPlugin, UnknownKindOrLanguage_IsRefused) {
  EXPECT_EQ(make({"mine", "--kind", "check"}).exit_code, 2);
  EXPECT_EQ(make({"mine", "--kind", "verify", "--language", "go"}).exit_code, 2);
  EXPECT_EQ(make({"mine"}).exit_code, 2) << "a kind is needed";
  EXPECT_TRUE(fs::is_empty(dir.path()));
}

TEST_F(NewPlugin, Into_IsTheFolderAround) {
  const auto done = make({"mine", "--kind", "verify", "--into", "deploy/plugins", "--json"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const auto answer = nlohmann::json::parse(done.out);
  EXPECT_EQ(answer["folder"], "deploy/plugins/mine");
  for (const auto& file : answer["files"]) EXPECT_TRUE(fs::exists(dir / ("deploy/plugins/mine/" + file.get<std::string>()))) << file;
}

}  // namespace
}  // namespace tidegate::test
