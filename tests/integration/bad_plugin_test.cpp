// SPDX-License-Identifier: Apache-2.0
// Plugin files that cannot be used: each is explained, and none is loaded.
#include <sys/stat.h>

#include "project.hpp"

namespace tidegate::test {
namespace {

class BadPlugin : public ProjectTest {
 protected:
  BadPlugin() {
    project.migration("20240101000000_users", "CREATE TABLE users (id int PRIMARY KEY);\n");
    project.file("tidegate.toml", "version = 1\n[plugins]\ndirs = [\"plugins\"]\n[[stage]]\nuse = \"apply.prisma\"\n");
  }

  /// The file of the bundled plugin that offers a stage type.
  [[nodiscard]] std::string bundled(const std::string& type) const {
    const auto list = project.json({"plugin", "list", "minimal", "--json"});
    for (const auto& plugin : list["plugins"])
      for (const auto& stage : plugin["stages"])
        if (stage["type"] == type) return plugin["path"];
    throw std::runtime_error("no plugin offers " + type);
  }
  /// Puts the bytes into the project's plugin folder, not writable by others.
  std::string plant(const std::string& name, const std::string& bytes) {
    project.file("plugins/" + name, bytes);
    const auto path = project.dir / ("plugins/" + name);
    ::chmod((project.dir / "plugins").c_str(), 0755);
    ::chmod(path.c_str(), 0644);
    return path;
  }
  /// The bundled health plugin with a text of its manifest replaced by one of the same length.
  [[nodiscard]] std::string altered(const std::string& from, const std::string& to) const {
    auto bytes = file_text(bundled("health"));
    EXPECT_EQ(from.size(), to.size());
    const auto at = bytes.find(from);
    if (at == std::string::npos) throw std::runtime_error("not in the manifest: " + from);
    return bytes.replace(at, from.size(), to);
  }
};

TEST_F(BadPlugin, OneIdTwice_NamesBothFiles) {
  const auto original = bundled("health");
  const auto copy = plant("copy.tidegate.so", file_text(original));
  const auto listed = project.tidegate({"plugin", "list"});
  EXPECT_SAYS(listed, "copy.tidegate.so");
  EXPECT_SAYS(listed, original);
  EXPECT_CODE(project.tidegate({"run"}), 0) << "a file that nothing uses does not stop a run";
}

TEST_F(BadPlugin, TruncatedFile_IsNamedAndNotLoaded) {
  const auto whole = file_text(bundled("health"));
  for (const std::size_t size : {std::size_t{0}, std::size_t{3}, std::size_t{40}, whole.size() / 2}) {
    const auto path = plant("cut.tidegate.so", whole.substr(0, size));
    const auto inspected = project.tidegate({"plugin", "inspect", path});
    EXPECT_CODE(inspected, 2) << size;
    EXPECT_SAYS(inspected, "cut.tidegate.so");
    EXPECT_SAYS(project.tidegate({"plugin", "list"}), "cut.tidegate.so");
  }
}

TEST_F(BadPlugin, FileThatIsNoLibrary_IsNamed) {
  const auto path = plant("text.tidegate.so", "#!/bin/sh\necho hello\n");
  const auto inspected = project.tidegate({"plugin", "inspect", path});
  EXPECT_CODE(inspected, 2);
  EXPECT_SAYS(inspected, "ELF");
}

TEST_F(BadPlugin, OtherMajor_NamesBothVersions) {
  const auto path = plant("other.tidegate.so", altered("abi = 0", "abi = 9"));
  const auto inspected = project.tidegate({"plugin", "list"});
  EXPECT_SAYS(inspected, "other.tidegate.so");
  EXPECT_SAYS(inspected, "major version 9");
  EXPECT_SAYS(inspected, "speaks 0");
}

TEST_F(BadPlugin, StageOfAnOtherMajor_IsNotRun) {
  auto bytes = altered("abi = 0", "abi = 9");
  for (const auto& [from, to] : Variables{{"type = \"health\"", "type = \"wealth\""}}) {
    const auto at = bytes.find(from);
    ASSERT_NE(at, std::string::npos);
    bytes.replace(at, from.size(), to);
  }
  plant("other.tidegate.so", bytes);
  project.file("tidegate.toml",
               "version = 1\n[plugins]\ndirs = [\"plugins\"]\n[[stage]]\nuse = \"apply.prisma\"\n[[stage]]\nuse = \"wealth\"\n");
  const auto before = project.snapshot();
  const auto done = project.tidegate({"run"});
  EXPECT_CODE(done, 2);
  EXPECT_SAYS(done, "wealth");
  EXPECT_SAYS(done, "other.tidegate.so");
  EXPECT_EQ(project.snapshot(), before);
  EXPECT_TRUE(project.applied().empty());
}

TEST_F(BadPlugin, WritableByOthers_IsRefused) {
  const auto path = plant("open.tidegate.so", file_text(bundled("health")));
  ::chmod(path.c_str(), 0666);
  const auto listed = project.tidegate({"plugin", "list"});
  EXPECT_SAYS(listed, "open.tidegate.so");
  EXPECT_SAYS(listed, "chmod");
}

TEST_F(BadPlugin, MissingFolder_IsNamed) {
  project.file("tidegate.toml", "version = 1\n[plugins]\ndirs = [\"no-such-folder\"]\n[[stage]]\nuse = \"apply.prisma\"\n");
  EXPECT_SAYS(project.tidegate({"plugin", "list"}), "no-such-folder");
}

}  // namespace
}  // namespace tidegate::test
