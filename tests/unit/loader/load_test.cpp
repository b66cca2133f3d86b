// SPDX-License-Identifier: Apache-2.0
#include "loader/registry.hpp"
#include "plugin_folder.hpp"

namespace tidegate::loader {
namespace {

class Loading : public PluginFolder {
 protected:
  base::Result<const tg_plugin_entry*> load(const std::string& fixture) {
    path_ = copy(fixture);
    registry_.find({"", {folder_}});
    EXPECT_EQ(registry_.plugins().size(), 1U) << (registry_.failures().empty() ? "" : registry_.failures()[0].error.message);
    if (registry_.plugins().size() != 1) return base::Error{};
    return registry_.load(registry_.plugins()[0]);
  }
  std::string path_;
  Registry registry_;
};

TEST_F(Loading, CppPlugin_GivesItsEntry) {
  const auto entry = load("fixture_probe");
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_EQ((*entry)->abi_major, TG_ABI_MAJOR);
  EXPECT_EQ(std::string((*entry)->manifest.data, (*entry)->manifest.size), registry_.plugins()[0].manifest_text);
}

TEST_F(Loading, CPlugin_GivesItsEntryAndRuns) {
  const auto entry = load("fixture_plain_c");
  ASSERT_TRUE(entry) << entry.error().message;
  tg_stage* stage = nullptr;
  ASSERT_EQ((*entry)->create(nullptr, {"plain_c", 7}, &stage, nullptr), TG_OK);
  const tg_run run{sizeof(tg_run), 0, {}, {}, {}, 1, 0};
  tg_verdict verdict = TG_VERDICT_UNSET;
  EXPECT_EQ(stage->run(stage, &run, &verdict, nullptr), TG_OK);
  EXPECT_EQ(verdict, TG_PASS);
  stage->destroy(stage);
}

TEST_F(Loading, Twice_IsOneLibrary) {
  const auto first = load("fixture_probe");
  const auto second = registry_.load(registry_.plugins()[0]);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
}

TEST_F(Loading, EntryAndCode_OutliveTheRegistry) {
  copy("fixture_plain_c");
  const tg_plugin_entry* entry = nullptr;
  {
    Registry registry;
    registry.find({"", {folder_}});
    const auto loaded = registry.load(registry.plugins().at(0));
    ASSERT_TRUE(loaded) << loaded.error().message;
    entry = *loaded;
  }
  tg_stage* stage = nullptr;
  ASSERT_EQ(entry->create(nullptr, {"plain_c", 7}, &stage, nullptr), TG_OK);
  stage->destroy(stage);
}

TEST_F(Loading, FileReplacedSinceItWasFound_IsRefused) {
  path_ = copy("fixture_probe", "x");
  registry_.find({"", {folder_}});
  ASSERT_EQ(registry_.plugins().size(), 1U);
  std::filesystem::remove(path_);
  copy("fixture_plain_c", "x");
  const auto entry = registry_.load(registry_.plugins()[0]);
  ASSERT_FALSE(entry);
  EXPECT_NE(entry.error().message.find("the file was replaced since it was found"), std::string::npos) << entry.error().message;
}

TEST_F(Loading, FileThatBecameWritableForAll_IsRefused) {
  path_ = copy("fixture_probe");
  registry_.find({"", {folder_}});
  ASSERT_EQ(registry_.plugins().size(), 1U);
  chmod(path_.c_str(), 0666);
  const auto entry = registry_.load(registry_.plugins()[0]);
  ASSERT_FALSE(entry);
  EXPECT_NE(entry.error().message.find("step permissions"), std::string::npos) << entry.error().message;
}

struct BadLibrary {
  const char* fixture;
  const char* step;
  const char* says;
  const char* remedy;
};
class NotLoadable : public Loading, public testing::WithParamInterface<BadLibrary> {};

TEST_P(NotLoadable, Library_IsRefusedInWords) {
  const auto entry = load(GetParam().fixture);
  ASSERT_FALSE(entry);
  const auto& message = entry.error().message;
  EXPECT_EQ(message.find("plugin " + path_ + " cannot be used (step " + GetParam().step + "): "), 0U) << message;
  EXPECT_NE(message.find(GetParam().says), std::string::npos) << message;
  EXPECT_NE(entry.error().hint.find(GetParam().remedy), std::string::npos) << entry.error().hint;
  EXPECT_EQ(entry.error().code, base::Status::config);
}

INSTANTIATE_TEST_SUITE_P(
    Fixtures, NotLoadable,
    testing::Values(BadLibrary{"fixture_missing_dependency", "dlopen",
                               "libfixture_absent.so: cannot open shared object file: No such file or directory", "install the library"},
                    BadLibrary{"fixture_no_entry", "symbol", "undefined symbol: tidegate_plugin_v1", "TIDEGATE_PLUGIN"},
                    BadLibrary{"fixture_short_struct", "entry", "its entry is 8 bytes long", "sizeof(tg_plugin_entry)"},
                    BadLibrary{"fixture_lying_manifest", "entry", "differs from the one in its section .tidegate.manifest",
                               "tidegate_manifest"},
                    BadLibrary{"fixture_no_create", "entry", "no create function", "set create"},
                    BadLibrary{"fixture_wrong_entry_major", "entry", "its code is built for major version 7", "TG_ABI_MAJOR"}));

}  // namespace
}  // namespace tidegate::loader
