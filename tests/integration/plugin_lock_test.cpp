// SPDX-License-Identifier: Apache-2.0
// `tidegate plugin lock`: what it writes, what it leaves alone, and that a run holds to it.
#include <filesystem>

#include "project.hpp"

namespace tidegate::test {
namespace {

namespace fs = std::filesystem;

class PluginLock : public ProjectTest {
 protected:
  PluginLock() { plugin("probe"); }

  /// A plugin of the project's own: a copy of a fixture.
  void plugin(const std::string& name) {
    const auto from = fs::path(TIDEGATE_EXECUTABLE).parent_path().parent_path() / "fixtures" / ("fixture_" + name + ".tidegate.so");
    const fs::path folder = fs::path(project.dir.path()) / "plugins";
    fs::create_directories(folder);
    fs::permissions(folder, fs::perms::owner_all);
    fs::copy_file(from, folder / from.filename());
    fs::permissions(folder / from.filename(), fs::perms::owner_read | fs::perms::owner_write);
  }
  [[nodiscard]] std::string so() const { return project.dir.path() + "/plugins/fixture_probe.tidegate.so"; }
  [[nodiscard]] std::string text() const { return file_text(project.dir.path() + "/tidegate.toml"); }
  /// By PostgreSQL, not by the code under test.
  std::string sha256_of_plugin() {
    return project.db.value("select encode(sha256(pg_read_binary_file('" + readable_copy() + "')), 'hex')");
  }

  static constexpr const char* kStage = "[[stage]]\nid = \"p\"\nuse = \"probe\"  # ours\nkind = \"precheck\"\n";
  static constexpr const char* kStart =
      "# our deploy\nversion = 1\n[plugins]\ndirs = [\"plugins\"]\n[plugins.isolation]\n\"org.example.probe\" = \"in-process\"\n";

 private:
  /// The server's user cannot enter the project's folder.
  std::string readable_copy() {
    const auto copy = fs::path(shared_.path()) / "plugin";
    fs::permissions(shared_.path(), fs::perms::all);
    fs::copy_file(so(), copy, fs::copy_options::overwrite_existing);
    fs::permissions(copy, fs::perms::all);
    return copy;
  }
  TempDir shared_;
};

TEST_F(PluginLock, WithoutPins_AddsThemAtTheEndAndKeepsTheRest) {
  const std::string before = std::string(kStart) + kStage;
  project.file("tidegate.toml", before);
  const auto answer = project.json({"plugin", "lock", "--json"});
  const auto sum = sha256_of_plugin();
  ASSERT_EQ(answer["pins"].size(), 1U) << answer;
  EXPECT_EQ(answer["pins"][0]["id"], "org.example.probe");
  EXPECT_EQ(answer["pins"][0]["version"], "1.2.3");
  EXPECT_EQ(answer["pins"][0]["sha256"], sum);
  EXPECT_EQ(answer["pins"][0]["change"], "added");
  EXPECT_EQ(text(), before + "\n[plugins.pin]\n\"org.example.probe\" = { version = \"1.2.3\", sha256 = \"" + sum + "\" }\n");
  EXPECT_CODE(project.tidegate({"validate"}), 0);
  const auto locked = text();
  const auto again = project.tidegate({"plugin", "lock"});
  EXPECT_CODE(again, 0);
  EXPECT_SAYS(again, "unchanged org.example.probe 1.2.3");
  EXPECT_EQ(text(), locked);
}

TEST_F(PluginLock, ChangedFile_IsRefusedUntilItIsLockedAnew) {
  project.file("tidegate.toml", std::string(kStart) + "[plugins.pin]  # by `tidegate plugin lock`\n" + kStage);
  ASSERT_CODE(project.tidegate({"plugin", "lock"}), 0);
  ASSERT_CODE(project.tidegate({"validate"}), 0);
  write_file(so(), file_text(so()) + "one byte more");
  const auto refused = project.tidegate({"run"});
  EXPECT_CODE(refused, 2);
  EXPECT_SAYS(refused, "is not the file of 'org.example.probe' that the pipeline pins");
  const auto anew = project.tidegate({"plugin", "lock"});
  EXPECT_CODE(anew, 0);
  EXPECT_SAYS(anew, "changed   org.example.probe 1.2.3  " + sha256_of_plugin());
  EXPECT_EQ(text(), std::string(kStart) +
                        "[plugins.pin]  # by `tidegate plugin lock`\n\"org.example.probe\" = { version = \"1.2.3\", sha256 = \"" +
                        sha256_of_plugin() + "\" }\n" + kStage);
  EXPECT_CODE(project.tidegate({"validate"}), 0);
}

TEST_F(PluginLock, CommentBehindAPinAndALinkToTheFile_Stay) {
  project.file("deploy/pipeline.toml",
               std::string(kStart) + "[plugins.pin]\n\"org.example.probe\" = { version = '1.0.0' }  # seen by {Ann}\n" + kStage);
  fs::rename(project.dir.path() + "/plugins", project.dir.path() + "/deploy/plugins");
  fs::create_symlink("pipeline.toml", project.dir.path() + "/deploy/current.toml");
  ASSERT_CODE(project.tidegate({"plugin", "lock", "deploy/current.toml"}), 0);
  EXPECT_TRUE(fs::is_symlink(project.dir.path() + "/deploy/current.toml"));
  const auto locked = file_text(project.dir.path() + "/deploy/pipeline.toml");
  EXPECT_NE(locked.find("\" }  # seen by {Ann}\n"), std::string::npos) << locked;
  EXPECT_NE(locked.find("version = \"1.2.3\""), std::string::npos) << locked;
  EXPECT_CODE(project.tidegate({"validate", "deploy/current.toml"}), 0);
}

TEST_F(PluginLock, PinWrittenAsATable_IsLeftAloneWithTheLinesToWrite) {
  const std::string before = std::string(kStart) + "[plugins.pin.\"org.example.probe\"]\nversion = \"1.0.0\"\n" + kStage;
  project.file("tidegate.toml", before);
  const auto done = project.tidegate({"plugin", "lock"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "nothing was changed");
  EXPECT_SAYS(done, "\"org.example.probe\" = { version = \"1.2.3\", sha256 = \"" + sha256_of_plugin() + "\" }");
  EXPECT_EQ(text(), before);
}

TEST_F(PluginLock, BundledPluginsAlone_AreNothingToPin) {
  project.file("tidegate.toml", "version = 1\n[[stage]]\nuse = \"health\"\n");
  const auto done = project.tidegate({"plugin", "lock"});
  EXPECT_CODE(done, 0);
  EXPECT_SAYS(done, "nothing to pin");
  EXPECT_EQ(text(), "version = 1\n[[stage]]\nuse = \"health\"\n");
}

TEST_F(PluginLock, PipelineWithMistakes_IsNotTouched) {
  const std::string before = std::string(kStart) + kStage + "colour = \"red\"\n";
  project.file("tidegate.toml", before);
  const auto done = project.tidegate({"plugin", "lock"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "colour");
  EXPECT_EQ(text(), before);
}

}  // namespace
}  // namespace tidegate::test
