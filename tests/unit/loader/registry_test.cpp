// SPDX-License-Identifier: Apache-2.0
#include "loader/registry.hpp"

#include <fstream>

#include "base/world.hpp"
#include "plugin_folder.hpp"

namespace tidegate::loader {
namespace {

class Finding : public PluginFolder {
 protected:
  std::string failures() const {
    std::string out;
    for (const auto& f : registry_.failures()) out += f.step + ": " + f.error.message + " | " + f.error.hint + '\n';
    return out;
  }
  Registry registry_;
};

TEST_F(Finding, PluginFiles_AreOfferedByTheirStageTypes) {
  copy("fixture_probe");
  copy("fixture_plain_c");
  std::ofstream(folder_ + "/README.md") << "not a plugin by its name";
  registry_.find({"", {folder_}});
  EXPECT_EQ(failures(), "");
  EXPECT_EQ(registry_.stage_types(), (std::vector<std::string>{"plain_c", "probe"}));
  const auto* plugin = registry_.offering("probe");
  ASSERT_NE(plugin, nullptr);
  EXPECT_EQ(plugin->path, folder_ + "/fixture_probe.tidegate.so");
  EXPECT_EQ(plugin->manifest.id, "org.example.probe");
  EXPECT_EQ(plugin->manifest.version, "1.2.3");
  EXPECT_FALSE(plugin->bundled);
  EXPECT_EQ(registry_.offering("nothing"), nullptr);
}

TEST_F(Finding, BundledFolder_MarksItsPlugins) {
  copy("fixture_probe");
  registry_.find({folder_, {}});
  ASSERT_EQ(registry_.plugins().size(), 1U);
  EXPECT_TRUE(registry_.plugins()[0].bundled);
}

TEST_F(Finding, PinThatTheFileMeets_IsNothingToSay) {
  const auto path = copy("fixture_probe");
  const auto sum = sha256_hex(*base::read_file(path));
  registry_.find({"", {folder_}, {{"org.example.probe", "1.2.3", sum}, {"org.example.other", "9", ""}}});
  EXPECT_EQ(failures(), "");
  const auto* plugin = registry_.offering("probe");
  ASSERT_NE(plugin, nullptr);
  EXPECT_TRUE(registry_.load(*plugin));
}

TEST_F(Finding, OtherVersionThanPinned_IsNotOffered) {
  copy("fixture_probe");
  registry_.find({"", {folder_}, {{"org.example.probe", "1.2.4", ""}}});
  EXPECT_EQ(registry_.offering("probe"), nullptr);
  ASSERT_EQ(registry_.failures().size(), 1U);
  EXPECT_EQ(registry_.failures()[0].step, "pin");
  EXPECT_EQ(registry_.failures()[0].plugin_id, "org.example.probe");
  EXPECT_NE(failures().find("it is version 1.2.3 of 'org.example.probe', and the pipeline pins version 1.2.4"), std::string::npos) << failures();
}

TEST_F(Finding, OtherFileThanPinned_IsNotOfferedAndItsSumIsTold) {
  const auto path = copy("fixture_probe");
  const auto sum = sha256_hex(*base::read_file(path));
  registry_.find({"", {folder_}, {{"org.example.probe", "", std::string(64, '0')}}});
  EXPECT_EQ(registry_.offering("probe"), nullptr);
  EXPECT_NE(failures().find("its SHA-256 is " + sum + ", wanted is " + std::string(64, '0')), std::string::npos) << failures();
}

TEST_F(Finding, FileReplacedAfterItWasFound_IsHeldToItsPinAgain) {
  const auto path = copy("fixture_probe");
  registry_.find({"", {folder_}, {{"org.example.probe", "", sha256_hex(*base::read_file(path))}}});
  const auto* plugin = registry_.offering("probe");
  ASSERT_NE(plugin, nullptr);
  std::ofstream(path, std::ios::app) << "one byte more, and the manifest is the same";
  const auto entry = registry_.load(*plugin);
  ASSERT_FALSE(entry);
  EXPECT_NE(entry.error().message.find("step pin"), std::string::npos) << entry.error().message;
}

TEST_F(Finding, SameFileByTwoWays_IsOnePlugin) {
  const auto path = copy("fixture_probe");
  std::filesystem::create_symlink(path, folder_ + "/again.tidegate.so");
  registry_.find({"", {folder_, folder_ + "/."}});
  EXPECT_EQ(failures(), "");
  EXPECT_EQ(registry_.plugins().size(), 1U);
}

TEST_F(Finding, TwoFilesWithOneId_AreNamedAndNeitherIsOffered) {
  const auto a = copy("fixture_probe", "one/probe");
  const auto b = copy("fixture_probe", "two/probe");
  registry_.find({folder_ + "/one", {folder_ + "/two"}});
  EXPECT_EQ(registry_.failures().size(), 1U);
  EXPECT_EQ(registry_.failures().at(0).step, "unique");
  EXPECT_NE(failures().find(a + " (bundled)"), std::string::npos) << failures();
  EXPECT_NE(failures().find(b), std::string::npos) << failures();
  EXPECT_NE(failures().find("both have the id 'org.example.probe'"), std::string::npos) << failures();
  EXPECT_TRUE(registry_.plugins().empty());
}

TEST_F(Finding, TwoPluginsWithOneStageType_AreNamed) {
  copy("fixture_plain_c", "a");
  auto bytes = [&] {
    std::ifstream in(folder_ + "/a.tidegate.so", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  for (auto at = bytes.find("org.example.plain-c"); at != std::string::npos; at = bytes.find("org.example.plain-c", at))
    bytes.replace(at, 19, "org.example.other-c");
  std::ofstream(folder_ + "/b.tidegate.so", std::ios::binary) << bytes;
  chmod((folder_ + "/b.tidegate.so").c_str(), 0644);
  registry_.find({"", {folder_}});
  EXPECT_NE(failures().find("both offer the stage type 'plain_c'"), std::string::npos) << failures();
  EXPECT_NE(failures().find("a.tidegate.so"), std::string::npos);
  EXPECT_NE(failures().find("b.tidegate.so"), std::string::npos);
}

TEST_F(Finding, BadFile_IsAFailureAndNotTheEnd) {
  copy("fixture_not_a_plugin");
  copy("fixture_probe");
  registry_.find({"", {folder_}});
  EXPECT_EQ(registry_.plugins().size(), 1U);
  ASSERT_EQ(registry_.failures().size(), 1U);
  EXPECT_EQ(registry_.failures()[0].step, "elf");
  EXPECT_NE(failures().find("not a plugin: it has no section .tidegate.manifest"), std::string::npos) << failures();
}

TEST_F(Finding, MissingFolder_IsNamed) {
  registry_.find({"", {folder_ + "/none"}});
  ASSERT_EQ(registry_.failures().size(), 1U);
  EXPECT_NE(failures().find("plugin folder " + folder_ + "/none cannot be read"), std::string::npos) << failures();
}

struct BadFile {
  const char* fixture;
  const char* step;
  const char* says;
};
class Unusable : public Finding, public testing::WithParamInterface<BadFile> {};

TEST_P(Unusable, File_IsRefusedBeforeItIsLoaded) {
  const auto path = copy(GetParam().fixture);
  registry_.find({"", {folder_}});
  ASSERT_EQ(registry_.failures().size(), 1U);
  const auto& failure = registry_.failures()[0];
  EXPECT_EQ(failure.step, GetParam().step);
  EXPECT_EQ(failure.path, path);
  EXPECT_NE(failure.error.message.find("plugin " + path + " cannot be used"), std::string::npos) << failures();
  EXPECT_NE(failure.error.message.find(GetParam().says), std::string::npos) << failures();
  EXPECT_FALSE(failure.error.hint.empty());
  EXPECT_TRUE(registry_.plugins().empty());
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Unusable,
                         testing::Values(BadFile{"fixture_wrong_major", "abi",
                                                 "built for major version 7 of the plugin contract, and this host speaks 0"},
                                         BadFile{"fixture_unknown_service", "services", "did you mean 'tidegate.db/1'?"},
                                         BadFile{"fixture_bad_manifest", "manifest", "did you mean 'requires'?"},
                                         BadFile{"fixture_bad_manifest", "manifest", "'dry_run' must be true or false"},
                                         BadFile{"fixture_not_a_plugin", "elf", "is a shared library but not a plugin"}));

TEST_F(Finding, TruncatedPlugin_IsRefusedAtEveryLength) {
  const auto path = copy("fixture_plain_c");
  const auto whole = std::filesystem::file_size(path);
  for (auto size = whole - 1; size > 64; size = size * 3 / 4) {
    std::filesystem::resize_file(path, size);
    Registry registry;
    registry.find({"", {folder_}});
    ASSERT_EQ(registry.failures().size(), 1U) << size;
    EXPECT_NE(registry.failures()[0].error.message.find("is truncated: it is " + std::to_string(size) + " bytes long"), std::string::npos)
        << registry.failures()[0].error.message;
  }
}

TEST(Sha256, KnownText_HasTheKnownDigest) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace tidegate::loader
