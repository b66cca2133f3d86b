// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "run/json.hpp"
#include "scratch/server.hpp"

namespace tidegate::cli {

int scratch_command(const Options& options) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // taken below; the guardian sets its own

  scratch::Options wanted;
  wanted.major = options.major;
  wanted.durable = options.durable;
  const auto server = scratch::Server::start(wanted, base::Deadline::in(std::chrono::seconds(60)));
  if (!server) {
    print_problems({server.error()}, {}, options);
    return run::exit_for(server.error());
  }
  const auto url = (*server)->url();
  if (options.json) std::printf("%s\n", run::to_json(base::Table{{"url", url}, {"major", (*server)->major()}}).c_str());
  else std::printf("%s\n", url.c_str());
  std::fflush(stdout);
  if (!options.quiet) std::fprintf(stderr, "PostgreSQL %d; it is removed when this ends (Ctrl-C)\n", (*server)->major());
  int number = 0;
  sigwait(&ends, &number);
  return run::kExitOk;
}

}  // namespace tidegate::cli
