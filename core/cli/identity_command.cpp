// SPDX-License-Identifier: Apache-2.0
// tidegate identity: shows the mark of the database, or sets it by hand.
#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/print.hpp"
#include "run/identity.hpp"
#include "run/journal/schema.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

using base::Error;
using base::Result;
using base::Status;
using base::Table;
using base::Value;

constexpr std::chrono::seconds kLimit{30};

Value as_value(const run::Identity& identity) {
  const auto& at = identity.address;
  return Table{{"environment", identity.environment},
               {"class", identity.type},
               {"project", identity.project},
               {"address", Table{{"host", at.host}, {"port", at.port}, {"database", at.database}, {"database_oid", at.database_oid}, {"system_identifier", at.system_identifier}}},
               {"set_at", identity.set_at},
               {"set_by", identity.set_by}};
}

struct Seen {
  services::db::Session* session;
  std::optional<run::Identity> identity;
  run::TargetIdentity here;
};

Result<Seen> look(Job& job, base::Deadline deadline) {
  auto main = job.databases().main(deadline);
  if (!main) return main.error();
  job.databases().next_stage();
  auto found = run::read_identity(**main, deadline);
  if (!found) return found.error();
  auto here = run::identify_target(**main, deadline);
  if (!here) return here.error();
  return Seen{*main, std::move(*found), std::move(*here)};
}

void show(Job& job, const Seen& seen, const Options& options) {
  const bool copied = run::mark_of(seen.identity, seen.here) == run::Mark::copied;
  if (options.json) {
    Value answer(Table{{"target", job.target()}, {"identity", seen.identity ? as_value(*seen.identity) : Value()}, {"copied", copied}});
    run::redact(answer, job.redactor());
    std::printf("%s\n", run::to_json(answer).c_str());
    return;
  }
  const auto style = style_for(STDOUT_FILENO, options.color, &job.redactor());
  std::string text = job.target() + ": ";
  if (!seen.identity)
    text += "not marked; the first run that changes it in a known environment marks it";
  else
    text += (copied ? "a copy of " : "") + style.bold(run::described(*seen.identity)) + style.dim("  since " + seen.identity->set_at + ", by " + seen.identity->set_by);
  put(stdout, text + "\n", style);
}

Result<void> set(Job& job, Seen& seen, base::Deadline deadline) {
  const auto& names = job.runner().environments();
  const auto name = names.front();
  if (name == "unknown")
    return Error{Status::config, "which environment the database is of is not known", "say it: `tidegate identity set --environment production`"};
  auto schema = run::make_schema(*seen.session, deadline);
  if (!schema) return schema.error();
  if (!schema->usable) return Error{Status::denied, "the database cannot be marked: " + schema->warning, "GRANT CREATE ON DATABASE … to the role, or make the schema for it (docs/journal.md)"};
  run::Identity identity{name, names.back(), job.pipeline().name, seen.here, {}, "hand"};
  return run::write_identity(*seen.session, identity, deadline);
}

}  // namespace

int identity_command(const Options& options) {
  int exit_code = 0;
  const auto job = Job::make_to_ask(options, exit_code);
  if (!job) return exit_code;
  if (auto prepared = job->runner().prepare_to_ask(); !prepared) return job->fail(prepared.error());
  const auto deadline = base::Deadline::in(kLimit);
  auto seen = look(*job, deadline);
  if (!seen) return job->fail(seen.error());
  if (options.command == Command::identity_set) {
    if (auto done = set(*job, *seen, deadline); !done) return job->fail(done.error());
    seen = look(*job, deadline);
    if (!seen) return job->fail(seen.error());
  }
  show(*job, *seen, options);
  return run::kExitOk;
}

}  // namespace tidegate::cli
