// SPDX-License-Identifier: Apache-2.0
#include "loader/library.hpp"
#include "plugin_folder.hpp"

namespace tidegate::loader {
namespace {

using Permissions = PluginFolder;

std::string refusal(const std::string& path, bool bundled = false) {
  const auto refused = check_permissions(path, bundled);
  return refused ? refused->error.message + " | " + refused->error.hint : "";
}

TEST_F(Permissions, FileOfItsOwnerAlone_IsAccepted) {
  EXPECT_EQ(refusal(copy("fixture_probe")), "");
}

TEST_F(Permissions, FileThatAnybodyMayWrite_IsRefusedWithModeBitAndRemedy) {
  const auto path = copy("fixture_probe");
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  const auto said = refusal(path);
  EXPECT_NE(said.find("plugin " + path), std::string::npos) << said;
  EXPECT_NE(said.find("step permissions"), std::string::npos) << said;
  EXPECT_NE(said.find("mode 0666, bit o+w"), std::string::npos) << said;
  EXPECT_NE(said.find("chmod o-w '" + path + "'"), std::string::npos) << said;
  EXPECT_NE(refusal(path, true), "") << "a bundled one too";
}

TEST_F(Permissions, FileThatItsGroupMayWrite_IsRefusedUnlessBundled) {
  const auto path = copy("fixture_probe");
  ASSERT_EQ(chmod(path.c_str(), 0664), 0);
  EXPECT_NE(refusal(path).find("mode 0664, bit g+w"), std::string::npos) << refusal(path);
  EXPECT_EQ(refusal(path, true), "");
}

TEST_F(Permissions, FolderThatAnybodyMayWrite_IsRefused) {
  const auto path = copy("fixture_probe", "open/probe");
  ASSERT_EQ(chmod((folder_ + "/open").c_str(), 0777), 0);
  const auto said = refusal(path);
  EXPECT_NE(said.find("its folder " + folder_ + "/open (mode 0777, bit o+w)"), std::string::npos) << said;
  EXPECT_NE(refusal(path, true), "");
}

TEST_F(Permissions, FolderThatItsGroupMayWrite_IsRefusedUnlessBundled) {
  const auto path = copy("fixture_probe", "open/probe");
  ASSERT_EQ(chmod((folder_ + "/open").c_str(), 0775), 0);
  EXPECT_NE(refusal(path).find("bit g+w"), std::string::npos);
  EXPECT_EQ(refusal(path, true), "");
}

TEST_F(Permissions, OwnFileInAStickySharedFolder_IsAccepted) {
  const auto path = copy("fixture_probe", "shared/probe");
  ASSERT_EQ(chmod((folder_ + "/shared").c_str(), 01777), 0);
  EXPECT_EQ(refusal(path), "");
}

}  // namespace
}  // namespace tidegate::loader
