// SPDX-License-Identifier: Apache-2.0
// Signals reach whole processes, so each test runs its scene in a child.
#include "run/guard.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tidegate::run {
namespace {

using std::chrono::milliseconds;

int exit_code_of(const std::function<int()>& scene) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(scene());
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(Guard, FirstSignal_InterruptsAndCancelsTheCallUnderWay) {
  EXPECT_EQ(exit_code_of([] {
              services::Interruption interruption;
              Guard guard(interruption);
              std::atomic<bool> cancelled{false};
              guard.watch({{}, [&] { cancelled = true; }, [] { return 99; }});
              ::kill(::getpid(), SIGTERM);
              if (!interruption.wait_for(milliseconds(30'000))) return 1;
              guard.unwatch();  // the lock orders this after the guard's own work
              return cancelled && guard.signal() == SIGTERM ? 0 : 2;
            }),
            0);
}

TEST(Guard, SecondSignal_EndsTheProcessWithTheGivenCode) {
  EXPECT_EQ(exit_code_of([] {
              services::Interruption interruption;
              Guard guard(interruption);
              guard.exit_code_on_second_signal(5);
              ::kill(::getpid(), SIGINT);
              if (!interruption.wait_for(milliseconds(30'000))) return 1;
              ::kill(::getpid(), SIGINT);
              ::pause();
              return 2;
            }),
            5);
}

TEST(Guard, CallThatDoesNotReturn_EndsTheProcessAfterItsLastWords) {
  int words[2];
  ASSERT_EQ(::pipe(words), 0);
  EXPECT_EQ(exit_code_of([&] {
              services::Interruption interruption;
              Guard guard(interruption, milliseconds(20));
              guard.watch({base::Deadline::in(milliseconds(1)), [] { ::pause(); }, [] { return 3; },
                           [&] { EXPECT_EQ(::write(words[1], "bye", 3), 3); }});
              ::pause();
              return 1;
            }),
            3);
  char heard[4] = {};
  EXPECT_EQ(::read(words[0], heard, 3), 3);
  EXPECT_STREQ(heard, "bye");
}

TEST(Guard, LastWordsThatHang_DoNotKeepTheProcess) {
  EXPECT_EQ(exit_code_of([] {
              services::Interruption interruption;
              Guard guard(interruption, milliseconds(20));
              guard.watch({base::Deadline::in(milliseconds(1)), {}, [] { return 5; }, [] { ::pause(); }});
              ::pause();
              return 1;
            }),
            5);
}

TEST(Guard, SecondSignal_EndsEvenWhileACancelHangs) {
  EXPECT_EQ(exit_code_of([] {
              services::Interruption interruption;
              Guard guard(interruption);
              guard.watch({{}, [] { ::pause(); }, {}, {}});
              ::kill(::getpid(), SIGTERM);
              if (!interruption.wait_for(milliseconds(30'000))) return 1;
              ::kill(::getpid(), SIGTERM);
              ::pause();
              return 1;
            }),
            128 + SIGTERM);
}

TEST(Guard, DeadlineOver_AsksTheCallToStop) {
  EXPECT_EQ(exit_code_of([] {
              services::Interruption interruption, asked;
              Guard guard(interruption);
              guard.watch({base::Deadline::in(milliseconds(1)), [&] { asked.trigger(); }, [] { return 99; }});
              return asked.wait_for(milliseconds(30'000)) && !interruption.triggered() ? 0 : 1;
            }),
            0);
}

}  // namespace
}  // namespace tidegate::run
