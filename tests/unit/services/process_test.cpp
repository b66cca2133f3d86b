// SPDX-License-Identifier: Apache-2.0
//
// Real programs; shells stand in for what people run.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "services/process/program.hpp"
#include "services/process/run.hpp"
#include "world.hpp"

namespace tidegate::services::process {
namespace {

using base::Status;
namespace fs = std::filesystem;

class Process : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/tidegate-process-XXXXXX";
    folder = ::mkdtemp(pattern);
  }
  void TearDown() override { fs::remove_all(folder); }

  base::Result<int> sh(const std::string& script) {
    spec.argv = {"/bin/sh", "-c", script};
    return go();
  }
  base::Result<int> go() {
    return run(
        spec,
        [&](std::string_view piece) {
          out += piece;
          if (on_out) on_out();
        },
        [&](std::string_view piece) { err += piece; }, interruption);
  }
  fs::path write(const std::string& name, const std::string& text, bool executable) {
    const fs::path path = fs::path(folder) / name;
    std::ofstream(path) << text;
    if (executable) fs::permissions(path, fs::perms::owner_all);
    return path;
  }

  std::string folder, out, err;
  std::function<void()> on_out;
  Spec spec{{}, {"PATH=/usr/bin:/bin"}, {}, {}, {}, std::chrono::milliseconds(2'000)};
  Interruption interruption;
};

TEST_F(Process, Output_ComesApartAndTheExitCodeIsItsOwn) {
  EXPECT_EQ(sh("echo out; echo err >&2; exit 7").value(), 7);
  EXPECT_EQ(out, "out\n");
  EXPECT_EQ(err, "err\n");
}

TEST_F(Process, EndBySignal_Is128AndTheSignal) {
  EXPECT_EQ(sh("kill -TERM $$").value(), 128 + SIGTERM);
}

TEST_F(Process, Environment_IsOnlyTheOneGiven) {
  ::setenv("TIDEGATE_TEST_LEAK", "1", 1);
  spec.env = {"ONLY=this one"};
  EXPECT_EQ(sh("echo \"$ONLY|$TIDEGATE_TEST_LEAK\"").value(), 0);
  EXPECT_EQ(out, "this one|\n");
  ::unsetenv("TIDEGATE_TEST_LEAK");
}

TEST_F(Process, LargeInput_IsReadWhole) {
  spec.input = std::string(1 << 20, 'x');
  EXPECT_EQ(sh("wc -c").value(), 0);
  EXPECT_EQ(std::stol(out), 1 << 20);
}

TEST_F(Process, InputThatNobodyReads_IsNoProblem) {
  spec.input = std::string(1 << 20, 'x');
  EXPECT_EQ(sh("exit 0").value(), 0);
}

TEST_F(Process, NoInput_IsAnEmptyOne) {
  EXPECT_EQ(sh("test -z \"$(cat)\"").value(), 0);
}

TEST_F(Process, LargeOutput_ArrivesWhole) {
  EXPECT_EQ(sh("head -c 3000000 /dev/zero").value(), 0);
  EXPECT_EQ(out.size(), 3'000'000U);
}

TEST_F(Process, WorkingFolder_IsTheOneGivenAndRelativeProgramsStartThere) {
  write("tool", "#!/bin/sh\npwd\n", true);
  spec.cwd = folder;
  spec.argv = {"./tool"};
  EXPECT_EQ(go().value(), 0);
  EXPECT_EQ(out, fs::canonical(folder).string() + "\n");
}

TEST_F(Process, ProgramInPathOfTheGivenEnvironment_IsFound) {
  write("only-here", "#!/bin/sh\necho \"$0 $1\"\n", true);
  spec.env = {"PATH=/nowhere::" + folder};
  spec.argv = {"only-here", "a b; c"};
  EXPECT_EQ(go().value(), 0);
  EXPECT_EQ(out, folder + "/only-here a b; c\n");
}

TEST_F(Process, UnknownProgram_IsNotFoundWithThePathThatWasSearched) {
  spec.argv = {"no-such-program"};
  const auto code = go();
  ASSERT_FALSE(code.ok());
  EXPECT_EQ(code.error().code, Status::not_found);
  EXPECT_NE(code.error().message.find("no-such-program"), std::string::npos);
  EXPECT_NE(code.error().message.find("/usr/bin:/bin"), std::string::npos);
}

TEST_F(Process, FileThatIsNotExecutable_SaysSo) {
  spec.argv = {write("plain", "echo", false)};
  const auto code = go();
  ASSERT_FALSE(code.ok());
  EXPECT_EQ(code.error().code, Status::denied);
  EXPECT_NE(code.error().hint.find("chmod +x"), std::string::npos);
}

TEST_F(Process, ScriptWithoutItsInterpreter_SaysSo) {
  spec.argv = {write("script", "#!/no/such/interpreter\n", true)};
  const auto code = go();
  ASSERT_FALSE(code.ok());
  EXPECT_NE(code.error().message.find("interpreter"), std::string::npos);
}

TEST_F(Process, MissingFolder_SaysSo) {
  spec.cwd = folder + "/none";
  EXPECT_EQ(sh("true").error().code, Status::not_found);
}

TEST_F(Process, ArgumentsThatCannotBePassed_AreRefused) {
  spec.argv = {};
  EXPECT_EQ(go().error().code, Status::config);
  spec.argv = {"/bin/sh", std::string("a\0b", 3)};
  EXPECT_EQ(go().error().code, Status::config);
  spec.env = {"NO_VALUE"};
  EXPECT_EQ(sh("true").error().code, Status::config);
}

TEST_F(Process, Interrupted_EndsWithItsGroup) {
  // The shell and its child both say that they are there before the interruption comes.
  on_out = [&] {
    if (out.find("child") != std::string::npos && out.find("parent") != std::string::npos) interruption.trigger();
  };
  const auto code = sh("(echo child; exec sleep 1000) & echo parent; wait");
  ASSERT_FALSE(code.ok());
  EXPECT_EQ(code.error().code, Status::cancelled);
}

TEST_F(Process, DeafToSigterm_IsKilled) {
  spec.grace = std::chrono::milliseconds(50);
  on_out = [&] { interruption.trigger(); };
  const auto code = sh("trap '' TERM; echo ready; while :; do sleep 1000; done");
  ASSERT_FALSE(code.ok());
  EXPECT_EQ(code.error().code, Status::cancelled);
}

TEST_F(Process, Deadline_EndsIt) {
  spec.deadline = base::Deadline::in(std::chrono::milliseconds(50));
  const auto code = sh("exec sleep 1000");
  ASSERT_FALSE(code.ok());
  EXPECT_EQ(code.error().code, Status::deadline);
}

TEST_F(Process, BackgroundProcessThatKeepsTheOutput_DoesNotHoldUpTheEnd) {
  spec.grace = std::chrono::milliseconds(50);
  EXPECT_EQ(sh("sleep 1000 & echo done").value(), 0);
  EXPECT_EQ(out, "done\n");
}

TEST_F(Process, SignalsOfTheHost_AreNotInherited) {
  sigset_t usr1, before;
  ::sigemptyset(&usr1);
  ::sigaddset(&usr1, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &usr1, &before);
  const auto old = ::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(sh("sed -nE 's/^Sig(Blk|Ign):[[:space:]]*//p' /proc/self/status").value(), 0);
  ::signal(SIGPIPE, old);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  const auto has = [](const std::string& mask, int number) { return (std::stoull(mask, nullptr, 16) >> (number - 1) & 1U) != 0; };
  const auto end = out.find('\n');
  ASSERT_NE(end, std::string::npos);
  EXPECT_FALSE(has(out.substr(0, end), SIGUSR1)) << out;
  EXPECT_FALSE(has(out.substr(end + 1), SIGPIPE)) << out;
}

TEST_F(Process, FilesOfTheHost_AreNotInherited) {
  const int leak = ::open("/dev/null", O_RDONLY);  // without CLOEXEC, as a careless library would
  EXPECT_EQ(sh("ls /proc/self/fd").value(), 0);
  ::close(leak);
  EXPECT_EQ(out, "0\n1\n2\n3\n");  // 3 is ls looking at the folder
}

TEST_F(Process, Service_StreamsToThePluginAndReportsErrors) {
  World world;
  const auto host = world.host();
  const tg_str argv[] = {sdk::to_abi("/bin/echo"), sdk::to_abi("hi")};
  tg_process_spec raw{sizeof(tg_process_spec), 2, 0, 0, argv, nullptr, {}, {}};
  std::int32_t code = -1;
  const tg_take append = [](void* user, tg_str piece) { static_cast<std::string*>(user)->append(sdk::view(piece)); };
  sdk::ErrorCollector report;
  EXPECT_EQ(process_table()->run(host.get(), &raw, &code, &out, append, append, &report), TG_OK);
  EXPECT_EQ(code, 0);
  EXPECT_EQ(out, "hi\n");
  raw.argc = 0;
  const tg_status status = process_table()->run(host.get(), &raw, &code, &out, append, append, &report);
  EXPECT_EQ(status, TG_E_CONFIG);
  EXPECT_EQ(report.take(status, "running").message, "no program to run was given");
}

}  // namespace
}  // namespace tidegate::services::process
