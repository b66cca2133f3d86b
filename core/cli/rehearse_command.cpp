// SPDX-License-Identifier: Apache-2.0
#include <tidegate/extensions.hpp>
#include <unistd.h>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/fields.hpp"
#include "cli/offering.hpp"
#include "cli/plan_answer.hpp"
#include "cli/print.hpp"
#include "run/json.hpp"
#include "run/outcome.hpp"

namespace tidegate::cli {
namespace {

using base::Value;

constexpr std::chrono::minutes kLimit{30};

/// "AccessExclusiveLock public.users, rewrite; ShareLock public.teams": the gravest new lock on each.
std::string effects_text(const Value& statement) {
  if (!flag_of(statement, "measured")) return "outside of a transaction: not measured";
  std::string out;
  for (const auto& row : rows_of(statement)) out += (out.empty() ? "" : "; ") + row.lock + " " + row.relation + (row.work.empty() ? "" : ", " + row.work);
  return out;
}

std::string indented(const std::string& text, const Style& style) {
  std::string out;
  for (const auto& line : base::split(text, '\n')) out += "    " + printable(style.clean(line)) + "\n";
  return out;
}

std::string way_back_text(const Value& migration, const Style& style) {
  const auto grade = text_of(migration, "reversible");
  std::string out = "  back: " + (grade == "irreversible" ? style.yellow("cannot be undone") : in_words(grade));
  if (flag_of(migration, "proven")) {
    out += text_of(migration, "by") == "down.sql" ? ", by its down.sql" : ", derived";
    out += ", " + style.green("proven");
  } else if (grade != "irreversible") {
    out += ", " + style.yellow("not proven");
  }
  out += "\n";
  if (const auto why = text_of(migration, "unproven"); !why.empty() && grade != "irreversible") out += indented(why, style);
  for (const auto& reason : list_of(migration, "reasons")) out += indented(reason, style);
  return out;
}

std::string migration_text(const Value& migration, bool verbose, const Style& style) {
  std::string out = style.bold(printable(text_of(migration, "name")));
  if (const auto error = text_of(migration, "error"); !error.empty()) return out + "\n  " + style.red("fails: ") + printable(style.clean(error)) + "\n";
  out += style.dim("  " + std::to_string(number_of(migration, "ms")) + " ms without rows") + "\n";
  for (const auto& statement : elements_of(migration, "statements")) {
    const auto effects = effects_text(statement);
    if (effects.empty() && !verbose) continue;
    out += "  line " + std::to_string(number_of(statement, "line")) + ": " + printable(style.clean(text_of(statement, "headline")));
    if (!effects.empty()) out += style.dim("  -- " + printable(style.clean(effects)));
    out += "\n";
  }
  out += way_back_text(migration, style);
  if (verbose)
    for (const auto& sql : list_of(migration, "inverse")) out += "    " + printable(style.clean(one_line(sql))) + ";\n";
  return out;
}

}  // namespace

int rehearse_command(const Options& options) {
  int exit_code = 0;
  const auto job = job_offering(TG_REHEARSE, {"rehearse", "rehearses", "FILE"}, options, false, exit_code);
  if (!job) return exit_code;
  const auto raw = job->runner().offering(TG_REHEARSE)->call(TG_REHEARSE, TG_REHEARSE_RUN, "{}", services::Access::read, base::Deadline::in(kLimit));
  if (!raw) return job->fail(raw.error());
  auto answer = run::from_json(*raw);
  if (!answer || answer->find("migrations") == nullptr)
    return job->fail({base::Status::internal, "the answer of " TG_REHEARSE " is not what it should be", "report this to the author of the stage"});
  run::redact(*answer, job->redactor());
  const auto& migrations = elements_of(*answer, "migrations");
  bool failed = false;
  for (const auto& migration : migrations) failed = failed || !text_of(migration, "error").empty();
  const auto style = style_for(STDOUT_FILENO, options.color, &job->redactor());
  if (options.json) {
    std::printf("%s\n", run::to_json(*answer).c_str());
  } else {
    std::string out = migrations.empty() ? "nothing is pending, so there is nothing to rehearse\n"
                                         : "on a copy of the schema of " + job->target() + ", without its rows\n\n";
    for (const auto& migration : migrations) out += migration_text(migration, options.verbose, style);
    put(stdout, out, style);
  }
  return failed ? run::kExitBlocked : run::kExitOk;
}

}  // namespace tidegate::cli
