// SPDX-License-Identifier: Apache-2.0
#include "startable.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tidegate::command {
namespace {

namespace fs = std::filesystem;

class Startable : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/tidegate-startable-XXXXXX";
    folder = ::mkdtemp(pattern);
    std::ofstream(folder / "tool") << "#!/bin/sh\n";
    fs::permissions(folder / "tool", fs::perms::owner_all);
    std::ofstream(folder / "notes") << "text\n";
    fs::create_directory(folder / "folder");
  }
  void TearDown() override { fs::remove_all(folder); }
  std::string problem(const std::string& program, const std::string& in = {}) {
    const auto error = why_not_startable(program, in, "/nonexistent:" + folder.string());
    return error ? error->message : "";
  }
  fs::path folder;
};

TEST_F(Startable, ExecutableInPath_IsFound) {
  EXPECT_EQ(problem("tool"), "");
}

TEST_F(Startable, ProgramThatIsNowhere_IsNamedWithThePath) {
  EXPECT_NE(problem("other").find("'other' was not found in PATH (/nonexistent:"), std::string::npos) << problem("other");
}

TEST_F(Startable, NoProgram_IsNotTakenForOne) {
  EXPECT_NE(problem("notes"), "") << "a file without the right to execute it";
  EXPECT_NE(problem("folder"), "") << "a folder";
}

TEST_F(Startable, RelativePath_StartsAtTheFolder) {
  EXPECT_EQ(problem("./tool", folder), "");
  EXPECT_NE(problem("./tool", folder / "folder").find("is not there"), std::string::npos);
  EXPECT_NE(problem("./notes", folder).find("is not executable"), std::string::npos);
}

TEST_F(Startable, MissingFolder_IsTheProblem) {
  EXPECT_NE(problem("tool", folder / "gone").find("the folder to run tool in"), std::string::npos);
}

}  // namespace
}  // namespace tidegate::command
