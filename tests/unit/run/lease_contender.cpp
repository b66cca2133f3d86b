// SPDX-License-Identifier: Apache-2.0
//
// A run as a process of its own, for the tests of the lease: waits for it on one connection, prints "waiting" and "taken
// FENCE", then
//   turn: adds itself to table `turns` with how many it saw inside, and ends;
//   busy: begins a long statement on its main session and stays until it is killed;
//   idle: stays until it is killed, its main session open.
//   tidegate_lease_contender URL RUN turn|busy|idle
#include <unistd.h>

#include <cstdio>
#include <string_view>

#include "run/journal/journal.hpp"
#include "run/journal/lease.hpp"
#include "services/interruption.hpp"

using namespace std::chrono_literals;
using namespace tidegate;

namespace {

int fail(const base::Error& error) {
  std::fprintf(stderr, "%s: %s\n", std::string(base::name_of(error.code)).c_str(), error.message.c_str());
  return 1;
}

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

int take_turn(services::db::Session& main, const std::string& run) {
  const auto failure = main.script("update inside set n = n + 1; insert into turns select '" + run + "', n from inside", {}, {});
  if (failure) return fail(failure->error);
  const auto left = main.script("update inside set n = n - 1", {}, {});
  return left ? fail(left->error) : 0;
}

}  // namespace

int main(int, char** argv) {
  const std::string url = argv[1], run = argv[2];
  const std::string_view what = argv[3];
  base::Redactor redactor;
  services::Interruption interruption;
  services::db::Hub hub(redactor, interruption, [&](std::string_view) -> base::Result<std::string> { return url; },
                        {.application_name = "contender " + run, .deadline = {}, .on_warning = {}, .on_notice = {}});
  if (auto first = hub.main({}); !first) return fail(first.error());
  auto control = run::Control::open(hub, {});
  if (!control) return fail(control.error());
  run::Lease lease(**control);
  const auto taken = lease.acquire({run, "a contender"}, {.limit = 3min, .on_wait = [](const std::string& holder, auto) { say("waiting for " + holder); }});
  if (!taken) return fail(taken.error());
  auto main = hub.main({});
  if (!main) return fail(main.error());
  if (auto recorded = lease.main_is(**main); !recorded) return fail(recorded.error());
  run::Journal journal(redactor);
  if (auto begun = journal.begin(**control, taken->target, {run, "shop", "production", "a contender", "0.1.0", taken->fence, {}, {}}); !begun)
    return fail(begun.error());
  say("taken " + std::to_string(taken->fence));
  if (what == "turn") {
    const int code = take_turn(**main, run);
    if (auto finished = journal.finish({}); !finished) return fail(finished.error());
    if (auto released = lease.release(); !released) return fail(released.error());
    return code;
  }
  if (what == "busy") (void)(*main)->script("select pg_sleep(600)", {}, {});
  for (;;) ::pause();
}
